// Longitudes and latitudes: saying them, and what a footprint comes to on a map that goes round.

export const HIGHEST = 85.0511287798066; // degrees: where Web Mercator ends
const DEGREE = 111320; // metres, along the equator

/** Return the digits after the point that tell `metres` apart, with one to spare. */
export function digits(metres) {
  return Math.min(9, Math.max(0, Math.ceil(Math.log10(DEGREE / metres)) + 1));
}

/** Return a longitude between -180 and 180. */
export function wrap(lon) {
  return lon - 360 * Math.round(lon / 360);
}

/** Say a longitude: 77.7° W. Without `places` as many digits as it has. */
export function sayLon(lon, places) {
  const turned = wrap(lon);
  const side = turned === 0 || Math.abs(turned) === 180 ? "" : turned < 0 ? " W" : " E";
  return `${number(turned, places)}°${side}`;
}

/** Say a latitude: 24.5° N. */
export function sayLat(lat, places) {
  const side = lat === 0 ? "" : lat < 0 ? " S" : " N";
  return `${number(lat, places)}°${side}`;
}

function number(degrees, places) {
  const value = Math.abs(degrees);
  return places === undefined ? String(Number(value.toFixed(7))) : value.toFixed(places);
}

/** Whether a GeoJSON box leads across the antimeridian (RFC 7946, 5.2). */
export function crosses([west, , east]) {
  return west > east;
}

/** Return the boxes between -180 and 180 that a GeoJSON box is made of. */
export function boxes([west, south, east, north]) {
  if (west <= east) return [[west, south, east, north]];
  return [
    [west, south, 180, north],
    [-180, south, east, north],
  ];
}

/**
 * Return the edge of a footprint as lines of [lon, lat]. Where RFC 7946 has cut it at the
 * antimeridian there is no edge, as the map goes on there.
 */
export function edges({ bbox, geometry }) {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const rings = parts.flat();
  if (!crosses(bbox)) return rings.map((ring) => ring.map(clamp));
  return rings.flatMap((ring) => {
    const lines = [[]];
    ring.forEach((point, index) => {
      const before = ring[index - 1];
      if (before && atSeam(before) && atSeam(point)) lines.push([]);
      lines.at(-1).push(clamp(point));
    });
    return lines.filter((line) => line.length > 1);
  });
}

function atSeam([lon]) {
  return Math.abs(lon) > 180 - 1e-9;
}

function clamp([lon, lat]) {
  return [lon, Math.min(HIGHEST, Math.max(-HIGHEST, lat))];
}
