"""Paths of colormaps: their list, and each as a picture."""

from django.urls import path, re_path

from tilewright.django import looks

urlpatterns = [
    path("colormaps/", looks.colormaps, name="tilewright-colormaps"),
    re_path(
        r"^colormaps/(?P<name>[^/]+)\.(?P<fmt>[^/.]+)$",
        looks.colormap,
        name="tilewright-colormap",
    ),
]
