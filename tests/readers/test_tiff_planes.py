"""Stacks: OME-TIFF, ImageJ, tifffile's own, and scans of many pages."""

import io
import itertools
import re
import struct

import numpy as np
import pytest
import tifffile

from tests.readers.tiffs import Made, check, check_level, interleaved, noise, open_bytes, written
from tilewright.image import Array, Axis, Plane

NAMES = {"Z": "z", "T": "t", "I": "frame", "Q": "other"}


def numbered(shape: tuple[int, ...], dtype: str) -> Array:
    return np.random.default_rng(0).integers(0, 255, shape).astype(dtype)


def check_stack(data: bytes, pixels: Array, axes: str) -> None:
    """Compare every plane with the array that was written: bands are C × S, samples fastest."""
    if "S" not in axes:
        pixels, axes = pixels[..., np.newaxis], f"{axes}S"
    if "C" not in axes:
        pixels, axes = pixels[np.newaxis], f"C{axes}"
    planes = [axis for axis in axes if axis not in "CYXS"]
    pixels = pixels.transpose([axes.index(axis) for axis in (*planes, *"CSYX")])
    sizes = pixels.shape[: len(planes)]
    reader = open_bytes(data)
    expected = [
        Axis(NAMES[axis], size) for axis, size in zip(planes, sizes, strict=True) if size > 1
    ]
    assert list(reader.info.axes) == expected
    for place in itertools.product(*map(range, sizes)):
        plane = Plane.of({NAMES[a]: i for a, i in zip(planes, place, strict=True)})
        check_level(reader, 0, pixels[place].reshape(-1, *pixels.shape[-2:]), 0, plane)


STACKS = [
    ("CYX", (3, 20, 30)),
    ("TYX", (5, 20, 30)),
    ("ZCYX", (4, 3, 20, 30)),
    ("CZYX", (3, 4, 20, 30)),
    ("TCZYX", (2, 3, 2, 20, 30)),
    ("TZCYX", (2, 2, 3, 20, 30)),
    ("CTZYX", (3, 2, 2, 20, 30)),
    ("ZTCYX", (2, 2, 3, 20, 30)),
    ("YXS", (20, 30, 3)),
    ("CYXS", (2, 20, 30, 3)),
    ("TZCYXS", (2, 2, 2, 20, 30, 3)),
]


@pytest.mark.parametrize(("axes", "shape"), STACKS)
@pytest.mark.parametrize("options", [{}, {"tile": (16, 16), "compression": "deflate"}])
def test_ome(axes, shape, options):
    pixels = numbered(shape, "uint16")
    kind = "rgb" if "S" in axes else "minisblack"
    data = written(
        lambda writer: writer.write(pixels, photometric=kind, metadata={"axes": axes}, **options),
        ome=True,
    )
    check_stack(data, pixels, axes)


@pytest.mark.parametrize(("axes", "shape"), [("SYX", (3, 20, 30)), ("CSYX", (2, 3, 20, 30))])
def test_ome_with_separate_samples(axes, shape):
    pixels = numbered(shape, "uint16")
    data = written(
        lambda writer: writer.write(
            pixels, photometric="rgb", planarconfig="separate", metadata={"axes": axes}
        ),
        ome=True,
    )
    check_stack(data, pixels, axes)


def test_ome_says_names_colours_and_scale():
    pixels = numbered((3, 2, 200, 300), "uint16")
    channels = {"Name": ["DAPI", "GFP", "Cy5"], "Color": [65535, 16711935, -16776961]}

    def make(writer):
        options = {"photometric": "minisblack", "tile": (64, 32), "compression": "deflate"}
        scale = {"PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.5}
        writer.write(
            pixels,
            subifds=1,
            metadata={"axes": "CZYX", "Channel": channels, **scale},
            **options,
        )
        writer.write(pixels[..., ::2, ::2], subfiletype=1, **options)

    half = pixels[..., ::2, ::2]
    reader = check(
        Made(
            written(make, ome=True),
            [pixels[:, 0], half[:, 0]],
            planes={Plane.of({"z": 1}): pixels[:, 1]},
        )
    )
    check_level(reader, 1, half[:, 1], 0, Plane.of({"z": 1}))
    info = reader.info
    assert info.format == "OME-TIFF"
    assert [band.name for band in info.bands] == ["DAPI", "GFP", "Cy5"]
    assert [band.color for band in info.bands] == ["#0000ff", "#00ff00", "#ff0000"]
    assert info.micrometres_per_pixel == (0.25, 0.5)


def test_further_images_of_ome_are_associated():
    main = noise(bands=3)

    def make(writer):
        for name, pixels in (("main", main), ("label", main[:, :20, :20])):
            writer.write(
                interleaved(pixels), photometric="rgb", metadata={"axes": "YXS", "Name": name}
            )

    data = written(make, ome=True)
    assert check(Made(data, [main])).info.associated == ("label",)
    check_level(open_bytes(data, associated="label"), 0, main[:, :20, :20], 0)


def test_a_part_of_a_set_of_files_shows_what_it_holds():
    """Files beside this one are never opened, whatever the XML says."""
    pixels = numbered((2, 20, 30), "uint8")
    data = written(
        lambda writer: writer.write(
            pixels,
            photometric="minisblack",
            metadata={"axes": "ZYX", "Channel": {"Name": ["elsewhere"]}},
        ),
        ome=True,
    )
    with tifffile.TiffFile(memory(data)) as file:
        xml = file.ome_metadata
    place = (
        '<TiffData FirstZ="{}" IFD="0" PlaneCount="1"><UUID FileName="{}.tif">urn:uuid:{}</UUID>'
    )
    blocks = "".join(f"{place.format(z, name, z)}</TiffData>" for z, name in enumerate("ab"))
    start, end = xml.index("<TiffData"), xml.index("</Pixels>")
    moved = re.sub(r'UUID="[^"]*"', 'UUID="urn:uuid:0"', xml[:start]) + blocks + xml[end:]
    data = written(
        lambda writer: writer.write(
            pixels[0], photometric="minisblack", description=moved, metadata=None
        )
    )
    reader = check(Made(data, [pixels[:1]]))
    assert reader.info.axes == ()
    assert reader.info.bands[0].name == ""


def memory(data: bytes):
    return io.BytesIO(data)


IMAGEJ = [
    ("CYX", (3, 20, 30)),
    ("TYX", (5, 20, 30)),
    ("ZYX", (5, 20, 30)),
    ("ZCYX", (4, 3, 20, 30)),
    ("TZCYX", (2, 4, 3, 20, 30)),
    ("YXS", (20, 30, 3)),
    ("TZYXS", (2, 3, 20, 30, 3)),
]


@pytest.mark.parametrize(("axes", "shape"), IMAGEJ)
@pytest.mark.parametrize("byteorder", "<>")
def test_imagej(axes, shape, byteorder):
    pixels = numbered(shape, "uint8" if "S" in axes else "uint16")
    data = written(
        lambda writer: writer.write(pixels, metadata={"axes": axes}),
        imagej=True,
        byteorder=byteorder,
    )
    check_stack(data, pixels, axes)


@pytest.mark.parametrize("byteorder", "<>")
def test_imagej_with_a_single_directory(byteorder):
    """ImageJ writes stacks above 4 GiB as one directory with all planes behind each other."""
    pixels = numbered((2, 4, 3, 20, 30), "uint16")
    data = bytearray(
        written(
            lambda writer: writer.write(pixels, metadata={"axes": "TZCYX"}),
            imagej=True,
            byteorder=byteorder,
        )
    )
    (first,) = struct.unpack_from(f"{byteorder}I", data, 4)
    (count,) = struct.unpack_from(f"{byteorder}H", data, first)
    struct.pack_into(f"{byteorder}I", data, first + 2 + 12 * count, 0)
    check_stack(bytes(data), pixels, "TZCYX")


def test_imagej_says_its_scale():
    data = written(
        lambda writer: writer.write(
            numbered((20, 30), "uint8"), resolution=(4, 2), metadata={"unit": "um"}
        ),
        imagej=True,
    )
    assert open_bytes(data).info.micrometres_per_pixel == (0.25, 0.5)


SHAPED = [
    ("CYX", (3, 20, 30), {}),
    ("ZCYX", (4, 3, 20, 30), {"compression": "deflate"}),
    ("TZCYX", (2, 4, 3, 20, 30), {}),
    ("QYX", (5, 20, 30), {}),
    ("IYXS", (4, 20, 30, 3), {"photometric": "rgb"}),
    # The samples of a page may have any letter.
    ("YXC", (20, 30, 5), {"planarconfig": "contig"}),
    ("ZYXC", (4, 20, 30, 3), {"photometric": "rgb"}),
    ("CYX", (3, 20, 30), {"planarconfig": "separate"}),
    ("ZCYX", (4, 3, 20, 30), {"planarconfig": "separate"}),
]


@pytest.mark.parametrize(("axes", "shape", "options"), SHAPED)
def test_stacks_of_tifffile(axes, shape, options):
    pixels = numbered(shape, "uint16")
    settings = {"photometric": "minisblack", **options}
    data = written(lambda writer: writer.write(pixels, metadata={"axes": axes}, **settings))
    check_stack(data, pixels, axes)


@pytest.mark.parametrize("byteorder", "<>")
def test_a_stack_of_tifffile_with_a_single_directory(byteorder):
    pixels = numbered((4, 3, 20, 30), "uint16")
    data = written(
        lambda writer: writer.write(
            pixels, photometric="minisblack", metadata={"axes": "ZCYX", "truncate": True}
        ),
        byteorder=byteorder,
    )
    check_stack(data, pixels, "ZCYX")


def test_axes_of_one_kind_get_names_of_their_own():
    pixels = numbered((2, 3, 20, 30), "uint8")
    data = written(lambda writer: writer.write(pixels, photometric="minisblack"))
    reader = open_bytes(data)
    assert reader.info.axes == (Axis("other", 2), Axis("other2", 3))
    for first, second in itertools.product(range(2), range(3)):
        plane = Plane.of({"other": first, "other2": second})
        check_level(reader, 0, pixels[first, second][np.newaxis], 0, plane)


def test_a_scan_of_many_pages():
    pages = [noise(seed=seed) for seed in range(4)]

    def make(writer):
        for page in pages:
            writer.write(interleaved(page), photometric="rgb", compression="deflate", metadata=None)

    planes = {Plane.of({"frame": index}): page for index, page in enumerate(pages)}
    reader = check(Made(written(make), [pages[0]], planes=planes))
    assert reader.info.axes == (Axis("frame", 4),)
