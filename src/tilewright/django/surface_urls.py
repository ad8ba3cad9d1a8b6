"""Paths of the lists, under the names that clients of django-large-image know."""

from django.urls import path

from tilewright.django import surface_views

urlpatterns = [
    path("large-image/sources", surface_views.sources, name="tilewright-sources"),
    path("large-image/formats", surface_views.formats, name="tilewright-formats"),
    path("large-image/colormaps", surface_views.colormaps, name="tilewright-large-image-colormaps"),
]
