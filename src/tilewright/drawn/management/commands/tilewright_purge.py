"""``manage.py tilewright_purge``: remove the pictures whose time is over."""

from typing import Any

from django.core.management.base import BaseCommand

from tilewright.drawn import ephemeral


class Command(BaseCommand):
    """Removes expired pictures from the folder where they were put aside."""

    help = (
        "Remove the pictures that were put aside and whose time is over. "
        "Where TILEWRIGHT['ephemeral_cache'] names a cache, that does so by itself."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Remove them, and say how many."""
        count, freed = ephemeral.purge()
        self.stdout.write(f"{count} picture{'' if count == 1 else 's'} removed, {freed:,} bytes.")
