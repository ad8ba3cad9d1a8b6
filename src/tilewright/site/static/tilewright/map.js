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
  const { Map, View, interaction, layer, proj, source, tilegrid } = globalThis.ol;
  const extent = [0, -height, width, 0];
  // On a dense screen a tile is shown at half its size, so that its pixels are the screen's.
  const density = devicePixelRatio >= 1.5 ? 2 : 1;

  const projection = new proj.Projection({ code: "image-pixels", units: "pixels", extent });
  const tiles = new source.TileImage({
    projection,
    tilePixelRatio: density,
    transition: STILL.matches ? 0 : 150,
    tileUrlFunction: tileUrl,
    tileGrid: new tilegrid.TileGrid({
      extent,
      origin: [0, 0],
      tileSize: tileSize / density,
      resolutions: Array.from({ length: levels }, (_, z) => density * 2 ** (levels - 1 - z)),
    }),
  });
  const picture = new layer.Tile({ source: tiles, extent, preload: Infinity });
  const map = new Map({
    target,
    controls: [],
    interactions: interaction.defaults.defaults({
      altShiftDragRotate: false,
      pinchRotate: false,
      keyboard: false,
    }),
    layers: [picture],
  });
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
  map.on("loadstart", () => target.setAttribute("aria-busy", "true"));
  map.on("loadend", () => target.setAttribute("aria-busy", "false"));
  return new ImageMap(map, tiles, extent);
}

/** What the rest of the viewer may do with the map; points are x, y in image pixels. */
class ImageMap {
  #goal = 0; // the resolution that a running zoom ends at

  constructor(map, tiles, extent) {
    this.map = map;
    this.tiles = tiles;
    this.extent = extent;
    this.view = map.getView();
  }

  /** Image pixels per CSS pixel. */
  get resolution() {
    return this.view.getResolution();
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

  /** Show the whole image, beside the buttons where there is room for that. */
  fit() {
    const side = this.map.getSize()[0] > 700 ? 68 : 12;
    this.view.fit(this.extent, {
      padding: [24, side, 24, side],
      minResolution: FIT_AT_MOST,
      duration: duration(),
    });
  }

  /** One image pixel on one screen pixel, edge on edge. */
  actual() {
    const resolution = devicePixelRatio;
    const [x, y] = this.view.getCenter();
    const [width, height] = this.map.getSize().map((side) => (side * resolution) / 2);
    const center = [Math.round(x - width) + width, Math.round(y - height) + height];
    this.view.animate({ center, resolution, duration: duration() });
  }

  /** Magnify by a factor; below 1 zooms out. */
  zoom(factor) {
    const from = this.view.getAnimating() ? this.#goal : this.resolution;
    this.#goal = this.view.getConstrainedResolution(from / factor);
    this.view.animate({ resolution: this.#goal, duration: duration() });
  }

  /** Move by image pixels. */
  move(right, down) {
    const [x, y] = this.view.getCenter();
    this.view.setCenter(this.view.getConstrainedCenter([x + right, y - down]));
  }

  /** Ask for other tiles; `key` tells one set from the others. */
  setTiles(tileUrl, key) {
    this.tiles.setTileUrlFunction(tileUrl, key);
  }
}

function duration() {
  return STILL.matches ? 0 : 180; // ms
}
