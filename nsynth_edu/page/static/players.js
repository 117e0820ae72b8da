// Sounds that are played once, at the level they have.

import { playOnce } from "./audio.js";
import { button, element } from "./element.js";

/** Buttons that play sounds one at a time. `sample(name)` gives floats.
 *
 * `moved(seconds)` is called while a sound plays, `moved(null)` when it ends. `toggle(name)` does
 * what the button of that name does.
 */
export function players(names, rate, sample, moved = () => {}) {
  let context, source, playing, frame;
  const toggle = (name) => (playing === name ? stop() : start(name));
  const buttons = names.map((name) => button("play", "", { onclick: () => toggle(name) }));
  const show = () => buttons.forEach((button, i) => {
    button.textContent = `${playing === names[i] ? "■" : "▶"} ${names[i]}`;
    button.setAttribute("aria-label", `${playing === names[i] ? "Stop" : "Play"} ${names[i]}`);
  });
  const stop = () => {
    if (source) source.onended = null;
    source?.stop();
    source = playing = undefined;
    cancelAnimationFrame(frame);
    moved(null);
    show();
  };
  const start = (name) => {
    stop();
    context ??= new AudioContext();
    source = playOnce(context, sample(name), rate);
    source.onended = stop;
    playing = name;
    const begin = context.currentTime;
    const follow = () => {
      moved(context.currentTime - begin);
      frame = requestAnimationFrame(follow);
    };
    follow();
    show();
  };
  show();
  const row = element("div", "players", buttons);
  return { row, buttons, toggle, stop, end: () => { stop(); context?.close(); } };
}
