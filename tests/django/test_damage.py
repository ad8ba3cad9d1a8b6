"""Every sample cut short and with flipped bytes, through HTTP: a typed error or a picture.

Half of the flips fall into the first 4 KiB, where a file says what it is: elsewhere most of
them only change a pixel.
"""

import faulthandler
import os
import random
import time
from pathlib import Path

import pytest

from tests.testapp.models import Scan

IMAGES = Path(__file__).parents[3] / "shared" / "images"
SAMPLES = sorted(
    path.relative_to(IMAGES).as_posix()
    for path in IMAGES.glob("*/*")
    if path.suffix.lower() not in {".nc", ".dcm", ".exr"}  # no reader yet: 415 whatever they hold
)
TRUNCATIONS, FLIPS, HEAD = 32, 200, 4096
LARGE = 20_000_000
"""Pixels of one that takes a second to decode whole, as it has no tiles: it is spared most."""
LONGEST_S = 20.0
"""Of this process's work for one answer, whatever else the machine does."""
HANG_S = 600.0
STATUSES = {200, 404, 413, 415, 422}
ASKS = ("info/metadata", "data/thumbnail.jpg?max_width=64", "tiles/0/0/0.png")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(not SAMPLES, reason="shared images absent"),
]


def damaged(whole, generator, pixels):
    spared = 8 if pixels > LARGE else 1
    for _ in range(TRUNCATIONS // spared):
        length = generator.randrange(len(whole))
        yield f"cut at {length}", whole[:length]
    for index in range(FLIPS // spared):
        place = generator.randrange(min(HEAD, len(whole)) if index % 2 else len(whole))
        flip = generator.randrange(1, 256)
        changed = bytearray(whole)
        changed[place] ^= flip
        yield f"byte {place} ^ {flip}", bytes(changed)


def pixels_of(client, scan):
    """Return how many pixels the undamaged sample has; 0 where it is none."""
    told = client.get(f"/api/scans/{scan.pk}/info/metadata").json()
    return told.get("sizeX", 0) * told.get("sizeY", 0)


@pytest.mark.parametrize("name", SAMPLES)
def test_damage_is_told_never_a_crash(client, tmp_path, settings, name):
    settings.MEDIA_ROOT = tmp_path
    whole = (IMAGES / name).read_bytes()
    (tmp_path / "damaged").write_bytes(whole)
    scan = Scan.objects.create(name=name, file="damaged")
    generator = random.Random(name)
    try:
        rows = damaged(whole, generator, pixels_of(client, scan))
        for number, (told, content) in enumerate(rows):
            faulthandler.dump_traceback_later(HANG_S, exit=True)
            # Written beside and renamed, with a time of its own: inodes are given out again.
            beside = tmp_path / "beside"
            beside.write_bytes(content)
            os.utime(beside, ns=(number, number))
            beside.replace(tmp_path / "damaged")
            for ask in ASKS:
                started = time.process_time()
                response = client.get(f"/api/scans/{scan.pk}/{ask}")
                took_s = time.process_time() - started
                assert response.status_code in STATUSES, (told, ask, response.content)
                assert took_s < LONGEST_S, (told, ask)
                assert str(tmp_path).encode() not in response.content, (told, ask)
                if response.status_code == 413 or ask == "info/metadata":
                    continue
                if response.status_code != 200:
                    break  # the next ask would say the same
    finally:
        faulthandler.cancel_dump_traceback_later()
