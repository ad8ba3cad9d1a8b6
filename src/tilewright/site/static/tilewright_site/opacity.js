// How much of the image is seen on the map.

/** Wire the slider; `changed()` hears of each new position. */
export function createOpacity(form, changed) {
  const input = form.querySelector("input");
  let hear = () => {};
  const say = () => (input.ariaValueText = `${input.value} percent`);
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", () => {
    say();
    hear(input.valueAsNumber);
    changed();
  });
  say();
  return {
    get value() {
      return input.valueAsNumber;
    },
    set(percent) {
      input.value = percent;
      say();
    },
    listen(heard) {
      hear = heard;
    },
    set hidden(hidden) {
      form.hidden = hidden;
    },
  };
}
