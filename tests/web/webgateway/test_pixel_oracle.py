"""The rendering language reckoned once more, pixel by pixel: group 20 and the maths behind all.

The oracle is plain numpy in doubles and knows none of the project's tables, plans and blends.
Where OMERO's arithmetic wraps, bins or cuts off, it does as the page of differences says.
"""

import json
import math
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.web.webgateway.samples import subject
from tilewright.blobs.local import local_source
from tilewright.config import Config
from tilewright.engine import Engine
from tilewright.web.webgateway.pictures import region_request

HEIGHT, WIDTH, DEPTH = 96, 144, 4
DTYPES = {
    "uint8": (0, 255),
    "uint16": (0, 65535),
    "int16": (-32768, 32767),
    "int32": (-2_000_000, 2_000_000),
    "float32": (-3.0, 9.0),
}
RED, GREEN, BLUE, DIM, CLEAR = "FF0000", "00FF00", "0000FF", "4B7DC8", "FF804080"


def curve(v, family, k):
    """Return f(v) brought back to 0-255."""
    match family:
        case "linear":
            bent = v
        case "polynomial":
            return 255 * (v / 255) ** k
        case "exponential":
            bent = np.exp(np.minimum(v**k, 700.0))
        case "logarithmic":
            bent = np.log(np.maximum(v, 1.0))
    ends = {
        "linear": (0.0, 255.0),
        "exponential": (1.0, math.exp(min(255.0**k, 700.0))),
        "logarithmic": (0.0, math.log(255.0)),
    }
    low, high = ends[family]
    return 255 * (bent - low) / (high - low)


def brightness(values, window, lowest, highest, *, family="linear", k=1.0, inverted=False):
    """Return what a channel shows of values, 0-255."""
    start, end = window
    if start > end or end - start > highest - lowest:
        start, end = lowest, highest
    start, end = (min(max(one, lowest), highest) for one in (start, end))
    x = values.astype(np.float64)
    with np.errstate(all="ignore"):
        v = 255 * (x - start) / (end - start)
    inside = np.floor(np.clip(curve(np.clip(np.nan_to_num(v), 0, 255), family, k), 0, 255) + 0.5)
    out = np.where(x >= end, 255, np.where(x < start, 0, inside))
    return 255 - out if inverted else out


def summed(channels):
    """Return red, green and blue of channels: brightness, and colour with maybe an alpha."""
    total = 0.0
    for bright, color in channels:
        parts = [int(color[i : i + 2], 16) for i in range(0, len(color), 2)]
        share = parts[3] / 255 if len(parts) > 3 else 1.0
        total = total + np.floor(bright[..., np.newaxis] * np.array(parts[:3]) / 255 * share)
    return np.minimum(total, 255)


TABLE = np.random.default_rng(5).integers(0, 256, (256, 3), np.uint8)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    (folder / "cool.lut").write_bytes(TABLE.T.tobytes())
    engine = Engine(Config(lut_folder=str(folder)))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def values():
    """Return an array (z, channel, y, x) of a type, spread over what is of interest in it."""

    def make(dtype):
        low, high = DTYPES[dtype]
        random = np.random.default_rng(sum(dtype.encode()))
        found = random.uniform(low, high, (DEPTH, 3, HEIGHT, WIDTH))
        found[:, :, 0, :4] = low, high, 5, 0
        return found.astype(dtype) if dtype == "float32" else np.rint(found).astype(dtype)

    return {dtype: make(dtype) for dtype in DTYPES}


@pytest.fixture(scope="module")
def sources(values, tmp_path_factory):
    """Write each of them with a level of half its size, in tiles."""
    folder = tmp_path_factory.mktemp("oracle")

    def write(dtype):
        path = folder / f"{dtype}.ome.tif"
        with tifffile.TiffWriter(path, ome=True) as file:
            how = {"tile": (32, 48), "photometric": "minisblack"}
            file.write(values[dtype], subifds=1, metadata={"axes": "ZCYX"}, **how)
            file.write(values[dtype][..., ::2, ::2], subfiletype=1, **how)
        return local_source(path)

    return {dtype: write(dtype) for dtype in DTYPES}


@pytest.fixture
def ask(engine, sources):
    """Return the pixels of a query, as numbers (y, x, channel)."""

    def ask(dtype, query, z=1, where=f"region=0,0,{WIDTH},{HEIGHT}"):
        source = sources[dtype]
        wanted = region_request(f"{where}&format=png&{query}", subject(engine.info(source)), z, 0)
        picture = Image.open(BytesIO(engine.render(source, wanted).data))
        data = np.asarray(picture).astype(int)
        return data.reshape(*data.shape[:2], -1)

    return ask


def limits(dtype):
    if dtype == "float32":
        return -(2.0**31), 2.0**31 - 1
    return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)


WINDOWS = {
    "uint8": [(0, 255), (30, 200), (200, 30), (7, 7), (-50, 90), (0, 4000)],
    "uint16": [(0, 65535), (300, 4000), (4000, 300), (5, 5), (-50, 90), (-1, 70000), (0.5, 9.25)],
    "int16": [(-32768, 32767), (-300, 4000), (9, -9), (5, 5), (0, 255)],
    "int32": [(-1e6, 1e6), (0, 10), (5, 5)],
    "float32": [(0, 1), (-2.5, 8.75), (3, 1), (5, 5), (0, 0)],
}


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(
    ("dtype", "window"), [(name, one) for name, several in WINDOWS.items() for one in several]
)
def test_windows(ask, values, dtype, window, inverted):
    maps = json.dumps([{"inverted": {"enabled": inverted}}])
    found = ask(dtype, f"c=2|{window[0]}:{window[1]}$FFFFFF&m=c&maps={maps}")
    expected = brightness(values[dtype][1, 1], window, *limits(dtype), inverted=inverted)
    difference = np.abs(found - expected[..., np.newaxis]).max()
    # Floating values are reckoned in their own precision: a half may fall to either side.
    assert difference <= (1 if dtype == "float32" else 0)


CURVES = [
    ("linear", 1.8),
    ("polynomial", 2.0),
    ("polynomial", 0.5),
    ("exponential", 1.0),
    ("exponential", 0.5),
    ("exponential", 1.15),
    ("logarithmic", 0.45),
]


@pytest.mark.parametrize(("family", "k"), CURVES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_curves(ask, values, dtype, family, k):
    window = (10, 190) if dtype == "uint8" else (-1, 8) if dtype == "float32" else (100, 9000)
    maps = json.dumps([{"quantization": {"family": family, "coefficient": k}}])
    found = ask(dtype, f"c=1|{window[0]}:{window[1]}$FFFFFF&m=c&maps={maps}")
    used = 1.0 if family == "linear" else k
    expected = brightness(values[dtype][1, 0], window, *limits(dtype), family=family, k=used)
    exact = np.dtype(dtype).itemsize <= 2
    assert np.abs(found - expected[..., np.newaxis]).max() <= (0 if exact else 1)


def test_an_exponent_that_overflows_rises_to_the_end(ask):
    maps = json.dumps([{"quantization": {"family": "exponential", "coefficient": 1.8}}])
    found = ask("uint8", f"c=1|0:255$FFFFFF&m=c&maps={maps}")
    assert {*np.unique(found)} <= {0, 255}


@pytest.mark.parametrize(
    "colors",
    [
        (RED, GREEN, BLUE),
        (DIM, DIM, DIM),
        ("FFFF00", "00FFFF", "FF00FF"),
        (DIM, None, "0F0"),
        ("FFF", "FFF", None),
        (CLEAR, RED, None),
        (CLEAR, CLEAR, CLEAR),
        (None, CLEAR, None),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_colours_add_up(ask, values, dtype, colors):
    window = (10, 190) if dtype == "uint8" else (-1, 8) if dtype == "float32" else (100, 9000)
    entries = [
        f"{n}|{window[0]}:{window[1]}${color}" if color else f"-{n}"
        for n, color in enumerate(colors, 1)
    ]
    found = ask(dtype, f"c={','.join(entries)}&m=c")
    shown = [
        (brightness(values[dtype][1, place], window, *limits(dtype)), full(color))
        for place, color in enumerate(colors)
        if color
    ]
    assert found.shape[2] in {1, 3}
    # A colour with an alpha is brought to 8 bits before it is multiplied.
    allowed = sum(len(color) > 6 for _, color in shown) + len(shown) * (dtype == "float32")
    assert np.abs(found - summed(shown)).max() <= allowed


def full(color):
    return color if len(color) > 4 else "".join(2 * digit for digit in color)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_table_adds_its_colours(ask, values, dtype, inverted):
    maps = json.dumps([{"inverted": {"enabled": inverted}}, {}])
    found = ask(dtype, f"c=1|10:190$cool.lut,3|10:190$4B7DC8&m=c&maps={maps}")
    ends = ((10, 190), *limits(dtype))
    looked_up = TABLE[brightness(values[dtype][1, 0], *ends, inverted=inverted).astype(int)]
    colored = summed([(brightness(values[dtype][1, 2], *ends), DIM)])
    assert (found == np.minimum(looked_up + colored, 255)).all()


@pytest.mark.parametrize("c", ["2|0:900$FF0000,3|0:10$00FF00", "-1,3|0:10,2|0:900$cool.lut"])
def test_grey_is_the_first_channel_that_is_on(ask, values, c):
    found = ask("uint16", f"c={c}&m=g")
    assert found.shape[2] == 1
    assert (found[..., 0] == brightness(values["uint16"][1, 1], (0, 900), 0, 65535)).all()


PROJECTIONS = [
    ("intmax", 0, 3),
    ("intmean", 0, 3),
    ("intsum", 0, 3),
    ("intmax|1:2", 1, 2),
    ("intmean|1:2", 1, 2),
    ("intsum|2:99", 2, 3),
    ("intmean|-7:1", 0, 1),
    ("intmax|a:b", 0, 3),
    ("intsum|3:1", 0, 3),
    ("intmean|2:2", 2, 2),
]


@pytest.mark.parametrize(("p", "start", "end"), PROJECTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("where", "rows", "columns", "step"),
    [
        (f"region=0,0,{WIDTH},{HEIGHT}", slice(None), slice(None), 1),
        ("region=11,7,90,300", slice(7, None), slice(11, 101), 1),
        ("tile=0,1,1,48,32", slice(32, 64), slice(48, 96), 1),
        ("tile=1,1,0,40,32", slice(0, 32), slice(40, 72), 2),
    ],
)
def test_projections(ask, values, dtype, p, start, end, where, rows, columns, step):
    window = (10, 190) if dtype == "uint8" else (-1, 8) if dtype == "float32" else (100, 9000)
    found = ask(dtype, f"c=1|{window[0]}:{window[1]}$FFFFFF&m=c&p={p}", 1, where)
    planes = values[dtype][start : end + 1, 0, ::step, ::step][:, rows, columns].astype(np.float64)
    kind = p.partition("|")[0]
    joined = {"intmax": planes.max(0), "intmean": planes.mean(0), "intsum": planes.sum(0)}[kind]
    if dtype != "float32":
        joined = np.clip(np.rint(joined), *limits(dtype))
    expected = brightness(joined, window, *limits(dtype))
    assert found.shape[:2] == expected.shape
    assert np.abs(found - expected[..., np.newaxis]).max() <= (1 if dtype == "float32" else 0)


@pytest.mark.parametrize("flip", ["", "h", "v", "hv"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_second_level_is_the_stored_one(ask, values, dtype, flip):
    window = (10, 190) if dtype == "uint8" else (-1, 8)
    query = f"c=3|{window[0]}:{window[1]}$FFFFFF&m=c&flip={flip}"
    found = ask(dtype, query, 2, "tile=1,0,0,1000,1000")
    level = values[dtype][2, 2, ::2, ::2]
    level = level[:, ::-1] if "h" in flip else level
    level = level[::-1] if "v" in flip else level
    expected = brightness(level, window, *limits(dtype))
    assert np.abs(found - expected[..., np.newaxis]).max() <= (1 if dtype == "float32" else 0)
