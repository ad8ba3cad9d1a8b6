"""The histogram of an image in the catalogue, as it is now."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404

from tilewright.django import conf
from tilewright.drawn.figure_views import FigureView
from tilewright.drawn.figures import literal
from tilewright.drawn.parameters import Choice, Integer
from tilewright.image import Source
from tilewright.site.drawn.charts import FORMATS, INKS, NO_GROUND, THEME, plain_axes
from tilewright.site.models import Image
from tilewright.statistics import Wanted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tilewright.statistics import Histogram as Counted

SCALES = ("log", "linear")
_MOST_BANDS = 10_000


class Histogram(FigureView):
    """Draws how often each value occurs in one band of a listed image."""

    parameters = (
        *FigureView.parameters,
        Integer("band", default=1, low=1, high=_MOST_BANDS, help="Counts from 1."),
        Choice("scale", SCALES, default="log", help="Of the counts: log shows the rare ones too."),
        THEME,
    )
    formats = FORMATS
    max_dpr = 3
    figure = NO_GROUND

    def version(self, image_id: int, **_: Any) -> str:
        """Return that of the file: once it changes, the client's picture is old."""
        source = _source(image_id)
        return f"{source.uri} {source.version}"

    def prepare(self, image_id: int, band: int, **_: Any) -> Mapping[str, Any]:
        """Count the values, or find them counted."""
        measured = conf.edge().engine.measure(_source(image_id), Wanted(), bands=[band - 1])
        return {"counted": measured.bands[0].histogram}

    def plot(
        self, figure: "Figure", counted: "Counted", band: int, scale: str, theme: str, **_: Any
    ) -> None:
        """Plot the counts as steps."""
        ink = INKS[theme]
        axes = plain_axes(figure, ink)
        axes.stairs(counted.counts, counted.edges, fill=True, color=ink.accent)
        axes.margins(x=0)
        if scale == "log":
            axes.set_yscale("symlog", linthresh=1)  # which has a place for 0
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set_ylim(bottom=0)
        axes.set_title(literal(f"Band {band}"), color=ink.text, loc="left")


def _source(image_id: int) -> Source:
    return get_object_or_404(Image.listed(), pk=image_id).source
