"""Query parameters, each declared once: parser, OpenAPI and docs all come from here."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

from tilewright.errors import ParameterError

T = TypeVar("T")

UNSET = frozenset({"", "none", "null", "undefined", "false"})
"""What django-large-image's clients send for a parameter that they leave open."""
MOST_FIELDS = 100
"""Fields that a query may have; more are an attack, not a question."""
LARGEST = 2**31 - 1
FARTHEST = 1_000_000_000.0

_COLOR = re.compile(r"#?[0-9a-f]{6}", re.IGNORECASE)
_DIGITS = 18
_CACHE_BUSTERS = ("_", "rev")
_NEAR, _FINE, _COARSE = 1024.0, 2.0**40, 1024.0


@dataclass(frozen=True, slots=True)
class Parameter(Generic[T]):
    """One query parameter. Made by `integer`, `number`, `choice`, `flag` or `color`."""

    name: str
    help: str
    """What it does, one sentence."""
    allowed: str
    """What follows "must be": ``a whole number from 1 to 100``."""
    parse: Callable[[str], T]
    """Raises ValueError for what is not allowed."""
    write: Callable[[T], str]
    """The canonical text, which `parse` brings back to the same value."""
    schema: Mapping[str, Any]
    """The OpenAPI type with its bounds and default."""
    required: bool = False
    aliases: tuple[str, ...] = ()
    """Other names, equally good."""
    misspellings: tuple[str, ...] = ()
    """Names that people write by mistake; each is refused with the right one."""
    unset: frozenset[str] = frozenset()
    """Texts, in small letters, that are as good as none."""

    def read(self, text: str) -> T:
        """Return the value. Raises ParameterError that names the parameter and what it may be."""
        try:
            return self.parse(text)
        except ValueError:
            raise ParameterError(self.name, self.allowed, text) from None


def integer(
    name: str,
    help: str,
    *,
    low: int = -LARGEST,
    high: int = LARGEST,
    default: int | None = None,
    required: bool = False,
    example: int | None = None,
    aliases: tuple[str, ...] = (),
    misspellings: tuple[str, ...] = (),
) -> Parameter[int]:
    """Declare a whole number between two bounds, both included."""

    def parse(text: str) -> int:
        value = whole(text)
        if not low <= value <= high:
            raise ValueError
        return value

    allowed = f"a whole number from {low} to {high}"
    schema = {"type": "integer", "minimum": low, "maximum": high} | _default(default)
    if example is not None:
        schema["example"] = example
    return Parameter(
        name, help, allowed, parse, str, schema, required, aliases, misspellings=misspellings
    )


def whole(text: str) -> int:
    """Return the number written in at most 18 plain digits. Raises ValueError otherwise."""
    digits = text.removeprefix("-")
    # `int` alone would take "1_0", " 7 ", "+7" and the digits of every script.
    if len(digits) > _DIGITS or not (digits.isascii() and digits.isdigit()):
        raise ValueError
    return int(text)


def number(
    name: str,
    help: str,
    *,
    misspellings: tuple[str, ...] = (),
) -> Parameter[float]:
    """Declare a finite number up to a thousand million either way.

    It comes in steps of 1/1024: far below anything that can be seen of a pixel or a metre, and
    they make the difference of two edges exact, so that a box survives the way to text and
    back. Numbers small enough to be degrees come in steps of 2⁻⁴⁰.
    """

    def parse(text: str) -> float:
        if "_" in text or not text.isascii() or text != text.strip():
            raise ValueError
        value = float(text)
        if not abs(value) <= FARTHEST:
            raise ValueError
        steps = _FINE if abs(value) <= _NEAR else _COARSE
        return round(value * steps) / steps

    return Parameter(
        name,
        help,
        f"a number from -{FARTHEST:,.0f} to {FARTHEST:,.0f}",
        parse,
        _shortest,
        {"type": "number", "minimum": -FARTHEST, "maximum": FARTHEST},
        misspellings=misspellings,
    )


def _shortest(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} has no text")
    return str(int(value)) if value == int(value) else repr(value)


def choice(
    name: str,
    help: str,
    values: tuple[str, ...],
    *,
    default: str | None = None,
    misspellings: tuple[str, ...] = (),
) -> Parameter[str]:
    """Declare one of a few words."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError
        return text

    schema = {"type": "string", "enum": list(values)} | _default(default)
    allowed = values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    return Parameter(name, help, allowed, parse, str, schema, misspellings=misspellings)


def flag(name: str, help: str, *, misspellings: tuple[str, ...] = ()) -> Parameter[bool]:
    """Declare a yes or no that is no when left out."""
    words = {"true": True, "1": True, "false": False, "0": False}

    def parse(text: str) -> bool:
        value = words.get(text.lower())
        if value is None:
            raise ValueError
        return value

    return Parameter(
        name,
        help,
        "true or false",
        parse,
        lambda value: "true" if value else "false",
        {"type": "boolean", "default": False},
        misspellings=misspellings,
    )


def color(
    name: str, help: str, *, default: str, misspellings: tuple[str, ...] = ()
) -> Parameter[str]:
    """Declare a colour: six hexadecimal digits, with or without the #."""

    def parse(text: str) -> str:
        if not _COLOR.fullmatch(text):
            raise ValueError
        return f"#{text.removeprefix('#').lower()}"

    schema = {"type": "string", "pattern": "^#?[0-9A-Fa-f]{6}$", "default": default}
    return Parameter(
        name,
        help,
        "a colour as six hexadecimal digits, such as ffffff",
        parse,
        lambda value: value.removeprefix("#"),
        schema,
        misspellings=misspellings,
    )


def _default(value: object) -> dict[str, object]:
    return {} if value is None else {"default": value}


@dataclass(frozen=True)
class ParameterSet:
    """All parameters of one route."""

    parameters: tuple[Parameter[Any], ...]
    once: bool = False
    """True refuses a name that is given twice; else the last one counts."""
    strict: bool = False
    """True refuses unknown names but ``_`` and ``rev``, which only defeat caches."""
    _known: Mapping[str, Parameter[Any]] = field(init=False, repr=False, compare=False)
    _mistaken: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = {
            name: parameter
            for parameter in self.parameters
            for name in (parameter.name, *parameter.aliases)
        }
        # What is a mistake on one route may be a name on another: own names come first.
        mistaken = {
            wrong: parameter.name
            for parameter in self.parameters
            for wrong in parameter.misspellings
            if wrong not in known
        }
        object.__setattr__(self, "_known", known)
        object.__setattr__(self, "_mistaken", mistaken)

    def read(self, query: str) -> dict[str, Any]:
        """Return the values that a query string gives, by parameter name.

        Unknown names are ignored unless the set is `strict`, except known misspellings. Raises
        ParameterError.
        """
        if not query:
            return self._complete({})
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            raise ParameterError("the query", f"at most {MOST_FIELDS} fields long") from None
        values: dict[str, Any] = {}
        for name, text in pairs:
            parameter = self._known.get(name)
            if parameter is not None:
                if text.lower() in parameter.unset:
                    continue
                if self.once and parameter.name in values:
                    raise ParameterError(parameter.name, "given once")
                values[parameter.name] = parameter.read(text)
            elif name in self._mistaken:
                right = self._mistaken[name]
                raise ParameterError(name, f"left out; did you mean {right}?")
            elif self.strict and name not in _CACHE_BUSTERS:
                known = ", ".join(each.name for each in self.parameters)
                raise ParameterError(name[:60], f"left out; there are {known}")
        return self._complete(values)

    def _complete(self, values: dict[str, Any]) -> dict[str, Any]:
        for parameter in self.parameters:
            if parameter.required and parameter.name not in values:
                raise ParameterError(parameter.name, f"given: {parameter.allowed}")
        return values

    def write(self, values: Mapping[str, Any]) -> str:
        """Return the query string that `read` brings back to these values."""
        return "&".join(
            f"{parameter.name}={parameter.write(values[parameter.name])}"
            for parameter in self.parameters
            if parameter.name in values
        )
