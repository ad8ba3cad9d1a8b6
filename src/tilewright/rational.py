"""Rational polynomials (RPC00B): how the camera of a satellite sees the earth."""

from dataclasses import dataclass

import numpy as np

from tilewright.coordinates import Doubles, Places

_ROUNDS = 20
_CLOSE_ENOUGH = 1e-4


@dataclass(frozen=True, slots=True)
class RationalPolynomials:
    """How a camera sees the earth (RPC00B): longitude, latitude, height → column, row.

    Offsets and scales are given in the order row, column, latitude, longitude, height.
    """

    offsets: tuple[float, ...]
    scales: tuple[float, ...]
    row_numerator: tuple[float, ...]
    row_denominator: tuple[float, ...]
    column_numerator: tuple[float, ...]
    column_denominator: tuple[float, ...]

    def __post_init__(self) -> None:
        terms = (
            self.row_numerator,
            self.row_denominator,
            self.column_numerator,
            self.column_denominator,
        )
        if len(self.offsets) != 5 or len(self.scales) != 5:  # noqa: PLR2004
            raise ValueError("rational polynomials have five offsets and five scales")
        if any(len(term) != 20 for term in terms) or 0 in self.scales:  # noqa: PLR2004
            raise ValueError("rational polynomials have 20 terms each, and scales that are not 0")

    def to_pixels(self, longitude: Doubles, latitude: Doubles) -> Places:
        """Return where points at the mean height fall; pixel corners as everywhere here."""
        row_offset, column_offset, latitude_offset, longitude_offset, _ = self.offsets
        row_scale, column_scale, latitude_scale, longitude_scale, _ = self.scales
        away = (longitude - longitude_offset + 180.0) % 360.0 - 180.0
        terms = _cubic_terms(away / longitude_scale, (latitude - latitude_offset) / latitude_scale)

        def ratio(above: tuple[float, ...], below: tuple[float, ...]) -> Doubles:
            with np.errstate(divide="ignore", invalid="ignore"):
                quotient: Doubles = np.tensordot(above, terms, 1) / np.tensordot(below, terms, 1)
            return quotient

        # RPC count pixel centres from 0.
        return (
            ratio(self.column_numerator, self.column_denominator) * column_scale
            + column_offset
            + 0.5,
            ratio(self.row_numerator, self.row_denominator) * row_scale + row_offset + 0.5,
        )

    def to_crs(self, columns: Doubles, rows: Doubles) -> Places:
        """Return the longitude and latitude of pixels, by Newton's method; inf where it fails."""
        longitude = np.full(np.shape(columns), self.offsets[3])
        latitude = np.full(np.shape(columns), self.offsets[2])
        step_x, step_y = self.scales[3] * 1e-4, self.scales[2] * 1e-4
        with np.errstate(all="ignore"):
            for _ in range(_ROUNDS):
                x, y = self.to_pixels(longitude, latitude)
                off_x, off_y = columns - x, rows - y
                if max(np.abs(off_x).max(), np.abs(off_y).max()) < _CLOSE_ENOUGH:
                    break
                right, below = self.to_pixels(longitude + step_x, latitude)
                a, d = (right - x) / step_x, (below - y) / step_x
                right, below = self.to_pixels(longitude, latitude + step_y)
                b, e = (right - x) / step_y, (below - y) / step_y
                flat = a * e - b * d
                longitude = longitude + (off_x * e - off_y * b) / flat
                latitude = latitude + (off_y * a - off_x * d) / flat
            found = (np.abs(off_x) < 1) & (np.abs(off_y) < 1)
        return np.where(found, longitude, np.inf), np.where(found, latitude, np.inf)


def _cubic_terms(x: Doubles, y: Doubles) -> Doubles:
    """Return the 20 terms of RPC00B at height 0, the mean height; shape (20, …)."""
    zero, one = np.zeros_like(x), np.ones_like(x)
    second = (x * y, zero, zero, x * x, y * y, zero)
    third = (zero, x * x * x, x * y * y, zero, x * x * y, y * y * y, zero, zero, zero, zero)
    return np.stack((one, x, y, zero, *second, *third))
