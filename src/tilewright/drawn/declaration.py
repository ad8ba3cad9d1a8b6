"""A typed parameter of drawn pictures, declared once, as a value.

One without a default is required. From it come the parser, the canonical text and the OpenAPI
schema.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from tilewright.errors import ConfigurationError, ParameterError

T = TypeVar("T")


class Required(Enum):
    """What stands for the default of a parameter that has none."""

    REQUIRED = "required"


REQUIRED = Required.REQUIRED


@dataclass(frozen=True, slots=True)
class Declaration(ABC, Generic[T]):
    """One parameter. Use one of the kinds below, or a new one with these four powers."""

    name: str
    default: T | Required | None = field(default=REQUIRED, kw_only=True)
    """Given to ``draw`` when the parameter is left out. Without one it is required."""
    help: str = field(default="", kw_only=True)
    """What it does, one sentence."""

    @property
    @abstractmethod
    def allowed(self) -> str:
        """What follows "must be": ``a whole number from 1 to 100``."""

    @property
    @abstractmethod
    def kind(self) -> Mapping[str, Any]:
        """The OpenAPI type with its bounds."""

    @abstractmethod
    def parse(self, text: str) -> T:
        """Return the value of a text. Raises ValueError for what is not allowed."""

    @abstractmethod
    def write(self, value: Any) -> str:
        """Return the canonical text, which `parse` brings back to the same value."""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ConfigurationError(f"a parameter's name is a Python name, not {self.name!r}")
        if self.default is not None and self.default is not REQUIRED:
            object.__setattr__(self, "default", self.value(self.default))

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED

    @property
    def schema(self) -> Mapping[str, Any]:
        """The OpenAPI schema, its default included."""
        if self.default is None or self.default is REQUIRED:
            return self.kind
        default = self.default
        plain = isinstance(default, bool | int | float | str)
        return {**self.kind, "default": default if plain else self.write(default)}

    def value(self, given: object) -> T:
        """Return a value of Python, or the text of one, as `parse` would give it.

        Raises ParameterError.
        """
        if given is None or isinstance(given, bytes | bytearray):  # their texts are for programs
            raise ParameterError(self.name, self.allowed, given)
        try:
            return self.parse(given if isinstance(given, str) else self.write(given))
        except (TypeError, ValueError, AttributeError, OverflowError):
            raise ParameterError(self.name, self.allowed, given) from None
