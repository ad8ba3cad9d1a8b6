"""Coordinates of many points at once."""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Places = tuple[Doubles, Doubles]
"""Two arrays of one shape: x and y, or columns and rows."""
