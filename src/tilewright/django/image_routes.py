"""The table of an image's routes, under the names of the methods that answer them."""

from collections.abc import Mapping

from tilewright.django import answers, deepzoom, earth, iiif, numbers, surface
from tilewright.django.answers import Route
from tilewright.django.sharing import PREFLIGHT
from tilewright.web import world

_ZXY = r"(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)"
_FMT = r"\.(?P<fmt>[^/.]+)"

_DOCUMENTS = {
    "image_metadata": Route(
        "metadata",
        "info/metadata",
        answers.described(world.info_in),
        "Describe the image: size, bands, axes, resolution.",
    ),
    "tiles_metadata": Route(
        "tiles-metadata",
        "tiles/metadata",
        answers.described(world.tiles_in),
        "Describe the pyramid of tiles.",
    ),
    "metadata_internal": Route(
        "metadata-internal",
        "info/metadata_internal",
        answers.told(surface.internal),
        "Return what the file says of itself, in a free form.",
    ),
    "tiffdump": Route(
        "tiffdump",
        "info/tiffdump",
        answers.told(surface.tiffdump),
        "List the directories of a TIFF and their tags.",
    ),
    "images": Route(
        "images",
        "images",
        answers.told(surface.images),
        "List the names of the associated images: label, macro and the like.",
    ),
    "frames": Route(
        "frames",
        "info/frames",
        answers.told(numbers.frames),
        "List the planes of the image, and the bands in each.",
    ),
    "tile_frames_layout": Route(
        "tile-frames-layout",
        "tile_frames/layout",
        answers.sheet_layout,
        "Tell where each frame stands on the picture that `tile_frames` makes.",
    ),
}

_NUMBERS = {
    "bands": Route(
        "bands",
        "info/bands",
        answers.told(numbers.bands),
        "Describe each band, and tell the ends of its values.",
    ),
    "band": Route(
        "band",
        "info/band",
        answers.told(numbers.band),
        "Describe one band, and tell the ends of its values.",
    ),
    "histogram": Route(
        "histogram",
        "data/histogram",
        answers.told(numbers.histogram),
        "Count the measured values in bins, for each band.",
    ),
    "statistics": Route(
        "statistics",
        "data/statistics",
        answers.told(numbers.statistics),
        "Sum up the measured values of each band.",
    ),
    "pixel": Route(
        "pixel",
        "data/pixel",
        answers.told(numbers.pixel),
        "Return the measured values of one pixel.",
    ),
    "profile": Route(
        "profile",
        "data/profile",
        answers.told(numbers.profile),
        "Return the measured values along a line.",
    ),
}

_EARTH = {
    "point": Route(
        "point",
        "data/point",
        answers.told(earth.point),
        "Return the measured values at a place on the earth.",
    ),
    "zones": Route(
        "zones",
        "data/zones",
        answers.zones,
        "Return statistics in the polygons of the GeoJSON that is sent.",
        method="post",
    ),
    "footprint": Route(
        "footprint",
        "info/footprint",
        answers.told(earth.footprint),
        "Return the edge of the image as GeoJSON, cut at the antimeridian.",
    ),
    "bounds": Route(
        "bounds",
        "info/bounds",
        answers.told(earth.bounds),
        "Return the smallest box around the image, in any coordinate reference system.",
    ),
    "validate": Route(
        "validate",
        "info/validate",
        answers.told(earth.validate),
        "Tell whether the file is a Cloud Optimized GeoTIFF, and if not, why.",
    ),
    "tile_corners": Route(
        "tile-corners",
        f"tiles/{_ZXY}/corners",
        answers.corners,
        "Return the edges of a tile: in units of its projection, or in pixels.",
    ),
    "tilejson": Route(
        "tilejson",
        r"tilejson\.json",
        answers.tilejson,
        "Describe the tiles of the earth as TileJSON 3.0.",
    ),
}

_PICTURES = {
    "tile": Route(
        "tile",
        f"tiles/{_ZXY}{_FMT}",
        answers.tile,
        "Return one tile. Zoom 0 holds the whole image in one tile, or the whole earth.",
        draws=True,
    ),
    "map_tile": Route(
        "map-tile",
        f"tiles/(?P<tms>[^/]+)/{_ZXY}{_FMT}",
        answers.tile,
        "Return one tile of the earth, as a named tile matrix set cuts it.",
        draws=True,
    ),
    "thumbnail": Route(
        "thumbnail",
        f"data/thumbnail{_FMT}",
        answers.thumbnail,
        "Return the whole image, fitted into a frame.",
        draws=True,
    ),
    "negotiated_thumbnail": Route(
        "thumbnail-negotiated",
        "data/thumbnail",
        answers.negotiated_thumbnail,
        "Return the whole image, fitted into a frame, in a format that Accept names.",
        draws=True,
    ),
    "region": Route(
        "region",
        f"data/region{_FMT}",
        answers.region,
        "Return a rectangle of the image, at any size.",
        draws=True,
    ),
    "negotiated_region": Route(
        "region-negotiated",
        "data/region",
        answers.negotiated_region,
        "Return a rectangle of the image, at any size, in a format that Accept names.",
        draws=True,
    ),
    "feature": Route(
        "feature",
        f"data/feature{_FMT}",
        answers.feature,
        "Return the picture of the polygon that is sent as GeoJSON; nothing around it.",
        method="post",
        draws=True,
    ),
    "associated_image": Route(
        "image",
        f"images/(?P<key>[^/]+){_FMT}",
        answers.associated,
        "Return an associated image, or a rectangle of it, at any size.",
    ),
    "tile_frames": Route(
        "tile-frames",
        f"tile_frames{_FMT}",
        answers.sheet,
        "Return all frames side by side in one picture.",
        draws=True,
    ),
}

_DEEPZOOM = {
    "deepzoom_tile": Route(
        "deepzoom-tile",
        f"deepzoom{deepzoom.ENDINGS['deepzoom_tile']}",
        deepzoom.tile,
        "Return one tile of the DeepZoom pyramid. Level 0 is one pixel.",
        draws=True,
        preflight=PREFLIGHT,
    ),
    "deepzoom": Route(
        "deepzoom",
        f"deepzoom{deepzoom.ENDINGS['deepzoom']}",
        deepzoom.descriptor,
        "Describe the DeepZoom pyramid; a look in the query is handed on to the tiles.",
        preflight=PREFLIGHT,
    ),
}

_IIIF = {
    "iiif_image": Route(
        "iiif-image",
        f"iiif/{iiif.VERSION}{iiif.ENDINGS['iiif_image']}",
        iiif.image,
        "Return a region at a size, turned, in a quality and a format: IIIF Image API.",
        draws=True,
        preflight=PREFLIGHT,
    ),
    "iiif_info": Route(
        "iiif-info",
        f"iiif/{iiif.VERSION}{iiif.ENDINGS['iiif_info']}",
        iiif.info,
        "Describe the image as the IIIF Image API does.",
        draws=True,
        preflight=PREFLIGHT,
    ),
    "iiif_base": Route(
        "iiif-base",
        f"iiif/{iiif.VERSION}{iiif.ENDINGS['iiif_base']}",
        iiif.base,
        "Send to the description of the image: its base URI of the IIIF Image API.",
        preflight=PREFLIGHT,
    ),
}

ROUTES: Mapping[str, Route] = {
    **_PICTURES,
    **_DEEPZOOM,
    **_IIIF,
    **_DOCUMENTS,
    **_NUMBERS,
    **_EARTH,
}
"""All of them, that of tiles first: it is asked most. No path is matched by two of them."""
