"""``python -m bench.servers.prepare NAME``: make the database, with this file as scan 1."""

import sys

import django
from django.core.management import call_command


def main(name: str) -> None:
    django.setup()
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    from bench.servers.catalogue.models import Scan  # noqa: PLC0415 - the apps are ready only now

    Scan.objects.update_or_create(id=1, defaults={"file": name})


if __name__ == "__main__":
    main(sys.argv[1])
