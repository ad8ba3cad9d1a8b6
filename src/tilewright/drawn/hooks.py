"""What a project sets and overrides in a view of drawn pictures."""

import inspect
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.views.generic import View

from tilewright.django import conf
from tilewright.drawn import asking
from tilewright.drawn.asking import Manner
from tilewright.drawn.declaration import Declaration
from tilewright.errors import ConfigurationError


class Hooks(View):
    """The attributes and methods of a view of drawn pictures: set or override what you need."""

    http_method_names: ClassVar[list[str]] = ["get", "head", "options"]  # type: ignore[misc]

    parameters: ClassVar[tuple[Declaration[Any], ...]] = ()
    """What the query, or the path, may say; `draw` takes each by its name."""

    strict: bool = False
    """True refuses parameters that are not declared; else they are ignored."""

    formats: tuple[str, ...] = ("png", "webp", "jpeg", "avif")
    """What is offered; the first goes to a client that likes all alike. ``svg`` is for a `draw`
    that returns SVG or a figure, ``pdf`` for one that returns a figure, ``gif`` and ``apng``
    for animations."""

    quality: int | None = None
    """Of JPEG, WebP and AVIF when the client asks for none; None: the format's own."""

    max_dpr: float = 1
    """Above 1 the client may ask for that many pixels to one of the page, each way, with the
    parameter ``dpr``; `draw` then takes it."""

    max_pixels: int = 1 << 24
    """The most that width × height × dpr² × frames may come to."""

    time_limit_s: float | None = 10.0
    """How long a client waits for a picture; then it is told to come back. The thread goes on.
    None: no limit, and it is drawn in the request's own thread."""

    isolated: bool = False
    """True draws in another process, which is killed at the time limit, and has no more memory
    than ``memory_limit_bytes``. `draw` has no request there; its arguments are pickled."""

    memory_limit_bytes: int = 1 << 30
    """How much an isolated drawing may take, beside what the process has."""

    cache_control: str | None = None
    """The header; None: that of the setting ``TILEWRIGHT``."""

    keep: bool = False
    """True keeps pictures in the cache that the setting ``TILEWRIGHT`` names."""

    per_user: bool | None = None
    """True: the picture is its user's own, so no one else gets it, and no shared cache keeps it.
    None: True where anything has looked at the user or the session before it is drawn, such as
    a login mixin; what looks at them only while it draws is refused."""

    signed: bool | str | None = None
    """True, or a salt, refuses addresses without a valid signature; `links.image_url` and the
    template tags make them. None: as the setting ``TILEWRIGHT`` says in ``drawn_signed``."""

    error_picture: bool = False
    """True sends a small picture that says what is wrong, rather than a problem document."""

    def __init__(self, **initkwargs: Any) -> None:
        """Set what ``as_view`` was given; `draw` may depend on it, so each tag has it."""
        super().__init__(**initkwargs)
        self.set_up = repr(sorted(initkwargs.items())) if initkwargs else ""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Check the declaration. Raises ConfigurationError."""
        super().__init_subclass__(**keywords)
        asking.declared(Manner(cls.parameters, cls.formats, cls.max_dpr, cls.strict))
        taken = inspect.signature(cls.draw).parameters.values()
        if any(each.kind is each.VAR_KEYWORD for each in taken):
            return
        names = {each.name for each in taken}
        missing = [each.name for each in cls.parameters if each.name not in names]
        if missing:
            raise ConfigurationError(f"{cls.__name__}.draw does not take {', '.join(missing)}")

    def draw(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - any signature may override it
        """Return what is shown: a Pillow image, an array, a figure, SVG, a surface, a `Picture`.

        Also an `Animation`, and a finished file as `Encoded`. It takes by name the declared
        parameters, what stands in the path, and what `prepare` returns; and ``dpr`` where
        ``max_dpr`` is above 1. The same arguments and the same `version` must give the same
        picture. With a time limit it runs in another thread than the request: let `prepare` ask
        the database.
        """
        raise ImproperlyConfigured(f"{type(self).__name__} has no draw()")

    def prepare(self, *args: Any, **parameters: Any) -> Mapping[str, Any]:  # noqa: ARG002 - for overrides
        """Return further arguments of `draw`: what comes from the database or the request.

        It is called in the request's own thread: when a picture is to be drawn (in async views,
        whenever the client does not hold it), for a HEAD, and for a client that names no tag but
        a date. Permissions are checked before it.
        """
        return {}

    def version(self, *args: Any, **parameters: Any) -> str:  # noqa: ARG002 - for overrides
        """Return a text that changes whenever the same parameters give another picture.

        That is the state of all data that `prepare` and `draw` look up, and a number raised with
        the code that draws. Clients keep what has the same version.
        """
        return ""

    def last_modified(self, *args: Any, **parameters: Any) -> datetime | None:  # noqa: ARG002 - for overrides
        """Return when that was last; None when it is not known."""
        return None

    def size(self, *_: Any, **parameters: Any) -> tuple[float, float] | None:
        """Return the width and height of the picture without its dpr; None: not known before."""
        width, height = parameters.get("width"), parameters.get("height")
        return None if width is None or height is None else (width, height)

    def frames(self, *_: Any, **parameters: Any) -> int:
        """Return how many frames an animation has."""
        return int(parameters.get("frames") or 1)

    @property
    def manner(self) -> Manner:
        """How pictures can be asked for."""
        return Manner(self.parameters, self.formats, self.max_dpr, self.strict)

    @property
    def identity(self) -> str:
        """The name of the class."""
        return f"{type(self).__module__}.{type(self).__qualname__}"

    @property
    def must_be_signed(self) -> bool:
        """Whether an address needs a signature."""
        return conf.edge().drawn_signed if self.signed is None else bool(self.signed)

    @property
    def salt(self) -> str:
        """What makes this view's signatures good for no other view."""
        return self.signed if isinstance(self.signed, str) else self.identity
