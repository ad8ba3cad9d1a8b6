// A viewer in any page: each element `.tilewright-image` whose `data-image` is the address of an
// image's routes, such as "/api/scans/1/". What the element holds is seen until the viewer is.
import { getJson, size, whyNot } from "./api.js";
import { tileFormat } from "./format.js";
import { createMap } from "./map.js";

const LIBRARY = new URL("./vendor/ol.js", import.meta.url);
const STEP = 0.15; // of the window, for an arrow key
const BUTTONS = [
  ["+", "Zoom in", "M12 5v14M5 12h14"],
  ["-", "Zoom out", "M5 12h14"],
  ["0", "Whole image", "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"],
];

let library;

/** Load OpenLayers, once for the page. */
function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    if (globalThis.ol) return resolve();
    const script = document.createElement("script");
    script.src = LIBRARY;
    script.onload = resolve;
    script.onerror = () => reject(new Error("The viewer could not be loaded."));
    document.head.append(script);
  });
  return library;
}

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function button([key, title, path]) {
  const made = element("button", { type: "button", title: `${title} (${key})` });
  made.ariaLabel = title;
  made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
  return made;
}

/** What each key does with the map. */
function keysOf(moving) {
  const move = (right, down) => () => {
    const far = STEP * moving.resolution * Math.min(...moving.map.getSize());
    moving.move(right * far, down * far);
  };
  return {
    "+": () => moving.zoom(2),
    "=": () => moving.zoom(2),
    "-": () => moving.zoom(1 / 2),
    0: () => moving.fit(),
    1: () => moving.actual(),
    ArrowLeft: move(-1, 0),
    ArrowRight: move(1, 0),
    ArrowUp: move(0, -1),
    ArrowDown: move(0, 1),
  };
}

/** Turn the wheel over to the page until somebody means the map. */
function leaveWheelToPage(target) {
  const others = (event) => {
    if (document.activeElement !== target) event.stopPropagation();
  };
  target.addEventListener("wheel", others, { capture: true, passive: true });
  target.addEventListener("pointerdown", () => target.focus({ preventScroll: true }));
}

function show(host, meta, say) {
  const api = host.dataset.image;
  const shape = {
    width: meta.size_x,
    height: meta.size_y,
    levels: meta.levels,
    tileSize: meta.tile_size,
  };
  const target = element("div", { class: "map", tabindex: "0", role: "application" });
  target.setAttribute("aria-busy", "true");
  target.ariaLabel = "The image. Arrow keys move, plus and minus zoom, 0 shows all of it.";
  host.replaceChildren(target);
  const format = tileFormat(meta.additional_metadata);
  const url = ([z, x, y]) => `${api}tiles/${z}/${x}/${y}.${format}`;
  const moving = createMap(target, shape, url);
  moving.tiles.on("tileloaderror", async ({ tile }) => {
    const reason = await whyNot(url(tile.tileCoord));
    if (reason) say(reason);
  });
  moving.fit();
  const keys = keysOf(moving);
  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  leaveWheelToPage(target);
  const tools = element("div", { class: "tools", role: "group", "aria-label": "Zoom" });
  for (const one of BUTTONS) {
    const made = button(one);
    made.addEventListener("click", keys[one[0]]);
    tools.append(made);
  }
  host.append(tools);
  say(`${size(shape.width, shape.height)} · ${meta.additional_metadata.format}`);
}

async function fill(host) {
  const words = element("p", { class: "words", role: "status" });
  const say = (text) => {
    words.textContent = text;
    host.append(words);
  };
  try {
    const meta = await getJson(`${host.dataset.image}tiles/metadata`).catch((error) => {
      host.replaceChildren(); // a picture that failed as well
      host.classList.add("failed");
      throw error;
    });
    await loadLibrary();
    show(host, meta, say);
  } catch (error) {
    say(error.message);
  }
}

for (const host of document.querySelectorAll(".tilewright-image[data-image]")) fill(host);
