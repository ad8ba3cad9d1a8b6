"""The site as a IIIF service: what the standard's own validator finds, and a drawn image."""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.conftest import _serve
from tests.patience import LONG_S
from tests.services import ServiceMissingError
from tests.site.conftest import serving

TELL_COLORS = """
import json
from iiif_validator.validator import ValidationInfo
print(json.dumps(ValidationInfo().colorInfo))
"""
SQUARE = 100
"""Pixels along a side of each of the picture's squares, which are ten by ten."""
FAULTY = {
    # Release 1.0.5 calls a function that Python 3 has not.
    "format_jp2": "'urllib' has no attribute 'urlopen'",
    "format_pdf": "'urllib' has no attribute 'urlopen'",
    "format_webp": "'urllib' has no attribute 'urlopen'",
    # An answer within !2000,3000 is to be as large as the region, 3.0 says; the validator wants an
    # error, and fails to say so.
    "size_noup": "missing 3 required positional arguments",
    # It asks for ^1551, and is content; then it wants ^max to be 1000, although maxWidth is told.
    "size_up": "Failed to get max size while using the ^ notation",
}
"""What the validator itself does wrong, and how that is seen."""
EXPECTED = {
    "3.0": (45, {"format_jp2", "format_pdf", "format_webp", "size_noup", "size_up"}),
    "2.0": (42, {"format_jp2", "format_pdf", "format_webp"}),
}
"""How many tests there are up to level 3, and which of them no server can pass."""


@contextmanager
def validator():
    """Yield the validator's program, and the colours that it expects, ten columns of ten."""
    program = Path(sys.executable).with_name("iiif-validate.py")
    told = python("-c", TELL_COLORS)
    if not program.exists() or told.returncode != 0:
        raise ServiceMissingError("iiif-validator with libmagic (libmagic1 of Debian's)")
    yield program, json.loads(told.stdout.splitlines()[-1])


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=10 * LONG_S,
        check=False,
    )


@pytest.fixture(scope="module")
def iiif_validator():
    yield from _serve(validator)


@pytest.fixture(scope="module")
def site(tmp_path_factory, iiif_validator):
    """Return a server of the validator's picture, as a file with and one without a pyramid."""
    folder = tmp_path_factory.mktemp("iiif")
    columns = np.array(iiif_validator[1], np.uint8)
    pixels = np.kron(columns.transpose(1, 0, 2), np.ones((SQUARE, SQUARE, 1), np.uint8))
    Image.fromarray(pixels).save(folder / "plain.png")
    with tifffile.TiffWriter(folder / "pyramid.tif") as writer:
        tags = {"tile": (128, 128), "photometric": "rgb", "compression": "zlib"}
        writer.write(pixels, subifds=1, **tags)
        writer.write(pixels[::2, ::2], subfiletype=1, **tags)
    with serving(tmp_path_factory.mktemp("home"), str(folder)) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain.png", "pyramid.tif"])
@pytest.mark.parametrize("version", EXPECTED)
def test_the_validator_is_content(site, iiif_validator, version, name):
    with site.client() as client:
        rows = client.get("/api/images/").json()["results"]
    (number,) = [row["id"] for row in rows if row["name"] == name]
    host = site.address.removeprefix("http://")
    done = python(
        *(str(iiif_validator[0]), "-s", host, "-p", f"iiif/{version[0]}", "-i", str(number)),
        *("--version", version, "--level", "3", "-v"),
    )
    verdicts = re.split(r"^\[\d+\] test ", done.stderr, flags=re.MULTILINE)[1:]
    failed = {
        told.split()[0]: told for told in verdicts if told.splitlines()[0].split()[-1] != "PASS"
    }
    count, unfit = EXPECTED[version]
    assert len(verdicts) == count
    assert failed.keys() == unfit, done.stderr
    for test, told in failed.items():
        assert FAULTY[test] in told


def test_the_list_of_images_tells_of_the_service(site):
    with site.client() as client:
        for row in client.get("/api/images/").json()["results"]:
            told = client.get(row["links"]["iiif"]).json()
            assert told["id"] == f"{site.address}/iiif/3/{row['id']}"
            assert (told["width"], told["height"]) == (1000, 1000)
            assert 'Width="1000" Height="1000"' in client.get(row["links"]["deepzoom"]).text


def test_a_drawn_image_is_served_as_any_other(site):
    with site.client() as client:
        below = "/drawn/mandelbrot/viridis"
        told = client.get(f"{below}/iiif/3/info.json").json()
        assert told["id"] == f"{site.address}{below}/iiif/3"
        assert told["width"] == 1 << 24
        (tiles,) = told["tiles"]
        side, scale = tiles["width"], 1024
        zoom = len(tiles["scaleFactors"]) - 1 - 10
        x, y = 22, 31
        region = f"{x * side * scale},{y * side * scale},{side * scale},{side * scale}"
        tile = client.get(f"{below}/iiif/3/{region}/{side},{side}/0/default.png")
        assert tile.status_code == 200, tile.text
        assert tile.content == client.get(f"{below}/tiles/{zoom}/{x}/{y}.png").content
        deep = client.get(f"{below}/deepzoom_files/14/{x}_{y}.png")
        assert deep.content == tile.content
        thumb = client.get(f"{below}/iiif/2/full/!200,200/30/bitonal.png")
        seen = np.asarray(Image.open(io.BytesIO(thumb.content)))
        assert seen.shape[:2] == (273, 273)
        assert {*np.unique(seen[..., 0])} == {0, 255}
