"""All parameters of one view: a query to values, and values to the one query that says them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tilewright.drawn.declaration import Declaration
from tilewright.errors import ConfigurationError, ParameterError
from tilewright.web.params import Parameter, ParameterSet


@dataclass(frozen=True)
class Declared:
    """What a view declares. Names are unique, and none may be given twice."""

    parameters: tuple[Declaration[Any], ...]
    strict: bool = False
    """True refuses names that are not declared."""
    _set: ParameterSet = field(init=False, repr=False, compare=False)
    _defaults: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [each.name for each in self.parameters]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigurationError(f"declared twice: {', '.join(twice)}")
        own = tuple(map(_as_parameter, self.parameters))
        defaults = {each.name: each.default for each in self.parameters if not each.required}
        object.__setattr__(self, "_set", ParameterSet(own, once=True, strict=self.strict))
        object.__setattr__(self, "_defaults", defaults)

    def read(self, query: str, path: Mapping[str, Any]) -> dict[str, Any]:
        """Return all values by name, defaults too. What the path has, the query may not.

        Raises ParameterError.
        """
        given = self._set.read(query)
        for each in self.parameters:
            if each.name in path:
                if each.name in given:
                    raise ParameterError(each.name, "given once: it stands in the path")
                given[each.name] = each.value(path[each.name])
        return self._complete(given)

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all values of some that are given in Python; a default of None may be given.

        Raises ParameterError.
        """
        known = {each.name: each for each in self.parameters}
        for name in given:
            if name not in known:
                raise ParameterError(name, f"left out; there are {', '.join(known) or 'none'}")
        return self._complete(
            {
                name: known[name].value(each)
                for name, each in given.items()
                if each is not None or known[name].default is not None
            }
        )

    def write(self, values: Mapping[str, Any]) -> str:
        """Return the canonical query: in the order of declaration, defaults left out."""
        return urlencode(
            [
                (each.name, each.write(values[each.name]))
                for each in self.parameters
                if each.name in values and values[each.name] != each.default
            ]
        )

    def openapi(self) -> list[dict[str, Any]]:
        """Return the parameters as objects of OpenAPI."""
        return [
            {
                "name": each.name,
                "in": "query",
                "description": each.help,
                "required": each.required,
                "schema": dict(each.schema),
            }
            for each in self.parameters
        ]

    def _complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for each in self.parameters:
            if each.name in given:
                values[each.name] = given[each.name]
            elif each.name in self._defaults:
                values[each.name] = self._defaults[each.name]
            else:
                raise ParameterError(each.name, f"given: {each.allowed}")
        return values


def _as_parameter(each: Declaration[Any]) -> Parameter[Any]:
    """Return the declaration as the web layer has it; the path too can give what is required."""
    return Parameter(each.name, each.help, each.allowed, each.parse, each.write, each.schema)
