// Less hiss under a tone, and the level that z asks for; the same numbers as
// generation/postfilter.py, where the reasons stand.

import { transform } from "./fft.js";
import { within } from "./numbers.js";

const MEASURED = 512; // newest samples that are measured, and those over which a change is spread
const BINS = MEASURED / 2 + 1;
const TAPS = 64;
const BANDS = 8;
const [THRESHOLD, SLOPE, DEEPEST] = [-25, 2, 12]; // dB, dB per dB, dB
const LIMIT = 6; // dB
const QUIET = [-60, -50]; // dB

const decibels = (power) => 10 * Math.log10(power);
const clip = (value, low, high) => Math.min(high, Math.max(low, value));

/** (BANDS, BINS): triangles, evenly spaced in mel. */
const TRIANGLES = (() => {
  const mel = (bin) => 2595 * Math.log10(1 + (8000 * bin) / (BINS - 1) / 700);
  const width = mel(BINS - 1) / (BANDS - 1);
  return Array.from({ length: BANDS }, (_, band) => Float64Array.from({ length: BINS },
    (_, bin) => Math.max(0, 1 - Math.abs(mel(bin) / width - band))));
})();
const WINDOW = Float64Array.from({ length: MEASURED },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / MEASURED));
const UNTOUCHED = Float64Array.from({ length: TAPS }, (_, i) => Number(i === 0));

/** How much softer each frequency is to become, (BINS,) dB. */
function softerBands(frame) {
  const [real, imaginary] = [frame.map((x, i) => x * WINDOW[i]), new Float64Array(MEASURED)];
  transform(real, imaginary);
  const power = Float64Array.from({ length: BINS }, (_, i) => real[i] ** 2 + imaginary[i] ** 2);
  const all = decibels(power.reduce((a, b) => a + b) + 1e-9);
  const softer = new Float64Array(BINS);
  for (const triangle of TRIANGLES) {
    const own = decibels(power.reduce((sum, each, i) => sum + each * triangle[i], 0) + 1e-9);
    const off = clip(SLOPE * (all + THRESHOLD - own), 0, DEEPEST);
    for (let i = 0; i < BINS; i += 1) softer[i] -= off * triangle[i];
  }
  return softer;
}

/** The filter of a frequency response that delays the sound least, (TAPS,), by its cepstrum. */
function minimumPhase(response) {
  const scale = Math.log(10) / 20;
  const real = Float64Array.from({ length: MEASURED },
    (_, i) => scale * response[i < BINS ? i : MEASURED - i]);
  const imaginary = new Float64Array(MEASURED);
  transform(real, imaginary, 1);
  for (let i = 0; i < MEASURED; i += 1) {
    const share = i === 0 || i === MEASURED / 2 ? 1 : 2;
    real[i] *= i > MEASURED / 2 ? 0 : share / MEASURED;
  }
  imaginary.fill(0);
  transform(real, imaginary);
  for (let i = 0; i < MEASURED; i += 1) {
    const [size, angle] = [Math.exp(real[i]), imaginary[i]];
    [real[i], imaginary[i]] = [size * Math.cos(angle), size * Math.sin(angle)];
  }
  transform(real, imaginary, 1);
  return real.slice(0, TAPS).map((x) => x / MEASURED);
}

/** How loud a frame is meant to be, dB; `map`: see models/level.py. */
function levelOf(map, z) {
  let [level, at] = [map[0], 1];
  for (const one of z) level += map[at++] * one;
  for (let i = 0; i < z.length; i += 1) {
    for (let j = i; j < z.length; j += 1) level += map[at++] * z[i] * z[j];
  }
  return clip(level, -80, 0);
}

/** One voice's postfilter at work. */
export class Postfilter {
  constructor(levelMap) {
    this.levelMap = levelMap;
    this.past = new Float64Array(MEASURED);
    this.taps = UNTOUCHED.slice();
    this.gain = 0; // dB
  }

  /** The next piece of sound, Float32Array; `pitched`: whether it has a pitch that is known. */
  filter(sound, z, pitched) {
    const signal = new Float64Array(MEASURED + sound.length);
    signal.set(this.past);
    signal.set(sound, MEASURED);
    this.past = signal.slice(-MEASURED);
    const taps = pitched ? minimumPhase(softerBands(this.past)) : UNTOUCHED;
    const made = new Float64Array(sound.length);
    for (let n = 0; n < made.length; n += 1) {
      const way = Math.min((n + 1) / MEASURED, 1);
      let [before, after] = [0, 0];
      for (let k = 0; k < TAPS; k += 1) {
        const sample = signal[MEASURED + n - k];
        before += this.taps[k] * sample;
        after += taps[k] * sample;
      }
      made[n] = before + (after - before) * way;
    }
    const last = Math.min(sound.length / MEASURED, 1);
    this.taps = this.taps.map((tap, k) => tap + (taps[k] - tap) * last);
    const peak = made.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const [from, rise] = [this.gain, (pitched ? this.#gainTo(peak, z) : 0) - this.gain];
    this.gain = from + rise * last;
    return Float32Array.from(made, (x, n) =>
      clip(x * 10 ** ((from + rise * Math.min((n + 1) / MEASURED, 1)) / 20), -1, 1));
  }

  #gainTo(peak, z) {
    const loudness = decibels(this.past.reduce((sum, x) => sum + x * x, 0) / MEASURED + 1e-8);
    const gain = clip(levelOf(this.levelMap, z) - loudness, -LIMIT, LIMIT);
    if (gain <= 0) return gain;
    const most = Math.max(0, -20 * Math.log10(peak + 1e-9)); // to full scale
    return Math.min(gain * within((loudness - QUIET[0]) / (QUIET[1] - QUIET[0])), most);
  }
}
