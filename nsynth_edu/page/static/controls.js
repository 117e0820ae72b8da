// Controls bound to a trait of the model, numbers, and a sentence that is read aloud.
// Each has a `row` for the page; `end` releases what it holds.

import { element } from "./element.js";

const unique = (name) => `${name}-${Math.random().toString(36).slice(2)}`;

/** Show a trait now and whenever it changes; returns the function that ends this. */
function follow(model, trait, show) {
  model.on(`change:${trait}`, show);
  show();
  return () => model.off(`change:${trait}`, show);
}

function keep(model, trait, value) {
  model.set(trait, value);
  model.save_changes();
}

/** A labelled slider; `say` puts value and unit into words. */
export function slider(model, trait, label, { min, max, step }, say) {
  const input = element("input", "", [], { type: "range", min, max, step });
  const value = element("output", "value");
  const row = element("label", "control", [element("span", "label", label), input, value]);
  input.oninput = () => keep(model, trait, Number(input.value));
  const end = follow(model, trait, () => {
    input.value = model.get(trait);
    value.textContent = say(model.get(trait));
    input.setAttribute("aria-valuetext", value.textContent);
  });
  return { row, input, end };
}

/** A labelled group of radio buttons; an option is a word, or a value and how it reads. */
export function choice(model, trait, label, options, className = "control") {
  const group = unique(trait);
  const inputs = [];
  const labels = options.map((option) => {
    const [value, text] = [option].flat();
    const input = element("input", "", [], { type: "radio", name: group, value });
    input.onchange = () => keep(model, trait, value);
    inputs.push(input);
    return element("label", "option", [input, text ?? value]);
  });
  const row = element("fieldset", className, [element("legend", "label", label), ...labels]);
  const end = follow(model, trait, () => {
    for (const input of inputs) input.checked = input.value === model.get(trait);
  });
  return { row, inputs, end };
}

/** Named numbers; `set({name: text})` changes them. */
export function readouts(names) {
  const cells = Object.fromEntries(names.map((name) => {
    const value = element("dd");
    value.dataset.name = name;
    return [name, value];
  }));
  const row = element("dl", "readouts", names.map((name) =>
    element("div", "", [element("dt", "", name), cells[name]])));
  const set = (values) => {
    for (const [name, text] of Object.entries(values)) cells[name].textContent = text;
  };
  return { row, set };
}

/** One sentence, read aloud once the control is at rest. */
export function spoken() {
  const row = element("p", "said", "", { "aria-live": "polite" });
  let waiting;
  const say = (text) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { row.textContent = text; }, 150);
  };
  return { row, say, end: () => clearTimeout(waiting) };
}
