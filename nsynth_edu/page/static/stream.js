// Sound that arrives in chunks. Each has its place in the sound; a chunk whose place is taken
// replaces everything from there on. The worklet stores and plays them, counts the gaps when it
// has nothing to play, and reports what it has played.

import { addWorklet, latest } from "./audio.js";
import { SCALE } from "./pcm.js";

const REPORT = 0.25; // s between two reports
const FADE = 0.02; // s

const WORKLET = `
registerProcessor("nse-live", class extends AudioWorkletProcessor {
  constructor({ processorOptions: { store } }) {
    super();
    this.store = store * sampleRate;
    this.ring = new Int16Array(4 * sampleRate);
    this.step = this.last = 0;
    this.restart();
    this.port.onmessage = ({ data }) => {
      if (data.at === 0) this.restart();
      data.samples.forEach((sample, i) => { this.ring[(data.at + i) % this.ring.length] = sample; });
      this.end = data.at + data.samples.length;
      if (this.flowing && data.at < this.played) this.join(); // its start has been played already
    };
  }
  restart() {
    if (this.flowing) this.join(0);
    Object.assign(this, { played: 0, end: 0, flow: 0, underruns: 0, flowing: false });
  }
  next() { return this.ring[this.played % this.ring.length] / ${SCALE}; }
  join(sample = this.next()) { this.step = this.last - sample; } // fade, do not click
  process(inputs, [[out]]) {
    const begins = !this.flowing && this.end - this.played >= this.store;
    if (begins) { this.flowing = true; this.flow += 1; this.join(); }
    for (let i = 0; i < out.length; i += 1) {
      if (this.flowing && this.played >= this.end) { this.flowing = false; this.underruns += 1; this.join(0); }
      this.last = (this.flowing ? this.next() : 0) + this.step;
      this.step *= 0.99;
      if (this.flowing) this.played += 1;
      out[i] = this.last;
    }
    if (begins || currentFrame % (Math.round(${REPORT} * sampleRate / 128) * 128) === 0) {
      const { played, end, flow, underruns } = this;
      this.port.postMessage({ played, flow, underruns, kept: end - played });
    }
    return true;
  }
});`;

/** A loudspeaker for chunks; it makes no sound, and no context, before `wake`.
 *
 * `store`: s of sound that it waits for before it plays. `level`: gain. `report({played, flow,
 * underruns, kept})` is called every quarter of a second: samples played, how often it has started
 * to play, gaps, samples in store.
 */
export function streamPlayer({ sampleRate, store, level, report }) {
  let context, node, gain, analyser, ready;
  const open = async () => {
    context = new AudioContext({ sampleRate });
    gain = new GainNode(context, { gain: level });
    analyser = new AnalyserNode(context, { fftSize: 2048 });
    await addWorklet(context, WORKLET);
    node = new AudioWorkletNode(context, "nse-live",
      { numberOfInputs: 0, outputChannelCount: [1], processorOptions: { store } });
    node.connect(gain).connect(analyser).connect(context.destination);
    node.port.onmessage = ({ data }) => report(data);
  };
  return {
    wake: async () => { // called by a gesture
      ready ??= open();
      context.resume();
      await ready;
    },
    resume: () => context?.resume(),
    play: (at, samples) => node?.port.postMessage({ at, samples }),
    silence: () => node?.port.postMessage({ at: 0, samples: [] }),
    turn: (to) => {
      level = to;
      gain?.gain.setTargetAtTime(level, context.currentTime, FADE);
    },
    heard: () => [...latest(analyser)],
    state: () => context?.state,
    end: () => context?.close(),
  };
}
