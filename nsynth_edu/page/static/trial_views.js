// The two kinds of question in a listening test: one of two, and a rating of each.

import { slider } from "./controls.js";
import { button, element } from "./element.js";
import { localModel } from "./model.js";
import { players } from "./players.js";

const LETTERS = "ABCDEFGHIJKL";
const WORDS = ["bad", "poor", "fair", "good", "excellent"];
const MIDDLE = 50;

/** Players by letter that note what was heard; `letters` are {letter: number of the system}. */
function heardPlayers(letters, rate, sample) {
  const heard = new Set();
  const begin = performance.now();
  let plays = 0;
  const sounds = players(Object.keys(letters), rate, (letter) => {
    heard.add(letter);
    plays += 1;
    return sample(letters[letter]);
  });
  const taken = () => ({ plays, seconds: Math.round((performance.now() - begin) / 100) / 10 });
  const key = (pressed) => {
    const letter = Object.keys(letters).find((one) => one[0].toLowerCase() === pressed);
    if (pressed === "escape") sounds.stop();
    else if (letter) sounds.toggle(letter);
    return Boolean(letter);
  };
  return { sounds, heard, taken, key };
}

/** ABX and preference: two sounds, in an ABX a third that is one of them, and two answers. */
export function choices(mode, trial, rate, sample, say, answered) {
  const [a, b] = trial.order;
  const letters = mode === "abx" ? { A: a, B: b, X: trial.x } : { A: a, B: b };
  const must = mode === "abx" ? ["X"] : ["A", "B"];
  const { sounds, heard, taken, key } = heardPlayers(letters, rate, (s) => sample(trial.item, s));
  const answer = (choice) => {
    const missing = must.filter((letter) => !heard.has(letter));
    if (missing.length) return say(`Play ${missing.join(" and ")} first.`);
    answered({ answer: choice, ...taken() });
  };
  const claim = mode === "abx" ? "X is" : "I prefer";
  const buttons = ["A", "B"].map((letter, i) =>
    button("answer", `${claim} ${letter}`, { onclick: () => answer(i) }));
  const row = element("div", "", [sounds.row, element("div", "answers", buttons,
    { role: "group", "aria-label": "Your answer" })]);
  const press = (pressed) => {
    if (!["1", "2"].includes(pressed)) return key(pressed);
    answer(Number(pressed) - 1);
    return true;
  };
  return { row, key: press, end: sounds.end };
}

/** A rating of each sound against the reference, which is also hidden among them. */
export function ratings(mode, trial, rate, sample, say, answered) {
  const names = [...LETTERS.slice(0, trial.order.length)];
  const letters = { Reference: 0,
    ...Object.fromEntries(names.map((name, i) => [name, trial.order[i]])) };
  const { sounds, heard, taken, key } = heardPlayers(letters, rate, (s) => sample(trial.item, s));
  const values = localModel(Object.fromEntries(names.map((name) => [name, MIDDLE])));
  const moved = new Set();
  const word = (value) => `${value}, ${WORDS[Math.min(4, Math.floor(value / 20))]}`;
  const rows = names.map((name, i) => {
    const control = slider(values, name, `Rating of ${name}`, { min: 0, max: 100, step: 1 }, word);
    control.input.addEventListener("input", () => moved.add(name));
    return element("div", "rated", [sounds.buttons[i + 1], control.row]);
  });
  const next = button("answer", "Next", { onclick: () => {
    const missing = names.filter((name) => !heard.has(name) || !moved.has(name));
    if (missing.length) return say(`Play and rate ${missing.join(", ")} first.`);
    answered({ ratings: names.map((name) => values.get(name)), ...taken() });
  } });
  const row = element("div", "", [element("div", "players", [sounds.buttons[0]]), ...rows,
    element("div", "answers", [next])]);
  return { row, key, end: sounds.end };
}
