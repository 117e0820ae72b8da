// What a listener is asked, in which order, and what is kept of the answers. No page, no sound.

import { chanceOf, shuffled } from "./chance.js";

export const FORMAT = "nsynth-edu listening test 1";
const PRACTICE = { abx: 2, preference: 1, rating: 1 };

/** The trials of one listener: `practice`, then `trials`, drawn from the seed.
 *
 * A trial has its `item`, and `order`: the numbers of the systems that are called A, B and so on.
 * An ABX keeps A and B throughout; its `x`, the number of a system, is a fair coin at each trial,
 * so that no answer follows from those before it.
 */
export function plan({ mode, items, systems, trials }, seed) {
  const chance = chanceOf(seed);
  const numbers = systems.map((_, i) => i);
  const fixed = shuffled(numbers, chance);
  const draw = (count) => {
    const each = Array.from({ length: count }, (_, i) => i);
    const first = shuffled(each.map((i) => i % 2), chance);
    return shuffled(each.map((i) => i % items.length), chance).map((item, i) => {
      if (mode === "abx") return { item, order: fixed, x: chance() < 0.5 ? 0 : 1 };
      if (mode === "rating") return { item, order: shuffled(numbers, chance) };
      return { item, order: first[i] ? [1, 0] : [0, 1] };
    });
  };
  return { practice: draw(PRACTICE[mode]), trials: draw(trials) };
}

/** Where a listener stands: kept in the page, so that a test can be gone on with. */
export const begun = (seed, listener, attempt) =>
  ({ seed, listener, attempt, stage: "intro", at: 0, answers: [] });

/** A file's content: everything by name, nobody's name. */
export function resultsOf(about, state) {
  const { trials } = plan(about, state.seed);
  const name = (system) => about.systems[system];
  const kept = trials.map(({ item, order, x }, i) => {
    const { answer, ratings, seconds, plays } = state.answers[i];
    const base = { item: about.items[item] };
    if (about.mode === "rating") {
      base.ratings = Object.fromEntries(order.map((system, j) => [name(system), ratings[j]]));
    } else {
      Object.assign(base, about.mode === "abx" ? { x: name(x) } : { first: name(order[0]) },
        { answer: name(order[answer]) });
    }
    return { ...base, seconds, plays };
  });
  return { format: FORMAT, test: about.test, title: about.title, mode: about.mode,
    listener: state.listener, seed: state.seed, attempt: state.attempt, planned: about.trials,
    systems: about.systems, trials: kept };
}

/** Of an ABX how many are right, of a preference how many are for the first system. */
export const scoreOf = ({ mode, systems, trials }) => trials.filter(
  ({ x, answer }) => answer === (mode === "abx" ? x : systems[0])).length;

/** Mean rating of each system, the best first. */
export const meansOf = ({ systems, trials }) => systems
  .map((name) => [name, trials.reduce((sum, one) => sum + one.ratings[name], 0) / trials.length])
  .sort((a, b) => b[1] - a[1]);
