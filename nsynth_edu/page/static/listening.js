// A listening test: practice, trials, a break, the score. Nothing sounds before a key or a button.

import { drawSeed } from "./chance.js";
import { spoken } from "./controls.js";
import { button, element } from "./element.js";
import { nthOf } from "./pcm.js";
import { begun, meansOf, plan, resultsOf, scoreOf } from "./trials.js";
import { choices, ratings } from "./trial_views.js";
import { explorer } from "./view.js";

const ASKS = {
  abx: "X is A or B, by chance, anew in each trial. Which of them is it?",
  preference: "Which of the two sounds do you prefer?",
  rating: "How near does each sound come to the reference, from 0 to 100? One of them is the reference itself.",
};

const KEYS = {
  abx: "A, B, X play; 1 and 2 answer; Escape stops the sound.",
  preference: "A and B play; 1 and 2 answer; Escape stops the sound.",
  rating: "R and the letters play; arrow keys move a slider; Escape stops the sound.",
};

/** What a page keeps of a test under its name; a browser that keeps nothing still runs the test. */
function kept(name) {
  const key = `nsynth-edu listening ${name}`;
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return null;
    }
  };
  return {
    read: () => attempt(() => JSON.parse(localStorage.getItem(key))),
    write: (state) => attempt(() => localStorage.setItem(key, JSON.stringify(state))),
  };
}

function save(results) {
  const content = `${JSON.stringify(results, null, 1)}\n`;
  const href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  element("a", "", [], { href, download: `listening_${results.listener}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser reads it after the click
}

const nameDrawn = () => drawSeed().toString(16).padStart(8, "0");

export function render({ model, el }) {
  const about = Object.fromEntries(["mode", "title", "test", "items", "systems", "trials", "task",
    "loudness", "rule", "found", "verdicts"].map((name) => [name, model.get(name)]));
  const { mode, trials } = about;
  const rate = model.get("sample_rate");
  const count = about.items.length * about.systems.length;
  const sample = (item, system) =>
    nthOf(model.get("sounds"), count, item * about.systems.length + system);
  const stage = element("div", "stage", [], { tabIndex: -1 }); // keys work after a click beside a button
  const speech = spoken();
  const store = kept(about.test);
  let state, view;

  const given = model.get("seed"); // null: each listener has another one
  const seedOf = (attempt) => (given === null ? drawSeed() : given + attempt - 1);
  const fresh = (attempt) => begun(seedOf(attempt), nameDrawn(), attempt);
  const fits = (found) => found?.answers?.length <= trials && found.stage in shows
    && (found.stage !== "done" || found.answers.length === trials)
    && (given === null || found.seed === seedOf(found.attempt));
  const keep = (news) => {
    state = { ...state, ...news };
    store.write(state);
    model.set("progress", state);
    model.set("results", state.stage === "done" ? resultsOf(about, state) : {});
    model.save_changes();
  };
  const go = (news, sentence = "") => {
    keep(news);
    show();
    speech.say(sentence);
    stage.querySelector("h3").focus(); // a screen reader begins to read there
  };
  const next = (text, news) => button("next", text, { onclick: () => go(news) });
  const put = (heading, ...parts) => stage.replaceChildren(
    element("h3", "", heading, { tabIndex: -1 }), ...parts);
  const sentences = (...texts) => texts.filter(Boolean).map((text) => element("p", "", text));

  const ask = (trial, answered) => {
    view = (mode === "rating" ? ratings : choices)(mode, trial, rate, sample, speech.say, answered);
    return [element("p", "", ASKS[mode]), view.row, element("p", "keys", KEYS[mode])];
  };
  const feedback = ({ order, x }, { answer }) => mode !== "abx" ? ""
    : `Practice ${state.at + 1}: ${order[answer] === x ? "right" : "no"}, X was ${"AB"[order.indexOf(x)]}.`;

  const shows = {
    intro: () => put(about.title, ...sentences(about.task, about.loudness,
      `${trials} trials follow a short practice. Nothing plays by itself; take your time, and a break when you need one. ` +
      "Set the volume during practice, then leave it.", about.rule),
      next("Begin with practice", { stage: "practice", at: 0 })),
    practice: () => {
      const { practice } = plan(about, state.seed);
      const trial = practice[state.at];
      put(`Practice ${state.at + 1} of ${practice.length}, not counted`, ...ask(trial, (answer) => {
        const over = state.at + 1 === practice.length;
        go(over ? { stage: "ready", at: 0 } : { at: state.at + 1 }, feedback(trial, answer));
      }));
    },
    ready: () => put("Now it counts", ...sentences(
      `${trials} trials. You will learn your score at the end, not before: guess when you are unsure.`),
      next("Begin", { stage: "trial", at: 0 }),
      next("Practise once more", { stage: "practice", at: 0 })),
    trial: () => {
      const trial = plan(about, state.seed).trials[state.at];
      put(`Trial ${state.at + 1} of ${trials}`, ...ask(trial, (answer) => {
        const [at, answers] = [state.at + 1, [...state.answers, answer]];
        go({ answers, at, stage: at === trials ? "done" : "trial" });
      }), next("Take a break", { stage: "break" }));
    },
    break: () => put("A break", ...sentences(
      `${state.answers.length} of ${trials} answers are kept. You may close this page and come back to it later.`),
      next(`Go on with trial ${state.at + 1}`, { stage: "trial" })),
    done: () => {
      const results = resultsOf(about, state);
      const { order } = plan(about, state.seed).trials[0];
      const letters = mode === "abx"
        ? `A was “${about.systems[order[0]]}”, B “${about.systems[order[1]]}”.` : "";
      const score = mode === "rating"
        ? meansOf(results).map(([name, mean]) => `${name}: ${mean.toFixed(0)}`).join(", ")
        : about.verdicts[scoreOf(results)];
      const [first, ...meaning] = score.split(/(?<=\.) /);
      put("Done", element("p", "score", first), ...sentences(meaning.join(" "), letters, about.found),
        button("save", "Save results", { onclick: () => save(results) }),
        next("Take it again", fresh(state.attempt + 1)), next("Another listener", fresh(1)),
        element("p", "keys", "The file holds your answers and the order of the trials, no name. " +
          "In a class only the first attempt counts: the best of several is often good by luck."));
    },
  };
  const show = () => {
    view?.end();
    view = undefined;
    shows[state.stage]();
  };
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (view?.key(event.key.toLowerCase())) event.preventDefault();
  });

  const elsewhere = () => { // another view of the same test
    const news = model.get("progress");
    if (!fits(news) || JSON.stringify(news) === JSON.stringify(state)) return;
    state = news;
    show();
  };
  state = [model.get("progress"), store.read()].find(fits) ?? fresh(1);
  if (state.stage === "trial") state.stage = "break"; // come back to
  show();
  if (state.stage !== "intro") keep({});
  const end = explorer({ model, el }, "listening", `Listening test: ${about.title}`,
    [stage, speech], { "change:progress": elsewhere });
  el.querySelector(".listening").listeningTest = { state: () => state, about, plan }; // for tests
  return () => {
    view?.end();
    end();
  };
}
