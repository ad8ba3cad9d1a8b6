"""Which records a command is about, as a person types it."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import CommandError
from django.db.models import Model


def field_of(text: str) -> tuple[type[Model], str]:
    """Return the model and the field's name of ``app.Model:field``. Raises CommandError."""
    label, _, field = text.partition(":")
    try:
        model = apps.get_model(label)
        model._meta.get_field(field)  # noqa: SLF001 - Django's own name
    except (LookupError, ValueError, FieldDoesNotExist) as error:
        raise CommandError(f"{text!r} is not app.Model:field: {error}") from error
    return model, field
