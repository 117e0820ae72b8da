// What every pad has: a surface with names on it, a panel, and a hand or keys that play it.

import { button, element } from "./element.js";
import { noteName } from "./notes.js";
import { hundredths, toPlace } from "./numbers.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The elements of a pad; `chips` are the names, one for each colour. */
export function padOf(kind, attributes, colors, help, piano) {
  const id = `nse-${Math.random().toString(36).slice(2)}`;
  const chips = colors.map((color) => {
    const chip = element("span", "chip");
    chip.style.setProperty("--corner", color);
    return chip;
  });
  const surface = element("div", "surface", chips,
    { tabIndex: 0, "aria-describedby": id, ...attributes });
  const [play, live] = [button("play"), element("p", "live", "", { "aria-live": "polite" })];
  const words = element("p", "help", help, { id });
  const panel = element("div", "panel");
  const root = element("div", `nse-plane ${kind}`.trim(), [surface, panel]);
  root.dataset.lmSuppressShortcuts = "true"; // letters play notes here, not JupyterLab commands
  return { root, surface, chips, panel, play, live, help: words, piano };
}

/** Say on the button what it does now. */
export function label(play, action, playing, note) {
  play.textContent = playing ? "■ Stop" : `▶ ${action}`;
  play.setAttribute("aria-label", `${playing ? "Stop" : action} ${noteName(note)}`);
}

/** Let a hand and keys play a pad.
 *
 * `place()` is where the point is, `move(x, y)` and `toggle()` are what arrow keys and Space do,
 * `begin()` a touch; `press(midi)` and `release(midi)` the letters, `leave()` when they go to
 * another part of the page. `margins`: px from the edges of the surface to its outermost places.
 */
export function hands({ root, surface, piano }, { place, move, toggle, begin, lift, press,
  release = () => {}, leave = () => {}, margins = [0, 0] }) {
  const follow = ({ clientX, clientY }) => {
    const box = surface.getBoundingClientRect();
    move(toPlace(clientX - box.left, box.width, margins[0]),
      toPlace(clientY - box.top, box.height, margins[1]));
  };
  surface.onpointerdown = (event) => {
    surface.setPointerCapture(event.pointerId);
    begin();
    follow(event);
  };
  surface.onpointermove = (event) => {
    if (surface.hasPointerCapture(event.pointerId)) follow(event);
  };
  root.onpointerup = lift; // a browser lets a finger start sound when it is lifted

  const held = new Map(); // letter -> the note it plays
  const act = (event, key) => {
    const midi = piano.noteOf(key);
    const onSurface = event.target === surface;
    if (midi !== undefined) {
      if (!event.repeat) press(held.set(key, midi).get(key));
    } else if (onSurface && ARROWS[event.key]) {
      const { x, y } = place();
      const [dx, dy] = ARROWS[event.key].map((step) => step * (event.shiftKey ? 0.01 : 0.05));
      move(hundredths(x + dx), hundredths(y + dy));
    } else if (onSurface && (key === " " || key === "enter")) {
      if (!event.repeat) toggle();
    } else return false;
    return true;
  };
  root.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Tab") return;
    if (!act(event, event.key.toLowerCase())) return;
    event.preventDefault();
    event.stopPropagation();
  };
  root.onkeyup = (event) => release(held.get(event.key.toLowerCase()));
  root.onfocusout = leave;
}
