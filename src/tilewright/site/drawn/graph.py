"""A graph whose numbers stand in its address."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tilewright.drawn.figure_views import FigureView
from tilewright.drawn.figures import literal
from tilewright.drawn.parameters import Choice, Numbers, Text
from tilewright.site.drawn.charts import FORMATS, INKS, NO_GROUND, THEME, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Values = tuple[float, ...]

MOST_VALUES = 200
_FURTHEST = 1e12


def _line(axes: "Axes", values: Values, color: str) -> None:
    axes.plot(range(1, len(values) + 1), values, color=color, linewidth=2, marker="o", ms=4)


def _bars(axes: "Axes", values: Values, color: str) -> None:
    axes.bar(range(1, len(values) + 1), values, color=color, width=0.7)


def _area(axes: "Axes", values: Values, color: str) -> None:
    places = range(1, len(values) + 1)
    axes.fill_between(places, values, color=color, alpha=0.35, linewidth=0)
    axes.plot(places, values, color=color, linewidth=2)


GRAPHS: Mapping[str, Callable[["Axes", Values, str], None]] = MappingProxyType(
    {"line": _line, "bars": _bars, "area": _area}
)


class Graph(FigureView):
    """Draws ``?graphId=bars&values=3,1,4``: nothing is looked up, and nothing is kept."""

    parameters = (
        *FigureView.parameters,
        Choice("graphId", tuple(GRAPHS), default="line", help="Which graph."),
        Numbers(
            "values",
            default=(3, 1, 4, 1, 5, 9, 2, 6),
            least=1,
            most=MOST_VALUES,
            low=-_FURTHEST,
            high=_FURTHEST,
            help="What is drawn, from left to right.",
        ),
        Text("title", default="", max_length=60, help="Stands above."),
        THEME,
    )
    formats = FORMATS
    max_dpr = 3
    figure = NO_GROUND

    def plot(
        self,
        figure: "Figure",
        graphId: str,  # noqa: N803 - as the address has it
        values: Values,
        title: str,
        theme: str,
        **_: Any,
    ) -> None:
        """Plot one of the graphs."""
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - loaded with the first graph

        ink = INKS[theme]
        axes = plain_axes(figure, ink)
        GRAPHS[graphId](axes, values, ink.accent)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(literal(title), color=ink.text, loc="left")
