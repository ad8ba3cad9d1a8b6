// What the file says of itself.
import { count, measure, size } from "../tilewright/api.js";
import { bandLabel } from "./readout.js";

/** Fill a <dl> from the answer of info/metadata. */
export function fillDetails(list, info) {
  list.replaceChildren(
    ...rows(info).flatMap(([name, value]) => [
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
}

function rows(info) {
  const found = [
    ["Format", info.format],
    ["Size", `${size(info.sizeX, info.sizeY)} pixels`],
    ["Pixel size", pixelSize(info)],
    ["Objective", info.magnification ? `${measure(info.magnification)}×` : ""],
    ["Bands", bands(info)],
    ["Values", info.dtype],
    ...info.axes.map((axis) => [axis.name.toUpperCase(), `${count(axis.size)} planes`]),
    ["Also in the file", info.associated.join(", ")],
  ];
  return found.filter(([, value]) => value);
}

function pixelSize({ mm_x: x, mm_y: y }) {
  if (!x) return "";
  const [across, down] = [x * 1000, (y ?? x) * 1000].map(measure);
  return across === down ? `${across} µm` : `${across} × ${down} µm`;
}

function bands({ bandCount, bands: known }) {
  const names = Object.entries(known).map(([number, band]) => bandLabel(band, number));
  return names.every(Boolean) && names.length <= 12 ? names.join(", ") : count(bandCount);
}
