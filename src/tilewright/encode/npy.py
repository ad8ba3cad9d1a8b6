"""NumPy's own file: the values as they are, to be read by ``numpy.load``."""

from io import BytesIO

import numpy as np

from tilewright.encode import RasterEncoder
from tilewright.errors import EncodeError
from tilewright.image import Encoded, Raster
from tilewright.request import Encoding

MEDIA_TYPE = "application/x-npy"
"""Nothing is registered; this is the name in use."""


def _encode(raster: Raster, encoding: Encoding) -> Encoded:  # noqa: ARG001
    data = np.ascontiguousarray(raster.data)
    if data.dtype.hasobject:
        raise EncodeError("NPY without pickle holds numbers only")
    header = BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(data))
    return Encoded(b"".join((header.getvalue(), data.data)), MEDIA_TYPE, raster.grid.size)


ENCODER = RasterEncoder(
    name="npy",
    media_type=MEDIA_TYPE,
    suffixes=("npy",),
    encode=_encode,
)
"""Version 1.0, shape (band, y, x), C order, the source's dtype. The mask is not written."""
