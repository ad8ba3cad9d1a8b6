// The map: tiles of one image, in its own pixels.
//
// Map coordinates are level-0 pixels with y upwards, as OpenLayers wants it: the image lies
// between (0, 0) at its upper left corner and (width, -height). A view's resolution is image
// pixels per CSS pixel.

const CLOSEST = 1 / 32; // resolution
const SQUARES = 1 / 4; // resolution from which pixels are shown as squares
const FIT_AT_MOST = 1 / 8; // resolution to which a small image is enlarged to fill the window
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** Make the map of an image of `width` × `height` pixels, with `levels` zooms of square tiles. */
export function createMap(target, { width, height, levels, tileSize }, tileUrl) {
  const { View, layer, proj, source, tilegrid } = globalThis.ol;
  const extent = [0, -height, width, 0];
  // On a dense screen a tile is shown at half its size, so that its pixels are the screen's.
  const density = devicePixelRatio >= 1.5 ? 2 : 1;

  const projection = new proj.Projection({ code: "image-pixels", units: "pixels", extent });
  const tiles = new source.TileImage({
    projection,
    tilePixelRatio: density,
    transition: transition(),
    tileUrlFunction: tileUrl,
    tileGrid: new tilegrid.TileGrid({
      extent,
      origin: [0, 0],
      tileSize: tileSize / density,
      resolutions: Array.from({ length: levels }, (_, z) => density * 2 ** (levels - 1 - z)),
    }),
  });
  const picture = new layer.Tile({ source: tiles, extent, preload: Infinity });
  const map = plainMap(target, [picture]);
  const widest = Math.max(width / target.clientWidth, height / target.clientHeight, 1);
  map.setView(
    new View({
      projection,
      extent,
      constrainOnlyCenter: true,
      smoothResolutionConstraint: false, // an address is obeyed to the digit
      enableRotation: false,
      center: [width / 2, -height / 2],
      resolution: widest,
      minResolution: CLOSEST,
      // OpenLayers keeps the two apart by a power of two, and would move the closest.
      maxResolution: CLOSEST * 2 ** Math.ceil(Math.log2((widest * 4) / CLOSEST)),
    }),
  );
  picture.on("prerender", ({ context, frameState }) => {
    context.imageSmoothingEnabled = frameState.viewState.resolution > SQUARES;
  });
  return new ImageMap(map, tiles, extent);
}

/** Return a map without controls that cannot be turned, and that says when tiles are on the way. */
export function plainMap(target, layers) {
  const { Map, interaction } = globalThis.ol;
  const map = new Map({
    target,
    controls: [],
    interactions: interaction.defaults.defaults({
      altShiftDragRotate: false,
      pinchRotate: false,
      keyboard: false,
    }),
    layers,
  });
  map.on("loadstart", () => target.setAttribute("aria-busy", "true"));
  map.on("loadend", () => target.setAttribute("aria-busy", "false"));
  return map;
}

/** What the keys and buttons do with any of the maps. */
export class Moving {
  #goal = 0; // the resolution that a running zoom ends at

  constructor(map, tiles) {
    this.map = map;
    this.tiles = tiles;
    this.view = map.getView();
  }

  /** Map units per CSS pixel. */
  get resolution() {
    return this.view.getResolution();
  }

  /** Magnify by a factor; below 1 zooms out. */
  zoom(factor) {
    const from = this.view.getAnimating() ? this.#goal : this.resolution;
    this.#goal = this.view.getConstrainedResolution(from / factor);
    this.view.animate({ resolution: this.#goal, duration: duration() });
  }

  /** Move by map units. */
  move(right, down) {
    const [x, y] = this.view.getCenter();
    this.view.setCenter(this.view.getConstrainedCenter([x + right, y - down]));
  }

  /** Show an extent as a whole, beside the buttons where there is room for that. */
  fitExtent(extent, minResolution) {
    const side = this.map.getSize()[0] > 700 ? 68 : 12;
    const padding = [24, side, 24, side];
    this.view.fit(extent, { padding, minResolution, duration: duration() });
  }

  /** Ask for other tiles; `key` tells one set from the others. */
  setTiles(tileUrl, key) {
    this.tiles.setTileUrlFunction(tileUrl, key);
  }
}

/** The map of the image; points are x, y in image pixels. */
class ImageMap extends Moving {
  constructor(map, tiles, extent) {
    super(map, tiles);
    this.extent = extent;
  }

  /** The point in the middle of the window. */
  get center() {
    const [x, y] = this.view.getCenter();
    return [x, -y];
  }

  /** Put a point in the middle, at once. */
  show([x, y], resolution) {
    this.view.setResolution(resolution);
    this.view.setCenter([x, -y]);
  }

  /** Show the whole image. */
  fit() {
    this.fitExtent(this.extent, FIT_AT_MOST);
  }

  /** One image pixel on one screen pixel, edge on edge. */
  actual() {
    const resolution = devicePixelRatio;
    const [x, y] = this.view.getCenter();
    const [width, height] = this.map.getSize().map((side) => (side * resolution) / 2);
    const center = [Math.round(x - width) + width, Math.round(y - height) + height];
    this.view.animate({ center, resolution, duration: duration() });
  }
}

/** Return how long a tile takes to appear. */
export function transition() {
  return STILL.matches ? 0 : 150; // ms
}

/** Return how long a move takes: no time for those who want nothing to move. */
export function duration() {
  return STILL.matches ? 0 : 180; // ms
}
