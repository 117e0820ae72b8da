// A pad whose sound Python makes while it plays.

import { slider } from "./controls.js";
import { livePad, weights } from "./live_view.js";
import { localModel } from "./model.js";
import { noteName, octave, piano } from "./notes.js";
import { hundredths, within } from "./numbers.js";
import { hands, label } from "./pad.js";
import { pcmOf } from "./pcm.js";
import { streamPlayer } from "./stream.js";
import { listen } from "./view.js";

export function render({ model, el }) {
  const names = model.get("names");
  const base = octave(model.get("note"));
  let place = { x: model.get("x"), y: model.get("y") };
  let state = { played: 0, flow: 0, underruns: 0, kept: 0 };
  const playing = () => model.get("playing");

  const player = streamPlayer({ sampleRate: model.get("sample_rate"), store: model.get("store"),
    level: 0.8, report: (news) => {
      state = news;
      const { played: samples, flow, underruns } = news;
      if (playing()) model.send({ kind: "played", samples, flow, underruns });
      show();
    } });
  const volume = localModel({ level: 80 });
  const level = slider(volume, "level", "Level", { min: 0, max: 100, step: 1 }, (v) => `${v} %`);
  volume.on("change:level", () => player.turn(volume.get("level") / 100));

  const start = async () => {
    try {
      await player.wake();
    } catch (problem) {
      view.live.textContent = "This page may not make live sound: open it as localhost or https " +
        `(${problem.message}).`;
      return;
    }
    model.send({ kind: "start" });
  };
  const stop = () => playing() && model.send({ kind: "stop" });
  const toggle = () => (playing() ? stop() : start());
  const receive = ({ kind, at }, buffers) => {
    if (kind === "silence") player.silence();
    if (kind === "sound") player.play(at, pcmOf(buffers[0]));
  };
  const update = (values) => { // at once; while Python has not answered, the last values count
    model.set(values);
    model.save_changes();
  };
  const move = (x, y) => {
    place = { x: hundredths(within(x)), y: hundredths(within(y)) };
    update(place);
    show();
  };
  const pick = (midi) => update({ note: midi });

  const keys = piano(pick);
  const view = livePad(names, keys, level);
  const meter = () => {
    const gaps = playing() ? state.underruns : model.get("underruns");
    const [store, speed] = [state.kept / model.get("sample_rate"), model.get("speed")];
    return [noteName(model.get("note")), ...(playing() ? [`${Math.round(1000 * store)} ms in store`] : []),
      `gaps: ${gaps}`, ...(speed ? [`made at ${speed.toFixed(1)} times real time`] : [])].join(", ");
  };
  const show = () => {
    view.ring.style.left = `${100 * place.x}%`;
    view.ring.style.top = `${100 * place.y}%`;
    weights(place).forEach((weight, i) => {
      view.chips[i].textContent = `${names[i]} ${Math.round(100 * weight)} %`;
    });
    label(view.play, "Play live", playing(), model.get("note"));
    view.meter.textContent = meter();
    keys.show(base, model.get("note"));
  };
  const announce = async () => {
    view.live.textContent = model.get("message");
    show();
    const kept = model.get("fallback");
    if (!model.get("message").includes("too slow") || !kept || view.below.childElementCount) return;
    const other = await model.widget_manager.get_model(kept.replace("IPY_MODEL_", ""));
    view.below.append((await model.widget_manager.create_view(other)).el);
  };

  hands(view, { place: () => place, move, toggle, begin: () => playing() || start(), press: pick,
    lift: player.resume });
  view.play.onclick = toggle;
  window.addEventListener("pagehide", stop);
  const end = listen(model, { "msg:custom": receive, "change:playing change:speed change:note": show,
    "change:message": announce });
  view.root.livePad = { // for tests
    state: () => ({ ...state, ...place, playing: playing(), context: player.state() }),
    heard: player.heard,
  };
  el.append(view.root);
  announce();
  return () => {
    end();
    window.removeEventListener("pagehide", stop);
    stop();
    player.end();
  };
}
