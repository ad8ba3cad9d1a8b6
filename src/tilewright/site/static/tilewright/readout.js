// The pixel under the pointer, or in the middle for those who use the keyboard.
import { count, getJson, measure } from "./api.js";

const PAUSE = 120; // ms without a move before the server is asked
const LETTERS = { red: "R", green: "G", blue: "B", alpha: "A", gray: "" };

/** Shows the position at once, and the value a moment later. */
export class Readout {
  #asking = null;
  #timer = 0;
  #last = "";

  constructor({ position, value, width, height, bands, pixelUrl }) {
    Object.assign(this, { position, value, width, height, bands, pixelUrl });
  }

  /** Read the image at a point in image pixels. */
  at([x, y]) {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) {
      this.clear();
      return;
    }
    this.position.textContent = `${count(column)}, ${count(row)}`;
    const url = this.pixelUrl(column, row);
    if (url === this.#last) return;
    this.#stop();
    this.#last = url;
    this.#timer = setTimeout(() => this.#ask(url), PAUSE);
  }

  clear() {
    this.#stop();
    this.position.textContent = "";
    this.value.replaceChildren();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#last = "";
  }

  async #ask(url) {
    this.#asking = new AbortController();
    try {
      this.#show(await getJson(url, { signal: this.#asking.signal }));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.value.textContent = error.message;
    }
  }

  #show({ bands }) {
    this.value.replaceChildren(
      ...Object.entries(bands).flatMap(([number, value]) => {
        const label = document.createElement("b");
        label.textContent = bandLabel(this.bands[number], number);
        return [label, ` ${value === null ? "no data" : measure(value)} `];
      }),
    );
  }
}

/** Name a band: as the file says, else its colour's letter, else its number. */
export function bandLabel(band, number) {
  return band?.name || (LETTERS[band?.interpretation] ?? String(number));
}
