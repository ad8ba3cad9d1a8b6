// The image on the earth, as the other view of the page.
import { getJson } from "../tilewright/api.js";
import { createEarth } from "./earth.js";
import { formatMapHash } from "./hash.js";
import { digits, sayLat, sayLon } from "./lonlat.js";

/** Make the view, once the server has told where the image lies. Throws what getJson throws. */
export async function createEarthView(target, { api, query, readout, wanted, opacity }) {
  const [tilejson, footprint] = await Promise.all([
    getJson(`${api}tilejson.json`),
    getJson(`${api}info/footprint`),
  ]);
  const dense = devicePixelRatio >= 1.5 ? "@2x" : "";
  const tileUrl = () => {
    const suffix = `${dense}.png${query({})}`;
    return ([z, x, y]) => `${api}tiles/WebMercatorQuad/${z}/${x}/${y}${suffix}`;
  };
  const earth = createEarth(target, tilejson, footprint, tileUrl());
  let marked = false;
  earth.map.on("pointermove", ({ dragging, coordinate }) => {
    if (!dragging && !marked) readout.refuse(say(earth.lonLat(coordinate)), "");
    else if (!dragging) readout.say(say(earth.lonLat(coordinate)));
  });
  earth.map.on("click", ({ coordinate }) => {
    const place = earth.lonLat(coordinate);
    earth.mark(place);
    marked = true;
    read(place);
  });

  const places = () => digits(earth.metres);
  const say = ([lon, lat]) => `${sayLon(lon, places())}, ${sayLat(lat, places())}`;

  function read(place) {
    if (!earth.has(place)) readout.refuse(say(place), "outside the image");
    else {
      const point = place.map((degrees) => degrees.toFixed(places())).join(",");
      readout.read(say(place), `${api}data/point${query({ point })}`);
    }
  }

  const setOpacity = (percent) => (earth.opacity = percent);
  opacity.listen(setOpacity);
  function show({ lonLat, zoom, opacity: percent }) {
    opacity.set(percent);
    setOpacity(percent);
    if (lonLat) earth.show(lonLat, zoom);
  }

  show(wanted);
  if (!wanted.lonLat) earth.fit();
  return {
    moving: earth,
    positionLabel: "Longitude and latitude",
    failedUrl: (tile) => tileUrl()(tile.tileCoord),
    hash: (plane) =>
      formatMapHash(earth.center, places(), earth.zoomLevel, opacity.value, plane),
    show,
    readMiddle() {
      earth.mark(null);
      marked = false;
      read(earth.center);
    },
    left: () => (marked ? readout.say("") : readout.clear()),
    step: (exact, pixels) => (exact ? 1 : pixels) * earth.resolution,
    retile() {
      earth.setTiles(tileUrl(), query({}));
      earth.mark(null);
      marked = false;
      readout.clear();
    },
    magnification: () => `zoom ${Number(earth.zoomLevel.toFixed(1))}`,
    micrometres: () => earth.metres * 1e6,
  };
}
