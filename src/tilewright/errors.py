"""Everything that can go wrong, as one tree.

TilewrightError
├── SourceError              the file, or the place where it lies, is at fault
│   ├── SourceNotFoundError      there is nothing at that place
│   ├── UnsupportedSourceError   no reader understands it
│   ├── CorruptSourceError       a reader understands it, and it is damaged
│   └── SourceUnavailableError   the place does not answer now; it may later
├── RequestError             the caller is at fault
│   ├── ParameterError           a value is not one of those allowed
│   ├── OutsideError             a tile, plane or associated image that does not exist
│   ├── LimitError               more is asked than the limits allow
│   └── SignatureError           the address is not signed, or was changed, or has expired
├── EncodeError              a picture cannot be written in the asked format
├── DrawError                the project's code that draws a picture is at fault
│   └── DrawTimeoutError         it takes longer than it may, or has no free thread
└── ConfigurationError       the project's settings are at fault

Messages are shown to clients: they never name a path of the server. The uri stands in an
attribute, for logs.
"""

from collections.abc import Sequence


class TilewrightError(Exception):
    """The root of all errors that this library raises on purpose."""


class SourceError(TilewrightError):
    """A source cannot be read."""

    def __init__(self, message: str, *, uri: str | None = None) -> None:
        super().__init__(message)
        self.uri = uri
        """The source's uri, for logs; never part of the message."""


class SourceNotFoundError(SourceError):
    """There is nothing at the source's uri."""


class UnsupportedSourceError(SourceError):
    """No reader understands the source, or its reader lacks a feature that it needs."""

    def __init__(self, message: str, *, uri: str | None = None, tried: Sequence[str] = ()) -> None:
        super().__init__(message, uri=uri)
        self.tried = tuple(tried)
        """The names of the readers that were asked."""


class CorruptSourceError(SourceError):
    """The source is damaged, or lies about itself."""


class SourceUnavailableError(SourceError):
    """The storage does not answer."""


class RequestError(TilewrightError):
    """What is asked for cannot be given, whatever the state of the server."""


class ParameterError(RequestError):
    """A parameter has a value that is not allowed."""

    def __init__(self, parameter: str, allowed: str, value: object = None) -> None:
        shown = "" if value is None else f", not {str(value)[:60]!r}"
        super().__init__(f"{parameter} must be {allowed}{shown}")
        self.parameter = parameter
        self.allowed = allowed


class OutsideError(RequestError):
    """A tile, plane or associated image that the image does not have."""


class LimitError(RequestError):
    """The request would use more than a limit allows."""

    def __init__(self, limit: str, asked: int, allowed: int) -> None:
        words = limit.replace("_", " ")
        super().__init__(f"{words}: {asked:,} asked, {allowed:,} allowed")
        self.limit = limit
        """The name of the field of `Limits`."""
        self.asked = asked
        self.allowed = allowed


class SignatureError(RequestError):
    """An address that must be signed is not, or was changed, or has expired."""


class EncodeError(TilewrightError):
    """The format cannot hold the picture."""


class DrawError(TilewrightError):
    """The project's code failed to draw a picture; the cause is chained, for the log."""


class DrawTimeoutError(DrawError):
    """A picture was not drawn in the time that it may take."""


class ConfigurationError(TilewrightError):
    """A setting has a wrong value."""
