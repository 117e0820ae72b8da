// The page of a live instrument: the network plays in it while a hand moves between four sounds.

import { slider } from "./controls.js";
import { missing, voicePlayer } from "./live_player.js";
import { livePad, weights } from "./live_view.js";
import { localModel } from "./model.js";
import { noteName, octave, piano } from "./notes.js";
import { hundredths, within } from "./numbers.js";
import { hands, label } from "./pad.js";

const byId = (id) => document.getElementById(id).textContent;
const bytes = (text) => Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
const { names, frames, sample_rate: sampleRate } = JSON.parse(byId("about"));
const [problem, wasm] = [document.querySelector("[role=alert]"), bytes(byId("wasm"))];
let [place, note, playing, starting, moves] = [{ x: 0.5, y: 0.5 }, 60, false, false, 0];
let state = { played: 0, kept: 0, store: 0, gaps: 0, move: 0, flowing: false, speed: 0 };
const times = { moved: new Map(), late: [] }; // when a hand moved, ms; how long until it was played

const hand = () => ({ weights: weights(place), note, move: moves });
const player = voicePlayer({ worker: byId("worker"), wasm, weights: bytes(byId("weights")),
  corners: { frames, z: new Float32Array(bytes(byId("corners")).buffer) }, hand: hand(), sampleRate,
  report: (news) => {
    state = { ...state, ...news };
    if (times.started && state.flowing) times.first ??= performance.now() - times.started;
    if (times.moved.has(state.move)) {
      times.late.push(performance.now() - times.moved.get(state.move));
      times.moved.clear();
    }
    show();
  } });
const volume = localModel({ level: 80 });
const level = slider(volume, "level", "Level", { min: 0, max: 100, step: 1 }, (v) => `${v} %`);
volume.on("change:level", () => player.turn(volume.get("level") / 100));

async function start() {
  if (playing || starting || problem.textContent) return;
  starting = true;
  times.started ??= performance.now();
  try {
    await player.start();
    playing = true;
  } catch (why) {
    problem.textContent = why.message;
  }
  starting = false;
  show();
}
function stop() {
  player.stop();
  playing = false;
  show();
}
const toggle = () => (playing ? stop() : start());
function moved() {
  moves += 1;
  times.moved.set(moves, performance.now());
  player.move(hand());
  show();
}
function move(x, y) {
  place = { x: hundredths(within(x)), y: hundredths(within(y)) };
  moved();
}
function pick(midi) {
  note = midi;
  moved();
}

const keys = piano(pick);
const view = livePad(names, keys, level);
function show() {
  view.ring.style.left = `${100 * place.x}%`;
  view.ring.style.top = `${100 * place.y}%`;
  weights(place).forEach((weight, i) => {
    view.chips[i].textContent = `${names[i]} ${Math.round(100 * weight)} %`;
  });
  label(view.play, "Play live", playing, note);
  view.meter.textContent = [noteName(note), ...(playing
    ? [`${Math.round((1000 * state.kept) / sampleRate)} ms in store`] : []), `gaps: ${state.gaps}`,
  ...(state.speed ? [`made at ${state.speed.toFixed(1)} times real time`] : [])].join(", ");
  keys.show(octave(60), note);
}

hands(view, { place: () => place, move, toggle, begin: start, press: pick, lift: player.resume });
view.play.onclick = toggle;
view.root.livePad = { // for tests
  state: () => ({ ...state, ...place, playing, late: times.late, first: times.first }),
  heard: player.heard, delay: player.delay,
};
document.getElementById("pad").append(view.root);
problem.textContent = missing(wasm);
show();
