"""XML as text: elements inside elements, escaped, attributes in double quotes.

ArcMap takes no single quotes, which is what the standard library writes in the declaration.
"""

import re
from collections.abc import Iterable, Mapping

MEDIA_TYPE = "text/xml"
_NOT_ALLOWED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (2.2) has no way to write."""
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def element(
    name: str, attributes: Mapping[str, object] | None = None, *inside: Iterable[str]
) -> str:
    """Return an element with its attributes and with what `element` and `text` made."""
    opening = name + "".join(f' {key}="{text(value)}"' for key, value in (attributes or {}).items())
    body = "".join("".join(part) for part in inside)
    return f"<{opening}>{body}</{name}>" if body else f"<{opening}/>"


def leaf(name: str, value: object) -> str:
    """Return an element that holds a text and nothing else."""
    return f"<{name}>{text(value)}</{name}>"


def text(value: object) -> str:
    """Return a value's text, escaped for both contents and attributes."""
    if isinstance(value, float):
        value = repr(value).removesuffix(".0")
    clean = _NOT_ALLOWED.sub("\ufffd", str(value))
    return "".join(_ESCAPES.get(letter, letter) for letter in clean)


def document(root: str) -> bytes:
    """Return the file whose root is this element."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode()
