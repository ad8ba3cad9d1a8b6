// The map: tiles of one image on the earth, in Web Mercator, over a graticule.
import { Moving, duration, plainMap, transition } from "../tilewright/map.js";
import { HIGHEST, boxes, crosses, edges, sayLat, sayLon, wrap } from "./lonlat.js";

const ROUND = 2 * Math.PI * 6378137; // metres: once round the earth, as Web Mercator has it
const TILE = 256; // CSS pixels
const DEEPEST = 26; // zoom that any map may be magnified to
const BEYOND = 5; // zooms past the finest tiles
const FIT_BEYOND = 2; // zooms past the finest tiles, for a small image to fill the window
const SQUARES = 4; // magnification from which pixels are shown as squares
const SPACES = [45, 30, 20, 10, 5, 2, 1].concat(
  ...[0.1, 0.01, 0.001, 1e-4, 1e-5].map((unit) => [5 * unit, 2 * unit, unit]),
); // degrees between the lines of the graticule

/** Make the map of an image from its TileJSON and its footprint. `tileUrl([z, x, y])`. */
export function createEarth(target, { maxzoom }, footprint, tileUrl) {
  const { View, layer, source, tilegrid } = globalThis.ol;
  const density = devicePixelRatio >= 1.5 ? 2 : 1;
  const half = ROUND / 2;
  const finest = resolutionAt(maxzoom);
  const covered = (url) => (tile) => (touches(tile, footprint.bbox) ? url(tile) : undefined);

  const tiles = new source.TileImage({
    projection: "EPSG:3857",
    tilePixelRatio: density,
    transition: transition(),
    wrapX: true,
    tileUrlFunction: covered(tileUrl),
    tileGrid: new tilegrid.TileGrid({
      origin: [-half, half],
      extent: [-half, -half, half, half],
      tileSize: TILE,
      resolutions: Array.from({ length: maxzoom + 1 }, (_, z) => resolutionAt(z)),
    }),
  });
  const picture = new layer.Tile({ source: tiles });
  picture.on("prerender", ({ context, frameState }) => {
    context.imageSmoothingEnabled = frameState.viewState.resolution > finest / SQUARES;
  });
  const place = new source.Vector({ wrapX: true });
  const outline = new layer.Vector({ source: outlineOf(footprint) });
  const marker = new layer.Vector({ source: place });
  const map = plainMap(target, [graticule(), picture, outline, marker]);
  const paint = () => {
    map.getLayers().setAt(0, graticule());
    outline.setStyle(outlineStyle());
    marker.setStyle(markerStyle());
  };
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  map.setView(
    new View({
      projection: "EPSG:3857",
      extent: [-Infinity, -half, Infinity, half],
      constrainOnlyCenter: true,
      multiWorld: true,
      smoothResolutionConstraint: false,
      enableRotation: false,
      center: [0, 0],
      zoom: 0,
      minZoom: 0,
      maxZoom: Math.max(Math.min(maxzoom + BEYOND, DEEPEST), maxzoom),
    }),
  );
  return new Earth(map, tiles, { picture, place, covered, finest, bbox: footprint.bbox });
}

/** What the rest of the viewer may do with the map; places are [lon, lat] in degrees. */
class Earth extends Moving {
  constructor(map, tiles, parts) {
    super(map, tiles);
    Object.assign(this, parts);
  }

  get center() {
    return this.lonLat(this.view.getCenter());
  }

  get zoomLevel() {
    return this.view.getZoom();
  }

  /** Metres on the ground per CSS pixel, in the middle of the window. */
  get metres() {
    const { getPointResolution } = globalThis.ol.proj;
    return getPointResolution("EPSG:3857", this.resolution, this.view.getCenter(), "m");
  }

  /** Return the place at a point of the map. */
  lonLat(coordinate) {
    const [lon, lat] = globalThis.ol.proj.toLonLat(coordinate);
    return [wrap(lon), lat];
  }

  /** Whether a place lies in the box around the image. */
  has([lon, lat]) {
    return boxes(this.bbox).some(
      ([west, south, east, north]) => lon >= west && lon <= east && lat >= south && lat <= north,
    );
  }

  /** Put a place in the middle, at once. */
  show(lonLat, zoom) {
    this.view.setZoom(zoom);
    this.view.setCenter(globalThis.ol.proj.fromLonLat(lonLat));
  }

  /** Show the whole image. */
  fit() {
    const { fromLonLat } = globalThis.ol.proj;
    const [west, south, east, north] = this.bbox;
    const last = crosses(this.bbox) ? east + 360 : east;
    const corners = [
      fromLonLat([west, Math.max(south, -HIGHEST)]),
      fromLonLat([last, Math.min(north, HIGHEST)]),
    ];
    this.fitExtent(corners.flat(), this.finest / 2 ** FIT_BEYOND);
  }

  /** One pixel of the finest tiles on one screen pixel. */
  actual() {
    const resolution = this.finest * (devicePixelRatio >= 1.5 ? devicePixelRatio / 2 : 1);
    this.view.animate({ resolution, duration: duration() });
  }

  /** Mark a place; null takes the mark away. */
  mark(lonLat) {
    const { Feature, geom, proj } = globalThis.ol;
    this.place.clear();
    if (lonLat) this.place.addFeature(new Feature(new geom.Point(proj.fromLonLat(lonLat))));
  }

  /** How much of the image is seen over the graticule, in percent. */
  set opacity(percent) {
    this.picture.setOpacity(percent / 100);
  }

  setTiles(tileUrl, key) {
    super.setTiles(this.covered(tileUrl), key);
  }
}

function resolutionAt(zoom) {
  return ROUND / TILE / 2 ** zoom;
}

/** Whether a tile may show something, so that others need not be asked for. */
function touches([z, x, y], bbox) {
  const lon = (column) => (360 * column) / 2 ** z - 180;
  const lat = (row) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / 2 ** z))) * 180) / Math.PI;
  return boxes(bbox).some(
    ([west, south, east, north]) =>
      lon(x) <= east && lon(x + 1) >= west && lat(y + 1) <= north && lat(y) >= south,
  );
}

function outlineOf(footprint) {
  const { Feature, geom, proj, source } = globalThis.ol;
  const lines = edges(footprint).map((line) => line.map((place) => proj.fromLonLat(place)));
  return new source.Vector({
    features: [new Feature(new geom.MultiLineString(lines))],
    wrapX: true,
  });
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function graticule() {
  const { layer, style } = globalThis.ol;
  const text = (settings) =>
    new style.Text({
      font: "12px system-ui, sans-serif",
      fill: new style.Fill({ color: colour("--quiet") }),
      stroke: new style.Stroke({ color: colour("--well"), width: 3 }),
      ...settings,
    });
  return new layer.Graticule({
    strokeStyle: new style.Stroke({ color: colour("--graticule"), width: 1 }),
    intervals: SPACES,
    targetSize: 130,
    showLabels: true,
    lonLabelPosition: 1,
    latLabelPosition: 0,
    lonLabelFormatter: (lon) => sayLon(lon),
    latLabelFormatter: (lat) => sayLat(lat),
    lonLabelStyle: text({ textBaseline: "top", offsetY: 4 }),
    latLabelStyle: text({ textAlign: "start", offsetX: 4 }),
  });
}

function outlineStyle() {
  const { style } = globalThis.ol;
  return new style.Style({
    stroke: new style.Stroke({ color: colour("--outline"), width: 1.5 }),
  });
}

function markerStyle() {
  const { style } = globalThis.ol;
  const ring = (color, width) =>
    new style.Style({
      image: new style.Circle({ radius: 7, stroke: new style.Stroke({ color, width }) }),
    });
  return [ring("rgb(0 0 0 / 60%)", 4), ring("#fff", 2)];
}
