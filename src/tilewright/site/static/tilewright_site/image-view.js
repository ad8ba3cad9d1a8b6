// The image in its own pixels, as one of the two views of the page.
import { count, measure } from "../tilewright/api.js";
import { tileFormat } from "../tilewright/format.js";
import { createMap } from "../tilewright/map.js";
import { formatHash } from "./hash.js";

/** Make the view; `query(values)` is the end of an address, with the plane that is shown. */
export function createImageView(target, { api, meta, query, readout, wanted }) {
  const info = meta.additional_metadata;
  const shape = {
    width: meta.size_x,
    height: meta.size_y,
    levels: meta.levels,
    tileSize: meta.tile_size,
  };
  const format = tileFormat(info);
  const tileUrl = () => {
    const suffix = `.${format}${query({})}`;
    return ([z, x, y]) => `${api}tiles/${z}/${x}/${y}${suffix}`;
  };
  const image = createMap(target, shape, tileUrl());
  // "click" is for touch screens, where nothing hovers.
  image.map.on(["pointermove", "click"], ({ dragging, coordinate: [x, y] }) => {
    if (!dragging) read([x, -y]);
  });

  function read([x, y]) {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const inside = column >= 0 && row >= 0 && column < shape.width && row < shape.height;
    if (!inside) readout.clear();
    else {
      const url = `${api}data/pixel${query({ left: column, top: row })}`;
      readout.read(`${count(column)}, ${count(row)}`, url);
    }
  }

  if (wanted.center) image.show(wanted.center, wanted.resolution);
  else image.fit();
  return {
    moving: image,
    positionLabel: "Position in pixels",
    failedUrl: (tile) => tileUrl()(tile.tileCoord),
    hash: (plane) => formatHash(image.center, image.resolution, plane),
    show: ({ center, resolution }) => center && image.show(center, resolution),
    readMiddle: () => read(image.center),
    left: () => readout.clear(),
    step: (exact, pixels) => (exact ? 1 : pixels * image.resolution),
    retile: () => image.setTiles(tileUrl(), query({})),
    magnification() {
      const percent = (100 * devicePixelRatio) / image.resolution;
      return `${measure(Number(percent.toPrecision(3)))} %`;
    },
    micrometres: () => (info.mm_x ? info.mm_x * 1000 * image.resolution : null),
  };
}
