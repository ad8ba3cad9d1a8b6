// The values under the pointer, or in the middle for those who use the keyboard.
import { getJson, measure } from "../tilewright/api.js";

const PAUSE = 120; // ms without a move before the server is asked
const LETTERS = { red: "R", green: "G", blue: "B", alpha: "A", gray: "" };

/** Shows the position at once, and the values a moment later. */
export class Readout {
  #asking = null;
  #timer = 0;
  #last = "";

  constructor({ position, value, bands }) {
    Object.assign(this, { position, value, bands });
  }

  /** Say a position, and leave the values as they are. */
  say(position) {
    this.position.textContent = position;
  }

  /** Say a position, and the values that the address `url` tells. */
  read(position, url) {
    this.say(position);
    if (url === this.#last) return;
    this.#stop();
    this.#last = url;
    this.#timer = setTimeout(() => this.#ask(url), PAUSE);
  }

  /** Say a position that has no values, and why. */
  refuse(position, reason) {
    this.#stop();
    this.say(position);
    this.value.textContent = reason;
  }

  clear() {
    this.refuse("", "");
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

  /** data/pixel answers with an object of bands, data/point with a list. */
  #show({ bands, values }) {
    const pairs = bands ? Object.entries(bands) : values.map((value, index) => [index + 1, value]);
    this.value.replaceChildren(
      ...pairs.flatMap(([number, value]) => {
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
