"""Questions about where an image lies: each a query, read first, and the document it makes."""

from collections.abc import Mapping
from typing import Any

from tilewright.django.numbers import Ask, plane_in
from tilewright.engine import Engine
from tilewright.image import Source
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrixSets
from tilewright.web import numbers, world, xyz
from tilewright.web.maps import features, places, validation
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.tilejson import tilejson_document
from tilewright.web.maps.tiles import tile_set
from tilewright.web.places import plane_of


def footprint(query: str) -> Ask:  # noqa: ARG001 - all asks are made of a query
    """Return the image's edge as GeoJSON."""
    return Ask(None, lambda engine, source: places.footprint_document(engine.info(source), {}))


def bounds(query: str) -> Ask:
    """Return the smallest box of a CRS around the image."""
    crs = places.BOUNDS.read(query).get("coord_crs", places.CRS84)
    return Ask(crs, lambda engine, source: places.bounds_document(engine.info(source), crs))


def validate(query: str) -> Ask:
    """Tell whether the file is a Cloud Optimized GeoTIFF."""
    strict = validation.PARAMETERS.read(query).get("strict", False)
    return Ask(
        strict,
        lambda engine, source: validation.validation_document(
            engine.validate(source), strict=strict
        ),
    )


def point(query: str) -> Ask:
    """Return the values at a place on the earth."""
    values = places.POINT.read(query)
    crs = values.get("coord_crs", places.CRS84)
    place = places.place_of(values["point"], crs)
    bands, plane = values.get("band"), plane_of(values)

    def answer(engine: Engine, source: Source) -> Any:
        info = engine.info(source)
        chosen = numbers.chosen(bands, info)
        shown = plane_in(engine, source, plane)
        found = engine.place(source, place, crs, bands=chosen, plane=shown)
        return places.point_document(
            place,
            (found.column, found.row),
            info,
            bands=chosen,
            values=found.values,
            valid=found.valid,
        )

    return Ask((place, crs, bands, plane), answer)


def corners(path: Mapping[str, str], query: str, sets: TileMatrixSets) -> Ask:
    """Return the edges of a tile."""

    def answer(engine: Engine, source: Source) -> Any:
        target = xyz.tile_target((path["z"], path["x"], path["y"]), query, sets, None)
        return places.corners_document(target.grid(engine.info(source)))

    return Ask((path["z"], path["x"], path["y"], query), answer)


def described(query: str, sets: TileMatrixSets, describe: world.Describe) -> Ask:
    """Describe the image, or the world in a projection that the query names."""
    chosen = tile_set(sets, None, world.METADATA.read(query))
    key = None if chosen is None else chosen.crs
    return Ask(key, lambda engine, source: describe(engine.info(source), chosen))


def tilejson(here: str, query: str, sets: TileMatrixSets) -> Ask:
    """Return the TileJSON of the image; ``here`` is the address of the image, with its slash.

    The query's look is handed on to the tiles.
    """
    name, suffix, rest = places.tilejson_of(query)
    chosen = sets.get(name or WEB_MERCATOR_QUAD)
    address = f"{here}tiles/{chosen.name}/{{z}}/{{x}}/{{y}}.{suffix}"
    template = f"{address}?{rest}" if rest else address

    def answer(engine: Engine, source: Source) -> Any:
        layer = Layer("image", "image", engine.info(source))
        return tilejson_document(layer, chosen, template)

    return Ask((template, chosen.name), answer)


def zones(query: str, body: bytes) -> Ask:
    """Return statistics in the polygons that were sent."""
    asked = features.zoning(query, body)

    def answer(engine: Engine, source: Source) -> Any:
        chosen = numbers.chosen(asked.bands, engine.info(source))
        features.check_rows(asked, len(chosen))
        plane = plane_in(engine, source, asked.plane)
        found = []
        for feature in asked.shapes.features:
            told = engine.zonal(source, feature.polygon, asked.wanted, bands=chosen, plane=plane)
            found.append(features.ZoneFound(told.bands, told.statistics, told.exact))
        return features.statistics_document(asked.shapes, found)

    return Ask(None, answer)
