// The next sample: Python computes the probabilities, this draws them next to the past.

import { readouts, slider, spoken } from "./controls.js";
import { drawing, svg, svgText } from "./svg.js";
import { explorer } from "./view.js";

const WIDE = 640, UNIT = 1.4, HIGH = 256 * UNIT, TOP = 26, PAST = 400, FIRST = 420, LAST = 632;
const OPEN_LABEL = 14;

const height = (value) => TOP + HIGH - UNIT * (value + 0.5); // class 255 on top
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const bits = (value) => (value === null ? "infinite" : `${value.toFixed(1)} bits`);

/** A bar for each class that is likely enough to be seen. */
function bars(probabilities, highest) {
  return probabilities.map((share, i) => {
    const length = (share / highest) * (LAST - FIRST);
    return length < 0.2 ? "" : `M${FIRST} ${height(i)}h${length.toFixed(1)}`;
  }).join("");
}

function picture({ past, probabilities, highest, true: came }) {
  const x = (i) => 8 + (i / past.length) * (PAST - 8);
  const near = Math.min(TOP + HIGH - 4, Math.max(TOP + OPEN_LABEL, height(came) - 5));
  const line = (kind, d) => svg("path", { class: kind, d });
  return [
    svgText(8, 14, "the last 64 samples, 4 ms"),
    svgText(FIRST, 14, `probabilities; longest bar ${percent(highest)}`),
    line("axis", `M8 ${height(128)}H${LAST}M${FIRST} ${TOP}v${HIGH}`),
    line("original", `M${past.map((c, i) => `${x(i).toFixed(1)} ${height(c)}`).join("L")}`),
    ...past.map((c, i) => svg("circle", { class: "dot", cx: x(i), cy: height(c), r: 2 })),
    line("probability", bars(probabilities, highest)),
    line("came", `M${PAST} ${height(came)}H${LAST}`),
    svg("circle", { class: "came", cx: x(past.length), cy: height(came), r: 4 }),
    svgText(LAST, near, `class ${came} came`, "end", "answer"),
    svgText(8, TOP + HIGH + 16, "class 0 at the bottom, 128 (zero) in the middle, 255 on top"),
  ];
}

export function render({ model, el }) {
  const drawn = drawing(WIDE);
  const values = readouts(["sample", "class that came", "its probability", "surprise", "likeliest",
    "width"]);
  const speech = spoken();
  const show = () => {
    const answer = model.get("answer");
    drawn.draw(HIGH + TOP + 22, answer.sentence, picture(answer));
    values.set({
      sample: `${answer.position.toLocaleString("en")}, ${answer.time.toFixed(4)} s`,
      "class that came": `${answer.true}`,
      "its probability": percent(answer.probability),
      surprise: bits(answer.surprise),
      likeliest: `${answer.likeliest}, ${percent(answer.highest)}`,
      width: bits(answer.entropy),
    });
    speech.say(answer.sentence);
  };
  return explorer({ model, el }, "next-sample", `Next sample of a ${model.get("name")}`, [
    slider(model, "moment", "Moment", { min: 0, max: model.get("last"), step: 1 },
      (v) => `${(v / 100).toFixed(2)} s`),
    slider(model, "sample", "Sample", { min: 0, max: 159, step: 1 }, (v) => `+ ${v} samples`),
    slider(model, "temperature", "Temperature", { min: 0, max: 2, step: 0.1 }, (v) => v.toFixed(1)),
    drawn, values, speech,
  ], { "change:answer": show });
}
