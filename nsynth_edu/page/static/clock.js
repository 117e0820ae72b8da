// The generation clock: Python counts, this draws a stack moment by moment, or a bar per layer.

import { choice, readouts, slider, spoken } from "./controls.js";
import { drawing, svg, svgText } from "./svg.js";
import { explorer } from "./view.js";

const WIDE = 640, LEFT = 62, RIGHT = 632, TOP = 22, ROW = 34, BAR = 12;
const KINDS = { n: "now", p: "gone", ".": "future" }; // of the moments that are dots

const number = (value) => value.toLocaleString("en");

/** Lines from each moment that is computed now to the moments below it is computed from. */
function links({ grid, dilations, rows }, x, y) {
  const lines = [];
  grid.forEach((letters, row) => [...letters].forEach((letter, moment) => {
    if (letter !== "n" || !row) return;
    for (let back = 0; back <= rows[row - 1][3] && back <= moment; back += dilations[row - 1]) {
      if (!"nk".includes(grid[row - 1][moment - back])) continue;
      lines.push(`M${x(moment - back)} ${y(row - 1)}L${x(moment)} ${y(row)}`);
    }
  }));
  return svg("path", { class: "link", d: lines.join("") });
}

/** Every moment of every layer. */
function stack(answer) {
  const { grid, rows, sample } = answer;
  const top = TOP + 10, high = top + ROW * (grid.length - 1) + 34;
  const x = (moment) => LEFT + 10 + (moment * (RIGHT - LEFT - 20)) / (grid[0].length - 1);
  const y = (row) => top + ROW * (grid.length - 1 - row);
  const dot = (letter, cx, cy) => (letter === "k"
    ? svg("rect", { class: "kept", x: cx - 5, y: cy - 5, width: 10, height: 10 })
    : svg("circle", { cx, cy, r: letter === "n" ? 6 : 2, class: KINDS[letter] }));
  return [high, [
    links(answer, x, y),
    ...grid.flatMap((letters, row) =>
      [...letters].map((letter, moment) => dot(letter, x(moment), y(row)))),
    ...grid.map((_, row) => svgText(0, y(row) + 4, row ? rows[row - 1][0] : "input")),
    svgText(x(sample), high - 2, `sample ${sample}`,
      sample > 26 ? "end" : sample < 5 ? "start" : "middle"),
  ]];
}

/** One bar per layer, logarithmic: moments computed now; below it its queue. */
function bars({ rows, view }) {
  const high = TOP + BAR * rows.length + 22;
  const most = Math.log2(2 * Math.max(...rows.map(([, , , slots]) => slots * rows.length), 2));
  const x = (count) => LEFT + (RIGHT - LEFT) * Math.min(1, Math.log2(count + 1) / most);
  const bar = (kind, count, y, height) =>
    svg("rect", { class: kind, x: LEFT, y, width: x(count) - LEFT, height });
  const queues = view === "queues";
  const parts = rows.flatMap(([name, moments, filled, slots], i) => {
    const y = TOP + BAR * (rows.length - 1 - i);
    return [
      ...(i % 5 === 0 || rows.length < 12 ? [svgText(0, y + 9, name)] : []),
      ...(queues ? [bar("slots", slots, y + 1.5, 8), bar("full", filled, y + 1.5, 8)] : []),
      bar("now", moments, y + (queues ? 3.5 : 1.5), queues ? 4 : 8),
    ];
  });
  for (let count = 1; Math.log2(count + 1) < most; count *= 10) {
    parts.push(svgText(x(count), high - 2, number(count), "middle"),
      svg("path", { class: "axis", d: `M${x(count)} ${TOP}V${high - 16}` }));
  }
  return [high, parts];
}

function picture(answer) {
  const small = answer.grid.length > 0;
  const queues = answer.view === "queues";
  const legend = small
    ? `● worked out now${queues ? ", □ kept in a queue" : ""}, · not looked at`
    : `filled: moments worked out now, in each layer${queues ? "; outlined: slots of its queue" : ""}`;
  const [high, parts] = small ? stack(answer) : bars(answer);
  return [high, [svgText(LEFT, 11, legend), ...parts]];
}

export function render({ model, el }) {
  const place = slider(model, "sample", "Sample", { min: 0, max: model.get("last"), step: 1 }, number);
  const drawn = drawing(WIDE);
  const values = readouts(["sample", "multiplications now", "with queues", "times as many",
    "since the first", "slots filled"]);
  const speech = spoken();
  const show = () => {
    const answer = model.get("answer");
    const [high, parts] = picture(answer);
    drawn.draw(high, answer.sentence, parts);
    values.set({
      sample: `${number(answer.sample)}, ${answer.time.toFixed(4)} s`,
      "multiplications now": number(answer.now),
      "with queues": number(answer.queues),
      "times as many": answer.times.toLocaleString("en",
        { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
      "since the first": number(answer.total),
      "slots filled": answer.view === "queues"
        ? `${number(answer.filled)} of ${number(answer.slots)}` : "no queues",
    });
    speech.say(answer.sentence);
  };
  const stretch = () => Object.assign(place.input, { max: model.get("last"), value: model.get("sample") });
  return explorer({ model, el }, "generation-clock", "Generation clock", [
    place, choice(model, "layers", "Layers", model.get("names")),
    choice(model, "view", "View", model.get("views")), drawn, values, speech,
  ], { "change:last": stretch, "change:answer": show });
}
