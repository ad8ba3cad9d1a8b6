"""The query parameters of a look, each declared once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from tilewright import expression
from tilewright.errors import ParameterError
from tilewright.paint import Named
from tilewright.stretch import Stretch
from tilewright.style import Algorithm, Channel, Style
from tilewright.style_text import parse_style
from tilewright.web.looks import colors, formula, legend, ranges
from tilewright.web.looks.bands import MOST_BANDS
from tilewright.web.looks.json_text import LONGEST, decode
from tilewright.web.params import UNSET, Parameter, whole

T = TypeVar("T")

_TEXT: Mapping[str, Any] = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Term(Generic[T]):
    """A parameter of a look, with what its text means."""

    parameter: Parameter[str]
    """Keeps the text: what a look means is told by all of its parameters together."""
    value: Callable[[str], T]
    """Raises ValueError or ParameterError."""
    unset: frozenset[str] = UNSET
    """Texts, in small letters, that are as good as none."""

    def read(self, text: str) -> T:
        """Return the value of a text. Raises ParameterError."""
        try:
            return self.value(text)
        except ValueError:
            raise ParameterError(self.parameter.name, self.parameter.allowed, text) from None


def _term(
    name: str,
    help: str,
    allowed: str,
    value: Callable[[str], T],
    *,
    schema: Mapping[str, Any] = _TEXT,
    unset: frozenset[str] = UNSET,
    misspellings: tuple[str, ...] = (),
) -> Term[T]:
    def parse(text: str) -> str:
        if text.lower() not in unset:
            value(text)
        return text

    def write(text: str) -> str:
        return quote(text, safe="")

    parameter = Parameter(name, help, allowed, parse, write, schema, misspellings=misspellings)
    return Term(parameter, value, unset)


def _band(text: str) -> int:
    return _from(0, text)


def _index(text: str) -> int:
    return _from(1, text) - 1


def _from(first: int, text: str) -> int:
    value = whole(text)
    if not first <= value <= MOST_BANDS:
        raise ValueError("no number of a band")
    return value


def _scheme(text: str) -> bool:
    return {"linear": False, "discrete": True}[_one_of(text, "linear", "discrete")]


def _truth(text: str) -> bool:
    return _one_of(text.lower(), "true", "false", "1", "0") in {"true", "1"}


def _one_of(text: str, *words: str) -> str:
    if text not in words:
        raise ValueError(f"{text[:40]!r} is none of {words}")
    return text


def _rescale(text: str) -> Stretch:
    low, high = (ranges.finite(end.strip()) for end in text.split(","))
    return Stretch.of(low, high)


def _object(text: str) -> dict[str, Any]:
    value = decode(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - caught with its brothers
    return value


def _word(text: str) -> str:
    return Algorithm(text).name


def _style(text: str) -> Style:
    """Return a canonical text's style, its expressions and colormaps checked."""
    style = parse_style(text)
    return replace(style, channels=tuple(_existing(channel) for channel in style.channels))


def _existing(channel: Channel) -> Channel:
    if channel.expression is not None:
        channel = replace(channel, expression=one_output(channel.expression))
    if isinstance(channel.paint, Named):
        known = colors.colormap(channel.paint.text.removeprefix("@"))
        channel = replace(channel, paint=known)
    return channel


def one_output(text: str) -> str:
    """Return the canonical text of an expression. Raises ParameterError."""
    outputs = expression.split(text)
    if len(outputs) > 1:
        raise ParameterError("expression", "one output for each channel", text)
    return outputs[0]


def _json(text: str) -> str:
    _object(text)
    return text


LOOK = _term(
    "look",
    "A whole look in Tilewright's own text, as its own URLs have it.",
    "the text of a style whose colormaps exist",
    _style,
    misspellings=("looks",),
)
STYLE = _term(
    "style",
    "A look as a JSON object in large_image's language. The simple parameters then do not count.",
    f"a JSON object of at most {LONGEST:,} characters",
    _json,
    misspellings=("styles",),
)
BAND = _term(
    "band",
    "The one band that is shown, counted from 1; 0 for the default look.",
    f"a whole number from 0 to {MOST_BANDS}",
    _band,
    schema={"type": "integer", "minimum": 0, "maximum": MOST_BANDS},
    misspellings=("bands",),
)
MIN = _term(
    "min",
    "The value that gets the first colour.",
    ranges.LIMIT,
    lambda text: ranges.limit(text, upper=False),
    misspellings=("vmin", "minimum"),
)
MAX = _term(
    "max",
    "The value that gets the last colour.",
    ranges.LIMIT,
    lambda text: ranges.limit(text, upper=True),
    misspellings=("vmax", "maximum"),
)
_PALETTE = "a colour, colours between commas, or the name of a colormap"
PALETTE = _term(
    "palette",
    "The colours of the band: black to one colour, a list, or a named colormap.",
    _PALETTE,
    colors.palette,
    misspellings=("pallete", "pallette", "palete"),
)
CMAP = _term(
    "cmap",
    "The same; a name that is both a colour and a colormap (gray, pink) is the colormap.",
    _PALETTE,
    colors.named_first,
    misspellings=("colourmap", "color_map"),
)
SCHEME = _term(
    "scheme",
    "Whether a palette is blended or shown in steps of one colour each.",
    "one of linear, discrete",
    _scheme,
    schema={"type": "string", "enum": ["linear", "discrete"], "default": "linear"},
)
NODATA = _term(
    "nodata",
    "A further value that means: nothing was measured here.",
    "a number, nan, inf or -inf",
    ranges.nodata,
    misspellings=("no_data", "noData"),
)
BIDX = _term(
    "bidx",
    "A band, counted from 1: given once, or three times for red, green and blue.",
    f"a whole number from 1 to {MOST_BANDS}",
    _index,
    schema={
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": MOST_BANDS},
    },
    unset=frozenset({""}),
)
EXPRESSION = _term(
    "expression",
    "Arithmetic over bands b1, b2, …, such as (b2-b1)/(b2+b1): one output, or three between ;.",
    "arithmetic over bands",
    lambda text: ";".join(expression.split(text)),
    unset=frozenset({""}),
    misspellings=("expr",),
)
RESCALE = _term(
    "rescale",
    "The range of values min,max that is shown: given once, or once for each band.",
    "two numbers min,max, the first below the second",
    _rescale,
    schema={"type": "array", "items": {"type": "string"}},
    unset=frozenset({""}),
    misspellings=("re_scale",),
)
COLORMAP_NAME = _term(
    "colormap_name",
    "A colormap for one band, by name; _r at its end turns it round.",
    "the name of a colormap",
    colors.colormap,
    unset=frozenset({""}),
    misspellings=("colormapName", "color_map_name"),
)
COLORMAP = _term(
    "colormap",
    "A colormap for one band, as JSON: colours by value, or by interval.",
    legend.ALLOWED,
    decode,
    unset=frozenset({""}),
)
COLOR_FORMULA = _term(
    "color_formula",
    "Curves and saturation as rio-color writes them: Gamma RGB 1.5 Saturation 1.2.",
    formula.ALLOWED,
    formula.parse,
    unset=frozenset({""}),
    misspellings=("colour_formula", "color-formula"),
)
ALGORITHM = _term(
    "algorithm",
    "A computation over neighbouring values, such as hillshade, before anything is coloured.",
    "the name of an algorithm",
    _word,
    unset=frozenset({""}),
)
ALGORITHM_PARAMS = _term(
    "algorithm_params",
    "The algorithm's own parameters, as a JSON object of numbers by name.",
    "a JSON object of numbers by name",
    _object,
    unset=frozenset({""}),
    misspellings=("algorithm_parameters",),
)
UNSCALE = _term(
    "unscale",
    "Apply the scale and offset that the file states before anything else.",
    "true or false",
    _truth,
    schema={"type": "boolean", "default": False},
    unset=frozenset({""}),
)
RETURN_MASK = _term(
    "return_mask",
    "Leave transparent what was not measured; when false it is black.",
    "true or false",
    _truth,
    schema={"type": "boolean", "default": True},
    unset=frozenset({""}),
)

SIMPLE: tuple[Term[Any], ...] = (BAND, MIN, MAX, PALETTE, CMAP, SCHEME)
TITILER: tuple[Term[Any], ...] = (
    BIDX,
    EXPRESSION,
    RESCALE,
    COLORMAP_NAME,
    COLORMAP,
    COLOR_FORMULA,
    ALGORITHM,
    ALGORITHM_PARAMS,
    UNSCALE,
    RETURN_MASK,
)
TERMS: tuple[Term[Any], ...] = (LOOK, STYLE, *SIMPLE, NODATA, *TITILER)
