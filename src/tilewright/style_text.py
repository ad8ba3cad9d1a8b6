"""The canonical text of a style, read back: the exact inverse of `Style.text`."""

import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast, get_args

from tilewright.errors import ParameterError
from tilewright.paint import Class, Classes, Named, Paint, Ramp, Solid
from tilewright.stretch import Curve, Family, Limit, Stretch
from tilewright.style import Algorithm, Blend, Channel, Orientation, Projection, Reduction, Style

V = TypeVar("V")

LONGEST = 1 << 20
"""Characters that a text may have."""
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?|inf)")
_CALL = re.compile(r"([^()]*)\(([^()]*)\)")
_COLOR_DIGITS = 9


def parse_style(text: str) -> Style:
    """Return the style of a canonical text. Raises ParameterError, which names ``look``.

    Labels of classes are no part of the text. Whether its colormaps, expressions and bands
    exist is not looked at.
    """
    if len(text) > LONGEST:
        raise ParameterError("look", f"at most {LONGEST:,} characters long")
    try:
        return _style(text)
    except ValueError as error:
        raise ParameterError("look", f"the text of a style ({error})", text) from None


def _style(text: str) -> Style:
    first, *rest = _split(text, ";")
    channels = tuple(_channel(part) for part in _split(first, "+")) if first else ()
    values: dict[str, str] = {}
    for part in rest:
        name, equals, value = part.partition("=")
        if not equals or name in values:
            raise ValueError(f"{part[:40]!r} is not one name=value")
        values[name] = value
    plain = Style()
    style = Style(
        channels,
        blend=_take(values, "blend", lambda word: _word(word, Blend), plain.blend),
        saturation=_take(values, "saturation", _number, plain.saturation),
        bilevel=_take(values, "bilevel", _yes, plain.bilevel),
        background=_take(values, "background", _color, plain.background),
        algorithm=_take(values, "algorithm", _algorithm, plain.algorithm),
        projection=_take(values, "projection", _projection, plain.projection),
        orientation=_take(values, "orientation", _orientation, plain.orientation),
    )
    if values:
        raise ValueError(f"{next(iter(values))[:40]!r} is not known")
    return style


def _take(values: dict[str, str], name: str, parse: Callable[[str], V], otherwise: V) -> V:
    text = values.pop(name, None)
    return otherwise if text is None else parse(text)


def _split(text: str, separator: str) -> list[str]:
    """Split outside of the square brackets that hold an expression."""
    if "[" not in text:
        return text.split(separator)
    parts, start, inside = [], 0, False
    for place, character in enumerate(text):
        if character in "[]":
            inside = character == "["
        elif character == separator and not inside:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _channel(text: str) -> Channel:
    operand, *rest = _split(text, "|")
    if len(rest) < 2:  # noqa: PLR2004
        raise ValueError("a channel has a band, a range and a paint")
    expression = operand[1:-1] if operand[:1] == "[" and operand[-1:] == "]" else None
    flags: set[str] = set()
    values: dict[str, str] = {}
    curves: list[Curve] = []
    for part in rest[1:-1]:
        name, equals, value = part.partition("=")
        if part in {"invert", "discard", "unscale"}:
            flags.add(part)
        elif equals and name in {"nodata", "opacity"}:
            values[name] = value
        else:
            curves.append(_curve(part))
    return Channel(
        0 if expression is not None else _whole(operand),
        expression,
        _stretch(rest[0]),
        tuple(curves),
        invert="invert" in flags,
        paint=_paint(rest[-1]),
        nodata=_take(values, "nodata", _number, None),
        discard="discard" in flags,
        opacity=_take(values, "opacity", _number, 1.0),
        unscale="unscale" in flags,
    )


def _stretch(text: str) -> Stretch:
    low, _, high = text.partition("~")
    return Stretch(_limit(low), _limit(high))


def _limit(text: str) -> Limit:
    if text in {"auto", "dtype"}:
        return Limit(cast('Literal["auto", "dtype"]', text))
    if text.startswith("sd"):
        return Limit("deviations", _number(text.removeprefix("sd")))
    if text.startswith("p"):
        return Limit("percentile", _number(text.removeprefix("p")))
    return Limit("value", _number(text))


def _curve(text: str) -> Curve:
    family, *amounts = text.split(":")
    counts = {"polynomial": 1, "exponential": 1, "sigmoidal": 2}
    if len(amounts) != counts.get(family, 0):
        raise ValueError(f"{text[:40]!r} is neither a curve nor a flag")
    return Curve(_word(family, Family), *(_number(amount) for amount in amounts))


def _paint(text: str) -> Paint:
    if text.startswith("#"):
        return Solid(_color(text))
    if text.startswith("@"):
        return Named(text.removeprefix("@"))
    call = _CALL.fullmatch(text)
    if call is None:
        raise ValueError(f"{text[:40]!r} is not a paint")
    kind, inner = call.groups()
    if kind == "classes":
        return Classes(tuple(_class(row) for row in inner.split(" ")))
    if kind not in {"ramp", "steps"}:
        raise ValueError(f"{kind[:40]!r} is not a paint")
    return Ramp(tuple(_color(color) for color in inner.split(" ")), discrete=kind == "steps")


def _class(text: str) -> Class:
    values, _, color = text.partition("=")
    low, interval, high = values.partition("~")
    return Class(_number(low), _number(high) if interval else None, _color(color))


def _algorithm(text: str) -> Algorithm:
    call = _CALL.fullmatch(text)
    if call is None:
        raise ValueError(f"{text[:40]!r} is not name(parameter=value,…)")
    name, inner = call.groups()
    pairs = [part.partition("=") for part in inner.split(",")] if inner else []
    return Algorithm(name, tuple((key, _number(value)) for key, _, value in pairs))


def _projection(text: str) -> Projection:
    parts = text.split(":")
    if len(parts) != 5:  # noqa: PLR2004
        raise ValueError(f"{text[:40]!r} is not axis:reduction:start:stop:step")
    axis, reduction, start, stop, step = parts
    return Projection(
        axis,
        _word(reduction, Reduction),
        _whole(start) if start else None,
        _whole(stop) if stop else None,
        _whole(step),
    )


def _orientation(text: str) -> Orientation:
    return Orientation(text.startswith("!"), _number(text.removeprefix("!")))


def _yes(text: str) -> bool:
    if text != "1":
        raise ValueError(f"{text[:40]!r} is not 1")
    return True


def _word(text: str, words: object) -> Any:
    """Return a text that is one of the words of a Literal."""
    if text not in get_args(words):
        raise ValueError(f"{text[:40]!r} is none of {', '.join(get_args(words))}")
    return text


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    return float(text)


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004
        raise ValueError(f"{text[:40]!r} is not a whole number")
    return int(text)


def _color(text: str) -> str:
    # An opaque colour is written without its alpha.
    opaque = len(text) == _COLOR_DIGITS and text.endswith("ff")
    return text[:-2] if opaque else text
