// Counts down while the picture is there; then asks for it once more, and tells what comes.
const figure = document.getElementById("kept");
const left = document.getElementById("left");

function tell(seconds) {
  left.textContent = `It is there for ${seconds} more second${seconds === 1 ? "" : "s"}.`;
}

async function look() {
  const url = figure.querySelector("img").src;
  const { status } = await fetch(url, { method: "HEAD", cache: "no-store" });
  figure.hidden = status === 404;
  left.textContent = status === 404 ? "It is gone: the server answers 404." : `The server answers ${status}.`;
}

if (figure) {
  const end = Date.now() + figure.dataset.seconds * 1000;
  const timer = setInterval(() => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds > 0) return tell(seconds);
    clearInterval(timer);
    setTimeout(look, 1000);
  }, 250);
}
