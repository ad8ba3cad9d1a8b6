// The scale bar: a round length that is about a hundred screen pixels long.

const WIDEST = 130; // CSS pixels
const UNITS = [
  [1e9, "km"],
  [1e6, "m"],
  [1e3, "mm"],
  [1, "µm"],
  [1e-3, "nm"],
];

/** Return the longest of 1, 2, 5 times a power of ten that is not above `most`. */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * [5, 2, 1].find((step) => step * power <= most * (1 + 1e-9));
}

/** Draw the bar for a resolution in micrometres per CSS pixel. */
export function drawScale(element, text, micrometres) {
  const length = roundLength(WIDEST * micrometres);
  const [unit, name] = UNITS.find(([size]) => length >= size * (1 - 1e-9)) ?? UNITS.at(-1);
  text.textContent = `${Number((length / unit).toPrecision(3))} ${name}`;
  text.style.width = `${Math.round(length / micrometres)}px`;
  element.hidden = false;
}
