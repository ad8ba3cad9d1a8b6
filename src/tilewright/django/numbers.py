"""Numbers about pixels: a query, which is read first, and the document that an engine makes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tilewright.engine import Engine
from tilewright.errors import OutsideError
from tilewright.image import Plane, Source
from tilewright.measure import Measurement
from tilewright.statistics import BandStatistics, Wanted
from tilewright.web import findings, numbers
from tilewright.web.frames import located
from tilewright.web.numbers import Measuring

_OVERVIEW = Wanted(percentiles=(), bins=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question whose query is in order."""

    key: object
    """What the answer depends on besides the source; its ``repr`` seeds the tag."""
    answer: Callable[[Engine, Source], Any]
    """Makes what JSON can hold. Raises SourceError and RequestError."""


def bands(query: str) -> Ask:
    """Tell of all bands what they are, and the ends of their values."""
    plane = numbers.overview(query)

    def answer(engine: Engine, source: Source) -> Any:
        shown = plane_in(engine, source, plane)
        found = engine.measure(source, _OVERVIEW, plane=shown)
        return findings.bands_document(engine.info(source), _statistics(found))

    return Ask(plane, answer)


def band(query: str) -> Ask:
    """Tell the same of one band."""
    number, plane = numbers.band(query)

    def answer(engine: Engine, source: Source) -> Any:
        info = engine.info(source)
        if number > len(info.bands):
            raise OutsideError(f"band {number} is outside 1 to {len(info.bands)}")
        shown = plane_in(engine, source, plane)
        found = engine.measure(source, _OVERVIEW, bands=(number - 1,), plane=shown)
        return findings.band_document(info, number - 1, found.bands[0].statistics)

    return Ask((number, plane), answer)


def frames(query: str) -> Ask:  # noqa: ARG001 - all asks are made of a query
    """List the planes, and the bands in each."""
    return Ask(None, lambda engine, source: findings.frames_document(engine.info(source)))


def histogram(query: str) -> Ask:
    """Count the values of the data in bins."""
    asked = numbers.histogram(query)

    def answer(engine: Engine, source: Source) -> Any:
        found = _measure(engine, source, asked)
        if asked.only_ends:
            return findings.ends_document(_statistics(found))
        histograms = {one.band: one.histogram for one in found.bands}
        return findings.histogram_document(histograms, exact=found.exact)

    return Ask(asked, answer)


def statistics(query: str) -> Ask:
    """Sum up the values of the data."""
    asked = numbers.statistics(query)

    def answer(engine: Engine, source: Source) -> Any:
        found = _measure(engine, source, asked)
        return findings.statistics_document(_statistics(found), exact=found.exact)

    return Ask(asked, answer)


def pixel(query: str) -> Ask:
    """Tell the values of one pixel; along an axis when one is named."""
    target, plane, axis = numbers.pixel(query)

    def answer(engine: Engine, source: Source) -> Any:
        shown = plane_in(engine, source, plane)
        raster = engine.read(source, target, plane=shown)
        document = findings.shown_pixel_document(engine.info(source), raster)
        if axis is None or target.box is None:
            return document
        stack = engine.stack(source, (target.box.x, target.box.y), axis, plane=shown)
        return document | findings.planes_document(axis, stack.values, stack.valid)

    return Ask((target, plane, axis), answer)


def profile(query: str) -> Ask:
    """Tell the values under a line."""
    asked = numbers.profile(query)

    def answer(engine: Engine, source: Source) -> Any:
        chosen = numbers.chosen(asked.bands, engine.info(source))
        shown = plane_in(engine, source, asked.plane)
        found = engine.profile(
            source, asked.points, bands=chosen, plane=shown, samples=asked.samples
        )
        return findings.profile_document(
            found.distances, found.places, chosen, found.values, found.valid
        )

    return Ask(asked, answer)


def plane_in(engine: Engine, source: Source, plane: Plane) -> Plane:
    """Return a query's plane as positions on the image's own axes; see `frames.located`."""
    return located(plane, lambda: engine.info(source))


def _measure(engine: Engine, source: Source, asked: Measuring) -> Measurement:
    chosen = numbers.chosen(asked.bands, engine.info(source))
    numbers.check_rows(asked, len(chosen))
    return engine.measure(
        source,
        asked.wanted,
        bands=chosen,
        plane=plane_in(engine, source, asked.plane),
        box=asked.box,
        exact=asked.exact,
    )


def _statistics(found: Measurement) -> dict[int, BandStatistics]:
    return {one.band: one.statistics for one in found.bands}
