"""In which format a picture or a document is sent: the parameter ``f``, or the Accept header."""

from collections.abc import Mapping
from dataclasses import dataclass

from tilewright.web import http
from tilewright.web.params import Parameter, ParameterSet

_FIRST = "image/png"
"""Offered first, as an edge without data is transparent; JPEG has no such thing."""
_JSON = {"json", "application/json"}


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of pictures that this server can write."""

    offers: tuple[tuple[str, str], ...]
    """Media types, each with its value of ``f``; the preferred one first."""
    names: Mapping[str, str]
    """From values of ``f`` to the names of encoders."""

    @classmethod
    def of(cls, media_types: Mapping[str, str], suffixes: Mapping[str, str]) -> "Formats":
        """Return those of the encoders that write pictures.

        ``media_types`` leads to file suffixes, and ``suffixes`` from these to encoders.
        """
        pictures = [
            (media_type, suffixes[suffix])
            for media_type, suffix in media_types.items()
            if media_type.startswith("image/")
        ]
        pictures.sort(key=lambda offer: offer[0] != _FIRST)
        encoders = {name for _, name in pictures}
        names = {suffix: name for suffix, name in suffixes.items() if name in encoders}
        # An encoder's own name is what `f` is called in links: png, jpeg, webp, tiff.
        return cls(tuple(pictures), names | {name: name for name in encoders} | dict(pictures))

    @property
    def parameter(self) -> Parameter[str]:
        """The parameter ``f``."""

        def parse(text: str) -> str:
            name = self.names.get(text)
            if name is None:
                raise ValueError
            return name

        words = [name for _, name in self.offers]
        return Parameter(
            "f",
            "The format of the picture; when left out, the Accept header chooses.",
            f"one of {', '.join(words)}",
            parse,
            str,
            {"type": "string", "enum": words},
            misspellings=("format", "fmt"),
        )

    def chosen(self, asked: str | None, accept: str) -> str:
        """Return the encoder of what ``f`` says, else of what the header likes best."""
        if asked is not None:
            return asked
        media_types = [media_type for media_type, _ in self.offers]
        return self.names[http.negotiate(accept, media_types)]


def check_document_format(query: str) -> None:
    """Raise ParameterError when ``f`` asks for another encoding of a document than JSON."""

    def parse(text: str) -> str:
        if text not in _JSON:
            raise ValueError
        return text

    ParameterSet((Parameter("f", "The format.", "json", parse, str, {"enum": ["json"]}),)).read(
        query
    )
