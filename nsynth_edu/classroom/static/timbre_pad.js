// The timbre pad: the plane plays, Python says what is heard; one switch between two sources.

function render({ model, el }) {
  const corners = model.get("corners");
  const root = element("section", "nse-explorer timbre-pad");
  root.setAttribute("aria-label", `Timbre pad between ${corners.join(", ")}`);
  keepKeys(root);
  const heard = choice(model, "heard", "You hear", ["network", "plain mix"]);
  const stage = element("div", "");
  const values = readouts(["on overtones", "brightness", ...corners.map((name) => `to ${name}`)]);
  const speech = spoken();
  root.append(heard.row, stage, values.list, speech.line);
  const show = () => {
    const { overtones, brightness, distances, said } = model.get("answer");
    values.set({
      "on overtones": `${Math.round(100 * overtones)} %`,
      brightness: `${Math.round(brightness)} Hz`,
      ...Object.fromEntries(corners.map((name, i) => [`to ${name}`, distances[i].toFixed(1)])),
    });
    speech.say(said);
  };
  model.on("change:answer", show);
  show();
  const close = plane.render({ model, el: stage });
  el.append(root);
  return () => {
    close();
    model.off("change:answer", show);
    heard.stop();
    speech.stop();
  };
}

export default { render };
