"""Hypothesis strategies for styles: all that a canonical text can say."""

import math

from hypothesis import strategies as st

from tilewright.paint import Class, Classes, Named, Ramp, Solid
from tilewright.stretch import Curve, Limit, Stretch
from tilewright.style import Algorithm, Channel, Orientation, Projection, Style

numbers = st.floats(allow_nan=False, allow_infinity=False)
amounts = st.one_of(numbers, st.integers(-(2**40), 2**40).map(float))
colors = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True) | st.from_regex(
    r"#[0-9a-f]{6}[0-9a-e][0-9a-f]", fullmatch=True
)
words = st.from_regex(r"[A-Za-z][A-Za-z0-9_\-]{0,10}", fullmatch=True)
names = st.from_regex(r"[A-Za-z0-9.:\-][A-Za-z0-9_.:\-]{0,20}", fullmatch=True)
limits = st.one_of(
    st.just(Limit("auto")),
    st.just(Limit("dtype")),
    amounts.map(lambda amount: Limit("value", amount)),
    amounts.map(lambda amount: Limit("deviations", amount)),
    st.floats(0, 100).map(lambda amount: Limit("percentile", amount)),
)


def _rises(ends):
    low, high = ends
    return low.kind != high.kind or low.kind in {"auto", "dtype"} or low.amount < high.amount


stretches = st.tuples(limits, limits).filter(_rises).map(lambda ends: Stretch(*ends))
curves = st.builds(
    Curve,
    st.sampled_from(
        [
            "linear",
            "polynomial",
            "exponential",
            "logarithmic",
            "square-root",
            "sigmoidal",
            "equalize",
        ]
    ),
    st.floats(0, 100, exclude_min=True),
    st.floats(0, 1, exclude_min=True, exclude_max=True),
)
values = amounts | st.sampled_from([math.inf, -math.inf])
classes = st.one_of(
    st.builds(Class, values, st.none(), colors),
    st.tuples(values, values, colors)
    .filter(lambda row: row[0] < row[1])
    .map(lambda row: Class(*row)),
)
paints = st.one_of(
    colors.map(Solid),
    st.builds(Named, names, st.booleans()),
    st.builds(Ramp, st.lists(colors, min_size=2, max_size=6).map(tuple), st.booleans()),
    st.lists(classes, min_size=1, max_size=5).map(lambda rows: Classes(tuple(rows))),
)
expressions = st.text(st.sampled_from("b0123456789+-*/()<>=|&~;, ."), min_size=1, max_size=20)
channels = st.builds(
    Channel,
    st.integers(0, 10**6),
    st.none() | expressions,
    stretches,
    st.lists(curves, max_size=3).map(tuple),
    st.booleans(),
    paints,
    st.none() | values | st.just(math.nan),
    st.booleans(),
    st.floats(0, 1),
    st.booleans(),
)
projections = st.builds(
    Projection,
    words,
    st.sampled_from(["max", "min", "mean", "sum"]),
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 10**6),
    st.integers(1, 100),
)
algorithms = st.builds(
    Algorithm,
    words,
    st.dictionaries(words, amounts, max_size=3).map(lambda found: tuple(found.items())),
)
styles = st.builds(
    Style,
    st.lists(channels, max_size=4).map(tuple),
    st.sampled_from(["add", "lighten", "over", "multiply", "screen"]),
    st.floats(0, 10),
    st.booleans(),
    st.none() | colors,
    st.none() | algorithms,
    st.none() | projections,
    st.builds(
        Orientation,
        st.booleans(),
        st.sampled_from([0, 90, 180, 270]) | st.floats(0, 360, exclude_max=True),
    ),
)
