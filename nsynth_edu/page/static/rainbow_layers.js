// A rainbowgram in layers: Python computes the picture and the numbers, this shows and plays them.

import { phaseColor } from "./colors.js";
import { choice, readouts, slider, spoken } from "./controls.js";
import { element } from "./element.js";
import { within } from "./numbers.js";
import { bytesOf, pcmOf, toFloats } from "./pcm.js";
import { players } from "./players.js";
import { explorer } from "./view.js";

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

/** The wheel of hues. */
function wheel() {
  const size = 88;
  const canvas = element("canvas", "", [], { width: size, height: size, "aria-hidden": "true" });
  const ink = canvas.getContext("2d"), image = ink.createImageData(size, size);
  for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) {
    const x = (2 * column) / (size - 1) - 1, y = 1 - (2 * row) / (size - 1), r = Math.hypot(x, y);
    if (r > 1 || r < 0.5) continue;
    image.data.set([...phaseColor(Math.atan2(y, x)), 255], 4 * (row * size + column));
  }
  ink.putImageData(image, 0, 0);
  return canvas;
}

/** The picture with its axes, its legend, and the marks for moment, loudest bin and playing. */
function frame(seconds) {
  const ticks = element("div", "ticks", [125, 250, 500, 1000, 2000, 4000].map((hertz) => {
    const tick = element("span", "", `${hertz.toLocaleString("en")} Hz`);
    tick.style.top = `${100 * height(hertz)}%`;
    return tick;
  }));
  const canvas = element("canvas", "", [], { role: "img" });
  const [cursor, spot] = ["cursor", "spot"].map((name) => element("div", name));
  const playhead = element("div", "playhead", [], { hidden: true });
  const plot = element("div", "plot", [canvas, cursor, spot, playhead]);
  const [ring, words] = [wheel(), element("div")];
  const quarters = element("div", "", "right 0, top ¼, left ½, bottom −¼ turn");
  const row = element("div", "frame picture", [
    ticks, plot, element("div", "legend", [ring, words, quarters]),
    element("div", "below", ["0 s", "Time", `${seconds} s`].map((text) => element("span", "", text))),
  ]);
  return { row, plot, canvas, cursor, spot, playhead, ring, words, quarters };
}

export function render({ model, el }) {
  const seconds = model.get("seconds");
  const view = frame(seconds);
  const values = readouts(["loudest bin", "loudness", "turn per frame", "frequency"]);
  const speech = spoken();
  const sample = () => toFloats(pcmOf(model.get("samples")));
  const sound = players(["sound"], model.get("sample_rate"), sample, (at) => {
    view.playhead.hidden = at === null;
    view.playhead.style.left = `${Math.min(100, (100 * (at ?? 0)) / seconds)}%`;
  });
  const paint = () => {
    const [height, width] = model.get("shape");
    const bytes = new Uint8ClampedArray(bytesOf(model.get("pixels")));
    Object.assign(view.canvas, { width, height });
    view.canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
    const layer = model.get("layer");
    view.canvas.setAttribute("aria-label", `${model.get("sound")}, ${layer}; ${LEGENDS[layer]}`);
    view.words.textContent = LEGENDS[layer];
    view.ring.hidden = view.quarters.hidden = layer === "loudness";
    sound.stop();
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
    view.cursor.style.left = view.spot.style.left = `${(100 * model.get("moment")) / seconds}%`;
    view.spot.hidden = silent;
    if (!silent) view.spot.style.top = `${100 * height(answer.bin)}%`;
    speech.say(answer.sentence);
  };
  view.plot.onpointerdown = view.plot.onpointermove = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = view.plot.getBoundingClientRect();
    const at = within((event.clientX - box.left) / box.width) * seconds;
    model.set("moment", Math.round(at * 20) / 20);
    model.save_changes();
  };
  return explorer({ model, el }, "rainbow-layers", "Rainbowgram in layers", [
    choice(model, "sound", "Sound", model.get("names")),
    choice(model, "layer", "Layer", LAYERS),
    slider(model, "moment", "Moment", { min: 0, max: seconds, step: 0.05 }, (v) => `${v.toFixed(2)} s`),
    view, values, sound, speech,
  ], { "change:pixels": paint, "change:answer": read });
}
