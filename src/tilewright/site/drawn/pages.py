"""The pages under ``/drawn/``: each shows one way to put a drawn picture on a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tilewright.django import conf
from tilewright.drawn.declared import Declared
from tilewright.errors import ParameterError, SourceUnavailableError, TilewrightError
from tilewright.site.drawn import waves
from tilewright.site.drawn.graph import GRAPHS, MOST_VALUES, Graph
from tilewright.site.drawn.histogram import SCALES
from tilewright.site.drawn.mandelbrot import COLORS
from tilewright.site.models import Image

_MOST_CHOICES = 500
"""Images that the page of histograms offers."""
_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""What is drawn in the page itself (``data:``) is allowed for pictures alone."""
_OWN = Declared(
    tuple(each for each in Graph.parameters if each.name in {"graphId", "values", "title"})
)

Page = Callable[[HttpRequest], HttpResponse]


def _kept_home(page: Page) -> Page:
    """Tell the browser to ask no other host for what the page is made of."""

    @wraps(page)
    def kept(request: HttpRequest) -> HttpResponse:
        response = page(request)
        response["Content-Security-Policy"] = _POLICY
        return response

    return kept


@require_safe
@_kept_home
def index(request: HttpRequest) -> HttpResponse:
    """List the examples."""
    return _page(request, "index", image=Image.listed().first(), ttl_s=waves.TTL_S)


@require_safe
@_kept_home
def background(request: HttpRequest) -> HttpResponse:
    """Show an ellipse behind the page, as large as the window."""
    return _page(request, "background")


@require_safe
@_kept_home
def graph(request: HttpRequest) -> HttpResponse:
    """Show a graph by its address, which has the numbers of the page's own address."""
    return _graph_page(request, "graph")


@require_safe
@_kept_home
def data_uri(request: HttpRequest) -> HttpResponse:
    """Show the same graph as a part of the page."""
    return _graph_page(request, "data_uri")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@_kept_home
def put_aside(request: HttpRequest) -> HttpResponse:
    """Offer a picture that is kept for a few seconds; a POST draws one."""
    if request.method != "POST":
        return _page(request, "aside", ttl_s=waves.TTL_S)
    try:
        kept = waves.put_aside()
    except SourceUnavailableError as error:
        return _page(request, "aside", status=503, ttl_s=waves.TTL_S, problem=str(error))
    return _page(request, "aside", ttl_s=waves.TTL_S, kept=kept)


@require_safe
@_kept_home
def mandelbrot(request: HttpRequest) -> HttpResponse:
    """Show the Mandelbrot set in the viewer."""
    asked = request.GET.get("colors", COLORS[0])
    colors = asked if asked in COLORS else COLORS[0]
    return _page(request, "mandelbrot", colors=colors, all_colors=COLORS)


@require_safe
@_kept_home
def histogram(request: HttpRequest) -> HttpResponse:
    """Show the histogram of a listed image."""
    images = list(Image.listed()[:_MOST_CHOICES])
    asked = request.GET.get("image", "")
    chosen = next((each for each in images if str(each.pk) == asked), images[0] if images else None)
    text, scale = request.GET.get("band", ""), request.GET.get("scale", "")
    known = text.isascii() and text.isdigit() and len(text) < 5 and int(text) >= 1  # noqa: PLR2004
    band = int(text) if known else 1
    bands, problem = (None, None) if chosen is None else _bands(chosen, band)
    return _page(
        request,
        "histogram",
        status=200 if problem is None else 404,
        images=images,
        chosen=chosen,
        band=band,
        bands=bands,
        scale=scale if scale in SCALES else SCALES[0],
        scales=SCALES,
        problem=problem,
    )


def _bands(image: Image, band: int) -> tuple[int | None, str | None]:
    """Return how many bands an image has, and why there is no histogram of that one."""
    try:
        count = len(conf.edge().engine.info(image.source).bands)
    except TilewrightError as error:
        return None, str(error)
    return (
        count,
        None if band <= count else f"band must be {'1' if count == 1 else f'1 to {count}'}",
    )


def _graph_page(request: HttpRequest, name: str) -> HttpResponse:
    asked = {each.name: request.GET.get(each.name, "") for each in _OWN.parameters}
    context: dict[str, Any] = {"graphs": GRAPHS, "most": MOST_VALUES, "asked": asked}
    try:
        drawn = _OWN.read(request.META.get("QUERY_STRING", ""), {})
    except ParameterError as error:
        return _page(request, name, status=400, problem=str(error), **context)
    texts = {each.name: each.write(drawn[each.name]) for each in _OWN.parameters}
    return _page(request, name, **context | {"asked": texts, "drawn": drawn})


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"tilewright/drawn/{name}.html", context, status=status)
