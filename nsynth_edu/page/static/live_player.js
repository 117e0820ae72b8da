// A voice that is made in the page: a worker makes it, a worklet keeps some in store and plays it.

import { addWorklet, latest } from "./audio.js";

const [LEAST, MORE, MOST] = [1024, 256, 2048]; // samples in store; how many more after a gap

const WORKLET = `
registerProcessor("nse-voice", class extends AudioWorkletProcessor {
  constructor() {
    super();
    Object.assign(this, { store: ${LEAST}, queue: [], at: 0, last: 0, step: 0, gaps: 0, move: 0 });
    this.restart();
    this.port.onmessage = ({ data }) => {
      if (data.feed) {
        this.feed = data.feed;
        this.feed.onmessage = ({ data: chunk }) => {
          if (chunk.flow !== this.flow) return;
          this.queue.push(chunk);
          this.kept += chunk.samples.length;
        };
      } else this.restart(data.flow);
    };
  }
  restart(flow) {
    if (this.flowing) this.step = this.last; // fade, do not click
    Object.assign(this, { flow, queue: [], at: 0, kept: 0, played: 0, flowing: false, gaps: 0 });
  }
  next() {
    const chunk = this.queue[0], sample = chunk.samples[this.at++];
    if (chunk.move !== this.move) { this.move = chunk.move; this.report(); }
    if (this.at === chunk.samples.length) { this.queue.shift(); this.at = 0; }
    this.kept -= 1;
    this.played += 1;
    return sample;
  }
  report() {
    const { played, kept, store, gaps, move, flowing } = this;
    this.port.postMessage({ played, kept, store, gaps, move, flowing });
  }
  process(inputs, [[out]]) {
    if (!this.flowing && this.kept >= this.store) { this.flowing = true; this.report(); }
    for (let i = 0; i < out.length; i += 1) {
      if (this.flowing && !this.kept) {
        this.flowing = false;
        this.gaps += 1;
        this.store = Math.min(this.store + ${MORE}, ${MOST});
        this.step = this.last;
        this.report();
      }
      this.last = (this.flowing ? this.next() : 0) + this.step;
      this.step *= 0.99;
      out[i] = this.last;
    }
    const { flow, played, store } = this;
    if (this.feed && flow) this.feed.postMessage({ flow, played, store });
    if (currentFrame % 4096 === 0) this.report();
    return true;
  }
});`;

/** Why no voice can be made here, in a sentence; "" where it can. `wasm`: Uint8Array. */
export function missing(wasm) {
  if (!globalThis.WebAssembly?.validate(wasm)) {
    return "This browser lacks WebAssembly SIMD, which the network needs: use one from 2023 or later.";
  }
  if (!globalThis.AudioWorkletNode) {
    return "This page may not make live sound: open it as https, as localhost, or from a file.";
  }
  return "";
}

/** A player of one voice; it makes no sound, and no context, before `start`.
 *
 * `worker`: source of the worker. `wasm`, `weights`: Uint8Array. `corners`: {frames, z (4, frames,
 * 16)}. `hand`: {weights, note, move}. `report({played, kept, store, gaps, move, flowing})` is
 * called as it plays, `{speed}` once a second, `{problem}` when there is one.
 */
export function voicePlayer({ worker: source, wasm, weights, corners, hand, sampleRate, report }) {
  let context, node, gain, analyser, worker, ready, timer;
  let [flow, level] = [0, 0.8];
  const load = async (feed) => {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(url);
    const module = await WebAssembly.compile(wasm);
    await new Promise((done, fail) => {
      worker.onerror = () => fail(new Error("The worker that makes the sound does not start."));
      worker.onmessage = ({ data }) => {
        if (data.ready) done();
        else if (data.problem) fail(new Error(data.problem));
        else report(data);
      };
      worker.postMessage({ kind: "load", module, weights, corners, feed, hand }, [feed]);
    });
    URL.revokeObjectURL(url);
  };
  const open = async () => {
    const { port1, port2 } = new MessageChannel();
    context = new AudioContext({ sampleRate, latencyHint: "interactive" });
    gain = new GainNode(context, { gain: level });
    analyser = new AnalyserNode(context, { fftSize: 2048 });
    await Promise.all([addWorklet(context, WORKLET), load(port1)]);
    node = new AudioWorkletNode(context, "nse-voice", { numberOfInputs: 0, outputChannelCount: [1] });
    node.connect(gain).connect(analyser).connect(context.destination);
    node.port.onmessage = ({ data }) => report(data);
    node.port.postMessage({ feed: port2 }, [port2]);
  };
  return {
    start: async () => { // called by a gesture
      ready ??= open();
      context?.resume();
      await ready;
      flow += 1;
      node.port.postMessage({ flow });
      worker.postMessage({ kind: "start", flow, store: LEAST });
      timer ??= setInterval(() => worker.postMessage({ kind: "speed" }), 1000);
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
      worker?.postMessage({ kind: "stop" });
      node?.port.postMessage({ flow: 0 });
    },
    resume: () => context?.resume(),
    move: (to) => {
      hand = to;
      worker?.postMessage({ kind: "hand", hand });
    },
    turn: (to) => {
      level = to;
      gain?.gain.setTargetAtTime(level, context.currentTime, 0.02);
    },
    heard: () => [...latest(analyser)],
    delay: () => context.outputLatency,
  };
}
