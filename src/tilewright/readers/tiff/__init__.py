"""TIFF in all its dialects: tifffile parses, imagecodecs decodes, chunk by chunk.

Specification: TIFF 6.0, BigTIFF, the OME-TIFF 6.0 model, Aperio's and others' conventions as
far as tifffile knows them.
"""

from tilewright.readers import Driver, Opening, Reader

_MAGIC = {b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"}


_DICOM = slice(128, 132)


def _sniff(head: bytes) -> bool:
    # DICOM may start like a TIFF; it is one only when it says where a directory is.
    empty = not any(head[4:8]) and head[_DICOM] == b"DICM"
    return head[:4] in _MAGIC and not empty


def _open(opening: Opening) -> Reader:
    # tifffile and imagecodecs take 100 ms to import: not before a TIFF is opened.
    from tilewright.readers.tiff.beside import with_files_beside  # noqa: PLC0415
    from tilewright.readers.tiff.reader import TiffReader  # noqa: PLC0415

    return with_files_beside(TiffReader(opening), opening)


DRIVER = Driver("tiff", _sniff, _open)
