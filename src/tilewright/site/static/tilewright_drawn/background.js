// An ellipse behind the page, drawn by the server for this window and this screen.
const QUIET = 150; // ms without a change, before a picture is asked for
const LONGEST = 8192;
const DENSEST = 4;
const MOST_PIXELS = 2 ** 24;

const look = document.getElementById("look");
const address = document.getElementById("address");
let timer;
let latest;

function url() {
  const width = Math.min(LONGEST, Math.max(1, innerWidth));
  const height = Math.min(LONGEST, Math.max(1, innerHeight));
  const most = Math.min(DENSEST, Math.sqrt(MOST_PIXELS / (width * height)));
  const dpr = Math.floor(Math.min(devicePixelRatio, most) * 100) / 100;
  const alpha = Math.round((look.opacity.value * 255) / 100);
  const color = look.color.value.slice(1) + alpha.toString(16).padStart(2, "0");
  const query = new URLSearchParams({ width, height, color });
  if (dpr > 1) query.set("dpr", dpr);
  return `${look.dataset.ellipse}?${query}`;
}

/** Show the new ellipse once it has come; until then the old one stays. */
async function draw() {
  const wanted = url();
  if (wanted === latest) return;
  latest = wanted;
  const picture = new Image();
  picture.src = wanted;
  try {
    await picture.decode();
  } catch {
    if (wanted === latest) address.textContent = "The picture could not be drawn.";
    return;
  }
  if (wanted !== latest) return;
  Object.assign(document.body.style, {
    backgroundImage: `url("${wanted}")`,
    backgroundSize: "100vw 100vh",
    backgroundRepeat: "no-repeat",
    backgroundAttachment: "fixed",
  });
  address.textContent = wanted;
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(draw, QUIET);
}

addEventListener("resize", soon);
look.addEventListener("input", soon);
look.addEventListener("submit", (event) => event.preventDefault());
draw();
