// Griffin-Lim step by step: two controls; Python computes, this draws and plays.

import { choice, readouts, slider, spoken } from "./controls.js";
import { WIDTH, wave } from "./curves.js";
import { nthOf } from "./pcm.js";
import { players } from "./players.js";
import { drawing, svg, svgText } from "./svg.js";
import { explorer } from "./view.js";

const TALL = 120, GAP = 30, FIRST = GAP / 2 + 4, SECOND = TALL + 2 * GAP;
const KINDS = ["original", "found"];
const LEAST = 0.01, MOST = 0.5; // of the logarithmic axis

function picture(answer, curve, done, name) {
  const { original, found } = answer.curves;
  const scale = Math.max(1e-6, ...[...original, ...found].map(Math.abs));
  const height = (share) => {
    const level = Math.log(Math.min(MOST, Math.max(LEAST, share)) / LEAST);
    return 2 * level / Math.log(MOST / LEAST) - 1; // -1 at the bottom, 1 at the top
  };
  const heights = curve.map(height);
  const line = (kind, d) => svg("path", { class: kind, d });
  const at = { cx: ((done - 1) / (curve.length - 1)) * WIDTH, r: 6, class: "here" };
  at.cy = SECOND + TALL / 2 - heights[done - 1] * (TALL / 2);
  return [
    svgText(0, 12, `10 ms of the ${name} (thin) and of the sound that was found (thick)`),
    line("axis", `M0 ${FIRST + TALL / 2} H${WIDTH}`),
    line("original", wave(original, FIRST, TALL, scale)),
    line("rounded", wave(found, FIRST, TALL, scale)),
    svgText(0, SECOND - 12, `magnitudes off, after 1 to ${curve.length} iterations; top 50 %, bottom 1 %`),
    line("axis", `M0 ${SECOND + TALL} H${WIDTH}`),
    line("error", wave(heights, SECOND, TALL, 1)),
    svg("circle", at),
  ];
}

export function render({ model, el }) {
  const name = model.get("name");
  const plot = drawing(WIDTH);
  const values = readouts(["magnitudes off", "note over error"]);
  const speech = spoken();
  const sound = players(KINDS, 16000, (kind) =>
    nthOf(model.get("sounds"), KINDS.length, KINDS.indexOf(kind)));
  const show = () => {
    const answer = model.get("answer");
    const drawn = picture(answer, model.get("curve"), model.get("iterations"), name);
    plot.draw(2 * TALL + 2 * GAP + 8, answer.sentence, drawn);
    values.set({
      "magnitudes off": `${(100 * answer.missed).toFixed(1)} %`,
      "note over error": `${answer.ratio.toFixed(1)} dB`,
    });
    speech.say(answer.sentence);
    sound.stop();
  };
  return explorer({ model, el }, "phase-search", `The phases of a ${name}, step by step`, [
    choice(model, "method", "Method", ["classic", "momentum"]),
    slider(model, "iterations", "Iterations", { min: 1, max: 60, step: 1 }, (v) => `${v}`),
    plot, values, sound, speech,
  ], { "change:answer": show });
}
