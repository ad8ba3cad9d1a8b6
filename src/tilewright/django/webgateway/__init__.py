"""OMERO's webgateway: ``path("webgateway/", include("tilewright.django.webgateway"))``."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Return the addresses, which need models: Django imports this package before it has any."""
    if name != "urlpatterns":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tilewright.django.webgateway import urls  # noqa: PLC0415 - the apps are ready only now

    return urls.urlpatterns
