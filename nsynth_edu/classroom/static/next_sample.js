// The next sample: Python computes the chances, this draws them beside the past.

const WIDE = 640, UNIT = 1.4, HIGH = 256 * UNIT, TOP = 26, PAST = 400, FIRST = 420, LAST = 632;
const OPEN_LABEL = 14;

function render({ model, el }) {
  const root = element("section", "nse-explorer next-sample");
  root.setAttribute("aria-label", `Next sample of a ${model.get("name")}`);
  keepKeys(root);
  const controls = [
    slider(model, "moment", "Moment", { min: 0, max: model.get("last"), step: 1 },
      (v) => `${(v / 100).toFixed(2)} s`),
    slider(model, "sample", "Sample", { min: 0, max: 159, step: 1 }, (v) => `+ ${v} samples`),
    slider(model, "temperature", "Temperature", { min: 0, max: 2, step: 0.1 }, (v) => v.toFixed(1)),
  ];
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH + TOP + 22}`, role: "img" });
  const frame = element("div", "picture");
  frame.append(picture);
  const values = readouts(["sample", "class that came", "its chance", "surprise", "likeliest", "width"]);
  const speech = spoken();
  root.append(...controls.map(({ row }) => row), frame, values.list, speech.line);

  const height = (value) => TOP + HIGH - UNIT * (value + 0.5); // class 255 on top
  const text = (x, y, words, kind = "", anchor = "start") => {
    const made = svg("text", { x, y, class: kind, "text-anchor": anchor });
    made.textContent = words;
    return made;
  };
  const percent = (share) => `${(100 * share).toFixed(1)} %`;

  const show = () => {
    const answer = model.get("answer");
    const { past, chances, likeliest, highest } = answer;
    const came = answer.true;
    const x = (i) => 8 + (i / past.length) * (PAST - 8);
    const bars = chances.map((share, i) => {
      const length = (share / highest) * (LAST - FIRST);
      return length < 0.2 ? "" : `M${FIRST} ${height(i)}h${length.toFixed(1)}`;
    }).join("");
    const near = Math.min(TOP + HIGH - 4, Math.max(TOP + OPEN_LABEL, height(came) - 5));
    picture.replaceChildren(
      text(8, 14, "the last 64 samples, 4 ms"),
      text(FIRST, 14, `chances; longest bar ${percent(highest)}`),
      svg("path", { class: "axis", d: `M8 ${height(128)}H${LAST}M${FIRST} ${TOP}v${HIGH}` }),
      svg("path", { class: "original", d: `M${past.map((c, i) => `${x(i).toFixed(1)} ${height(c)}`).join("L")}` }),
      ...past.map((c, i) => svg("circle", { class: "dot", cx: x(i), cy: height(c), r: 2 })),
      svg("path", { class: "chance", d: bars }),
      svg("path", { class: "came", d: `M${PAST} ${height(came)}H${LAST}` }),
      svg("circle", { class: "came", cx: x(past.length), cy: height(came), r: 4 }),
      text(LAST, near, `class ${came} came`, "told", "end"),
      text(8, TOP + HIGH + 16, "class 0 at the bottom, 128 (zero) in the middle, 255 on top"),
    );
    picture.setAttribute("aria-label", answer.said);
    const bits = (value) => (value === null ? "infinite" : `${value.toFixed(1)} bits`);
    values.set({
      sample: `${answer.position.toLocaleString("en")}, ${answer.time.toFixed(4)} s`,
      "class that came": `${came}`,
      "its chance": percent(answer.chance),
      surprise: bits(answer.surprise),
      likeliest: `${likeliest}, ${percent(highest)}`,
      width: bits(answer.entropy),
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
