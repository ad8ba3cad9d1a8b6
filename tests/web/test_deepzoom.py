"""DeepZoom's arithmetic, beside that of OpenSlide's own generator."""

import numpy as np
import openslide
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from openslide.deepzoom import DeepZoomGenerator
from PIL import Image

from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Size
from tilewright.image import Band, ImageInfo, Level
from tilewright.request import LevelRegion
from tilewright.web.deepzoom import NAMESPACE, descriptor, last_level, tile


def image(width, height, side=256):
    size = Size(width, height)
    return ImageInfo(
        size, (Level(size, (1.0, 1.0), Size(side, side)),), (Band("gray"),), "uint8", "test"
    )


def generator(width, height, side):
    picture = Image.fromarray(np.zeros((height, width, 3), np.uint8))
    return DeepZoomGenerator(openslide.ImageSlide(picture), side, overlap=0, limit_bounds=False)


sides = st.integers(1, 700)


@given(sides, sides, st.sampled_from([128, 200, 256]))
def test_levels_tiles_and_sizes_are_those_of_openslide(width, height, side):
    info = image(width, height, side)
    theirs = generator(width, height, info.tile_size)
    assert last_level(info.size) + 1 == theirs.level_count
    for level, (across, down) in enumerate(theirs.level_tiles):
        for column, row in {(0, 0), (across - 1, 0), (0, down - 1), (across - 1, down - 1)}:
            size = tile(info, level, column, row).grid(info).size
            expected = theirs.get_tile_dimensions(level, (column, row))
            assert (size.width, size.height) == expected
        for column, row in ((across, 0), (0, down)):
            with pytest.raises(OutsideError):
                tile(info, level, column, row)


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_tiles_of_zooms_lie_on_their_lattice(width, height):
    info = image(width, height)
    last = last_level(info.size)
    for level in range(last + 1):
        scale = 1 << (last - level)
        # A zoom holds more than half a tile, or is the one that holds the whole image.
        if max(width, height) > 128 * scale or scale == 1:
            part = tile(info, level, 0, 0)
            assert isinstance(part, LevelRegion)
            assert part.shrink == (scale, scale)


@pytest.mark.parametrize("level", [-1, 11, 10**6])
def test_levels_that_are_not_there(level):
    with pytest.raises(OutsideError, match=r"0 to 10"):
        tile(image(900, 700), level, 0, 0)


def test_the_document():
    found = etree.fromstring(descriptor(image(900, 700, 240), "format=png&band=1"))
    assert found.tag == f"{{{NAMESPACE}}}Image"
    assert dict(found.attrib) == {"TileSize": "240", "Overlap": "0", "Format": "png"}
    (size,) = found
    assert size.tag == f"{{{NAMESPACE}}}Size"
    assert dict(size.attrib) == {"Width": "900", "Height": "700"}
    assert b'Format="jpg"' in descriptor(image(9, 7), "")
    with pytest.raises(ParameterError, match="format"):
        descriptor(image(9, 7), "format=heic")
