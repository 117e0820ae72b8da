// A rainbowgram in layers: Python computes the picture and the numbers, this shows and plays them.

const LAYERS = ["loudness", "phase", "turn", "rainbowgram"];
const [LOWEST, OCTAVES] = [65.406, 6];
const LEGENDS = {
  loudness: "brightness: loudness, white the loudest, dark 70 dB below",
  phase: "hue: the angle of the phase",
  turn: "hue: how far the phase turns per frame",
  rainbowgram: "hue: turn of the phase per frame; brightness: loudness",
};

/** Share of the height, from the top, at which a frequency lies. */
const height = (hertz) => 1 - Math.log2(hertz / LOWEST) / OCTAVES;

/** The wheel of hues, the same colours as in Python (OKLCh, lighter on the left). */
function wheel(canvas) {
  const size = canvas.width, ink = canvas.getContext("2d"), image = ink.createImageData(size, size);
  for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) {
    const x = (2 * column) / (size - 1) - 1, y = 1 - (2 * row) / (size - 1), r = Math.hypot(x, y);
    if (r > 1 || r < 0.5) continue;
    const angle = Math.atan2(y, x), [c, s] = [Math.cos(angle), Math.sin(angle)];
    const [l, a, b] = [0.7 - 0.13 * c, 0.13 * c, 0.13 * s];
    const cones = [l + 0.3963377774 * a + 0.2158037573 * b, l - 0.1055613458 * a - 0.0638541728 * b,
      l - 0.0894841775 * a - 1.291485548 * b].map((v) => v ** 3);
    const linear = [[4.0767416621, -3.3077115913, 0.2309699292],
      [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.707614701]]
      .map((weights) => weights.reduce((sum, w, i) => sum + w * cones[i], 0));
    const place = 4 * (row * size + column);
    linear.forEach((v, i) => {
      const clipped = Math.min(1, Math.max(0, v));
      image.data[place + i] = 255 * (clipped <= 0.0031308 ? 12.92 * clipped
        : 1.055 * clipped ** (1 / 2.4) - 0.055);
    });
    image.data[place + 3] = 255;
  }
  ink.putImageData(image, 0, 0);
}

function render({ model, el }) {
  const root = element("section", "nse-explorer rainbow-layers");
  root.setAttribute("aria-label", "Rainbowgram in layers");
  keepKeys(root);
  const seconds = model.get("seconds");
  const controls = [
    choice(model, "sound", "Sound", model.get("names")),
    choice(model, "layer", "Layer", LAYERS),
    slider(model, "moment", "Moment", { min: 0, max: seconds, step: 0.05 }, (v) => `${v.toFixed(2)} s`),
  ];
  const frame = element("div", "frame picture");
  const ticks = element("div", "ticks");
  for (const hertz of [125, 250, 500, 1000, 2000, 4000]) {
    const tick = element("span", "", `${hertz.toLocaleString("en")} Hz`);
    tick.style.top = `${100 * height(hertz)}%`;
    ticks.append(tick);
  }
  const plot = element("div", "plot");
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  const [cursor, playhead, spot] = ["cursor", "playhead", "spot"].map((name) => element("div", name));
  playhead.hidden = true;
  plot.append(canvas, cursor, spot, playhead);
  const legend = element("div", "legend");
  const ring = Object.assign(document.createElement("canvas"), { width: 88, height: 88 });
  ring.setAttribute("aria-hidden", "true");
  wheel(ring);
  const words = element("div", "");
  const quarters = element("div", "", "right 0, top ¼, left ½, bottom −¼ turn");
  legend.append(ring, words, quarters);
  const below = element("div", "below");
  below.append(element("span", "", "0 s"), element("span", "", "Time"), element("span", "", `${seconds} s`));
  frame.append(ticks, plot, legend, below);
  const values = readouts(["loudest bin", "loudness", "turn per frame", "frequency"]);
  const speech = spoken();
  const play = players(["sound"], model.get("sample_rate"), () => floats(model.get("samples")), (at) => {
    playhead.hidden = at === null;
    playhead.style.left = `${Math.min(100, (100 * (at ?? 0)) / seconds)}%`;
  });
  root.append(...controls.map(({ row }) => row), frame, values.list, play.row, speech.line);

  const paint = () => {
    const [rows, columns] = model.get("shape");
    const view = model.get("pixels");
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
    Object.assign(canvas, { width: columns, height: rows });
    canvas.getContext("2d").putImageData(
      new ImageData(new Uint8ClampedArray(bytes), columns, rows), 0, 0);
    const layer = model.get("layer");
    canvas.setAttribute("aria-label", `${model.get("sound")}, ${layer}; ${LEGENDS[layer]}`);
    words.textContent = LEGENDS[layer];
    ring.hidden = quarters.hidden = layer === "loudness";
    play.stop();
  };
  const read = () => {
    const answer = model.get("answer");
    const silent = answer.turn === null;
    values.set({
      "loudest bin": silent ? "none" : `${answer.bin.toFixed(1)} Hz`,
      loudness: `${Math.round(answer.level) || 0} dB`,
      "turn per frame": silent ? "none" : `${answer.turn < 0 ? "−" : "+"}${Math.abs(answer.turn).toFixed(3)}`,
      frequency: silent ? "none" : `${answer.frequency.toFixed(1)} Hz`,
    });
    cursor.style.left = spot.style.left = `${(100 * model.get("moment")) / seconds}%`;
    spot.hidden = silent;
    if (!silent) spot.style.top = `${100 * height(answer.bin)}%`;
    speech.say(answer.said);
  };
  plot.onpointerdown = plot.onpointermove = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = plot.getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * seconds;
    model.set("moment", Math.round(at * 20) / 20);
    model.save_changes();
  };
  model.on("change:pixels", paint);
  model.on("change:answer", read);
  paint();
  read();
  el.append(root);
  return () => {
    model.off("change:pixels", paint);
    model.off("change:answer", read);
    controls.forEach(({ stop }) => stop());
    speech.stop();
    play.close();
  };
}

export default { render };
