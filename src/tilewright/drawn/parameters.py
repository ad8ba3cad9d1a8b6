"""The kinds of parameters of drawn pictures: numbers, texts, colours and the like."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from tilewright.drawn.declaration import Declaration
from tilewright.web import params
from tilewright.web.params import LARGEST

LONGEST_TEXT = 200
MOST_NUMBERS = 1000

_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HEX = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_SHORT_HEX = 4
_OPAQUE = "ff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Declaration[int]):
    """A whole number between two bounds, both included."""

    low: int = -LARGEST
    high: int = LARGEST

    @property
    def allowed(self) -> str:
        """What it may be."""
        return f"a whole number from {self.low} to {self.high}"

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def parse(self, text: str) -> int:
        """Return the number of plain digits."""
        value = params.whole(text)
        if not self.low <= value <= self.high:
            raise ValueError
        return value

    def write(self, value: Any) -> str:
        """Return plain digits."""
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Declaration[float]):
    """A finite number between two bounds, both included."""

    low: float = -params.FARTHEST
    high: float = params.FARTHEST

    @property
    def allowed(self) -> str:
        """What it may be."""
        return f"a number from {self.low:,.15g} to {self.high:,.15g}"

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        bounds = {"minimum": self.low, "maximum": self.high}
        finite = {name: each for name, each in bounds.items() if math.isfinite(each)}
        return {"type": "number", **finite}

    def parse(self, text: str) -> float:
        """Return the number, which may have an exponent."""
        return _number(text, self.low, self.high)

    def write(self, value: Any) -> str:
        """Return the shortest text."""
        return _number_text(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Declaration[str]):
    """A text without control characters. Escape it before it goes into SVG or HTML."""

    max_length: int = LONGEST_TEXT
    pattern: str | None = None
    """A regular expression that the whole text must match. One that backtracks lets a client
    keep the server busy."""

    @property
    def allowed(self) -> str:
        """What it may be."""
        like = "" if self.pattern is None else f" that matches {self.pattern}"
        return f"a text of at most {self.max_length} characters{like}"

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        like = {} if self.pattern is None else {"pattern": f"^(?:{self.pattern})$"}
        return {"type": "string", "maxLength": self.max_length, **like}

    def parse(self, text: str) -> str:
        """Return the text in Unicode's composed form."""
        if len(text) > self.max_length or any(map(_unfit, text)):
            raise ValueError
        text = unicodedata.normalize("NFC", text)
        if len(text) > self.max_length:  # a few characters are longer in that form
            raise ValueError
        if self.pattern is not None and not re.fullmatch(self.pattern, text):
            raise ValueError
        return text

    def write(self, value: Any) -> str:
        """Return the text."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Choice(Declaration[str]):
    """One of a few words: ``Choice("kind", ("line", "bar"), default="line")``."""

    values: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """What it may be."""
        return f"one of {', '.join(self.values)}"

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        return {"type": "string", "enum": list(self.values)}

    def parse(self, text: str) -> str:
        """Return the word."""
        if text not in self.values:
            raise ValueError
        return text

    def write(self, value: Any) -> str:
        """Return the word."""
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean(Declaration[bool]):
    """A yes or no."""

    @property
    def allowed(self) -> str:
        """What it may be."""
        return "true or false"

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        return {"type": "boolean"}

    def parse(self, text: str) -> bool:
        """Return the truth of true, false, 1 or 0."""
        return _TRUTH.parse(text)

    def write(self, value: Any) -> str:
        """Return true or false."""
        return "true" if value else "false"


_TRUTH = params.flag("truth", "A yes or no.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Color(Declaration[str]):
    """A colour, with or without alpha: ``#rrggbb`` or ``#rrggbbaa`` in lower case."""

    @property
    def allowed(self) -> str:
        """What it may be."""
        return "a colour: 3, 4, 6 or 8 hexadecimal digits, or a name of CSS"

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        return {"type": "string", "example": "ff000080"}

    def parse(self, text: str) -> str:
        """Return the colour of a name of CSS or of digits, whose # may be left out."""
        if not _HEX.fullmatch(text):
            return _css_colors()[_known(text.lower(), _css_colors())]
        digits = text.removeprefix("#").lower()
        if len(digits) <= _SHORT_HEX:
            digits = "".join(2 * digit for digit in digits)
        return f"#{digits[:6]}{digits[6:].removesuffix(_OPAQUE)}"

    def write(self, value: Any) -> str:
        """Return the digits without the #, which a URL would have to escape."""
        return str(value).removeprefix("#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers(Declaration[tuple[float, ...]]):
    """Finite numbers, separated by commas."""

    least: int = 0
    most: int = MOST_NUMBERS
    low: float = -params.FARTHEST
    high: float = params.FARTHEST

    @property
    def allowed(self) -> str:
        """What it may be."""
        return (
            f"{self.least} to {self.most} numbers from {self.low:,.15g} to {self.high:,.15g}, "
            "separated by commas"
        )

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        return {"type": "string", "example": "1,2.5,3"}

    def parse(self, text: str) -> tuple[float, ...]:
        """Return the numbers; an empty text has none."""
        count = text.count(",") + 1 if text else 0
        if not self.least <= count <= self.most:
            raise ValueError
        if count == 0:
            return ()
        return tuple(_number(one, self.low, self.high) for one in text.split(","))

    def write(self, value: Any) -> str:
        """Return the shortest texts."""
        return ",".join(map(_number_text, value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Date(Declaration[date]):
    """A day between two, both included."""

    low: date = date.min
    high: date = date.max

    @property
    def allowed(self) -> str:
        """What it may be."""
        return f"a day from {self.low} to {self.high}, as 2025-12-31"

    @property
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type."""
        return {"type": "string", "format": "date"}

    def parse(self, text: str) -> date:
        """Return the day of ``year-month-day``."""
        if not _DATE.fullmatch(text):
            raise ValueError
        value = date.fromisoformat(text)
        if not self.low <= value <= self.high:
            raise ValueError
        return value

    def write(self, value: Any) -> str:
        """Return ``year-month-day``."""
        return str(value.isoformat())


def _number(text: str, low: float, high: float) -> float:
    # `float` alone would take "nan", "1_0", " 7 " and the digits of every script.
    if not _NUMBER.fullmatch(text):
        raise ValueError
    value = float(text) + 0.0  # there is one zero
    if not low <= value <= high or not math.isfinite(value):
        raise ValueError
    return value


def _number_text(value: Any) -> str:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return str(int(number)) if number == int(number) and abs(number) < LARGEST else repr(number)


def _unfit(character: str) -> bool:
    """Tell whether no text, and no XML, may have a character."""
    return unicodedata.category(character) in {"Cc", "Cs"} or ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004


def _known(name: str, names: Mapping[str, str]) -> str:
    if name not in names:
        raise ValueError
    return name


@lru_cache(maxsize=1)
def _css_colors() -> Mapping[str, str]:
    from PIL import ImageColor  # noqa: PLC0415 - the list is long, and Pillow has it

    colors = {name: str(code).lower() for name, code in ImageColor.colormap.items()}
    return {**colors, "transparent": "#00000000"}
