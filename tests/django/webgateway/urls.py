"""A project that serves OMERO's clients."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("webgateway/", include("tilewright.django.webgateway")),
    path("webclient/", include("tilewright.django.webgateway.webclient")),
    path("login/", LoginView.as_view(), name="login"),
]
