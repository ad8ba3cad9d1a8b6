"""NumPy's own file: the values as they are, to be read by ``numpy.load``."""

from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from tilewright.encode import RasterEncoder, Strips
from tilewright.errors import EncodeError
from tilewright.image import Encoded, Raster
from tilewright.request import Encoding

MEDIA_TYPE = "application/x-npy"
"""Nothing is registered; this is the name in use."""


def _encode(raster: Raster, encoding: Encoding) -> Encoded:  # noqa: ARG001
    data = np.ascontiguousarray(raster.data)
    header = _header(data.shape, data.dtype)
    return Encoded(b"".join((header, data.data)), MEDIA_TYPE, raster.grid.size)


def _write(strips: Strips, encoding: Encoding, file: BinaryIO) -> None:  # noqa: ARG001
    """Write each band's rows where they belong: bands come before rows in the file."""
    size, top, start = strips.grid.size, 0, 0
    for raster in strips.rasters:
        data = raster.data
        if top == 0:
            header = _header((len(data), size.height, size.width), data.dtype)
            start = file.write(header)
        for band, rows in enumerate(data):
            file.seek(start + (band * size.height + top) * size.width * data.itemsize)
            file.write(np.ascontiguousarray(rows).data)
        top += data.shape[1]


def _header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    if dtype.hasobject:
        raise EncodeError("NPY without pickle holds numbers only")
    header = BytesIO()
    descr = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(
        header, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


ENCODER = RasterEncoder(
    name="npy",
    media_type=MEDIA_TYPE,
    suffixes=("npy",),
    encode=_encode,
    write=_write,
)
"""Version 1.0, shape (band, y, x), C order, the source's dtype. The mask is not written."""
