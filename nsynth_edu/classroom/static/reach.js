// The receptive field: Python follows the gradient down, this draws what it met on the way.

const WIDE = 640, LEFT = 92, RIGHT = 632, TOP = 12, ORDER = ["plain", "unknown", "queued", "now"];

function render({ model, el }) {
  const root = element("section", "nse-explorer reach");
  root.setAttribute("aria-label", "Receptive field of a stack of convolutions");
  keepKeys(root);
  const controls = [
    choice(model, "kind", "Taps", model.get("kinds")),
    slider(model, "layers", "Layers", { min: 1, max: model.get("most"), step: 1 }, (v) => `${v}`),
    choice(model, "view", "Show", model.get("views")),
  ];
  const picture = svg("svg", { role: "img" });
  const frame = element("div", "picture");
  frame.append(picture);
  const key = element("p", "key");
  const periods = `periods of ${model.get("note")}`;
  const values = readouts(["samples", "not yet come", "time", periods, "multiplies, all again", "with queues"]);
  const speech = spoken();
  root.append(...controls.map(({ row }) => row), frame, key, values.list, speech.line);
  for (const [kind, word] of [
    ["now", "computed for this output"], ["queued", "in the queues"], ["unknown", "not known yet"],
  ]) {
    const line = svg("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" });
    line.append(svg("path", { class: kind, d: "M1 4H25" }));
    key.append(line, `${word} `);
  }

  const text = (x, y, words, anchor) => {
    const made = svg("text", { x, y, "text-anchor": anchor });
    made.textContent = words;
    return made;
  };
  const count = (value) => value.toLocaleString("en");

  const show = () => {
    const { low, high, names, lines, small, ...answer } = model.get("answer");
    const tall = small ? 44 : Math.max(10, Math.min(30, 330 / names.length));
    const bottom = TOP + 8 + tall * (names.length - 1);
    const x = (place) => LEFT + 8 + ((place - low) / (high - low)) * (RIGHT - LEFT - 16);
    const y = (row) => bottom - tall * row;
    const line = small
      ? ([row, place, below]) => `M${x(place).toFixed(1)} ${y(row)}L${x(below).toFixed(1)} ${y(row - 1)}`
      : ([row, first, last]) => `M${(x(first) - 1).toFixed(1)} ${y(row)}H${(x(last) + 1).toFixed(1)}`;
    const dots = [];
    for (let row = 0; small && row < names.length; row++) {
      for (let place = low; place <= high; place++) {
        dots.push(svg("circle", { class: "dot", cx: x(place), cy: y(row), r: 2 }));
      }
    }
    const every = Math.ceil(16 / tall); // labels that do not touch
    picture.setAttribute("viewBox", `0 0 ${WIDE} ${bottom + 40}`);
    picture.replaceChildren(
      ...ORDER.map((kind) => svg("path", {
        class: small ? kind : `${kind} bar`, d: lines[kind].map(line).join(""),
        style: small ? "" : `stroke-width: ${0.6 * tall}`,
      })),
      ...dots,
      svg("circle", { class: "output", cx: x(0), cy: y(names.length - 1), r: 5 }),
      ...names.flatMap((name, row) => (row % every && row < names.length - 1 ? []
        : text(LEFT - 6, y(row) + 4, name, "end"))),
      text(x(low), bottom + 20, count(low), "start"),
      text(x(0), bottom + 20, high > 10 ? "newest" : "newest, 0", high > 10 ? "middle" : "end"),
      ...(high > 10 ? [text(x(high), bottom + 20, `+${count(high)}`, "end")] : []),
      text((LEFT + RIGHT) / 2, bottom + 36, "samples from the newest that is known", "middle"),
    );
    picture.setAttribute("aria-label", answer.said);
    key.hidden = model.get("view") !== model.get("views")[2];
    values.set({
      samples: count(answer.samples),
      "not yet come": count(answer.future),
      time: `${answer.ms.toFixed(1)} ms`,
      [periods]: answer.periods.toFixed(1),
      "multiplies, all again": count(answer.naive),
      "with queues": count(answer.queued),
    });
    speech.say(answer.said);
  };
  model.on("change:answer", show);
  show();
  el.append(root);
  return () => {
    model.off("change:answer", show);
    controls.forEach(({ stop }) => stop());
    speech.stop();
  };
}

export default { render };
