// The timbre pad: the plane plays, Python measures what it plays; one switch between two sources.

import { choice, readouts, spoken } from "./controls.js";
import { element } from "./element.js";
import { render as plane } from "./plane.js";
import { explorer } from "./view.js";

export function render({ model, el }) {
  const corners = model.get("corners");
  const stage = element("div");
  const values = readouts(["on overtones", "brightness", ...corners.map((name) => `to ${name}`)]);
  const speech = spoken();
  const show = () => {
    const { overtones, brightness, distances, sentence } = model.get("answer");
    values.set({
      "on overtones": `${Math.round(100 * overtones)} %`,
      brightness: `${Math.round(brightness)} Hz`,
      ...Object.fromEntries(corners.map((name, i) => [`to ${name}`, distances[i].toFixed(1)])),
    });
    speech.say(sentence);
  };
  const close = plane({ model, el: stage });
  const end = explorer({ model, el }, "timbre-pad", `Timbre pad between ${corners.join(", ")}`, [
    choice(model, "source", "You hear", ["network", "plain mix"]), stage, values, speech,
  ], { "change:answer": show });
  return () => {
    close();
    end();
  };
}
