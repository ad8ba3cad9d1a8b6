// Keys and buttons.

const byId = (id) => document.getElementById(id);
const STEP = 0.15; // of the window, for an arrow key

/** Let keys and buttons act on the view that is seen. `copy(text)` puts a link aside. */
export function wire(viewer, copy) {
  function toggleDetails(shown = byId("details").hidden) {
    byId("details").hidden = !shown;
    byId("show-details").setAttribute("aria-expanded", String(shown));
  }

  function step(right, down, exact) {
    const { moving } = viewer.view;
    const far = viewer.view.step(exact, STEP * Math.min(...moving.map.getSize()));
    moving.move(right * far, down * far);
    byId("crosshair").hidden = false;
    viewer.view.readMiddle();
  }

  const help = () => byId("help").showModal();
  const links = () => viewer.geospatial && byId("links").showModal();
  const turn = () => viewer.geospatial && viewer.turn();
  const copyLink = () => copy(location.href);
  const moving = (act) => () => viewer.view && act(viewer.view.moving);
  const arrow = (right, down) => (event) => viewer.view && step(right, down, event.shiftKey);
  const keys = {
    "+": moving((map) => map.zoom(2)),
    "=": moving((map) => map.zoom(2)),
    "-": moving((map) => map.zoom(1 / 2)),
    0: moving((map) => map.fit()),
    1: moving((map) => map.actual()),
    ArrowLeft: arrow(-1, 0),
    ArrowRight: arrow(1, 0),
    ArrowUp: arrow(0, -1),
    ArrowDown: arrow(0, 1),
    c: copyLink,
    i: () => toggleDetails(),
    l: links,
    m: turn,
    h: help,
    "?": help,
    Escape: () => toggleDetails(false),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
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
    copy: copyLink,
    "show-links": links,
    "show-details": () => toggleDetails(),
    "show-help": help,
    "view-image": () => viewer.turnTo("image"),
    "view-map": () => viewer.turnTo("map"),
  };
  for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);
}
