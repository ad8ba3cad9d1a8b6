"""Pictures that a browser saves under a name, rather than shows."""

import re
from collections.abc import Sequence

from tilewright.web import xyz
from tilewright.web.bars import FILL
from tilewright.web.params import Parameter, ParameterSet

LONGEST = 200
# Neither folders nor control characters, nor the marks that turn text around.
_UNFIT = r"\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_NAME = re.compile(f"[^{_UNFIT}]+")
_UNFITS = re.compile(f"[{_UNFIT}]+")


def _name() -> Parameter[str]:
    def parse(text: str) -> str:
        if len(text) > LONGEST or not _NAME.fullmatch(text) or text.strip(". ") == "":
            raise ValueError
        return text

    return Parameter(
        "download",
        "The name under which a browser saves the answer, rather than to show it.",
        f"the name of a file, of at most {LONGEST} characters",
        parse,
        str,
        {"type": "string", "maxLength": LONGEST},
    )


DOWNLOAD = _name()
THUMBNAIL = ParameterSet((*xyz.THUMBNAIL.parameters, FILL, DOWNLOAD))
"""The parameters of a thumbnail."""
FEATURE = ParameterSet((*xyz.FEATURE.parameters, DOWNLOAD))
"""The parameters of a polygon's picture."""
_ONLY = ParameterSet((DOWNLOAD,))


def harmless(name: str) -> str:
    """Return what of an image's name can be that of a file; empty when nothing can."""
    return _UNFITS.sub("_", name)[:LONGEST].strip(". ")


def file_name(query: str, suffixes: Sequence[str]) -> str | None:
    """Return the name of the file to save, with a suffix of its format; None when none is asked.

    Raises ParameterError.
    """
    if DOWNLOAD.name not in query:
        return None
    name: str | None = _ONLY.read(query).get(DOWNLOAD.name)
    # A name of another kind could make a program of what is a picture.
    suffixes = ("tif", "tiff", *suffixes) if "cog" in suffixes else suffixes
    if name is None or name.lower().endswith(tuple(f".{suffix}" for suffix in suffixes)):
        return name
    return f"{name}.{suffixes[0]}"
