// A gated unit: three numbers; Python computes, this draws and plays.

import { readouts, slider, spoken } from "./controls.js";
import { WIDTH, wave } from "./curves.js";
import { nthOf } from "./pcm.js";
import { players } from "./players.js";
import { drawing, svg, svgText } from "./svg.js";
import { explorer } from "./view.js";

const TALL = 110, GAP = 26, LABEL = 8;
const KINDS = ["input", "product"];
const ROWS = { // of the picture: words, class of the line
  input: ["the tone x, two periods", "original"],
  gate: ["the gate, σ(w x + b): 0 below, 1 above", "error"],
  product: ["the product, tanh(w x) · gate", "rounded"],
};

function curves(rows) {
  return Object.entries(ROWS).flatMap(([name, [words, kind]], i) => {
    const top = i * (TALL + GAP) + GAP;
    const samples = name === "gate" ? rows[name].map((value) => 2 * value - 1) : rows[name];
    return [
      svgText(0, top - LABEL, words),
      svg("path", { class: "axis", d: `M0 ${top + TALL / 2} H${WIDTH}` }),
      svg("path", { class: kind, d: wave(samples, top, TALL, 1) }),
    ];
  });
}

export function render({ model, el }) {
  const picture = drawing(WIDTH);
  const values = readouts(["level", "even overtones", "odd overtones", "slope at 0", "slope of x + y"]);
  const speech = spoken();
  const sound = players(KINDS, 16000, (kind) =>
    nthOf(model.get("sounds"), KINDS.length, KINDS.indexOf(kind)));
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const show = () => {
    const answer = model.get("answer");
    picture.draw(3 * (TALL + GAP), answer.sentence, curves(answer.curves));
    values.set({
      level: `${answer.level.toFixed(1)} dB`,
      "even overtones": percent(answer.even),
      "odd overtones": percent(answer.odd),
      "slope at 0": answer.slope.toFixed(2),
      "slope of x + y": (1 + answer.slope).toFixed(2),
    });
    speech.say(answer.sentence);
    sound.stop();
  };
  const number = (v) => v.toFixed(1);
  return explorer({ model, el }, "gated-unit", "A tone through a gated unit", [
    slider(model, "filter", "Filter w", { min: 0, max: 8, step: 0.5 }, number),
    slider(model, "follows", "Gate w", { min: -8, max: 8, step: 0.5 }, number),
    slider(model, "bias", "Gate b", { min: -6, max: 6, step: 0.5 }, number),
    picture, values, sound, speech,
  ], { "change:answer": show });
}
