// What is seen, as the part of the address after #.
//
// The image: x and y of the middle in image pixels, scale in CSS pixels per image pixel. The map:
// view=map, lon and lat of the middle in degrees, zoom of Web Mercator, opacity in percent. In
// both the position on each axis, such as z=3.

/** Return {view, center, resolution, lonLat, zoom, opacity, plane}; null is what is not named. */
export function parseHash(hash, axes) {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name) => (values.get(name) ? Number(values.get(name)) : NaN);
  const [x, y, scale, lon, lat, zoom] = ["x", "y", "scale", "lon", "lat", "zoom"].map(number);
  const placed = [x, y, scale].every(Number.isFinite) && scale > 0;
  const onEarth = Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && zoom >= 0 && zoom <= 40;
  const opacity = number("opacity");
  const plane = {};
  for (const { name, size } of axes) {
    const index = number(name);
    if (Number.isInteger(index) && index > 0 && index < size) plane[name] = index;
  }
  return {
    view: values.get("view") === "map" ? "map" : "image",
    center: placed ? [x, y] : null,
    resolution: placed ? 1 / scale : null,
    lonLat: onEarth ? [lon, lat] : null,
    zoom: onEarth ? zoom : null,
    opacity: opacity >= 0 && opacity <= 100 ? opacity : 100,
    plane,
  };
}

/** Return the hash of a view of the image; enough digits that nothing moves by a screen pixel. */
export function formatHash([x, y], resolution, plane) {
  const places = Math.max(0, Math.ceil(-Math.log10(resolution)) + 1);
  const values = new URLSearchParams({
    x: String(Number(x.toFixed(places))),
    y: String(Number(y.toFixed(places))),
    scale: String(Number((1 / resolution).toPrecision(6))),
    ...plane,
  });
  return `#${values}`;
}

/** Return the hash of a view of the map; `places` are the digits that a screen pixel is worth. */
export function formatMapHash([lon, lat], places, zoom, opacity, plane) {
  const values = new URLSearchParams({
    view: "map",
    lon: String(Number(lon.toFixed(places))),
    lat: String(Number(lat.toFixed(places))),
    zoom: String(Number(zoom.toFixed(4))),
    ...(opacity < 100 ? { opacity } : {}),
    ...plane,
  });
  return `#${values}`;
}
