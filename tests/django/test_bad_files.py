"""Damaged and hostile files through HTTP: a typed answer or a picture, soon, and no path."""

import json
import random
import time
from pathlib import Path

import pytest

from tests.testapp.models import Scan

BAD = Path(__file__).parents[3] / "shared" / "images" / "bad"
PATHS = (
    "info/metadata",
    "tiles/0/0/0.png",
    "data/thumbnail.jpg",
    "data/region.npy?left=0&top=0&right=64&bottom=64",
    "data/pixel?left=0&top=0",
)
TYPED = {404, 413, 415, 422}
LONGEST_S = 20.0
"""Of this process's work for one answer, whatever else the machine does."""


@pytest.fixture
def answers(client, db, folder):
    """Ask everything about a file; return the statuses."""

    def ask(name):
        scan = Scan.objects.create(name=name, file=name)
        statuses = []
        for path in PATHS:
            started = time.process_time()
            response = client.get(f"/api/scans/{scan.pk}/{path}")
            assert time.process_time() - started < LONGEST_S, path
            statuses.append(response.status_code)
            if response.status_code != 200:
                assert response.status_code in TYPED, (path, response.content)
                assert json.loads(response.content)["detail"]
                assert str(folder).encode() not in response.content
        return statuses

    return ask


def test_every_bad_sample_is_answered(answers, folder):
    if not BAD.is_dir():
        pytest.skip("shared images absent")
    for file in sorted(BAD.rglob("*")):
        if file.is_file():
            (folder / file.name).symlink_to(file)
            answers(file.name)


def test_a_truncated_file_is_answered(answers, scan, folder):
    whole = (folder / scan.file.name).read_bytes()
    chance = random.Random(7)
    for index in range(16):
        name = f"short{index}.tif"
        (folder / name).write_bytes(whole[: chance.randrange(len(whole))])
        assert set(answers(name)) - {200}, "a part is missing, and something must say so"


def test_what_is_logged_of_a_damaged_file_holds_no_pixels(client, scan, folder, caplog):
    whole = (folder / scan.file.name).read_bytes()
    (folder / scan.file.name).write_bytes(whole[:-5000])
    assert client.get(f"/api/scans/{scan.pk}/data/thumbnail.png").status_code == 422
    told = [record for record in caplog.records if record.name.startswith("tilewright")]
    assert [record.levelname for record in told] == ["WARNING"]
    # An error has a traceback, and that the frames with all that was read.
    assert {type(value) for value in told[0].args} == {str}


def test_flipped_bytes_are_answered(answers, scan, folder):
    whole = (folder / scan.file.name).read_bytes()
    chance = random.Random(8)
    for index in range(40):
        flipped = bytearray(whole)
        # Half of the flips hit the header, where they do most harm.
        flipped[chance.randrange(len(whole) if index % 2 else 600)] ^= 1 << chance.randrange(8)
        name = f"flipped{index}.tif"
        (folder / name).write_bytes(flipped)
        answers(name)
