"""``manage.py tilewright_clear_cache``: forget the finished answers, or the copies of files."""

from typing import Any

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tilewright.django import conf
from tilewright.django.sources import clear_copies


class Command(BaseCommand):
    """Empties the cache that ``TILEWRIGHT["cache"]`` names, or the folder of copies."""

    help = (
        "Empty the cache that TILEWRIGHT['cache'] names, or with --copies the folder of copies. "
        "Needed only to free their space."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add ``--whole`` and ``--copies``."""
        parser.add_argument(
            "--whole",
            action="store_true",
            help="also when other parts of the project keep things in the same cache",
        )
        parser.add_argument(
            "--copies",
            action="store_true",
            help="instead: remove the local copies of files that cannot be read by range",
        )

    def handle(self, *_: Any, whole: bool, copies: bool, **__: Any) -> None:
        """Empty it. Raises CommandError when there is none, it is not ours alone, or it fails."""
        if copies:
            self.stdout.write(f"{clear_copies():,} bytes of copies were removed.")
            return
        alias = conf.read_setting()[1].cache
        if alias is None:
            raise CommandError("TILEWRIGHT['cache'] names no cache: there is nothing to empty")
        # Django can empty a cache as a whole only.
        sharers = _sharers(alias)
        if sharers and not whole:
            raise CommandError(
                f"the cache {alias!r} may hold more than images ({', '.join(sharers)}); "
                "--whole empties it all the same"
            )
        try:
            caches[alias].clear()
        except Exception as error:  # each backend has errors of its own
            raise CommandError(f"the cache {alias!r} cannot be emptied: {error}") from error
        self.stdout.write(f"The cache {alias!r} is empty.")


def _sharers(alias: str) -> list[str]:
    """Return what else the cache may be used for, as far as the settings tell."""
    found = ["it is the default cache"] if alias == DEFAULT_CACHE_ALIAS else []
    if "cache" in settings.SESSION_ENGINE and alias == settings.SESSION_CACHE_ALIAS:
        found.append("sessions")
    place = settings.CACHES[alias].get("LOCATION")
    found += [
        f"{other!r} lies at the same place"
        for other, given in settings.CACHES.items()
        if other != alias and place is not None and given.get("LOCATION") == place
    ]
    return found
