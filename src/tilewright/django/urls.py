"""What is the same for every image: include it once, such as below ``api/``."""

from django.urls import include, path

urlpatterns = [
    path("", include("tilewright.django.looks_urls")),
    path("", include("tilewright.django.surface_urls")),
]
