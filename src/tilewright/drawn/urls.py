"""The addresses of pictures that were put aside: ``path("drawn/", include("tilewright.drawn.urls"))``."""

from django.urls import re_path

from tilewright.drawn.ephemeral_view import ephemeral_picture

app_name = "tilewright_drawn"

urlpatterns = [
    re_path(r"^ephemeral/(?P<token>[\w-]{43})\Z", ephemeral_picture, name="ephemeral"),
]
