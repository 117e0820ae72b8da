// The sounds of a plane: points in rows and columns, rendered beforehand for some notes.

import { pcmOf, toFloats } from "./pcm.js";

/** Where the points lie, and `point(i)`: the samples of one, note by note and row by row.
 *
 * They are in the model's bytes; or in its `store`, which loads them one by one: `point` gives
 * nothing until they have come, and the model says "stored" when they do.
 */
export function pointsOf(model) {
  const [, rows, columns, time] = model.get("shape");
  const stored = model.get("store") ?? inBytes(model.get("sounds"), time);
  const point = (i) => {
    const pcm = stored(i);
    return pcm && toFloats(pcm);
  };
  const [down, across] = model.get("grid") ?? [rows > 1 ? 2 : 1, 2]; // instruments
  return { point, rows, columns, time, down, across, perNote: rows * columns,
    midi: model.get("notes"), rate: model.get("sample_rate") };
}

function inBytes(view, time) {
  const pcm = pcmOf(view);
  return (i) => pcm.subarray(i * time, (i + 1) * time);
}

/** Linear weights of all nodes of a lattice at a place: at most the four nearest are not 0. */
function lattice(rows, columns, { x, y }) {
  const along = (place, count) => {
    const position = place * (count - 1);
    const lower = Math.min(Math.floor(position), Math.max(count - 2, 0));
    const upper = position - lower; // the weight of the next node
    return (i) => (count === 1 ? 1 : i === lower ? 1 - upper : i === lower + 1 ? upper : 0);
  };
  const [across, down] = [along(x, columns), along(y, rows)];
  return Array.from({ length: rows * columns }, (_, i) =>
    across(i % columns) * down(Math.floor(i / columns)));
}

/** Gains of all points at a place; their sum is 1. */
export const gains = ({ rows, columns }, place) => lattice(rows, columns, place);

/** How much of each instrument is in the sound at a place; the sum is 1. */
export const weights = ({ down, across }, place) => lattice(down, across, place);
