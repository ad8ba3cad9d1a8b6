"""What the question "is it a COG?" is answered with; `tilewright.cog.validate` answers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about the layout of a file."""

    valid: bool
    """True when nothing keeps the file from being a Cloud Optimized GeoTIFF (OGC 21-026)."""
    errors: tuple[str, ...] = ()
    """What keeps it from being one: a sentence each."""
    warnings: tuple[str, ...] = ()
    """What is allowed, and makes it slow or suspect: a sentence each."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What the file is, ready for JSON; empty when it is no TIFF."""

    def passes(self, *, strict: bool) -> bool:
        """Return whether the file is valid; ``strict`` lets a warning count as an error."""
        return self.valid and not (strict and self.warnings)
