// A plane with knobs: where in a note it starts, how it rises and falls, where they are wanted;
// and the octave of the keys, where more than one was rendered. Python can set the same values.

import { slider } from "./controls.js";
import { button, element } from "./element.js";
import { octave } from "./notes.js";
import { render as plane } from "./plane.js";
import { listen } from "./view.js";

const OCTAVES = { z: -12, x: 12 };
const KNOBS = [ // trait, label, range, and how a value reads
  ["position", "Begin at", 0, 0.9, (share) => `${Math.round(100 * share)} %`],
  ["attack", "Attack", 0, 4, (time) => `${time.toFixed(2)} s`],
  ["release", "Release", 0.01, 4, (time) => `${time.toFixed(2)} s`],
];

function octaves(model) {
  const shown = element("span");
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
  const step = (sign, title, by) =>
    button("", sign, { title, "aria-label": title, onclick: () => shift(by) });
  const row = element("div", "octaves",
    [step("◂", "Octave down (Z)", -12), shown, step("▸", "Octave up (X)", 12)]);
  show();
  return { row, shift, end: listen(model, { "change:note": show }) };
}

const knobs = (model) => KNOBS.map(([trait, label, min, max, say]) =>
  slider(model, trait, label, { min, max, step: 0.01 }, say));

export function render({ model, el }) {
  const close = plane({ model, el });
  const root = el.querySelector(".nse-plane");
  const help = root.querySelector(".help");
  const low = octave(model.get("note"));
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
    shown.push(...knobs(model));
    help.before(element("div", "knobs", shown.slice(1).map(({ row }) => row)));
  }
  return () => {
    shown.forEach(({ end }) => end());
    root.removeEventListener("keydown", shift);
    close();
  };
}
