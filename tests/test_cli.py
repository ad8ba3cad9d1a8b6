import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.patience import LONG_S


def tilewright(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tilewright", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )


@pytest.fixture(scope="module")
def pixels():
    rows, columns = np.mgrid[0:700, 0:900]
    return np.stack([columns % 256, rows % 256, columns // 256], -1).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, pixels):
    folder = tmp_path_factory.mktemp("cli")
    tifffile.imwrite(folder / "a.tif", pixels, tile=(256, 256), photometric="rgb")
    planes = np.zeros((4, 60, 80), np.uint8) + (np.arange(4) * 50)[:, None, None].astype(np.uint8)
    tifffile.imwrite(
        folder / "z.ome.tif", planes, ome=True, photometric="minisblack", metadata={"axes": "ZYX"}
    )
    (folder / "notes.tif").write_text("no image")
    tifffile.imwrite(folder / "strips.tif", pixels, photometric="rgb")
    (folder / "ring.tif").write_bytes(b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0")
    (folder / "cut.tif").write_bytes((folder / "a.tif").read_bytes()[:300])
    (folder / "read-only").mkdir()
    return folder


def shown(path):
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))


def test_help_and_start_load_nothing_heavy(folder):
    seen = subprocess.run(
        [sys.executable, "-c", "import sys, tilewright.cli; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    ).stdout.split()
    assert not {"numpy", "cv2", "django", "tifffile", "imagecodecs", "granian"} & set(seen)
    help_text = tilewright("--help", folder=folder).stdout
    for command in ("serve", "info", "validate", "tile", "region", "thumbnail"):
        assert command in help_text


def test_info_for_people(folder):
    result = tilewright("info", "a.tif", folder=folder)
    assert result.returncode == 0
    assert "900 × 700 pixels, uint8" in result.stdout
    assert "256×256" in result.stdout


def test_info_for_programs(folder):
    result = tilewright("info", "z.ome.tif", "--json", folder=folder)
    found = json.loads(result.stdout)
    assert found["size"] == {"width": 80, "height": 60}
    assert found["axes"] == [{"name": "z", "size": 4, "micrometres": None}]
    assert found["dtype"] == "uint8"


def test_validate_for_people(folder):
    result = tilewright("validate", "strips.tif", folder=folder)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "strips.tif: not a valid Cloud Optimized GeoTIFF",
        "  error: the main image is longer than 512 pixels and not tiled",
        "  warning: the main image is longer than 512 pixels and has no overviews",
    ]


def test_validate_for_programs(folder):
    result = tilewright("validate", "a.tif", "--json", folder=folder)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["valid"] is True
    assert found["errors"] == []
    assert len(found["warnings"]) == 1
    assert [ifd["width"] for ifd in found["details"]["ifds"]] == [900]


def test_validate_strictly(folder):
    assert tilewright("validate", "a.tif", folder=folder).returncode == 0
    strict = tilewright("validate", "a.tif", "--strict", folder=folder)
    assert strict.returncode == 1
    assert "not a valid" in strict.stdout


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("notes.tif", 1, "error: the file is not a GeoTIFF"),
        ("missing.tif", 2, "missing.tif: the file does not exist"),
        (".", 2, "the file does not exist"),
        ("ring.tif", 2, "ring.tif: the directories of the TIFF form a ring"),
    ],
)
def test_validate_tells_no_from_unreadable(folder, name, code, words):
    result = tilewright("validate", name, folder=folder)
    assert result.returncode == code
    assert words in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_tile(folder, pixels):
    result = tilewright("tile", "a.tif", "2", "1", "1", "-o", "tile.png", folder=folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("tile.png: 256×256")
    assert np.array_equal(shown(folder / "tile.png"), pixels[256:512, 256:512])


def test_region(folder, pixels):
    place = ("--left", "10", "--top", "20", "--width", "300", "--height", "200")
    result = tilewright("region", "a.tif", *place, "-o", "region.png", folder=folder)
    assert result.returncode == 0, result.stderr
    assert np.array_equal(shown(folder / "region.png"), pixels[20:220, 10:310])


def test_region_reaches_to_the_edge_and_is_made_to_measure(folder):
    size = ("--left", "450", "--output-width", "90")
    result = tilewright("region", "a.tif", *size, "-o", "half.jpg", folder=folder)
    assert result.returncode == 0, result.stderr
    assert shown(folder / "half.jpg").shape == (140, 90, 3)


def test_region_as_numbers(folder, pixels):
    place = ("--width", "5", "--height", "4")
    assert tilewright("region", "a.tif", *place, "-o", "x.npy", folder=folder).returncode == 0
    assert np.array_equal(np.load(folder / "x.npy"), np.moveaxis(pixels[:4, :5], -1, 0))


def test_thumbnail(folder):
    result = tilewright("thumbnail", "a.tif", "--size", "90", "-o", "small.webp", folder=folder)
    assert result.returncode == 0, result.stderr
    assert shown(folder / "small.webp").shape == (70, 90, 3)


def test_a_plane_is_named_by_its_axis(folder):
    written = tilewright("thumbnail", "z.ome.tif", "--at", "z=2", "-o", "z2.png", folder=folder)
    assert written.returncode == 0, written.stderr
    assert shown(folder / "z2.png")[5, 5].tolist() == [100, 100, 100]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("info missing.tif", 1, "missing.tif: the file does not exist"),
        ("info .", 1, "the file does not exist"),
        ("info notes.tif", 1, "notes.tif: no reader knows this kind of file"),
        ("tile cut.tif 0 0 0 -o t.png", 1, "cut.tif: "),
        ("tile a.tif 9 0 0 -o t.png", 1, "zoom 9 is outside 0 to 2"),
        ("tile a.tif 0 5 0 -o t.png", 1, "tile 5,0 is outside"),
        ("tile a.tif 0 x 0 -o t.png", 2, "integer"),
        ("tile a.tif 0 0 0", 2, "--output"),
        ("tile a.tif 0 0 0 -o t.xyz", 1, "the suffix of --output must be one of"),
        ("tile a.tif 0 0 0 -o no/such/t.png", 1, "No such file or directory"),
        ("tile a.tif 0 0 0 -o t.png --quality 0", 2, "--quality"),
        ("region a.tif --left 2000 -o t.png", 1, "a box has a positive area"),
        ("region a.tif --left 2000 --width 10 -o t.png", 1, "outside the image"),
        ("region a.tif --left nan -o t.png", 1, "finite"),
        ("region a.tif --output-width 99999 -o t.png", 1, "output"),
        ("thumbnail z.ome.tif --at z=9 -o t.png", 1, "z 9 is outside 0 to 3"),
        ("thumbnail z.ome.tif --at q=1 -o t.png", 1, "no axis 'q'"),
        ("thumbnail z.ome.tif --at 3 -o t.png", 1, "--at must be an axis and a number"),
        ("thumbnail a.tif --size 0 -o t.png", 2, "--size"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(folder, arguments, code, words):
    result = tilewright(*arguments.split(), folder=folder)
    assert result.returncode == code
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert not (folder / arguments.rpartition(" ")[2]).with_suffix(".png").is_file() or (
        "-o" not in arguments
    )


def test_a_failed_write_leaves_the_old_file(folder):
    (folder / "kept.png").write_bytes(b"old")
    assert tilewright("tile", "a.tif", "9", "0", "0", "-o", "kept.png", folder=folder).returncode
    assert (folder / "kept.png").read_bytes() == b"old"
    assert [path.name for path in folder.glob(".*")] == []
