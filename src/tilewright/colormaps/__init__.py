"""Colormaps: names, lists of colours and lookup-table files, all to tables of 256 colours."""

from difflib import get_close_matches
from hashlib import blake2b

from tilewright.colormaps.catalogue import (
    OMERO_LUTS,
    REVERSED,
    Entry,
    canonical,
    exists,
    families,
    named_colors,
    named_table,
    resolve,
)
from tilewright.colormaps.classes import class_table, classify
from tilewright.colormaps.lut_files import LutFolder, read_lut
from tilewright.colormaps.tables import (
    Table,
    frozen,
    parsed,
    ramp_table,
    solid_table,
    spread,
)
from tilewright.errors import ParameterError
from tilewright.paint import Classes, Named, Paint, Ramp, Solid
from tilewright.style import Style

__all__ = [
    "Colormaps",
    "Table",
    "canonical",
    "class_table",
    "classify",
    "exists",
    "parsed",
    "read_lut",
]

LUT_FAMILY = "files"


class Colormaps:
    """All colormaps that a project has: the catalogue, and its own folder of lookup tables.

    Safe to share between threads. A file that changes is read anew.
    """

    def __init__(self, folder: str | None = None) -> None:
        """Take the files ``NAME.lut`` of a folder too. Nothing is read yet."""
        self._files = LutFolder(folder)

    def exists(self, name: str) -> bool:
        """Tell whether a name means a colormap, forwards or, with ``_r``, reversed."""
        return self._files.holds(name.removesuffix(REVERSED)) or exists(name)

    def table(self, paint: Paint) -> Table:
        """Return the 256 colours of a paint, shape (256, 4), read-only.

        Classes, which are looked up by `classify`, have their colours in equal steps.
        Raises ParameterError for a name that does not exist, and a SourceError for a file that
        cannot be read.
        """
        if isinstance(paint, Solid):
            return solid_table(paint)
        if isinstance(paint, Ramp):
            return ramp_table(paint)
        if isinstance(paint, Classes):
            return spread(parsed([row.color for row in paint.rows]))
        plain = paint.name.removesuffix(REVERSED)
        if self._files.holds(plain):
            table = self._files.table(plain)
            turned = paint.reverse != (plain != paint.name)
            return frozen(table[::-1]) if turned else table
        return named_table(self._entry(paint))

    def seal(self, key: str, *styles: Style) -> str:
        """Return the key of a picture in these looks: another once a file that they name changes.

        A look names a lookup table, and says nothing of what is in it.
        """
        paints = {channel.paint for style in styles for channel in style.channels}
        names = {one.name.removesuffix(REVERSED) for one in paints if isinstance(one, Named)}
        versions = [(name, self._files.version(name)) for name in sorted(names)]
        held = [row for row in versions if row[1] is not None]
        return blake2b(f"{key}|{held}".encode(), digest_size=16).hexdigest() if held else key

    def colors(self, paint: Named) -> Table | None:
        """Return the colours, shape (n, 4), of a map that is a list; None for any other.

        Lists are ``tab10`` and its like, and what has a number of steps: ``plasma_6``. Raises
        ParameterError for a name that does not exist.
        """
        if self._files.holds(paint.name.removesuffix(REVERSED)):
            return None
        return named_colors(self._entry(paint))

    def names(self) -> tuple[str, ...]:
        """Return the names of `listing`, one after the other."""
        return tuple(name for names in self.listing().values() for name in names)

    def lut_names(self) -> tuple[str, ...]:
        """Return the names of all lookup tables, ``NAME.lut``: own files and some of OMERO's.

        A file of one of these names is meant by it.
        """
        return tuple(sorted({*self._files.names(), *OMERO_LUTS}, key=str.lower))

    def listing(self) -> dict[str, list[str]]:
        """Return the names by family: own files first, then matplotlib, then the others."""
        own = self._files.names()
        listed = {LUT_FAMILY: list(own)} if own else {}
        return listed | {family: list(names) for family, names in families().items()}

    def _entry(self, paint: Named) -> Entry:
        entry = resolve(paint.name)
        if entry is None:
            raise ParameterError("colormap", self._allowed(paint.name), paint.name)
        return Entry(entry.key, entry.reverse != paint.reverse, entry.steps)

    def _allowed(self, wrong: str) -> str:
        """Return what a name may be, with those that are spelt almost like the wrong one."""
        known = {name.lower(): name for name in self.names()}
        near = get_close_matches(wrong.lower(), known, n=3)
        hint = f" ({', '.join(known[name] for name in near)}?)" if near else ""
        return f"the name of a colormap{hint}"
