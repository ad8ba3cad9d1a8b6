"""A process that asks for one kept answer: ``python -m tests.django.kept SETTINGS FOLDER``.

It says ``ready``, waits for a line, and says whether it ``locks`` the answer or ``waits``. Who
locks waits for another line, and adds one to a file. In the end it prints what it got.
"""

import json
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from tests.patience import HANG_S

SAID = {True: "locks", False: "waits", None: "fails"}


def main(setting, folder):
    settings.configure(**json.loads(setting), USE_TZ=True)
    from tilewright.django import caching  # noqa: PLC0415 - needs settings
    from tilewright.django.careful import CarefulCache  # noqa: PLC0415 - likewise
    from tilewright.web import http  # noqa: PLC0415 - likewise

    if settings.DATABASES:
        django.setup()
        call_command("createcachetable", verbosity=0)

    class Telling(CarefulCache):
        def add(self, key, value, timeout_s):
            locked = super().add(key, value, timeout_s)
            say(SAID[locked])
            return locked

    caching.LOCK_S = HANG_S  # who locks may be as slow as a busy machine likes
    cache = Telling("tiles", wait_s=HANG_S)
    kept = caching.KeptReplies(cache, timeout_s=60, max_bytes=1 << 20, min_ms=0.0)
    validator = http.Validator(f'"{Path(folder).name}"', "private")

    def make():
        sys.stdin.readline()
        with (Path(folder) / "made").open("a") as log:
            log.write("made\n")
        return http.document({"made": True}, validator)

    say("ready")
    sys.stdin.readline()
    say(kept.reply("kind", validator, make).body.decode())


def say(text):
    print(text, flush=True)  # noqa: T201 - to the test


if __name__ == "__main__":
    main(*sys.argv[1:])
