// The sounds of an exported pad: loaded when they are needed, the nearest to the hand first.

import { toPcm } from "./pcm.js";

const AT_ONCE = 6; // files on their way
const KEPT = 64e6; // samples in memory, 128 MB; beyond, what is farthest from the hand is dropped

/** A store of the points that `about` (plane.json) describes.
 *
 * `came()` is called when a point has been loaded, `report(counts)` when the counts have changed.
 * `get(i)` gives the samples of a point; of its nearest neighbour where it cannot be loaded;
 * undefined where it has yet to come, and then it comes next. `near(place)` says where the hand is,
 * as [note, row, column]; `open(read)` starts loading, with `read(name)` giving a file's bytes.
 */
export function soundStore(about, came, report) {
  const perNote = about.rows * about.columns;
  const count = about.notes.length * perNote;
  const most = Math.max(8, Math.min(count, Math.floor(KEPT / about.samples)));
  const points = new Map(); // number of a point -> its samples, Int16Array
  const failed = new Map(); // number of a point -> why it cannot be played
  const coming = new Set();
  const decoder = new OfflineAudioContext(1, 1, about.sample_rate);
  let read;
  let here = [0, 0, 0];

  const placeOf = (i) =>
    [Math.floor(i / perNote), Math.floor((i % perNote) / about.columns), i % about.columns];
  const nameOf = (i) => {
    const [which, row, column] = placeOf(i);
    return `sounds/${[[about.notes[which], 3], [row, 2], [column, 2]]
      .map(([number, digits]) => String(number).padStart(digits, "0")).join("_")}.flac`;
  };
  /** Steps from a point to the hand; the next note of the same place is two away. */
  const steps = (i) => {
    const [which, row, column] = placeOf(i);
    return 2 * Math.abs(which - here[0]) + Math.max(Math.abs(row - here[1]), Math.abs(column - here[2]));
  };

  const load = async (i) => {
    try {
      const sound = await decoder.decodeAudioData(await read(nameOf(i)));
      if (sound.length !== about.samples) throw new Error(`${sound.length} samples`);
      points.set(i, toPcm(sound.getChannelData(0))); // as they are in the file
    } catch (problem) {
      failed.set(i, problem.message);
    }
    coming.delete(i);
    came();
    fetchMore();
    report(counts());
  };
  /** The nearest point that is missing; undefined where memory is full of nearer ones. */
  const next = () => {
    let best;
    for (let i = 0, least = Infinity; i < count; i++) {
      if (points.has(i) || failed.has(i) || coming.has(i)) continue;
      const distance = steps(i);
      if (distance < least) [best, least] = [i, distance];
    }
    if (best === undefined || points.size + coming.size < most) return best;
    const farthest = [...points.keys()].reduce((a, b) => (steps(b) > steps(a) ? b : a));
    if (steps(farthest) <= steps(best)) return undefined;
    points.delete(farthest);
    return best;
  };
  const fetchMore = () => {
    while (read && coming.size < AT_ONCE) {
      const i = next();
      if (i === undefined) break;
      coming.add(i);
      load(i);
    }
  };
  const near = (place) => {
    here = place;
    fetchMore();
  };
  const get = (i) => {
    if (points.has(i)) return points.get(i);
    near(placeOf(i));
    if (!failed.has(i)) return undefined;
    const others = [...points.keys()].filter((other) => placeOf(other)[0] === here[0]);
    others.sort((a, b) => steps(a) - steps(b));
    return points.get(others[0]);
  };
  const counts = () => {
    const [[first, why]] = failed.size ? failed : [[]];
    return { here: points.size, count, most, failed: failed.size, why,
      first: failed.size ? nameOf(first) : "" };
  };
  const open = (how) => {
    read = how;
    fetchMore();
  };
  return { get, near, open };
}
