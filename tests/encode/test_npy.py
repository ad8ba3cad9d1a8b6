from io import BytesIO

import numpy as np
import pytest

from tilewright.encode.npy import ENCODER
from tilewright.errors import EncodeError
from tilewright.geometry import Box, Grid, Size
from tilewright.image import Raster
from tilewright.request import Encoding
from tilewright.testing import RasterEncoderSuite, measured

SIZE = Size(7, 5)


class TestSuite(RasterEncoderSuite):
    @pytest.fixture
    def encoder(self):
        return ENCODER

    def decode(self, data):
        return np.load(BytesIO(data), allow_pickle=False), None


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float64", "complex64", ">u2"])
def test_the_bytes_equal_numpys(dtype):
    data = measured(SIZE, 2, "uint8").data.astype(dtype)
    expected = BytesIO()
    np.save(expected, data)
    raster = Raster(data, None, Grid.over(Box.whole(SIZE), SIZE))
    assert ENCODER.encode(raster, Encoding("npy")).data == expected.getvalue()


def test_objects_are_refused():
    raster = Raster(np.full((1, 5, 7), None), None, Grid.over(Box.whole(SIZE), SIZE))
    with pytest.raises(EncodeError, match="numbers"):
        ENCODER.encode(raster, Encoding("npy"))
