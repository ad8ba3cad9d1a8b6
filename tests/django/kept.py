"""A process that asks for one kept answer: ``python -m tests.django.kept SETTINGS FOLDER``.

It says ``ready``, waits for a line, then prints what it got; each making adds a line to a file.
"""

import json
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def main(setting, folder):
    settings.configure(**json.loads(setting), USE_TZ=True)
    from tilewright.django.caching import KeptReplies  # noqa: PLC0415 - needs settings
    from tilewright.django.careful import CarefulCache  # noqa: PLC0415 - likewise
    from tilewright.web import http  # noqa: PLC0415 - likewise

    if settings.DATABASES:
        django.setup()
        call_command("createcachetable", verbosity=0)

    kept = KeptReplies(CarefulCache("tiles", wait_s=1), timeout_s=60, max_bytes=1 << 20, min_ms=0.0)
    validator = http.Validator('"shared"', "private")

    def make():
        with (Path(folder) / "made").open("a") as log:
            log.write("made\n")
        time.sleep(0.3)
        return http.document({"made": True}, validator)

    print("ready", flush=True)  # noqa: T201 - to the test
    sys.stdin.readline()
    print(kept.reply("kind", validator, make).body.decode(), flush=True)  # noqa: T201 - likewise


if __name__ == "__main__":
    main(*sys.argv[1:])
