// A plane with knobs: where in a note it begins, how it rises and falls, where they are wanted;
// and the octave of the keys, where more than one was rendered. They set what Python may set as
// well. `plane` is the module plane.js.

const OCTAVES = { z: -12, x: 12 };
const KNOBS = [ // name, what it is called, range, and how a value reads
  ["position", "Begin at", 0, 0.9, (share) => `${Math.round(100 * share)} %`],
  ["attack", "Attack", 0, 4, (time) => `${time.toFixed(2)} s`],
  ["release", "Release", 0.01, 4, (time) => `${time.toFixed(2)} s`],
];

function knob(model, [name, said, min, max, words]) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"),
    { type: "range", min, max, step: 0.01, name });
  const shown = document.createElement("output");
  const show = () => {
    input.value = model.get(name);
    shown.textContent = words(model.get(name));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.oninput = () => model.set(name, Number(input.value));
  input.onchange = () => model.save_changes();
  model.on(`change:${name}`, show);
  show();
  label.append(said, input, shown);
  return { label, remove: () => model.off(`change:${name}`, show) };
}

function octaves(model) {
  const row = document.createElement("div");
  row.className = "octaves";
  const shown = document.createElement("span");
  const show = () => {
    const low = Math.floor(model.get("note") / 12) - 1;
    shown.textContent = `Keys C${low} to B${low}`;
  };
  const shift = (by) => {
    const note = model.get("note") + by;
    if (note < 12 || note >= 120) return;
    model.set("note", note);
    model.save_changes();
  };
  const [down, up] = [["◂", "Octave down (Z)", -12], ["▸", "Octave up (X)", 12]].map(
    ([sign, said, by]) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: sign, title: said });
      button.setAttribute("aria-label", said);
      button.onclick = () => shift(by);
      return button;
    });
  row.append(down, shown, up);
  model.on("change:note", show);
  show();
  return { row, shift, remove: () => model.off("change:note", show) };
}

function render({ model, el }) {
  const close = plane.render({ model, el });
  const root = el.querySelector(".nse-plane");
  const help = root.querySelector(".help");
  const low = 12 * Math.floor(model.get("note") / 12);
  const wide = model.get("notes").some((midi) => midi < low || midi >= low + 12);
  const shown = [];
  const shift = ({ key, ctrlKey, altKey, metaKey }) => {
    const by = OCTAVES[key.toLowerCase()];
    if (by && !(ctrlKey || altKey || metaKey)) shown[0].shift(by);
  };
  if (wide || model.get("knobs")) {
    shown.push(octaves(model));
    root.querySelector(".keys").before(shown[0].row);
    help.append(" Z and X shift the keys by an octave.");
    root.addEventListener("keydown", shift);
  }
  if (model.get("knobs")) {
    const box = document.createElement("div");
    box.className = "knobs";
    const knobs = KNOBS.map((told) => knob(model, told));
    box.append(...knobs.map(({ label }) => label));
    help.before(box);
    shown.push(...knobs);
  }
  return () => {
    shown.forEach(({ remove }) => remove());
    root.removeEventListener("keydown", shift);
    close();
  };
}

export default { render };
