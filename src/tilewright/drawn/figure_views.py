"""Views of figures: the figure is made as large as is asked, and the project plots into it."""

import inspect
import logging
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import request_finished, request_started

from tilewright.drawn import figures
from tilewright.drawn.declaration import Declaration
from tilewright.drawn.hooks import Hooks
from tilewright.drawn.parameters import Integer
from tilewright.drawn.views import AsyncDrawnImageView, DrawnImageView
from tilewright.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 100
_SIDES = ("width", "height")
_UNSEEN = "dpr"

logger = logging.getLogger(__name__)


def warm_beside(**_: Any) -> None:
    """Load matplotlib in a thread, once: beside the first request of this process, or after it.

    After it where that request has loaded the views. Not at start: each command of ``manage.py``
    would wait for it, and a server that forks could do so while a thread holds a lock of
    Python's imports.
    """
    if not request_started.disconnect(dispatch_uid=warm_beside):
        return
    request_finished.disconnect(dispatch_uid=warm_beside)
    if find_spec("matplotlib"):
        threading.Thread(target=_warm, name="tilewright-fonts", daemon=True).start()


def _warm() -> None:
    try:
        figures.warm()
    except Exception:
        logger.exception("matplotlib was not made ready; the first figure tries again")


class Plots(Hooks):
    """What both kinds of view have in common."""

    parameters: ClassVar[tuple[Declaration[Any], ...]] = (
        Integer("width", default=640, low=100, high=4096, help="In CSS pixels."),
        Integer("height", default=400, low=100, high=4096, help="In CSS pixels."),
    )

    formats: tuple[str, ...] = ("png", "svg", "webp", "jpeg", "avif", "pdf")

    default_size: tuple[int, int] = (640, 400)
    """In CSS pixels, where width and height are no parameters."""

    figure: Mapping[str, Any] = {"layout": "constrained"}
    """Further arguments of ``Figure``, such as ``facecolor``. matplotlib's settings (``rcParams``)
    belong to all threads; set colours and fonts on what you plot."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Check the declaration. Raises ConfigurationError."""
        super().__init_subclass__(**keywords)
        taken = inspect.signature(cls.plot).parameters.values()
        names = {each.name for each in taken}
        missing = [
            each.name for each in cls.parameters if each.name not in {*names, *_SIDES}
        ]  # fmt: skip
        if missing and not any(each.kind is each.VAR_KEYWORD for each in taken):
            raise ConfigurationError(f"{cls.__name__}.plot does not take {', '.join(missing)}")
        request_finished.connect(warm_beside, dispatch_uid=warm_beside)
        request_started.connect(warm_beside, dispatch_uid=warm_beside)

    def plot(self, figure: "Figure", *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - likewise
        """Plot into an empty figure: ``axes = figure.add_subplot()``. Never import pyplot.

        It takes by name what `draw` would, but for ``width``, ``height`` and ``dpr``, which the
        figure has.
        """
        raise ImproperlyConfigured(f"{type(self).__name__} has no plot()")

    def draw(self, *_: Any, **parameters: Any) -> "Figure":
        """Return the figure, plotted."""
        from matplotlib.figure import Figure  # noqa: PLC0415 - loaded by the first figure

        from tilewright.drawn.formulas import read_in_turn  # noqa: PLC0415 - likewise

        read_in_turn()  # what is plotted may measure its texts
        width, height = self.size(**parameters)
        made = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, **self.figure)
        named = {name: each for name, each in parameters.items() if name not in {*_SIDES, _UNSEEN}}
        self.plot(made, **named)
        return made

    def size(self, **parameters: Any) -> tuple[float, float]:
        """Return the width and height of the figure in CSS pixels."""
        width, height = self.default_size
        return parameters.get("width", width), parameters.get("height", height)


class FigureView(Plots, DrawnImageView):
    """A view of a figure of matplotlib, as PNG, SVG, WebP, JPEG, AVIF or PDF.

    ::

        class Sales(FigureView):
            parameters = (*FigureView.parameters, Integer("store"))

            def prepare(self, store, **_):
                return {"sales": list(Sale.objects.filter(store=store).values_list("sum"))}

            def plot(self, figure, store, sales):
                figure.add_subplot().plot(sales)

    The same parameters give the same bytes. Figures are plotted in any thread, several at once.
    Texts that a client sent go through `figures.literal`.
    """


class AsyncFigureView(Plots, AsyncDrawnImageView):
    """Does the same for a server that speaks ASGI."""
