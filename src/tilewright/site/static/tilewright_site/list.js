// The list of images, a page at a time.
import { count, getJson, size, whyNot } from "../tilewright/api.js";

const byId = (id) => document.getElementById(id);
const list = byId("list");
const cards = byId("cards");
const more = byId("more");
let next = list.dataset.api;

async function load() {
  cards.ariaBusy = "true";
  more.disabled = true;
  byId("problem").hidden = true;
  try {
    const page = await getJson(next);
    next = page.next;
    show(page);
  } catch (error) {
    byId("reason").textContent = error.message;
    byId("problem").hidden = false;
    more.hidden = true;
  } finally {
    cards.ariaBusy = "false";
    more.disabled = false;
  }
}

function show(page) {
  const first = cards.childElementCount;
  cards.append(...page.results.map(card));
  more.hidden = !next;
  const total = page.count ?? cards.childElementCount;
  byId("empty").hidden = total > 0;
  byId("count").textContent = total > 0 ? count(total) : "";
  // Someone who pressed "Show more" by keyboard goes on at the first new image.
  if (first > 0) cards.children[first]?.querySelector("a").focus({ preventScroll: true });
}

function card({ id, name }) {
  const item = byId("card").content.firstElementChild.cloneNode(true);
  const api = `${list.dataset.api}${id}/`;
  const image = item.querySelector("img");
  item.querySelector("a").href = `${list.dataset.view}${id}/`;
  item.querySelector(".name").textContent = name;
  item.querySelector(".name").title = name;
  // Thumbnails load as they come into view; each brings its facts along.
  image.addEventListener("load", () => describe(item, api), { once: true });
  image.addEventListener("error", () => explain(item, image.src), { once: true });
  image.src = `${api}data/thumbnail.webp?max_width=480&max_height=360`;
  return item;
}

async function describe(item, api) {
  const facts = item.querySelector(".facts");
  try {
    const info = await getJson(`${api}info/metadata`);
    facts.textContent = `${size(info.sizeX, info.sizeY)} · ${info.format}`;
  } catch (error) {
    facts.textContent = error.message;
  }
}

async function explain(item, thumbnail) {
  item.querySelector(".frame").textContent = "No preview";
  item.querySelector(".facts").textContent = (await whyNot(thumbnail)) ?? "";
}

more.addEventListener("click", load);
byId("again").addEventListener("click", load);
load();
