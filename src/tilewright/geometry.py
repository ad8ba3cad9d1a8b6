"""Sizes, windows, boxes and grids: frozen values and pure arithmetic.

The order is always ``x, y, width, height``; x grows to the right, y downwards.
"""

import math
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Size:
    """Whole pixels, at least 1×1."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a size is at least 1×1, not {self.width}×{self.height}")

    @property
    def pixels(self) -> int:
        """The area."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Window:
    """Whole pixels inside a level: never negative, never empty."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.x < 0 or self.y < 0 or self.width < 1 or self.height < 1:
            raise ValueError(f"not a window: {self.x},{self.y},{self.width},{self.height}")

    @classmethod
    def whole(cls, size: Size) -> Self:
        """Return the window that covers a level of this size."""
        return cls(0, 0, size.width, size.height)

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)

    @property
    def pixels(self) -> int:
        """The area."""
        return self.width * self.height

    @property
    def right(self) -> int:
        """The first column past the window."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row past the window."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with float edges and a positive area."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.x, self.y, self.width, self.height))):
            raise ValueError("the edges of a box are finite numbers")
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"a box has a positive area, not {self.width}×{self.height}")

    @classmethod
    def whole(cls, size: Size) -> Self:
        """Return the box that covers an image of this size."""
        return cls(0.0, 0.0, float(size.width), float(size.height))

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def clip(self, size: Size) -> "Box | None":
        """Return the part of the box inside an image of this size; None when nothing is."""
        left, top = max(self.x, 0.0), max(self.y, 0.0)
        right, bottom = min(self.right, float(size.width)), min(self.bottom, float(size.height))
        if right <= left or bottom <= top:
            return None
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Affine:
    """Six numbers: ``x = a·column + b·row + c`` and ``y = d·column + e·row + f``.

    Columns and rows count pixel corners, so the centre of the first pixel is (0.5, 0.5).
    """

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @classmethod
    def scale(cls, x: float, y: float, *, left: float = 0.0, top: float = 0.0) -> Self:
        """Return the map that only stretches and moves."""
        return cls(x, 0.0, left, 0.0, y, top)

    @property
    def rectilinear(self) -> bool:
        """True when columns go right and rows go down: no rotation, no flip."""
        return self.b == 0 and self.d == 0 and self.a > 0 and self.e > 0

    def __call__(self, column: float, row: float) -> tuple[float, float]:
        """Map a pixel corner to x, y."""
        return self.a * column + self.b * row + self.c, self.d * column + self.e * row + self.f

    def __matmul__(self, inner: "Affine") -> "Affine":
        """Return the map that applies ``inner`` first, then this one."""
        return Affine(
            self.a * inner.a + self.b * inner.d,
            self.a * inner.b + self.b * inner.e,
            self.a * inner.c + self.b * inner.f + self.c,
            self.d * inner.a + self.e * inner.d,
            self.d * inner.b + self.e * inner.e,
            self.d * inner.c + self.e * inner.f + self.f,
        )

    def inverse(self) -> "Affine":
        """Return the map back from x, y to columns and rows.

        Raises ValueError when the map is flat.
        """
        determinant = self.a * self.e - self.b * self.d
        if determinant == 0:
            raise ValueError("a flat map has no inverse")
        a, b = self.e / determinant, -self.b / determinant
        d, e = -self.d / determinant, self.a / determinant
        return Affine(a, b, -a * self.c - b * self.f, d, e, -d * self.c - e * self.f)


@dataclass(frozen=True, slots=True)
class Grid:
    """The lattice of output pixels, laid on the source. Everything that is asked is one."""

    size: Size
    affine: Affine
    """From output pixel corners to the coordinates of ``crs``."""
    crs: str | None = None
    """None: coordinates are pixels of level 0. Otherwise what PROJ understands."""

    @classmethod
    def over(cls, box: Box, size: Size) -> Self:
        """Return the grid that spreads ``size`` pixels over a box of level-0 pixels."""
        return cls(
            size,
            Affine.scale(box.width / size.width, box.height / size.height, left=box.x, top=box.y),
        )

    @property
    def box(self) -> Box:
        """The smallest upright rectangle around the grid, in the coordinates of ``crs``."""
        width, height = self.size.width, self.size.height
        corners = [self.affine(x, y) for x in (0, width) for y in (0, height)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
