// Record a note with a level meter, a count-in and another try; or take it from a file.

import { peakOf, playOnce } from "./audio.js";
import { button, element } from "./element.js";
import { joined, microphone, refusal } from "./microphone.js";
import { pcmOf, toFloats } from "./pcm.js";
import { listen } from "./view.js";

const BEAT = 600; // ms between two numbers of the count-in
const FLOOR = -60; // dB, the meter's left end

const decibels = (amplitude) => 20 * Math.log10(Math.max(amplitude, 1e-5));

function meter() {
  const fill = element("div", "fill");
  const bar = element("div", "meter", [fill], { "aria-hidden": "true" }); // it changes too often to be read aloud
  const value = element("output", "value", "off");
  const row = element("div", "control", [element("span", "label", "Level"), bar, value]);
  let held = 0;
  const show = (peak) => {
    held = Math.max(peak, held * 0.93);
    const level = decibels(held);
    fill.style.width = `${100 * Math.max(0, 1 - level / FLOOR)}%`;
    fill.classList.toggle("over", held >= 0.99);
    value.textContent = held >= 0.99 ? "too loud" : `${level.toFixed(0).replace("-", "−")} dB`;
  };
  const off = () => {
    held = 0;
    fill.style.width = "0";
    value.textContent = "off";
  };
  return { row, show, off };
}

function build(task, level) {
  const record = button("record");
  const play = button("play", "▶ Play take");
  const file = element("input", "", [], { type: "file", accept: "audio/*,.wav,.flac,.ogg,.aiff", hidden: true });
  const choose = button("choose", "Choose a file", { onclick: () => file.click() });
  const count = element("p", "count", "", { "aria-live": "assertive" });
  const live = element("p", "said", "", { "aria-live": "polite" });
  const root = element("div", "nse-explorer recorder", [element("p", "task", task), level.row,
    element("div", "players", [record, play, choose, file]), count, live]);
  return { root, record, play, file, choose, count, live };
}

export function render({ model, el }) {
  const level = meter();
  const view = build(model.get("task"), level);
  let state = "idle", mic, blocks = [], timer, source, context;
  const say = (text) => { view.live.textContent = text; };
  const show = () => {
    const idle = model.get("taken") ? "● Record again" : "● Record";
    view.record.textContent = { idle, recording: "■ Stop" }[state] ?? "■ Cancel";
    view.play.disabled = view.choose.disabled = state !== "idle";
    view.play.hidden = !model.get("taken");
  };
  const enter = (next) => {
    state = next;
    show();
  };
  const close = () => {
    clearTimeout(timer);
    mic?.close();
    mic = undefined;
    view.count.textContent = "";
    level.off();
    enter("idle");
  };
  const finish = () => {
    const samples = joined(blocks);
    const { rate, processed } = mic;
    close();
    if (!samples.length) return say("Nothing arrived from the microphone. Press Record again.");
    model.send({ kind: "take", rate, processed }, undefined, [samples.buffer]);
  };
  const receive = (samples) => {
    if (!mic) return; // the last blocks of a microphone that is closed already
    level.show(peakOf(samples));
    if (state !== "recording") return;
    blocks.push(samples);
    const made = blocks.length * samples.length / mic.rate;
    view.count.textContent = `Recording: ${Math.max(0, model.get("seconds") - made).toFixed(1)} s left`;
    if (made >= model.get("seconds")) finish();
  };
  const begin = () => {
    blocks = [];
    view.count.setAttribute("aria-live", "off"); // not every tenth of a second
    enter("recording");
  };
  const countIn = (left) => {
    if (!left) return begin();
    view.count.setAttribute("aria-live", "assertive");
    view.count.textContent = `${left} …`;
    timer = setTimeout(() => countIn(left - 1), BEAT);
  };
  const start = async () => {
    source?.stop();
    say("");
    enter("asking");
    try {
      mic = await microphone(receive);
    } catch (problem) {
      close();
      return say(refusal(problem));
    }
    if (state !== "asking") return close(); // cancelled while the browser asked
    enter("counting");
    countIn(model.get("count_in"));
  };
  view.record.onclick = () => ({ idle: start, recording: finish }[state] ?? close)();
  view.play.onclick = () => {
    source?.stop();
    context ??= new AudioContext();
    source = playOnce(context, toFloats(pcmOf(model.get("take"))), model.get("sample_rate"));
  };
  view.file.onchange = async () => {
    const [chosen] = view.file.files;
    if (!chosen) return;
    const most = model.get("largest");
    if (chosen.size > most) {
      say(`${chosen.name} has ${(chosen.size / 1e6).toFixed(0)} MB; at most ${most / 1e6} MB are read. Cut the note out first.`);
    } else {
      say(`Reading ${chosen.name} …`);
      model.send({ kind: "file", name: chosen.name }, undefined, [await chosen.arrayBuffer()]);
    }
    view.file.value = "";
  };
  const news = () => say(model.get("message"));
  const end = listen(model, { "change:message": news, "change:taken": show });
  news();
  show();
  el.append(view.root);
  return () => {
    end();
    close();
    source?.stop();
    context?.close();
  };
}
