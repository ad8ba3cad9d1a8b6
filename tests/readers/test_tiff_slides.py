"""Whole-slide dialects of TIFF, as far as a test can write them."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.readers.tiffs import Made, check, check_level, interleaved, noise, open_bytes, written
from tilewright.blobs.local import LocalBlob, local_source
from tilewright.config import Config
from tilewright.image import Array
from tilewright.readers import NoChunkStore, Opening
from tilewright.readers.tiff import DRIVER
from tilewright.readers.tiff.reader import TiffReader

SLIDE = noise(width=400, height=300)
THUMBNAIL, LABEL, MACRO = SLIDE[:, ::3, ::3], SLIDE[:, :30, :40], SLIDE[:, :60, :90]
PLAIN = {"photometric": "rgb", "metadata": None, "compression": "deflate"}
TILED = {**PLAIN, "tile": (64, 64)}
STRIPS = {**PLAIN, "rowsperstrip": 16}


def shrunk(factor: int) -> Array:
    return SLIDE[:, ::factor, ::factor]


def aperio(writer):
    settings = "AppMag = 20|StripeWidth = 2032|MPP = 0.5|Left = 1.0"
    writer.write(
        interleaved(SLIDE),
        description=f"Aperio Image Library v11.2.1\r\n400x300|{settings}",
        **TILED,
    )
    writer.write(interleaved(THUMBNAIL), description="Aperio Image Library v11.2.1", **STRIPS)
    for factor in (4, 16):
        writer.write(interleaved(shrunk(factor)), description="Aperio Image Library", **TILED)
    for name, pixels, kind in (("label", LABEL, 1), ("macro", MACRO, 9)):
        writer.write(
            interleaved(pixels),
            description=f"Aperio Image\r\n{name} 9x9",
            subfiletype=kind,
            **STRIPS,
        )


def hamamatsu(writer):
    for factor, power in ((1, 20.0), (2, 10.0), (4, 5.0), (None, -1.0)):
        tags = [(271, "s", 0, "Hamamatsu", True), (65420, "I", 1, 1, True)]
        tags.append((65421, "f", 1, power, True))
        writer.write(
            interleaved(shrunk(factor) if factor else MACRO),
            resolution=(20_000 / (factor or 1),) * 2,
            resolutionunit=3,
            extratags=tags,
            **STRIPS,
        )


LEICA_XML = """<?xml version="1.0"?>
<scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01"><collection name="x">
<image name="macro"><pixels sizeX="90" sizeY="60"><dimension sizeX="90" sizeY="60" ifd="0"/></pixels>
<view sizeX="9000000" sizeY="6000000"/></image>
<image name="scan"><pixels sizeX="400" sizeY="300"><dimension r="0" ifd="1"/>
<dimension r="1" ifd="2"/></pixels><view sizeX="100000" sizeY="150000"/>
<scanSettings><objectiveSettings><objective>40</objective></objectiveSettings></scanSettings>
</image></collection></scn>"""


def leica(writer):
    writer.write(interleaved(MACRO), description=LEICA_XML, **TILED)
    for factor in (1, 4):
        writer.write(interleaved(shrunk(factor)), **TILED)


def philips(writer):
    spacings = "".join(
        '<DataObject ObjectType="PixelDataRepresentation"><Attribute Name="DICOM_PIXEL_SPACING">'
        f"&quot;{spacing * 2}&quot; &quot;{spacing}&quot;</Attribute></DataObject>"
        for spacing in (0.00025, 0.0005)
    )
    xml = (
        '<?xml version="1.0"?><DataObject ObjectType="DPUfsImport"><Attribute Name="x"><Array>'
        f"{spacings}</Array></Attribute></DataObject>"
    )
    options = {**TILED, "software": "Philips DP v1.0"}
    writer.write(interleaved(SLIDE), description=xml, **options)
    # Coarser levels are padded to whole tiles.
    padded = np.pad(shrunk(2), ((0, 0), (0, 42), (0, 56)))
    writer.write(interleaved(padded), subfiletype=1, **options)
    for name, pixels in (("Macro", MACRO), ("Label", LABEL)):
        writer.write(interleaved(pixels), description=name, **STRIPS)


def ventana(writer):
    xmp = b'<EncodeInfo/><iScan Magnification="20" ScanRes="0.465"></iScan>'
    tags = [(700, "B", len(xmp), xmp, True)]
    software = "ScanOutputManager 1.1.0"
    writer.write(
        interleaved(LABEL), description="Label Image", software=software, extratags=tags, **STRIPS
    )
    writer.write(interleaved(THUMBNAIL), description="Thumbnail", **STRIPS)
    for level, factor in enumerate((1, 2, 4)):
        writer.write(
            interleaved(shrunk(factor)), description=f"level={level} mag=20 quality=95", **TILED
        )


def perkin_elmer(writer):
    options = {"metadata": None, "compression": "deflate", "software": "PerkinElmer-QPI"}
    for factor, extra in ((1, THUMBNAIL), (2, MACRO)):
        for channel in shrunk(factor):
            writer.write(channel, photometric="minisblack", tile=(64, 64), **options)
        writer.write(interleaved(extra), photometric="rgb", **options)


SLIDES = {
    # format: writer, shrinks, micrometres, magnification, associated images, BigTIFF
    "Aperio SVS": (
        aperio, (1, 4, 16), (0.5, 0.5), 20,
        {"thumbnail": THUMBNAIL, "label": LABEL, "macro": MACRO}, False,
    ),
    "Hamamatsu NDPI": (hamamatsu, (1, 2, 4), (0.5, 0.5), 20, {"macro": MACRO}, False),
    "Leica SCN": (leica, (1, 4), (0.25, 0.5), 40, {"macro": MACRO}, True),
    "Philips TIFF": (philips, (1, 2), (0.25, 0.5), None, {"macro": MACRO, "label": LABEL}, False),
    "Ventana BIF": (
        ventana, (1, 2, 4), (0.465, 0.465), 20,
        {"label": LABEL, "thumbnail": THUMBNAIL}, True,
    ),
    "PerkinElmer QPTIFF": (
        perkin_elmer, (1, 2), None, None, {"thumbnail": THUMBNAIL, "macro": MACRO}, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIDES)
def test_slides(name):
    make, shrinks, micrometres, magnification, associated, bigtiff = SLIDES[name]
    data = written(make, bigtiff=bigtiff)
    info = check(Made(data, [shrunk(factor) for factor in shrinks])).info
    assert info.format == name
    assert [level.shrink for level in info.levels] == [(factor, factor) for factor in shrinks]
    if micrometres is None:
        assert info.micrometres_per_pixel is None
    else:
        assert info.micrometres_per_pixel == pytest.approx(micrometres)
    assert info.magnification == magnification
    assert sorted(info.associated) == sorted(associated)
    for part, pixels in associated.items():
        reader = open_bytes(data, associated=part)
        assert (len(reader.info.levels), reader.info.associated) == (1, ())
        assert reader.info.micrometres_per_pixel is None
        check_level(reader, 0, pixels, 0)


def above_4_gib(path: Path, pixels: Array) -> None:
    """Write an NDPI as Hamamatsu does: 32-bit values, their high words behind the directory."""
    start = (1 << 32) + 4096
    height, width = pixels.shape[1:]
    rows = interleaved(pixels).tobytes()
    fields = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 2),
        (271, 2, 4, int.from_bytes(b"Ham\0", "little")), (273, 4, 1, start), (277, 3, 1, 3),
        (278, 4, 1, height), (279, 4, 1, len(rows)), (65420, 4, 1, 1),
        (65421, 11, 1, int.from_bytes(struct.pack("<f", 40.0), "little")),
    ]  # fmt: skip
    directory = start + len(rows)
    with path.open("wb") as file:
        file.write(b"II*\0" + struct.pack("<Q", directory))
        file.seek(start)
        file.write(rows + struct.pack("<H", len(fields)))
        for code, kind, count, value in fields:
            file.write(struct.pack("<HHII", code, kind, count, value & 0xFFFFFFFF))
        file.write(struct.pack("<Q", 0))
        file.write(b"".join(struct.pack("<I", value >> 32) for *_, value in fields))


def test_hamamatsu_above_4_gib(tmp_path):
    path = tmp_path / "large.ndpi"
    pixels = noise(width=40, height=30)
    above_4_gib(path, pixels)
    source = local_source(path)
    opening = Opening(source, LocalBlob(source.uri), Config(), NoChunkStore())
    reader = DRIVER.open(opening)
    assert (reader.info.format, reader.info.magnification) == ("Hamamatsu NDPI", 40)
    assert isinstance(reader, TiffReader)
    check_level(reader, 0, pixels, 0)
    reader.close()
