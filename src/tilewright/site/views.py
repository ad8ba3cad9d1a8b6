"""The two pages of the viewer, and what a supervisor asks."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tilewright.django import conf
from tilewright.errors import ConfigurationError
from tilewright.site.models import Image


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the images."""
    return render(request, "tilewright/index.html")


@require_safe
def view(request: HttpRequest, image_id: int) -> HttpResponse:
    """Show one image."""
    image = get_object_or_404(Image.listed(), pk=image_id)
    return render(request, "tilewright/viewer.html", {"image_id": image.pk, "name": image.name})


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer: the process is alive."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer 200 when the catalogue can be read and the engine runs, 503 when not."""
    parts = {"catalogue": _catalogue_answers(), "engine": _engine_runs()}
    ready = all(parts.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", **parts}, status=200 if ready else 503
    )


def _catalogue_answers() -> bool:
    try:
        Image.objects.exists()
    except DatabaseError:
        return False
    return True


def _engine_runs() -> bool:
    try:
        return bool(conf.edge().suffixes)
    except ConfigurationError:
        return False
