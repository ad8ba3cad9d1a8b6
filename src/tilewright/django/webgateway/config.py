"""The key ``webgateway`` of the setting ``TILEWRIGHT``."""

from dataclasses import dataclass, field

from tilewright.web.webgateway.limits import GatewayLimits


@dataclass(frozen=True, slots=True)
class WebgatewayConfig:
    """What the project says of its webgateway."""

    images: str | None = None
    """The dotted path of a function that takes a request and an id and returns a
    `GatewayImage`, such as ``project.images.find``."""
    public: bool = False
    """True answers people who are not logged in, too."""
    interpolate: bool = True
    """Whether viewers smooth pixels that they enlarge."""
    init_zoom: int = 0
    """Where viewers begin, as OMERO counts: 0 shows the whole image; -1 shows most detail."""
    limits: GatewayLimits = field(default_factory=GatewayLimits)
