"""The addresses of the examples: ``path("drawn/", include("tilewright.site.drawn.urls"))``."""

from django.urls import include, path

from tilewright.site.drawn import pages
from tilewright.site.drawn.ellipse import Ellipse
from tilewright.site.drawn.graph import Graph
from tilewright.site.drawn.histogram import Histogram
from tilewright.site.drawn.mandelbrot import Mandelbrot

app_name = "drawn"

urlpatterns = [
    path("", pages.index, name="index"),
    path("background/", pages.background, name="background-page"),
    path("graph/", pages.graph, name="graph-page"),
    path("data-uri/", pages.data_uri, name="data-uri-page"),
    path("put-aside/", pages.put_aside, name="aside-page"),
    path("mandelbrot/", pages.mandelbrot, name="mandelbrot-page"),
    path("histogram/", pages.histogram, name="histogram-page"),
    path("ellipse.<fmt>", Ellipse.as_view(), name="ellipse"),
    path("ellipse", Ellipse.as_view(), name="ellipse-negotiated"),
    path("graph.<fmt>", Graph.as_view(), name="graph"),
    path("graph", Graph.as_view(), name="graph-negotiated"),
    path("histogram/<int:image_id>.<fmt>", Histogram.as_view(), name="histogram"),
    path("mandelbrot/<slug:colors>/", include(Mandelbrot.get_urls("mandelbrot"))),
]
