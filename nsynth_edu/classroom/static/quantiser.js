// Rounding: three controls; Python computes, this draws and plays.

const WIDTH = 640, TALL = 120, GAP = 30;
const KINDS = ["original", "rounded", "error"];

const round = (value) => Number(value.toPrecision(2));

/** A line through samples, or steps that stay until the next sample. */
function path(samples, top, scale, steps) {
  const x = (i) => (i / (samples.length - 1)) * WIDTH;
  const y = (value) => top + TALL / 2 - (value / scale) * (TALL / 2);
  return samples.map((value, i) => (i === 0 ? `M0 ${y(value).toFixed(1)}`
    : steps ? `H${x(i).toFixed(1)} V${y(value).toFixed(1)}`
      : `L${x(i).toFixed(1)} ${y(value).toFixed(1)}`)).join(" ");
}

function render({ model, el }) {
  const root = element("section", "nse-explorer quantiser");
  root.setAttribute("aria-label", `Quantiser of a ${model.get("name")}`);
  keepKeys(root);
  const controls = [
    slider(model, "bits", "Bits", { min: 2, max: 16, step: 1 }, (v) => `${v} bits`),
    slider(model, "level", "Level", { min: -60, max: 0, step: 5 }, (v) => `${v} dBFS`),
    choice(model, "law", "Steps", ["linear", "mu-law"]),
  ];
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${2 * TALL + 2 * GAP}`, role: "img" });
  const values = readouts(["steps", "steps used", "signal to noise", "error level"]);
  const speech = spoken();
  const sounds = () => floats(model.get("sounds"));
  const play = players(KINDS, 16000, (kind) => {
    const all = sounds();
    const length = all.length / KINDS.length;
    return all.slice(KINDS.indexOf(kind) * length, (KINDS.indexOf(kind) + 1) * length);
  });
  const frame = element("div", "picture");
  frame.append(picture);
  root.append(...controls.map(({ row }) => row), frame, values.list, play.row, speech.line);

  const show = () => {
    const answer = model.get("answer");
    const { original, rounded, error } = answer.curves;
    const largest = (rows) => Math.max(1e-6, ...rows.flat().map(Math.abs));
    const [scale, small] = [largest([original, rounded]), largest([error])];
    const text = (y, words) => {
      const made = svg("text", { x: 0, y });
      made.textContent = words;
      return made;
    };
    const low = TALL + 2 * GAP;
    picture.replaceChildren(
      text(12, `the ${model.get("name")} (thin) and rounded (steps); height ±${round(scale)}, 10 ms`),
      svg("path", { class: "axis", d: `M0 ${GAP / 2 + 4 + TALL / 2} H${WIDTH}` }),
      svg("path", { class: "original", d: path(original, GAP / 2 + 4, scale, false) }),
      svg("path", { class: "rounded", d: path(rounded, GAP / 2 + 4, scale, true) }),
      text(low - 12, `the error alone, enlarged; height ±${round(small)}`),
      svg("path", { class: "axis", d: `M0 ${low + TALL / 2} H${WIDTH}` }),
      svg("path", { class: "error", d: path(error, low, small, true) }),
    );
    picture.setAttribute("aria-label", answer.said);
    const unit = (value, name) => (value === null ? "none" : `${value.toFixed(1)} ${name}`);
    values.set({
      steps: answer.steps.toLocaleString("en"),
      "steps used": answer.used.toLocaleString("en"),
      "signal to noise": answer.ratio === null ? "no error" : unit(answer.ratio, "dB"),
      "error level": unit(answer.error, "dBFS"),
    });
    speech.say(answer.said);
    play.stop();
  };
  model.on("change:answer", show);
  show();
  el.append(root);
  return () => {
    model.off("change:answer", show);
    controls.forEach(({ stop }) => stop());
    speech.stop();
    play.close();
  };
}

export default { render };
