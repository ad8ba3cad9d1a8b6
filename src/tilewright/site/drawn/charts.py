"""What the examples' charts have in common: ink for light and dark pages, on no ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tilewright.drawn.parameters import Choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a chart: those of the site's pages."""

    text: str
    quiet: str
    line: str
    accent: str


INKS: Mapping[str, Ink] = MappingProxyType(
    {
        "light": Ink(text="#1c1f23", quiet="#5c636c", line="#d8dadd", accent="#2a629e"),
        "dark": Ink(text="#e6e8ea", quiet="#9aa2ab", line="#33373d", accent="#7db3e8"),
    }
)

THEME = Choice("theme", tuple(INKS), default="light", help="The page that the chart stands on.")
FORMATS = ("png", "svg", "webp", "pdf")
"""Those that can be seen through."""
NO_GROUND: Mapping[str, str] = MappingProxyType({"layout": "constrained", "facecolor": "none"})


def plain_axes(figure: "Figure", ink: Ink) -> "Axes":
    """Return axes with a quiet grid behind, and no box around."""
    axes = figure.add_subplot(facecolor="none")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(ink.line)
    axes.tick_params(colors=ink.quiet, length=0)
    axes.grid(axis="y", color=ink.line, linewidth=0.8)
    axes.set_axisbelow(True)
    return axes
