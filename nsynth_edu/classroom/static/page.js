// The page of an exported pad. It stands in for the notebook: with a model that answers the player
// as Python's would, and a store that loads sounds when they are needed, the nearest first.
// `player` is the module knobs.js.

const AT_ONCE = 6; // files on their way
const KEPT = 64e6; // samples in memory, 128 MB; beyond, what is farthest from the hand is let go

const about = JSON.parse(document.getElementById("about").textContent);
const perNote = about.rows * about.columns;
const count = about.notes.length * perNote;
const most = Math.max(8, Math.min(count, Math.floor(KEPT / about.samples)));

// --- the store --------------------------------------------------------------------------------

const points = new Map(); // number of a point -> its samples, Int16Array
const failed = new Map(); // number of a point -> why it cannot be played
const coming = new Set();
const decoder = new OfflineAudioContext(1, 1, about.sample_rate);
let read; // (name of a file) -> its bytes
let here = [0, 0, 0]; // note, row, column: where the hand is

const place = (i) =>
  [Math.floor(i / perNote), Math.floor((i % perNote) / about.columns), i % about.columns];
const name = (i) => {
  const [which, row, column] = place(i);
  return `sounds/${[[about.notes[which], 3], [row, 2], [column, 2]]
    .map(([number, digits]) => String(number).padStart(digits, "0")).join("_")}.flac`;
};
/** Steps from one point to another; the next note of the same place is two away. */
const steps = (i, to) => {
  const [which, row, column] = place(i);
  return 2 * Math.abs(which - to[0]) + Math.max(Math.abs(row - to[1]), Math.abs(column - to[2]));
};

async function load(i) {
  try {
    const sound = await decoder.decodeAudioData(await read(name(i)));
    if (sound.length !== about.samples) throw new Error(`${sound.length} samples`);
    const samples = sound.getChannelData(0).map((sample) => Math.round(sample * 32768));
    points.set(i, new Int16Array(samples)); // as they are in the file
  } catch (problem) {
    failed.set(i, problem.message);
  }
  model.tell("stored");
}

/** The nearest point that is not there; none where memory is full of nearer ones. */
function next() {
  let best;
  for (let i = 0, least = Infinity; i < count; i++) {
    if (points.has(i) || failed.has(i) || coming.has(i)) continue;
    const distance = steps(i, here);
    if (distance < least) [best, least] = [i, distance];
  }
  if (best === undefined || points.size + coming.size < most) return best;
  const farthest = [...points.keys()].reduce((a, b) => (steps(b, here) > steps(a, here) ? b : a));
  if (steps(farthest, here) <= steps(best, here)) return undefined;
  points.delete(farthest);
  return best;
}

function fetchMore() {
  while (read && coming.size < AT_ONCE) {
    const i = next();
    if (i === undefined) break;
    coming.add(i);
    load(i).then(() => {
      coming.delete(i);
      fetchMore();
      report();
    });
  }
}

/** The samples of a point; of its nearest neighbour, where it cannot be played.
 *
 * undefined where they have yet to come; they do so next.
 */
function store(i) {
  if (points.has(i)) return points.get(i);
  here = place(i);
  fetchMore();
  if (!failed.has(i)) return undefined;
  const others = [...points.keys()].filter((other) => place(other)[0] === here[0]);
  others.sort((a, b) => steps(a, here) - steps(b, here));
  return points.get(others[0]);
}

// --- what is said -----------------------------------------------------------------------------

const [bar, said, problem] = ["progress", ".said", "[role=alert]"].map(
  (one) => document.querySelector(one));

function report() {
  const here = points.size === count ? "All" : `${points.size} of`;
  const nearest = most < count ? ", those nearest to your hand" : "";
  said.textContent = `${here} ${count} sounds are here${nearest}.`;
  Object.assign(bar, { value: points.size, max: most, hidden: points.size + failed.size >= most });
  if (!failed.size) return;
  const [[first, why]] = failed;
  problem.textContent = `${failed.size} of ${count} sounds cannot be played, such as ` +
    `${name(first)} (${why}); their neighbours sound in their place. Reload the page to try again.`;
}

// --- in the notebook's stead ------------------------------------------------------------------

const nearest = (midi) =>
  about.notes.reduce((a, b) => (Math.abs(b - midi) < Math.abs(a - midi) ? b : a));
const listeners = {};
const state = {
  shape: [about.notes.length, about.rows, about.columns, about.samples],
  grid: [about.instruments.length, about.instruments[0].length],
  notes: about.notes, corners: about.corners, sample_rate: about.sample_rate,
  x: 0.5, y: 0.5, note: nearest(60), position: 0, attack: 0, release: 0.12, knobs: true, store,
};
const model = {
  get: (key) => state[key],
  set: (key, value) => {
    const news = Object(key) === key ? key : { [key]: value };
    Object.assign(state, news);
    Object.keys(news).forEach((one) => model.tell(`change:${one}`));
  },
  save_changes: () => { // the hand rests: what is near it comes next
    here = [about.notes.indexOf(nearest(state.note)), Math.round(state.y * (about.rows - 1)),
      Math.round(state.x * (about.columns - 1))];
    fetchMore();
  },
  on: (event, call) => (listeners[event] ??= new Set()).add(call),
  off: (event, call) => listeners[event]?.delete(call),
  tell: (event) => listeners[event]?.forEach((call) => call()),
};

player.render({ model, el: document.getElementById("pad") });

if (location.protocol === "file:") { // opened by a double click: a browser lets it read no files
  const chooser = document.querySelector(".chooser");
  chooser.hidden = false;
  chooser.querySelector("input").onchange = async ({ target: { files } }) => {
    const [plane, ...others] = [...files].filter((file) => file.name === "plane.json");
    const ours = plane && !others.length && JSON.parse(await plane.text()).group === about.group;
    problem.textContent = ours ? ""
      : "That is another folder: choose the one in which this page lies.";
    if (!ours) return;
    const byName = new Map([...files].map((file) => [`sounds/${file.name}`, file]));
    read = async (path) => {
      if (!byName.has(path)) throw new Error("missing");
      return byName.get(path).arrayBuffer();
    };
    chooser.hidden = true;
    model.save_changes();
  };
} else {
  read = async (path) => {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.arrayBuffer();
  };
  model.save_changes();
}
