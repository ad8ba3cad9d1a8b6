// A slider for each axis of a stack.

const PAUSE = 80; // ms at rest before the tiles change
const NAMES = { z: "Focus", t: "Time" };

/** Put sliders into a form; `changed(plane)` hears of each new position, such as {z: 3}. */
export function createPlanes(form, axes, plane, changed) {
  let timer = 0;
  const rows = axes.map((axis) => row(axis, plane[axis.name] ?? 0));
  form.replaceChildren(...rows.map(({ label }) => label));
  form.hidden = rows.length === 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    for (const each of rows) each.say();
    clearTimeout(timer);
    timer = setTimeout(() => changed(positions(rows)), PAUSE);
  });
  return {
    set(wanted) {
      for (const { axis, input, say } of rows) {
        input.value = wanted[axis.name] ?? 0;
        say();
      }
    },
  };
}

function row(axis, index) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const output = document.createElement("output");
  Object.assign(input, { type: "range", name: axis.name, min: 0, max: axis.size - 1, step: 1 });
  input.value = index;
  const name = NAMES[axis.name] ?? axis.name;
  const say = () => {
    output.textContent = `${input.valueAsNumber + 1} of ${axis.size}`;
    input.ariaValueText = output.textContent;
  };
  label.append(Object.assign(document.createElement("span"), { textContent: name }), input, output);
  say();
  return { axis, label, input, say };
}

/** Zeros are left out: the plain address is that of the first plane. */
function positions(rows) {
  return Object.fromEntries(
    rows
      .map(({ axis, input }) => [axis.name, input.valueAsNumber])
      .filter(([, index]) => index > 0),
  );
}
