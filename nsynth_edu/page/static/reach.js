// The receptive field: Python follows the gradient down, this draws what it met on the way.

import { choice, readouts, slider, spoken } from "./controls.js";
import { element } from "./element.js";
import { drawing, svg, svgText } from "./svg.js";
import { explorer } from "./view.js";

const WIDE = 640, LEFT = 92, RIGHT = 632, TOP = 12, ORDER = ["plain", "unknown", "queued", "now"];
const KEY = { now: "computed for this output", queued: "in the queues", unknown: "not known yet" };

const count = (value) => value.toLocaleString("en");

function legend() {
  return element("p", "key", Object.entries(KEY).flatMap(([kind, word]) => {
    const line = svg("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" });
    line.append(svg("path", { class: kind, d: "M1 4H25" }));
    return [line, `${word} `];
  }));
}

/** Height and parts of the picture: every connection of a small stack, or a bar per layer. */
function picture({ low, high, names, lines, small }) {
  const tall = small ? 44 : Math.max(10, Math.min(30, 330 / names.length));
  const bottom = TOP + 8 + tall * (names.length - 1);
  const x = (place) => LEFT + 8 + ((place - low) / (high - low)) * (RIGHT - LEFT - 16);
  const y = (row) => bottom - tall * row;
  const line = small
    ? ([row, place, below]) => `M${x(place).toFixed(1)} ${y(row)}L${x(below).toFixed(1)} ${y(row - 1)}`
    : ([row, first, last]) => `M${(x(first) - 1).toFixed(1)} ${y(row)}H${(x(last) + 1).toFixed(1)}`;
  const places = small ? Array.from({ length: high - low + 1 }, (_, i) => low + i) : [];
  const every = Math.ceil(16 / tall); // labels that do not touch
  return [bottom + 40, [
    ...ORDER.map((kind) => svg("path", {
      class: small ? kind : `${kind} bar`, d: lines[kind].map(line).join(""),
      style: small ? "" : `stroke-width: ${0.6 * tall}`,
    })),
    ...names.flatMap((_, row) => places.map((place) =>
      svg("circle", { class: "dot", cx: x(place), cy: y(row), r: 2 }))),
    svg("circle", { class: "output", cx: x(0), cy: y(names.length - 1), r: 5 }),
    ...names.flatMap((name, row) => (row % every && row < names.length - 1 ? []
      : svgText(LEFT - 6, y(row) + 4, name, "end"))),
    svgText(x(low), bottom + 20, count(low)),
    svgText(x(0), bottom + 20, high > 10 ? "newest" : "newest, 0", high > 10 ? "middle" : "end"),
    ...(high > 10 ? [svgText(x(high), bottom + 20, `+${count(high)}`, "end")] : []),
    svgText((LEFT + RIGHT) / 2, bottom + 36, "samples from the newest that is known", "middle"),
  ]];
}

export function render({ model, el }) {
  const drawn = drawing(WIDE);
  const key = legend();
  const periods = `periods of ${model.get("note")}`;
  const values = readouts(["samples", "not yet come", "time", periods, "multiplies, all again",
    "with queues"]);
  const speech = spoken();
  const show = () => {
    const answer = model.get("answer");
    const [height, parts] = picture(answer);
    drawn.draw(height, answer.sentence, parts);
    key.hidden = model.get("view") !== model.get("views")[2];
    values.set({
      samples: count(answer.samples),
      "not yet come": count(answer.future),
      time: `${answer.ms.toFixed(1)} ms`,
      [periods]: answer.periods.toFixed(1),
      "multiplies, all again": count(answer.naive),
      "with queues": count(answer.queued),
    });
    speech.say(answer.sentence);
  };
  return explorer({ model, el }, "reach", "Receptive field of a stack of convolutions", [
    choice(model, "kind", "Taps", model.get("kinds")),
    slider(model, "layers", "Layers", { min: 1, max: model.get("most"), step: 1 }, (v) => `${v}`),
    choice(model, "view", "Show", model.get("views")),
    drawn, key, values, speech,
  ], { "change:answer": show });
}
