import math
import re
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright import expression
from tilewright.errors import ParameterError

NUMPY = {
    name: getattr(np, name)
    for name in [
        "sqrt",
        "exp",
        "log",
        "log2",
        "log10",
        "log1p",
        "sin",
        "cos",
        "tan",
        "arcsin",
        "arccos",
        "arctan",
        "arctan2",
        "floor",
        "ceil",
        "sign",
        "minimum",
        "maximum",
        "where",
        "nan",
        "pi",
    ]
} | {"abs": np.abs, "round": np.rint}


NUMBER = re.compile(r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)")


def numpy_says(text, layers):
    """Evaluate by Python's own operators over float64: not how the module does it."""
    names = {f"b{band + 1}": layer.astype(np.float64) for band, layer in layers.items()}
    names |= {"number": np.float64, "pi": np.float64(np.pi)}
    with np.errstate(all="ignore"):
        value = eval(NUMBER.sub(r"number(\1)", text), {"__builtins__": {}}, NUMPY | names)  # noqa: S307
    shape = next(iter(layers.values())).shape
    value = np.broadcast_to(np.asarray(value, np.float64), shape).copy()
    value[~np.isfinite(value)] = np.nan
    return value


def layers_of(dtype="float64", shape=(7, 9), count=3, low=1, high=100):
    random = np.random.default_rng(3)
    return {band: random.uniform(low, high, shape).astype(dtype) for band in range(count)}


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("b1", "b1"),
        (" ( b5 - b4 ) / (b5+b4) ", "(b5-b4)/(b5+b4)"),
        ("b1*2.0", "b1*2"),
        ("b1*2e0+.5", "b1*2+0.5"),
        ("((b1))+(b2*b3)", "b1+b2*b3"),
        ("b1 ; b2;b3", "b1;b2;b3"),
        ("where( b1>2 , b1 , 0 )", "where(b1>2,b1,0)"),
        ("(b1>2)&(b1<5)|~(b2==3)", "(b1>2)&(b1<5)|~(b2==3)"),
        ("b1**-2", "b1**(-2)"),
        ("b1;1;0.5", "b1;1;0.5"),
        ("+".join(f"b{band}" for band in range(1, 81)), None),
    ],
)
def test_equal_expressions_have_one_text(text, canonical):
    assert expression.check(text) == (text if canonical is None else canonical)
    assert expression.check(expression.check(text)) == expression.check(text)


def test_outputs_and_bands():
    assert expression.split("b12/b1; b3") == ("b12/b1", "b3")
    assert expression.bands_of("b12/b1; b3+b1") == (0, 2, 11)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "well-formed"),
        (";", "well-formed"),
        ("b1;", "well-formed"),
        ("b1+", "well-formed"),
        ("b1 b2", "well-formed"),
        ("(b1", "well-formed"),
        ("b1)", "well-formed"),
        ("01*b1", "well-formed"),
        ("2", "about at least one band"),
        ("b0", "b1, b2"),
        ("b01", "b1, b2"),
        ("b100000", "b1, b2"),
        ("c1", "b1, b2"),
        ("B1", "b1, b2"),
        ("red", "b1, b2"),
        ("b1 if b2 else b3", "b1, b2"),
        ("lambda: b1", "b1, b2"),
        ("b1 and b2", "b1, b2"),
        ("not b1", "b1, b2"),
        ("None", "b1, b2"),
        ("True+b1", "b1, b2"),
        ("__import__", "b1, b2"),
        ("sum(b1)", "b1, b2"),
        ("b1.real", "operators and functions only"),
        ("b1[0]", "operators and functions only"),
        ("{b1}", "operators and functions only"),
        ("'b1'", "operators and functions only"),
        ("b1#b2", "operators and functions only"),
        ("b1@b2", "operators and functions only"),
        ("b1:=2", "operators and functions only"),
        ("0x10*b1", "operators and functions only"),
        ("1_0*b1", "operators and functions only"),
        ("2j*b1", "operators and functions only"),
        ("b1\0", "operators and functions only"),
        ("b¹", "b1, b2"),
        ("b١", "b1, b2"),
        ("abs", "follow abs"),
        ("b1(b2)", "arithmetic over bands"),
        ("abs(b1)(b2)", "arithmetic over bands"),
        ("(b1,b2)", "arithmetic over bands"),
        ("abs(*b1)", "arithmetic over bands"),
        ("abs(**b1)", "arithmetic over bands"),
        ("abs()", "1 value for abs"),
        ("abs(b1,b2)", "1 value for abs"),
        ("where(b1>2,1)", "3 values for where"),
        ("where(b1,1,2)", "comparison first"),
        ("b1<b2<b3", "one comparison"),
        ("b1>1 & b2>1", "one comparison"),
        ("b1&b2", "comparisons in brackets"),
        ("~b1", "after ~"),
        ("(b1>2)==(b1>3)", "numbers are compared"),
        ("b1//b2", "+ - *"),
        ("b1<<b2", "+ - *"),
        ("b1**b2", "exponents"),
        ("b1**33", "exponents"),
        ("b1**-33", "exponents"),
        ("b1**2**9", "exponents"),
        ("9**9**9*b1", "exponents"),
        ("1e400*b1", "below 1e308"),
        ("9" * 400 + "*b1", "below 1e308"),
        ("(" * 101 + "b1" + ")" * 101, "100 deep"),
        ("-" * 1500 + "b1", "100 deep"),
        ("+".join(["b1"] * 120), "100 deep"),
        ("b1;" * 16 + "b1", "16 outputs"),
        ("b1" + " " * 2000, "2000 characters"),
    ],
)
def test_what_is_not_allowed_is_told(text, told):
    with pytest.raises(ParameterError) as caught:
        expression.check(text)
    assert caught.value.parameter == "expression"
    assert told in caught.value.allowed


def test_many_parts_in_a_shallow_tree_are_refused():
    pairs = "(b1+b2)"
    while pairs.count("b") < 128:
        pairs = f"({pairs}+{pairs})"
    assert len(pairs) < 2000
    expression.check(pairs)
    with pytest.raises(ParameterError, match="300 parts"):
        expression.check(f"{pairs}+{pairs}")


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "float16", "float32", "bool"]
)
def test_small_types_become_float32(dtype):
    assert expression.evaluate("b1-b2", layers_of(dtype)).dtype == np.float32


@pytest.mark.parametrize("dtype", ["uint32", "int32", "int64", "uint64", "float64"])
def test_large_types_become_float64(dtype):
    assert expression.evaluate("b1-b2", layers_of(dtype)).dtype == np.float64


def test_unsigned_values_do_not_wrap():
    layers = {0: np.array([[3]], np.uint8), 1: np.array([[250]], np.uint8)}
    assert expression.evaluate("b1-b2", layers) == -247
    assert expression.evaluate("b1+b2", layers) == 253
    assert expression.evaluate("b2*b2", layers) == 62_500


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("b1/b2", math.nan),
        ("1/(b1/b2)", math.nan),
        ("minimum(b1/b2,5)", math.nan),
        ("where(b2==0,7,b1/b2)", 7),
        ("log(b2)", math.nan),
        ("sqrt(b2-1)", math.nan),
        ("exp(b1*1000)", math.nan),
        ("b1*1e300*1e300", math.nan),
        ("b1%b2", math.nan),
        ("b1*nan", math.nan),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_what_has_no_finite_value_is_nan(text, value, dtype):
    layers = {0: np.full((2, 2), 2, dtype), 1: np.zeros((2, 2), dtype)}
    assert np.array_equal(expression.evaluate(text, layers), np.full((2, 2), value), equal_nan=True)


def test_a_constant_output_has_the_shape_of_the_layers():
    ones = expression.evaluate("b2*0+1", layers_of(shape=(3, 4)))
    assert ones.tolist() == np.ones((3, 4)).tolist()


def test_layers_that_are_longer_than_a_block_and_views():
    whole = np.random.default_rng(5).uniform(1, 2, (2, 300, 401))
    layers = {0: whole[0, ::2, 1:], 1: whole[1, ::2, 1:]}
    for layer in layers.values():
        layer.flags.writeable = False
    result = expression.evaluate("(b2-b1)/(b2+b1)", layers)
    np.testing.assert_allclose(result, (layers[1] - layers[0]) / (layers[1] + layers[0]))


def test_a_band_that_is_missing_and_several_outputs_are_refused():
    with pytest.raises(ParameterError, match="b4"):
        expression.evaluate("b1+b4", layers_of())
    with pytest.raises(ParameterError, match="one output"):
        expression.evaluate("b1;b2", layers_of())


def test_threads_do_not_disturb_each_other():
    results = {}

    def work(number):
        layers = {0: np.full((200, 200), number, np.float32)}
        results[number] = {
            float(expression.evaluate(f"b1*{number}", layers).max()) for _ in range(20)
        }

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: {float(number * number)} for number in range(8)}


BANDS = st.sampled_from(["b1", "b2", "b3"])
NUMBERS = st.one_of(
    st.integers(0, 1000).map(str), st.floats(0, 1e6, allow_nan=False).map(repr), st.just("pi")
)
ONE_VALUE = [name for name, (_, count) in expression.FUNCTIONS.items() if count == 1]


def numbers_over(inner):
    comparison = st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner)
    truths = comparison.map("({0[0]}{0[1]}{0[2]})".format)
    joined = st.tuples(truths, st.sampled_from("&|"), truths).map("({0[0]}{0[1]}~{0[2]})".format)
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*%"), inner).map("({0[0]}{0[1]}{0[2]})".format),
        inner.map("(-{})".format),
        inner.map("({})**2".format),
        inner.map("({}/b2)".format),
        st.tuples(st.sampled_from(ONE_VALUE), inner).map("{0[0]}({0[1]})".format),
        st.tuples(inner, inner).map("maximum({0[0]}, {0[1]})".format),
        st.tuples(joined, inner, inner).map("where({0[0]},{0[1]},{0[2]})".format),
        st.tuples(truths, inner).map("({0[0]}*1+{0[1]})".format),
    )


ARITHMETIC = st.recursive(st.one_of(BANDS, NUMBERS), numbers_over, max_leaves=8)


@given(ARITHMETIC)
def test_values_equal_those_of_numpy(text):
    text = f"{text}+b1*0"
    layers = layers_of()
    expected = numpy_says(text, layers)
    np.testing.assert_allclose(expression.evaluate(text, layers), expected, rtol=1e-12)
    assert expression.check(expression.check(text)) == expression.check(text)
    canonical = expression.evaluate(expression.check(text), layers)
    np.testing.assert_array_equal(canonical, expression.evaluate(text, layers))


WORDS = st.sampled_from(
    [
        "b1",
        "b2",
        "b99999",
        "nan",
        "1",
        ".5",
        "1e9",
        "1e999",
        "(",
        ")",
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "**",
        "%",
        "&",
        "|",
        "~",
        "<",
        "==",
        "!=",
        ";",
        "where",
        "abs",
        "lambda",
        "if",
        "__class__",
        ".",
        "[",
        "]",
        ":",
        "'",
        "\\",
        "\n",
        "\t",
        "#",
        "if",
        "for",
        "import",
        "0x1",
        "1_0",
        "🙂",
        "\x00",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=40).map("".join)))
def test_any_text_is_calculated_or_refused(text):
    try:
        canonical = expression.check(text)
    except ParameterError:
        return
    assert expression.check(canonical) == canonical
    layers = dict.fromkeys(expression.bands_of(canonical), np.ones((2, 2), np.uint8))
    for output in canonical.split(";"):
        if expression_uses_a_band(output):
            result = expression.evaluate(output, layers)
            assert result.shape == (2, 2)
            assert not np.isinf(result).any()


def expression_uses_a_band(output):
    return "b" in output.replace("abs", "")
