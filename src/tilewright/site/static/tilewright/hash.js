// What is seen, as the part of the address after #: x and y of the middle in image pixels, scale
// in CSS pixels per image pixel, and the position on each axis, such as z=3.

/** Return {center, resolution, plane}; center is null when the address names no place. */
export function parseHash(hash, axes) {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name) => (values.has(name) ? Number(values.get(name)) : NaN);
  const [x, y, scale] = ["x", "y", "scale"].map(number);
  const placed = [x, y, scale].every(Number.isFinite) && scale > 0;
  const plane = {};
  for (const { name, size } of axes) {
    const index = number(name);
    if (Number.isInteger(index) && index > 0 && index < size) plane[name] = index;
  }
  return { center: placed ? [x, y] : null, resolution: placed ? 1 / scale : null, plane };
}

/** Return the hash of a view; enough digits that nothing moves by a screen pixel. */
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
