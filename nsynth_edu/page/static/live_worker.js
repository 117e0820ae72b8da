// The thread in which the voice of a page is made, a few milliseconds at a time.

import { Voice } from "./engine.js";

const CHUNK = 128; // samples
const WARM_UP = 4; // silent chunks: a browser compiles again what it runs often
const LOOP = [16, 62]; // frames that are repeated to and fro while a note is held
let voice, corners, feed, hand, made, played, store, flow;
const busy = { seconds: 0, samples: 0 };
const next = new MessageChannel(); // lets messages in between two chunks

/** The frame of an encoding to play as number `frame`, as in Python's LiveVoice. */
function place(frame, frames) {
  const [first, last] = LOOP.map((end) => Math.min(end, frames - 1));
  if (frame <= last || first === last) return Math.min(frame, last);
  const step = (frame - last) % (2 * (last - first));
  return step <= last - first ? last - step : first + step - (last - first);
}

/** z where the hand is: the four corners, mixed. */
function mixed() {
  const { frames, z } = corners; // z (4, frames, 16)
  const first = 16 * place(Math.floor(made / voice.about.hop_length), frames);
  return Float32Array.from({ length: 16 }, (_, k) =>
    hand.weights.reduce((sum, weight, c) => sum + weight * z[16 * frames * c + first + k], 0));
}

function chunk() {
  if (voice.pitch !== hand.note) voice.pitch = hand.note;
  const begin = performance.now();
  const samples = voice.push(mixed(), CHUNK);
  busy.seconds += (performance.now() - begin) / 1000;
  busy.samples += CHUNK;
  made += CHUNK;
  return samples;
}

next.port1.onmessage = () => {
  if (flow === undefined || made - played >= store) return;
  feed.postMessage({ flow, samples: chunk(), move: hand.move });
  next.port2.postMessage(0);
};

function restart() {
  [made, played] = [0, 0];
  voice.restart();
}

onmessage = ({ data }) => {
  if (data.kind === "load") {
    ({ corners, feed, hand } = data);
    try {
      voice = new Voice(data.module, data.weights, { seed: (Math.random() * 2 ** 31) | 1 });
    } catch (problem) {
      postMessage({ problem: problem.message });
      return;
    }
    restart();
    for (let i = 0; i < WARM_UP; i += 1) chunk();
    feed.onmessage = ({ data: news }) => {
      if (news.flow !== flow) return;
      ({ played, store } = news);
      next.port2.postMessage(0);
    };
    postMessage({ ready: true });
  }
  if (data.kind === "hand") hand = data.hand;
  if (data.kind === "start") {
    ({ flow, store } = data);
    restart();
    Object.assign(busy, { seconds: 0, samples: 0 });
    next.port2.postMessage(0);
  }
  if (data.kind === "stop") flow = undefined;
  if (data.kind === "speed") {
    postMessage({ speed: busy.samples / voice.about.sample_rate / Math.max(busy.seconds, 1e-3) });
  }
};
