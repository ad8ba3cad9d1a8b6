"""What OME-XML tells of wavelengths and focal steps, from the file to ``imgData``: group 9."""

import numpy as np
import pytest
import tifffile

from tests.web.webgateway.samples import LIMITS, layout, subject
from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.image import Axis, Band
from tilewright.readers.tiff.ome import ome_images
from tilewright.web.webgateway.imgdata import About, Rights, image_data
from tilewright.web.webgateway.looks import stated_style
from tilewright.web.webgateway.settings import defaults
from tilewright.web.webgateway.split import split_request


def told(info):
    return image_data(About(1, "a"), info, defaults(info, {}), {}, rights=Rights(), limits=LIMITS)


def read_info(path):
    engine = Engine()
    try:
        return engine.info(local_source(path))
    finally:
        engine.close()


def test_a_file_of_three_dyes(tmp_path):
    path = tmp_path / "dyes.ome.tif"
    channels = {
        "Name": ["", "GFP", ""],
        "EmissionWavelength": [461.5, 509, 617],
        "EmissionWavelengthUnit": ["nm"] * 3,
    }
    metadata = {"axes": "ZCYX", "PhysicalSizeZ": 0.2, "PhysicalSizeX": 0.1, "Channel": channels}
    data = np.zeros((4, 3, 16, 16), np.uint16)
    tifffile.imwrite(path, data, ome=True, photometric="minisblack", metadata=metadata)
    info = read_info(path)
    assert info.axes == (Axis("z", 4, 0.2),)
    document = told(info)
    assert document["pixel_size"] == {"x": 0.1, "y": 0.1, "z": 0.2}
    rows = [(row["emissionWave"], row["label"], row["color"]) for row in document["channels"]]
    assert rows == [
        (461.5, "461.5", "0000FF"),
        (509.0, "GFP", "00FF00"),
        (617.0, "617", "FF0000"),
    ]
    seen = subject(info)
    assert split_request("", seen, 0, 0).labels == ("461.5", "GFP", "617", "merged")
    # A colour that only the query leaves open is the same one.
    paints = [channel.paint.text for channel in stated_style({"c": "1,2,3"}, seen).channels]
    assert paints == ["#0000ff", "#00ff00", "#ff0000"]


XML = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">
<Pixels ID="Pixels:0" SizeX="9" SizeY="9" SizeZ="3" SizeC="1" SizeT="1" {pixels}>
<Channel ID="Channel:0:0" {channel}/></Pixels></Image></OME>"""


@pytest.mark.parametrize(
    ("text", "wavelength"),
    [
        ('EmissionWavelength="500"', 500.0),
        ('EmissionWavelength="0.5" EmissionWavelengthUnit="µm"', 500.0),
        ('EmissionWavelength="5000" EmissionWavelengthUnit="Å"', 500.0),
        ('EmissionWavelength="500" EmissionWavelengthUnit="parsec"', None),
        ('EmissionWavelength="0"', None),
        ('EmissionWavelength="-5"', None),
        ('EmissionWavelength="NaN"', None),
        ('EmissionWavelength="1e308" EmissionWavelengthUnit="m"', None),
        ('EmissionWavelength="1e-300"', None),
        ('EmissionWavelength="green"', None),
        ("", None),
    ],
)
def test_wavelengths(text, wavelength):
    (image,) = ome_images(XML.format(pixels="", channel=text))
    assert image.channels[0].emission_nm == wavelength


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ('PhysicalSizeZ="0.25"', 0.25),
        ('PhysicalSizeZ="250" PhysicalSizeZUnit="nm"', 0.25),
        ('PhysicalSizeZ="1" PhysicalSizeZUnit="pixel"', None),
        ('PhysicalSizeZ="0"', None),
        ("", None),
    ],
)
def test_focal_steps(text, step):
    (image,) = ome_images(XML.format(pixels=text, channel=""))
    assert image.scale.micrometres_per_plane == step


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ('SignificantBits="12"', 12),
        ('SignificantBits="0"', None),
        ('SignificantBits="twelve"', None),
        ('SignificantBits="NaN"', None),
        ("", None),
    ],
)
def test_significant_bits(text, bits):
    (image,) = ome_images(XML.format(pixels=text, channel=""))
    assert image.significant_bits == bits


@pytest.mark.parametrize(
    ("dtype", "stated", "bits"),
    [
        ("uint16", 12, 12),
        ("int16", 12, 12),
        ("uint16", 16, None),
        ("uint16", 40, None),
        ("uint16", -3, None),
        ("float32", 12, None),
    ],
)
def test_the_bits_that_a_file_says_count(tmp_path, dtype, stated, bits):
    path = tmp_path / "camera.ome.tif"
    metadata = {"axes": "YX", "SignificantBits": stated}
    tifffile.imwrite(path, np.zeros((16, 16), dtype), ome=True, metadata=metadata)
    assert read_info(path).significant_bits == bits


def test_the_bits_of_a_packed_file_count(tmp_path):
    path = tmp_path / "packed.tif"
    data = np.arange(256, dtype=np.uint16).reshape(16, 16)
    tifffile.imwrite(path, data, bitspersample=12, photometric="minisblack")
    assert read_info(path).significant_bits == 12


@pytest.mark.parametrize(
    ("bands", "colors"),
    [
        ([(None, 499.9), (None, 500), (None, 559.9), (None, 560)], "blue green green red"),
        ([("#123456", 400), (None, 400)], "#123456 blue"),
        ([(None, 400), (None, None), (None, None)], "blue white white"),
        ([(None, None), (None, None)], "red green"),
        ([(None, 400)], "blue"),
    ],
)
def test_default_colours_go_by_wavelength(bands, colors):
    names = {"red": "#ff0000", "green": "#00ff00", "blue": "#0000ff", "white": "#ffffff"}
    info = layout(64, 64, bands=len(bands))
    own = tuple(Band(color=color, emission_nm=emission) for color, emission in bands)
    object.__setattr__(info, "bands", own)
    found = [channel.color for channel in defaults(info, {}).channels]
    assert found == [names.get(name, name) for name in colors.split()]
