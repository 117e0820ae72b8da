// Rounding: three controls; Python computes, this draws and plays.

import { choice, readouts, slider, spoken } from "./controls.js";
import { WIDTH, wave } from "./curves.js";
import { nthOf } from "./pcm.js";
import { players } from "./players.js";
import { drawing, svg, svgText } from "./svg.js";
import { explorer } from "./view.js";

const TALL = 120, GAP = 30, FIRST = GAP / 2 + 4, SECOND = TALL + 2 * GAP;
const KINDS = ["original", "rounded", "error"];

const round = (value) => Number(value.toPrecision(2));
const largest = (...rows) => Math.max(1e-6, ...rows.flat().map(Math.abs));

function curves({ original, rounded, error }, name) {
  const [scale, small] = [largest(original, rounded), largest(error)];
  const line = (kind, d) => svg("path", { class: kind, d });
  const axis = (top) => line("axis", `M0 ${top + TALL / 2} H${WIDTH}`);
  return [
    svgText(0, 12, `the ${name} (thin) and rounded (steps); height ±${round(scale)}, 10 ms`),
    axis(FIRST),
    line("original", wave(original, FIRST, TALL, scale)),
    line("rounded", wave(rounded, FIRST, TALL, scale, true)),
    svgText(0, SECOND - 12, `the error alone, enlarged; height ±${round(small)}`),
    axis(SECOND),
    line("error", wave(error, SECOND, TALL, small, true)),
  ];
}

export function render({ model, el }) {
  const name = model.get("name");
  const picture = drawing(WIDTH);
  const values = readouts(["steps", "steps used", "signal to noise", "error level"]);
  const speech = spoken();
  const sound = players(KINDS, 16000, (kind) =>
    nthOf(model.get("sounds"), KINDS.length, KINDS.indexOf(kind)));
  const show = () => {
    const answer = model.get("answer");
    picture.draw(2 * TALL + 2 * GAP, answer.sentence, curves(answer.curves, name));
    const unit = (value, unit, none) => (value === null ? none : `${value.toFixed(1)} ${unit}`);
    values.set({
      steps: answer.steps.toLocaleString("en"),
      "steps used": answer.used.toLocaleString("en"),
      "signal to noise": unit(answer.ratio, "dB", "no error"),
      "error level": unit(answer.error, "dBFS", "none"),
    });
    speech.say(answer.sentence);
    sound.stop();
  };
  return explorer({ model, el }, "quantiser", `Quantiser of a ${name}`, [
    slider(model, "bits", "Bits", { min: 2, max: 16, step: 1 }, (v) => `${v} bits`),
    slider(model, "level", "Level", { min: -60, max: 0, step: 5 }, (v) => `${v} dBFS`),
    choice(model, "law", "Steps", ["linear", "mu-law"]),
    picture, values, sound, speech,
  ], { "change:answer": show });
}
