"""Tests that a plug-in's author runs on a reader or an encoder, and synthetic images.

Needs pytest, which the library itself does not.
"""

import pytest

# So that failures show values, as in one's own tests.
pytest.register_assert_rewrite(f"{__name__}.encoder_suite", f"{__name__}.reader_suite")

from tilewright.testing.encoder_suite import EncoderSuite, RasterEncoderSuite  # noqa: E402
from tilewright.testing.reader_suite import ReaderSuite  # noqa: E402
from tilewright.testing.synthetic import measured, noise, see_through, smooth  # noqa: E402

__all__ = [
    "EncoderSuite",
    "RasterEncoderSuite",
    "ReaderSuite",
    "measured",
    "noise",
    "see_through",
    "smooth",
]
