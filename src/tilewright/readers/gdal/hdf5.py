"""HDF5 can name other files; none that does is shown to GDAL, which would read them.

Three ways are known (HDF5 File Format Specification 3.0): external links (IV.A.2.g), raw data in
external files (IV.A.2.h), and virtual datasets, a layout class (IV.A.2.i). The objects are
walked with pyfive; what it cannot parse is refused too, as the HDF5 library might.
"""

import struct
from collections.abc import Iterator
from typing import Any

from tilewright.blobs import Blob
from tilewright.blobs.file import BlobFile
from tilewright.errors import LimitError, UnsupportedSourceError

MAGIC = b"\x89HDF\r\n\x1a\n"
_LINK_INFO, _LINK, _EXTERNAL_FILES, _LAYOUT, _SYMBOL_TABLE = 2, 6, 7, 8, 17
_SHARED_MESSAGE = 2
_STORED_HERE = {0, 1, 2}
"""Layout classes: compact, contiguous, chunked. The next one is virtual."""
_OLD_LAYOUTS = {1, 2}
"""Versions of the layout message that have the class at their third byte, not the second."""


def refuse_links(blob: Blob, most_objects: int) -> None:
    """Raise UnsupportedSourceError for an HDF5 file that names others, or that is not plain.

    Raises LimitError when there are more objects than ``most_objects``.
    """
    try:
        from pyfive.dataobjects import DataObjects  # noqa: PLC0415 - for HDF5 only
        from pyfive.misc_low_level import SuperBlock  # noqa: PLC0415
    except ImportError as error:
        raise UnsupportedSourceError("HDF5 needs tilewright[geo]") from error
    file = BlobFile(blob)
    try:
        waiting = [int(SuperBlock(file, 0).offset_to_dataobjects)]
        seen = set(waiting)
        while waiting:
            found = DataObjects(file, waiting.pop())
            _check_messages(found)
            for address in _hard_links(found):
                if address not in seen:
                    seen.add(address)
                    waiting.append(address)
            _check_count(len(seen), most_objects)
    except (UnsupportedSourceError, LimitError, MemoryError):
        raise
    except Exception as error:
        # A damaged file leads the parser to any error at all.
        raise UnsupportedSourceError("the HDF5 file is damaged or names other files") from error


def _check_count(objects: int, most_objects: int) -> None:
    if objects > most_objects:
        raise LimitError("pages", objects, most_objects)


def _check_messages(found: Any) -> None:
    for message in found.msgs:
        if message["type"] == _EXTERNAL_FILES:
            raise UnsupportedSourceError("the HDF5 file has its data in other files")
        if message["type"] == _LAYOUT:
            version, second, third = struct.unpack_from(
                "<BBB", found.msg_data, message["offset_to_message"]
            )
            kind = third if version in _OLD_LAYOUTS else second
            if kind not in _STORED_HERE or message["flags"] & _SHARED_MESSAGE:
                raise UnsupportedSourceError("the HDF5 file has its data in other files")


def _hard_links(found: Any) -> Iterator[int]:
    """Yield the addresses of what a group holds; pyfive's own listing drops equal names."""
    for message in found.msgs:
        at = message["offset_to_message"]
        if message["type"] in {_LINK, _LINK_INFO, _SYMBOL_TABLE} and (
            message["flags"] & _SHARED_MESSAGE
        ):
            raise UnsupportedSourceError("the HDF5 file has links in a table of their own")
        if message["type"] == _SYMBOL_TABLE:
            yield from _table_links(found, at)
        elif message["type"] == _LINK:
            yield from _address(found, found.msg_data, at)
        elif message["type"] == _LINK_INFO:
            yield from _dense_links(found, at)


def _table_links(found: Any, at: int) -> Iterator[int]:
    from pyfive.btree import BTreeV1Groups  # noqa: PLC0415
    from pyfive.misc_low_level import SymbolTable  # noqa: PLC0415

    tree, _ = struct.unpack_from("<QQ", found.msg_data, at)
    for table in BTreeV1Groups(found.fh, tree).symbol_table_addresses():
        for entry in SymbolTable(found.fh, table).entries:
            # The third kind of entry is a soft link, a path within this file.
            if entry["cache_type"] in {0, 1}:
                yield int(entry["object_header_address"])


def _dense_links(found: Any, at: int) -> Iterator[int]:
    from pyfive.btree import BTreeV2GroupNames, BTreeV2GroupOrders  # noqa: PLC0415
    from pyfive.misc_low_level import FractalHeap  # noqa: PLC0415

    said = found._decode_link_info_msg(found.msg_data, at)  # noqa: SLF001 - no public way
    trees = (
        (BTreeV2GroupNames, said["name_btree_address"]),
        (BTreeV2GroupOrders, said.get("order_btree_address")),
    )
    for kind, address in trees:
        if address is None:
            continue
        heap = FractalHeap(found.fh, said["heap_address"])
        for record in kind(found.fh, address).iter_records():
            yield from _address(found, heap.get_data(record["heapid"]), 0)


def _address(found: Any, data: bytes, at: int) -> Iterator[int]:
    _, flags = struct.unpack_from("<BB", data, at)
    has_kind = flags & 8
    if has_kind and data[at + 2] not in {0, 1}:
        raise UnsupportedSourceError("the HDF5 file links to other files")
    _, (_, target) = found._decode_link_msg(data, at)  # noqa: SLF001 - no public way
    if isinstance(target, int):
        yield target
