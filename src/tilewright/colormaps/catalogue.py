"""The colormaps that need no file of the project's own, by the names that people give them.

The maps come from the package `cmap`, which is loaded when the first name is looked up. A few
of its tables differ from matplotlib's in the last bit; those are kept in ``exact.npz``, so that
each of matplotlib's names gives matplotlib's own bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from tilewright.colormaps.matplotlib_names import MATPLOTLIB
from tilewright.colormaps.tables import Table, frozen, spread
from tilewright.paint import Named

if TYPE_CHECKING:
    from cmap import Catalog

REVERSED = "_r"

_PREFIXES: Mapping[str, str] = {
    "cet": "colorcet",
    "cmc": "crameri",
    "cmo": "cmocean",
    "cmr": "cmasher",
    "scientific": "crameri",
    "sns": "seaborn",
}
"""What the packages themselves, and palettable, put in front of a name."""
OMERO_LUTS: Mapping[str, str] = {
    "cividis.lut": "cividis",
    "fire.lut": "imagej:fire",
    "glasbey.lut": "glasbey:glasbey",
    "grays.lut": "gray",
    "green_fire_blue.lut": "imagej:GreenFireBlue",
    "hilo.lut": "imagej:HiLo",
    "ice.lut": "imagej:ice",
    "inferno.lut": "inferno",
    "magma.lut": "magma",
    "mako.lut": "mako",
    "plasma.lut": "plasma",
    "rocket.lut": "rocket",
    "turbo.lut": "turbo",
    "viridis.lut": "viridis",
}
"""Of the lookup tables that OMERO ships those whose map the catalogue has; a few of their values may
differ. Others only share a name: ImageJ's ``thermal`` is not that of cmocean."""
_STEPS = re.compile(r"(.+)_([0-9]{1,3})")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_LONGEST = 80
_FEWEST_STEPS, _MOST_STEPS = 2, 256


@dataclass(frozen=True, slots=True)
class Entry:
    """A name, understood."""

    key: str
    """Where `cmap` keeps the map: ``family:name``, in small letters."""
    reverse: bool = False
    steps: int | None = None
    """How many colours are picked from the map; None: the map as it is."""


def resolve(name: str) -> Entry | None:
    """Return what a name stands for; None when it is not in the catalogue.

    Understood are a plain name (``viridis``), one with its family (``cmocean:thermal``,
    ``cmocean.thermal``, ``cmo.thermal``, ``cet_fire``, ``colorbrewer.sequential.Blues_6``), a
    number of steps (``plasma_6``), and ``_r`` at the end for the other way round. Capital
    letters do not matter, but in OMERO's names of tables (``fire.lut``).
    """
    # Text of any length from anywhere is not to be remembered.
    return _resolved(name) if len(name) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _resolved(name: str) -> Entry | None:
    plain = name.removesuffix(REVERSED)
    reverse = plain != name
    key = _key(plain)
    if key is not None:
        return Entry(key, reverse)
    match = _STEPS.fullmatch(plain)
    if match is None or not _FEWEST_STEPS <= int(match[2]) <= _MOST_STEPS:
        return None
    key = _key(match[1])
    if key is None or (_is_list(key) and int(match[2]) > len(_colors(key))):
        return None
    return Entry(key, reverse, int(match[2]))


@lru_cache(maxsize=512)
def named_table(entry: Entry) -> Table:
    """Return the 256 rows of a map: the colours of a list in equal steps."""
    colors = named_colors(entry)
    return spread(_colors(_side(entry)) if colors is None else colors)


@lru_cache(maxsize=512)
def named_colors(entry: Entry) -> Table | None:
    """Return the colours of a map that is a list of some; None for a continuous one."""
    if _is_list(entry.key):
        # A list is cut before it is turned round: what is left are its first colours.
        colors = _colors(entry.key)[: entry.steps]
        if entry.steps is None:
            return _colors(_side(entry))
        return frozen(colors[::-1]) if entry.reverse else frozen(colors)
    if entry.steps is None:
        return None
    table = _colors(_side(entry))
    return frozen(table[np.rint(np.linspace(0, len(table) - 1, entry.steps)).astype(np.intp)])


@cache
def families() -> Mapping[str, tuple[str, ...]]:
    """Return the names of all maps, by family; matplotlib first, then by the alphabet.

    A map stands in one family, under the shortest name that means it. Left out are reversed
    maps, and ``Blues_6`` and its like: what a number of steps makes of another map.
    """
    found: dict[str, list[str]] = {}
    taken = {_key(name) for name in MATPLOTLIB}
    for name in _catalogue():
        family, colon, short = name.partition(":")
        key = _key(name)
        if not colon or key in taken or key is None:
            continue
        match = _STEPS.fullmatch(short)
        if match is not None and _key(f"{family}:{match[1]}") is not None:
            continue
        taken.add(key)
        found.setdefault(family, []).append(short if _key(short) == key else name)
    ordered = {family: tuple(sorted(found[family], key=_order)) for family in sorted(found)}
    return {"matplotlib": MATPLOTLIB, **ordered}


def exists(name: str) -> bool:
    """Tell whether a name is in the catalogue."""
    return resolve(name) is not None


def canonical(name: str) -> Named | None:
    """Return the paint of a map, the same for all of its names; None for an unknown one."""
    entry = resolve(name)
    if entry is None:
        return None
    plain = _listed_names().get(entry.key, entry.key)
    return Named(plain if entry.steps is None else f"{plain}_{entry.steps}", entry.reverse)


@cache
def _listed_names() -> Mapping[str, str]:
    """Return the name under which each map is listed; of two for one map the first."""
    names = [name for family in families().values() for name in family]
    return {_key(name) or name: name for name in reversed(names)}


def _order(name: str) -> list[tuple[int, str]]:
    """Return what sorts ``L2`` before ``L10``."""
    return [(int(number or 0), word) for word, number in _PARTS.findall(name.lower())]


def _side(entry: Entry) -> str:
    return f"{entry.key}{REVERSED}" if entry.reverse else entry.key


@cache
def _catalogue() -> "Catalog":
    from cmap import Catalog  # noqa: PLC0415 - a name is looked up at last

    return Catalog()


@cache
def _short_names() -> Mapping[str, str]:
    """Return the full name of each short one that `cmap` takes only with its family."""
    shorts: dict[str, str] = {}
    for name in _catalogue():
        family, colon, short = name.partition(":")
        if colon:
            shorts.setdefault(short.lower(), f"{family}:{short}")
    return shorts


def _key(name: str) -> str | None:
    """Return where `cmap` keeps a map; None when it has none of that name."""
    name = OMERO_LUTS.get(name, name)
    family, mark, short = name.rpartition(":" if ":" in name else ".")
    family = family.partition(".")[0].lower()
    if mark and not family:
        return None
    if not mark and short.lower().startswith("cet_") and _lookup(short) is None:
        family, short = "colorcet", short[len("cet_") :]
    if family == "matplotlib":
        return _lookup(f"matplotlib:{short}") or (
            _lookup(short) if short.lower() in _matplotlib_names() else None
        )
    if family:
        return _lookup(f"{_PREFIXES.get(family, family)}:{short}")
    return _lookup(short) or _lookup(_short_names().get(short.lower(), short))


@cache
def _matplotlib_names() -> frozenset[str]:
    return frozenset(name.lower() for name in MATPLOTLIB)


def _lookup(name: str) -> str | None:
    """Follow a name of `cmap`'s to the map that it means in the end."""
    try:
        key = _catalogue().resolve(name)
        while (further := _catalogue().resolve(key)) != key:
            key = further
    except KeyError:
        return None
    return key.lower()


@lru_cache(maxsize=512)
def _is_list(key: str) -> bool:
    from cmap import Colormap  # noqa: PLC0415 - likewise

    return bool(Colormap(key).interpolation == "nearest")


@lru_cache(maxsize=512)
def _colors(side: str) -> Table:
    """Return the rows of a map: 256, or as many as a list has."""
    from cmap import Colormap  # noqa: PLC0415 - likewise

    exact = _exact().get(side)
    # Rounded down, as matplotlib does.
    return frozen((Colormap(side).lut(256) * 255).astype(np.uint8)) if exact is None else exact


@cache
def _exact() -> Mapping[str, Table]:
    """Return the tables that are kept because `cmap`'s differ."""
    with (files(__package__) / "exact.npz").open("rb") as file, np.load(file) as stored:
        return {name: frozen(stored[name]) for name in stored.files}
