"""Drawn pictures: what the view adds to the drawing itself, and what a client's own copy costs."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.clock import race
from bench.http import take_turns
from bench.report import Figure, Target
from bench.scale import Scale
from bench.server import Server, serving, wrk

_SIZE = (300, 200)
_STEPS = 64
"""Different pictures in turn."""


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Race the view with bare drawing, then load a server. Raises MissingError without wrk."""
    _set_up()
    yield from _in_process(scale)
    wrk()
    yield from _over_http(scale, folder)


def _set_up() -> None:
    """Make this process a Django project, unless it is one."""
    import django  # noqa: PLC0415 - only this group needs it here
    from django.conf import settings  # noqa: PLC0415 - likewise

    if not settings.configured:
        settings.configure(
            SECRET_KEY="only for benchmarks",  # noqa: S106
            ALLOWED_HOSTS=["testserver"],
            INSTALLED_APPS=["tilewright.django", "tilewright.drawn"],
            USE_TZ=True,
        )
    django.setup()


def _in_process(scale: Scale) -> Iterator[Figure]:
    from django.test import RequestFactory  # noqa: PLC0415 - there are settings only now

    from bench.drawn_views import Ellipse  # noqa: PLC0415 - likewise
    from tilewright.drawn.job import Job, carry_out  # noqa: PLC0415 - likewise

    view, factory, drawing = Ellipse.as_view(), RequestFactory(), Ellipse()
    here = Ellipse.as_view(time_limit_s=None)
    cases = [(_SIZE[0] + step % _STEPS, _SIZE[1]) for step in range(scale.tiles)]

    def bare(case: tuple[int, int]) -> None:
        values = {"width": case[0], "height": case[1], "fill": "#ff000080"}
        carry_out(drawing, Job(values, "png", None, 1.0, 1 << 24))

    def ask(answer: Callable[..., object], case: tuple[int, int]) -> None:
        answer(factory.get(f"/?width={case[0]}&height={case[1]}"))

    def make(case: tuple[int, int]) -> None:
        factory.get(f"/?width={case[0]}&height={case[1]}")

    rivals: dict[str, Callable[[tuple[int, int]], object]] = {
        "view": partial(ask, view),
        "here": partial(ask, here),
        "bare": bare,
        "request": make,
    }
    times = race(rivals, cases)
    for name, words in (("view", "with a time limit"), ("here", "without one")):
        yield Figure(
            f"what the view adds to drawing, {words}",
            times[name] - times["bare"] - times["request"],
            "ms",
            "the drawing and encoding itself",
            times["bare"],
            Target("ours", "≤", 0.25),
        )


def _over_http(scale: Scale, folder: Path) -> Iterator[Figure]:
    work = folder / "drawn"
    work.mkdir(parents=True, exist_ok=True)
    (work / "body").touch()
    (work / "none.tif").touch()
    (work / "ours.sqlite3").unlink(missing_ok=True)
    settings = {
        "BENCH_DATABASE": str(work / "ours.sqlite3"),
        "BENCH_MEDIA": str(work),
        "BENCH_FILE": "none.tif",
        "BENCH_BODY": str(work / "body"),
    }
    asked = [f"/drawn/ellipse?width={_SIZE[0] + step}&height={_SIZE[1]}" for step in range(_STEPS)]
    with serving(Path(sys.executable), "ours", settings, asked[0]) as server:
        known, bare = _known(server, asked, work), _listed(work / "bare.txt", "/drawn/bare")
        found = take_turns(scale, {"known": (server, known), "bare": (server, bare)})
        yield Figure(
            "drawn, known to the client, over HTTP, 2 workers",
            found["known"].a_second,
            "/s",
            "a view that returns a bare 304",
            found["bare"].a_second,
            Target("ours", "≥", 5000),
        )
        yield Figure(
            "their processor time",
            found["known"].work_ms,
            "ms",
            "a view that returns a bare 304",
            found["bare"].work_ms,
        )
        drawn = _listed(work / "drawn.txt", *asked)
        yield Figure(
            f"ellipses of {_SIZE[0]}×{_SIZE[1]}, each drawn",
            take_turns(scale, {"drawn": (server, drawn)})["drawn"].a_second,
            "/s",
        )


def _known(server: Server, asked: Sequence[str], work: Path) -> Path:
    """Write the addresses with their tags; return the file that lists them."""
    return _listed(work / "known.txt", *(f"{path} {server.tag(path)}" for path in asked))


def _listed(rows: Path, *lines: str) -> Path:
    rows.write_text("".join(f"{line}\n" for line in lines))
    return rows
