import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright.colormaps import read_lut
from tilewright.colormaps.lut_files import MOST_BYTES
from tilewright.errors import CorruptSourceError

REDS, GREENS, BLUES = bytes(range(256)), bytes(256), bytes(reversed(range(256)))
RAW = REDS + GREENS + BLUES
ROWS = [(row, 0, 255 - row) for row in range(256)]
EXPECTED = np.array([(*row, 255) for row in ROWS], np.uint8)


def header(colors):
    return b"ICOL" + struct.pack(">hHhh", 2, colors, 0, 255) + bytes(20)


def text(row_format, *, head="", end="\n"):
    return (
        head + end.join(row_format.format(i, r, g, b) for i, (r, g, b) in enumerate(ROWS))
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        RAW,
        RAW + bytes(202),
        header(256) + RAW,
        header(256) + RAW + b"more",
        text("{1} {2} {3}"),
        text("{1}\t{2}\t{3}", end="\r\n"),
        text("{1}, {2}, {3}"),
        text("{0}\t{1}\t{2}\t{3}"),
        text("{0};{1};{2};{3}"),
        text("  {0}  {1}  {2}  {3} ", head="Index Red Green Blue\n"),
        text("{1} {2} {3}", head="Red\tGreen\tBlue\r\n") + b"\n\n",
        text("{1}.0 {2}.00 {3}.0"),
    ],
)
def test_all_layouts_give_the_same_table(data):
    table = read_lut(data)
    assert np.array_equal(table, EXPECTED)
    assert not table.flags.writeable


def test_fewer_colours_are_blended_as_imagej_does():
    two = header(2) + bytes([0, 200]) + bytes([100, 0]) + bytes([7, 7])
    table = read_lut(two)
    # i * 2 / 256 colours along: half of the rows blend, the other half is the last colour.
    assert table[0].tolist() == [0, 100, 7, 255]
    assert table[64].tolist() == [100, 50, 7, 255]
    assert table[127].tolist() == [198, 0, 7, 255]
    assert table[128].tolist() == [200, 0, 7, 255]
    assert table[255].tolist() == [200, 0, 7, 255]
    assert (read_lut(header(1) + bytes([1, 2, 3])) == [1, 2, 3, 255]).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "256 rows"),
        (RAW[:-1], "256 rows"),
        (b"ICOL", "within its header"),
        (header(0) + RAW, "1 to 256 colours, not 0"),
        (header(257) + RAW, "1 to 256 colours, not 257"),
        (header(65535), "not 65535"),
        (header(256) + RAW[:-1], "before its 256 colours"),
        (text("{1} {2}"), "3 numbers"),
        (text("{0} {0} {1} {2} {3}"), "3 numbers"),
        (text("{1} {2} {3}") + b" 4", "3 numbers"),
        (text("{1} {2} {3}").replace(b"9 0 246", b"9 0 256"), "from 0 to 255"),
        (text("{1} {2} {3}").replace(b"9 0 246", b"9 0 -1"), "from 0 to 255"),
        (text("{1} {2} {3}").replace(b"9 0 246", b"9 0 nan"), "from 0 to 255"),
        (text("{1} {2} {3}").replace(b"9 0 246", b"9 0 1e2"), "from 0 to 255"),
        (text("{1} {2} {3}", head="1 2 3\n"), "not 257"),
        (b"\n" * (MOST_BYTES + 1), "at most 65,536 bytes"),
    ],
)
def test_what_is_no_table_is_told(data, message):
    with pytest.raises(CorruptSourceError, match=message):
        read_lut(data)


@given(
    st.one_of(
        st.binary(max_size=2000),
        st.binary(max_size=900).map(lambda body: b"ICOL" + body),
        st.binary(min_size=768, max_size=768),
        st.text(alphabet="0123456789 .,;\n\tRr-e", max_size=3000).map(str.encode),
    )
)
def test_any_bytes_give_a_table_or_a_typed_error(data):
    try:
        table = read_lut(data)
    except CorruptSourceError:
        return
    assert table.shape == (256, 4)
