// The page of an exported pad: the notebook's player, with a model of its own in place of Python.

import { render } from "./instrument.js";
import { localModel } from "./model.js";
import { soundStore } from "./store.js";

const about = JSON.parse(document.getElementById("about").textContent);
const [bar, status, problem] = ["progress", ".said", "[role=alert]"].map(
  (one) => document.querySelector(one));

function report({ here, count, most, failed, first, why }) {
  const nearest = most < count ? ", those nearest to your hand" : "";
  status.textContent = `${here === count ? "All" : `${here} of`} ${count} sounds are here${nearest}.`;
  Object.assign(bar, { value: here, max: most, hidden: here + failed >= most });
  if (!failed) return;
  problem.textContent = `${failed} of ${count} sounds cannot be played, such as ${first} (${why}); ` +
    "their neighbours sound in their place. Reload the page to try again.";
}

const nearest = (midi) =>
  about.notes.reduce((a, b) => (Math.abs(b - midi) < Math.abs(a - midi) ? b : a));

const store = soundStore(about, () => model.emit("stored"), report);
const model = localModel({
  shape: [about.notes.length, about.rows, about.columns, about.samples],
  grid: [about.instruments.length, about.instruments[0].length],
  notes: about.notes, corners: about.corners, sample_rate: about.sample_rate,
  x: 0.5, y: 0.5, note: nearest(60), position: 0, attack: 0, release: 0.12, knobs: true,
  store: store.get,
  credit: [...document.querySelectorAll("#credits + ul li")].map((li) => li.textContent).join(" "),
}, loadNearby);

/** The hand is at rest: what is near it comes next. */
function loadNearby() {
  store.near([about.notes.indexOf(nearest(model.get("note"))),
    Math.round(model.get("y") * (about.rows - 1)), Math.round(model.get("x") * (about.columns - 1))]);
}

async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

/** The files of the folder that was chosen, if it is this page's. */
async function chosen(files) {
  const [plane, ...others] = [...files].filter((file) => file.name === "plane.json");
  const ours = plane && !others.length && JSON.parse(await plane.text()).group === about.group;
  problem.textContent = ours ? ""
    : "That is another folder: choose the one in which this page lies.";
  if (!ours) return undefined;
  const byName = new Map([...files].map((file) => [`sounds/${file.name}`, file]));
  return async (path) => {
    if (!byName.has(path)) throw new Error("missing");
    return byName.get(path).arrayBuffer();
  };
}

render({ model, el: document.getElementById("pad") });
loadNearby();
if (location.protocol === "file:") { // opened by a double click: a browser lets it read no files
  const chooser = document.querySelector(".chooser");
  chooser.hidden = false;
  chooser.querySelector("input").onchange = async ({ target: { files } }) => {
    const read = await chosen(files);
    if (!read) return;
    chooser.hidden = true;
    store.open(read);
  };
} else {
  store.open(fetched);
}
