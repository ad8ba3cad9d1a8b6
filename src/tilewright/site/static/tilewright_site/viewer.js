// One image, to pan and to zoom: wires the parts to the page.
import { getJson, measure, size, whyNot } from "../tilewright/api.js";
import { fillDetails } from "./details.js";
import { createEarthView } from "./earth-view.js";
import { parseHash } from "./hash.js";
import { createImageView } from "./image-view.js";
import { fillLinks } from "./links.js";
import { createOpacity } from "./opacity.js";
import { createPlanes } from "./planes.js";
import { Readout } from "./readout.js";
import { drawScale } from "./scale.js";
import { wire } from "./wire.js";

const byId = (id) => document.getElementById(id);
const { image: api, root } = byId("viewer").dataset;
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

/** The page of one image: at most two views of it, of which one is seen. */
class Viewer {
  #views = new Map();
  #wanted; // the name of the view that is seen, or is on its way
  #plane;

  constructor(meta) {
    const info = meta.additional_metadata;
    const start = parseHash(location.hash, info.axes);
    this.meta = meta;
    this.axes = info.axes;
    this.geospatial = meta.geospatial;
    this.#plane = start.plane;
    this.readout = new Readout({
      position: byId("position"),
      value: byId("value"),
      bands: info.bands,
    });
    this.sliders = createPlanes(byId("planes"), this.axes, this.#plane, (plane) =>
      this.#setPlane(plane),
    );
    this.opacity = createOpacity(byId("opacity"), () => this.#writeHash());
    for (const part of document.querySelectorAll("[data-geospatial]")) {
      part.hidden = !this.geospatial;
    }
    addEventListener("hashchange", () => this.#readHash());
    this.ready = this.#choose(start); // fails where the image cannot be shown
  }

  /** The view that is seen; none until the first has been made. */
  get view() {
    return this.#views.get(this.#wanted);
  }

  /** Show the image or the map, where it was left. */
  async turnTo(name) {
    if (name === this.#wanted) return;
    await this.#choose({ ...parseHash("", this.axes), view: name, opacity: this.opacity.value });
    this.#writeHash();
  }

  turn() {
    return this.turnTo(this.#wanted === "map" ? "image" : "map");
  }

  async #choose(wanted) {
    const name = this.geospatial ? wanted.view : "image";
    this.#wanted = name;
    this.#seen(name);
    if (!this.#views.has(name)) {
      try {
        await this.#make(name, wanted);
      } catch (error) {
        if (name === "image") throw error;
        byId("earth").setAttribute("aria-busy", "false");
        say(`The map cannot be shown: ${error.message}`, LONG);
        if (this.#wanted === name) await this.turnTo("image");
        return;
      }
    } else this.view.show(wanted);
    if (this.#wanted === name) this.#resized();
  }

  async #make(name, wanted) {
    const stage = {
      api,
      meta: this.meta,
      query: (values) => this.#query(values),
      readout: this.readout,
      opacity: this.opacity,
      wanted,
    };
    const target = byId(name === "map" ? "earth" : "map");
    target.setAttribute("aria-busy", "true");
    // The image needs nothing more from the server, so it is there at once.
    const view =
      name === "map" ? await createEarthView(target, stage) : createImageView(target, stage);
    if (this.#views.has(name)) return;
    this.#views.set(name, view);
    const { moving } = view;
    const mine = (act) => () => this.view === view && act();
    moving.view.on(["change:resolution", "change:center"], mine(() => this.#resized()));
    moving.map.on("moveend", mine(() => this.#writeHash()));
    moving.map.on(["pointermove", "click"], ({ dragging }) => {
      if (!dragging) byId("crosshair").hidden = true;
    });
    // Where no tile is needed, no loading ever ends.
    moving.map.once("rendercomplete", () => target.setAttribute("aria-busy", "false"));
    target.addEventListener("pointerleave", () => view.left());
    moving.tiles.on("tileloaderror", ({ tile }) => complain(view.failedUrl(tile)));
  }

  #seen(name) {
    const onEarth = name === "map";
    byId("map").classList.toggle("away", onEarth);
    byId("earth").classList.toggle("away", !onEarth);
    byId("view-image").ariaPressed = String(!onEarth);
    byId("view-map").ariaPressed = String(onEarth);
    this.opacity.hidden = !onEarth;
    byId("crosshair").hidden = true;
    byId("scale").hidden = true;
    byId("percent").textContent = "";
    this.readout.clear();
  }

  #query(values) {
    const text = new URLSearchParams({ ...values, ...this.#plane }).toString();
    return text ? `?${text}` : "";
  }

  #setPlane(plane) {
    if (JSON.stringify(plane) === JSON.stringify(this.#plane)) return;
    this.#plane = plane;
    for (const view of this.#views.values()) view.retile();
    this.#writeHash();
  }

  #writeHash() {
    if (this.view) history.replaceState(null, "", this.view.hash(this.#plane));
  }

  async #readHash() {
    const wanted = parseHash(location.hash, this.axes);
    this.sliders.set(wanted.plane);
    this.#setPlane(wanted.plane);
    await this.#choose(wanted);
  }

  #resized() {
    byId("position").ariaLabel = this.view.positionLabel;
    byId("percent").textContent = this.view.magnification();
    const micrometres = this.view.micrometres();
    if (micrometres) drawScale(byId("scale"), byId("scale-text"), micrometres);
  }
}

async function open(meta) {
  const info = meta.additional_metadata;
  byId("facts").textContent = [
    size(meta.size_x, meta.size_y),
    info.format,
    info.magnification ? `${measure(info.magnification)}×` : "",
  ]
    .filter(Boolean)
    .join(" · ");
  fillDetails(byId("about"), info);
  const copy = async (text, field) => {
    try {
      await navigator.clipboard.writeText(text);
      say(field ? "Address copied." : "Link copied.");
    } catch {
      field?.select();
      say(
        field
          ? "This browser does not let the page copy. The address is selected."
          : "This browser does not let the page copy. The address bar holds the same link.",
      );
    }
  };
  fillLinks(byId("addresses-list"), { api, root, copy });
  const viewer = new Viewer(meta);
  wire(viewer, copy);
  await viewer.ready;
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
    await open(await getJson(`${api}tiles/metadata`));
  } catch (error) {
    problem("This image cannot be shown", error.message);
  }
}

byId("again").addEventListener("click", () => location.reload());
main();
