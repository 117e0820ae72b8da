// Notes by name, and twelve keys that play them.

import { element } from "./element.js";

const LETTERS = "awsedftgyhuj"; // as on a piano: A is C, W is C sharp, S is D ...
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

export const noteName = (midi) => `${NAMES[midi % 12]}${Math.floor(midi / 12) - 1}`;

export const octave = (midi) => 12 * Math.floor(midi / 12); // the C below

/** Twelve keys for fingers, and the letters that stand for them.
 *
 * `show(lowest, note)` moves them to an octave and marks the key of a note.
 */
export function piano(press, release = () => {}) {
  let base;
  const keys = [...LETTERS].map((letter, i) => {
    const kind = NAMES[i].length > 1 ? "key black" : "key";
    const key = element("span", kind, letter.toUpperCase());
    let midi;
    key.onpointerdown = (event) => {
      key.setPointerCapture(event.pointerId);
      press(midi = base + i);
    };
    key.onpointerup = key.onpointercancel = () => release(midi);
    return key;
  });
  const show = (lowest, note) => {
    base = lowest;
    keys.forEach((key, i) => {
      key.title = noteName(base + i);
      key.classList.toggle("on", base + i === note);
    });
  };
  const noteOf = (letter) =>
    (letter.length === 1 && LETTERS.includes(letter) ? base + LETTERS.indexOf(letter) : undefined);
  return { row: element("div", "keys", keys, { "aria-hidden": "true" }), show, noteOf };
}
