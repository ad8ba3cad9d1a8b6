// One image, to pan and to zoom: wires the parts to the page.
import { getJson, measure, size, whyNot } from "./api.js";
import { fillDetails } from "./details.js";
import { formatHash, parseHash } from "./hash.js";
import { createMap } from "./map.js";
import { createPlanes } from "./planes.js";
import { Readout } from "./readout.js";
import { drawScale } from "./scale.js";

const byId = (id) => document.getElementById(id);
const api = byId("viewer").dataset.image;
const STEP = 0.15; // of the window, for an arrow key
const LONG = 12000; // ms that a complaint stays

function say(text, shown = 3500) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => toast.classList.remove("shown"), shown);
}

async function complain(tile) {
  if (complain.busy) return;
  complain.busy = true;
  const reason = await whyNot(tile);
  if (reason) say(`Some parts of the image could not be loaded: ${reason}`, LONG);
  setTimeout(() => (complain.busy = false), LONG);
}

function problem(title, reason) {
  byId("problem-title").textContent = title;
  byId("reason").textContent = reason;
  byId("problem").hidden = false;
  byId("actions").hidden = true;
  byId("map").setAttribute("aria-busy", "false");
}

/** JPEG is small; PNG where some pixels are to be seen through. Floats may hold "no number". */
function tileFormat({ bands, dtype, masked }) {
  const clear = (band) => band.nodata !== null || /alpha|palette/.test(band.interpretation);
  const seeThrough = masked || dtype.startsWith("float") || Object.values(bands).some(clear);
  return seeThrough ? "png" : "jpeg";
}

function open(meta) {
  const info = meta.additional_metadata;
  const shape = {
    width: meta.size_x,
    height: meta.size_y,
    levels: meta.levels,
    tileSize: meta.tile_size,
  };
  const axes = info.axes;
  const format = tileFormat(info);
  const start = parseHash(location.hash, axes);
  let plane = start.plane;

  const query = (values) => {
    const text = new URLSearchParams({ ...values, ...plane }).toString();
    return text ? `?${text}` : "";
  };
  const tileUrls = () => {
    const suffix = `.${format}${query({})}`;
    return ([z, x, y]) => `${api}tiles/${z}/${x}/${y}${suffix}`;
  };
  const image = createMap(byId("map"), shape, tileUrls());
  const readout = new Readout({
    ...shape,
    position: byId("position"),
    value: byId("value"),
    bands: info.bands,
    pixelUrl: (left, top) => `${api}data/pixel${query({ left, top })}`,
  });
  const sliders = createPlanes(byId("planes"), axes, plane, setPlane);

  function setPlane(wanted) {
    if (JSON.stringify(wanted) === JSON.stringify(plane)) return;
    plane = wanted;
    image.setTiles(tileUrls(), query({}));
    writeHash();
  }

  function writeHash() {
    history.replaceState(null, "", formatHash(image.center, image.resolution, plane));
  }

  function readHash() {
    const wanted = parseHash(location.hash, axes);
    sliders.set(wanted.plane);
    setPlane(wanted.plane);
    if (wanted.center) image.show(wanted.center, wanted.resolution);
  }

  function resized() {
    const percent = (100 * devicePixelRatio) / image.resolution;
    byId("percent").textContent = `${measure(Number(percent.toPrecision(3)))} %`;
    if (info.mm_x) drawScale(byId("scale"), byId("scale-text"), info.mm_x * 1000 * image.resolution);
  }

  byId("facts").textContent = [
    size(shape.width, shape.height),
    info.format,
    info.magnification ? `${measure(info.magnification)}×` : "",
  ]
    .filter(Boolean)
    .join(" · ");
  fillDetails(byId("about"), info);
  if (start.center) image.show(start.center, start.resolution);
  else image.fit();
  resized();
  image.view.on("change:resolution", resized);
  image.map.on("moveend", writeHash);
  addEventListener("hashchange", readHash);
  // "click" is for touch screens, where nothing hovers.
  image.map.on(["pointermove", "click"], ({ dragging, coordinate: [x, y] }) => {
    if (dragging) return;
    byId("crosshair").hidden = true;
    readout.at([x, -y]);
  });
  byId("map").addEventListener("pointerleave", () => readout.clear());
  image.tiles.on("tileloaderror", ({ tile }) => complain(tileUrls()(tile.tileCoord)));
  wire(image, readout);
}

function wire(image, readout) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      say("Link copied.");
    } catch {
      say("This browser does not let the page copy. The address bar holds the same link.");
    }
  }

  function toggleDetails(shown = byId("details").hidden) {
    byId("details").hidden = !shown;
    byId("show-details").setAttribute("aria-expanded", String(shown));
  }

  function step(right, down, exact) {
    const [width, height] = image.map.getSize();
    const far = exact ? 1 : STEP * Math.min(width, height) * image.resolution;
    image.move(right * far, down * far);
    byId("crosshair").hidden = false;
    readout.at(image.center);
  }

  const help = () => byId("help").showModal();
  const keys = {
    "+": () => image.zoom(2),
    "=": () => image.zoom(2),
    "-": () => image.zoom(1 / 2),
    0: () => image.fit(),
    1: () => image.actual(),
    ArrowLeft: (event) => step(-1, 0, event.shiftKey),
    ArrowRight: (event) => step(1, 0, event.shiftKey),
    ArrowUp: (event) => step(0, -1, event.shiftKey),
    ArrowDown: (event) => step(0, 1, event.shiftKey),
    c: copy,
    i: () => toggleDetails(),
    h: help,
    "?": help,
    Escape: () => toggleDetails(false),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (event.target instanceof HTMLInputElement && event.key.startsWith("Arrow")) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });

  const buttons = {
    "zoom-in": keys["+"],
    "zoom-out": keys["-"],
    fit: keys[0],
    actual: keys[1],
    copy,
    "show-details": () => toggleDetails(),
    "show-help": help,
  };
  for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);
}

async function main() {
  byId("problem").hidden = true;
  if (!globalThis.ol) {
    problem(
      "The viewer could not be loaded",
      "It comes from cdn.jsdelivr.net, which does not answer. To work offline, install Node.js " +
        "with npm on the server and run scripts/build-frontend.",
    );
    return;
  }
  try {
    open(await getJson(`${api}tiles/metadata`));
  } catch (error) {
    problem("This image cannot be shown", error.message);
  }
}

byId("again").addEventListener("click", () => location.reload());
main();
