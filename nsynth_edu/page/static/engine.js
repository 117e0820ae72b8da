// One voice of the pocket decoder, made in the page by decoder.wasm (source: page/decoder.c).

import { LiveClock } from "./live_clock.js";
import { Postfilter } from "./postfilter.js";

const FORMAT = 1; // of the weights file, see generation/page_weights.py
const CHANNELS = 16; // of z, and of the pitch's embedding
const UNKNOWN_PITCH = 128;
const MEAN = -1; // in place of a number to draw with
const MOST = 512; // samples of one run
const STEP = 16; // a run makes a multiple of it
const [CLASSES, PHASE, TAPS] = [256, 32, 4];

/** The header of a weights file, and where its numbers begin. */
function headerOf(file) {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(4, 4 + length)));
  if (header.format !== FORMAT) {
    throw new Error(`These weights have format ${header.format}; expected ${FORMAT}. ` +
      "Write the page again with this version of nsynth-edu.");
  }
  return { header, numbers: file.subarray(4 + length) };
}

/** A class number, fractions allowed, as an amplitude. */
export function muLawDecode(class_) {
  const signed = class_ - CLASSES / 2; // half a step up, to the step's middle, but silence stays
  const curve = (signed + Math.min(Math.abs(signed), 1) / 2) / (CLASSES / 2);
  return (Math.sign(curve) / (CLASSES - 1)) * (CLASSES ** Math.abs(curve) - 1);
}

export class Voice {
  /** `module`: WebAssembly.Module of decoder.wasm. `weights`: Uint8Array, the weights file. */
  constructor(module, weights, { seed = 1 } = {}) {
    const { header, numbers } = headerOf(weights);
    this.wasm = new WebAssembly.Instance(module, {}).exports;
    const { memory, weights_size: size } = this.wasm;
    if (numbers.length !== size()) {
      throw new Error(`The weights have ${numbers.length} bytes; the engine expects ${size()}. ` +
        "Write the page again, so that both are of one version.");
    }
    const at = (name, length, Kind = Float32Array) =>
      new Kind(memory.buffer, this.wasm[name](), length);
    at("weights", size(), Uint8Array).set(numbers);
    this.about = header;
    this.embedding = at("pitch", (UNKNOWN_PITCH + 1) * CHANNELS);
    this.conditionedOn = at("conditioned_on", 2 * CHANNELS);
    this.waves = at("waves", MOST * PHASE);
    this.delays = at("delays", MOST * 4 * TAPS, Int32Array);
    this.shares = at("shares", MOST * 4 * TAPS);
    this.uniforms = at("uniforms", MOST);
    this.forced = at("forced", MOST);
    this.classes = at("classes", MOST);
    this.logits = at("logits", MOST * CLASSES);
    this.sampling = header.sampling; // "mean", "random" or "auto"
    this.temperature = header.temperature;
    this.state = seed;
    this.restart();
  }

  /** Forget all that was played. */
  restart() {
    const { sample_rate: sampleRate, hop_length: hopLength, level_map: levelMap } = this.about;
    this.wasm.reset();
    this.clock = new LiveClock({ sampleRate, hopLength, harmonics: PHASE / 2 });
    this.postfilter = levelMap && new Postfilter(levelMap);
    this.last = 0; // sample before the postfilter, for the inverse of pre-emphasis
    this.pitch = this.midi ?? null;
  }

  /** MIDI number, fractions allowed; NaN = not pitched, null = unknown. May change while it plays. */
  get pitch() { return this.midi; }
  set pitch(midi) {
    this.midi = midi;
    const row = midi === null || Number.isNaN(midi) ? UNKNOWN_PITCH : halfToEven(midi);
    const first = row * CHANNELS;
    this.conditionedOn.set(this.embedding.subarray(first, first + CHANNELS), CHANNELS);
    this.clock.glideTo(midi ?? NaN);
  }

  /** `count` samples (a multiple of 16, at most 512) of a frame of z, Float32Array. */
  push(z, count = MOST) {
    if (count % STEP || count < STEP || count > MOST || z.length !== CHANNELS) {
      throw new Error(`push takes ${CHANNELS} numbers of z and a multiple of ${STEP} samples up ` +
        `to ${MOST}; it was given ${z.length} and ${count}.`);
    }
    const mean = this.sampling === "mean" || (this.sampling === "auto" && !Number.isNaN(this.midi));
    for (let n = 0; n < count; n += 1) this.uniforms[n] = mean ? MEAN : this.#random();
    this.condition(z);
    this.run(count);
    const sound = new Float32Array(count);
    for (let n = 0; n < count; n += 1) {
      this.last = muLawDecode(this.classes[n]) + this.about.preemphasis * this.last;
      sound[n] = this.last;
    }
    return this.postfilter ? this.postfilter.filter(sound, z, Number.isFinite(this.midi ?? NaN)) : sound;
  }

  condition(z) {
    this.conditionedOn.set(z);
    this.wasm.condition();
  }

  /** Fill `classes` from `uniforms`; `force` goes on from `forced`, `keepLogits` fills `logits`. */
  run(count, { force = false, keepLogits = false } = {}) {
    const gliding = this.clock.fill(count, this.waves, this.delays, this.shares);
    this.wasm.run(count, this.temperature, gliding, force, keepLogits);
  }

  #random() { // xorshift, Marsaglia 2003
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 8) / 2 ** 24;
  }
}

/** To the nearest integer, from the middle between two to the even one, as NumPy and torch do. */
function halfToEven(x) {
  const below = Math.floor(x);
  if (x - below === 0.5) return below + (below % 2);
  return Math.round(x);
}
