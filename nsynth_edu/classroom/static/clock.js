// The generation clock: Python counts, this draws a stack moment by moment, or a bar per layer.

const WIDE = 640, LEFT = 62, RIGHT = 632, TOP = 22, ROW = 34, BAR = 12;

function render({ model, el }) {
  const root = element("section", "nse-explorer generation-clock");
  root.setAttribute("aria-label", "Generation clock");
  keepKeys(root);
  const place = slider(model, "sample", "Sample", { min: 0, max: model.get("last"), step: 1 },
    (v) => `${v.toLocaleString("en")}`);
  const controls = [place, choice(model, "layers", "Layers", model.get("names")),
    choice(model, "view", "View", model.get("views"))];
  const picture = svg("svg", { role: "img" });
  const frame = element("div", "picture");
  frame.append(picture);
  const values = readouts(["sample", "multiplications now", "with queues", "times as many",
    "since the first", "slots filled"]);
  const speech = spoken();
  root.append(...controls.map(({ row }) => row), frame, values.list, speech.line);

  const text = (x, y, words, anchor = "start") => {
    const made = svg("text", { x, y, "text-anchor": anchor });
    made.textContent = words;
    return made;
  };

  /** Every moment of every layer: dots, and a line to each of the two it is made from. */
  const stack = ({ grid, dilations, rows, sample }) => {
    const top = TOP + 10, high = top + ROW * (grid.length - 1) + 34;
    const x = (moment) => LEFT + 10 + (moment * (RIGHT - LEFT - 20)) / (grid[0].length - 1);
    const y = (row) => top + ROW * (grid.length - 1 - row);
    const lines = [], dots = [];
    grid.forEach((letters, row) => [...letters].forEach((letter, moment) => {
      if (letter === "n" && row) {
        for (let back = 0; back <= rows[row - 1][3] && back <= moment; back += dilations[row - 1]) {
          if ("nk".includes(grid[row - 1][moment - back]))
            lines.push(`M${x(moment - back)} ${y(row - 1)}L${x(moment)} ${y(row)}`);
        }
      }
      dots.push(letter === "k"
        ? svg("rect", { class: "kept", x: x(moment) - 5, y: y(row) - 5, width: 10, height: 10 })
        : svg("circle", { cx: x(moment), cy: y(row), r: letter === "n" ? 6 : 2,
          class: { n: "now", p: "gone", ".": "future" }[letter] }));
    }));
    return [high, [
      svg("path", { class: "link", d: lines.join("") }), ...dots,
      ...grid.map((_, row) => text(0, y(row) + 4, row ? rows[row - 1][0] : "input")),
      text(x(sample), high - 2, `sample ${sample}`, sample > 26 ? "end" : sample < 5 ? "start" : "middle"),
    ]];
  };

  /** One bar per layer, logarithmic: moments worked out now; below it its queue. */
  const bars = ({ rows, view }) => {
    const high = TOP + BAR * rows.length + 22;
    const most = Math.log2(2 * Math.max(...rows.map(([, , , slots]) => slots * rows.length), 2));
    const x = (count) => LEFT + (RIGHT - LEFT) * Math.min(1, Math.log2(count + 1) / most);
    const drawn = [];
    rows.forEach(([name, moments, filled, slots], i) => {
      const y = TOP + BAR * (rows.length - 1 - i);
      if (i % 5 === 0 || rows.length < 12) drawn.push(text(0, y + 9, name));
      if (view === "queues") {
        drawn.push(svg("rect", { class: "slots", x: LEFT, y: y + 1.5, width: x(slots) - LEFT, height: 8 }),
          svg("rect", { class: "full", x: LEFT, y: y + 1.5, width: x(filled) - LEFT, height: 8 }));
      }
      drawn.push(svg("rect", { class: "now", x: LEFT, y: y + (view === "queues" ? 3.5 : 1.5),
        width: x(moments) - LEFT, height: view === "queues" ? 4 : 8 }));
    });
    for (let count = 1; Math.log2(count + 1) < most; count *= 10) {
      drawn.push(text(x(count), high - 2, count.toLocaleString("en"), "middle"),
        svg("path", { class: "axis", d: `M${x(count)} ${TOP}V${high - 16}` }));
    }
    return [high, drawn];
  };

  const show = () => {
    const answer = model.get("answer");
    const small = answer.grid.length > 0;
    const [high, drawn] = small ? stack(answer) : bars(answer);
    const queues = answer.view === "queues";
    const legend = small
      ? `● worked out now${queues ? ", □ kept in a queue" : ""}, · not looked at`
      : `filled: moments worked out now, in each layer${queues ? "; outlined: slots of its queue" : ""}`;
    picture.setAttribute("viewBox", `0 0 ${WIDE} ${high}`);
    picture.replaceChildren(text(LEFT, 11, legend), ...drawn);
    picture.setAttribute("aria-label", answer.said);
    const number = (value) => value.toLocaleString("en");
    values.set({
      sample: `${number(answer.sample)}, ${answer.time.toFixed(4)} s`,
      "multiplications now": number(answer.now),
      "with queues": number(answer.queues),
      "times as many": answer.times.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
      "since the first": number(answer.total),
      "slots filled": queues ? `${number(answer.filled)} of ${number(answer.slots)}` : "no queues",
    });
    speech.say(answer.said);
  };
  const stretch = () => {
    const input = place.row.querySelector("input");
    input.max = model.get("last");
    input.value = model.get("sample");
  };
  model.on("change:last", stretch);
  model.on("change:answer", show);
  show();
  el.append(root);
  return () => {
    model.off("change:answer", show);
    model.off("change:last", stretch);
    controls.forEach(({ stop }) => stop());
    speech.stop();
  };
}

export default { render };
