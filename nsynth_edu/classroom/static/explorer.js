// What explorers share; each one's own file follows in the same module.

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

const svg = (tag, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

/** A labelled slider bound to a number of the model; `say` puts value and unit into words. */
function slider(model, trait, label, { min, max, step }, say) {
  const row = element("label", "control");
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min, max, step });
  const value = element("output", "value");
  const update = () => {
    input.value = model.get(trait);
    value.textContent = say(model.get(trait));
    input.setAttribute("aria-valuetext", value.textContent);
  };
  input.oninput = () => {
    model.set(trait, Number(input.value));
    model.save_changes();
  };
  model.on(`change:${trait}`, update);
  row.append(element("span", "label", label), input, value);
  update();
  return { row, stop: () => model.off(`change:${trait}`, update) };
}

/** A labelled row of radio buttons bound to one word of the model. */
function choice(model, trait, label, options) {
  const row = element("fieldset", "control");
  row.append(element("legend", "label", label));
  const group = `${trait}-${Math.random().toString(36).slice(2)}`;
  const inputs = options.map((option) => {
    const one = element("label", "option");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: group, value: option });
    input.onchange = () => {
      model.set(trait, option);
      model.save_changes();
    };
    one.append(input, option);
    row.append(one);
    return input;
  });
  const update = () => inputs.forEach((input) => { input.checked = input.value === model.get(trait); });
  model.on(`change:${trait}`, update);
  update();
  return { row, stop: () => model.off(`change:${trait}`, update) };
}

/** Buttons that play sounds one at a time at the level they have. `sample(name)` gives floats. */
function players(names, rate, sample, moved = () => {}) {
  const row = element("div", "players");
  let context, source, playing, frame;
  const buttons = names.map((name) => {
    const button = element("button", "play");
    button.type = "button";
    button.onclick = () => (playing === name ? stop() : start(name));
    row.append(button);
    return button;
  });
  const show = () => buttons.forEach((button, i) => {
    button.textContent = `${playing === names[i] ? "■" : "▶"} ${names[i]}`;
    button.setAttribute("aria-label", `${playing === names[i] ? "Stop" : "Play"} ${names[i]}`);
  });
  const stop = () => {
    if (source) source.onended = null;
    source?.stop();
    source = playing = undefined;
    cancelAnimationFrame(frame);
    moved(null);
    show();
  };
  const start = (name) => {
    stop();
    context ??= new AudioContext();
    context.resume();
    const samples = sample(name);
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: rate });
    buffer.copyToChannel(samples, 0);
    source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    source.onended = stop;
    source.start();
    playing = name;
    const begin = context.currentTime;
    const follow = () => {
      moved(context.currentTime - begin);
      frame = requestAnimationFrame(follow);
    };
    follow();
    show();
  };
  show();
  return { row, stop, close: () => { stop(); context?.close(); }, playing: () => playing };
}

const floats = (view) => {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return Float32Array.from(new Int16Array(bytes), (value) => value / 32767);
};

/** Named numbers; `set({name: text})` changes them. */
function readouts(names) {
  const list = element("dl", "readouts");
  const cells = Object.fromEntries(names.map((name) => {
    const pair = element("div", "");
    const value = element("dd", "");
    value.dataset.name = name;
    pair.append(element("dt", "", name), value);
    list.append(pair);
    return [name, value];
  }));
  return { list, set: (values) => {
    for (const [name, text] of Object.entries(values)) cells[name].textContent = text;
  } };
}

/** One sentence, read aloud once the hand rests. */
function spoken() {
  const line = element("p", "said");
  line.setAttribute("aria-live", "polite");
  let waiting;
  return { line, say: (text) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { line.textContent = text; }, 150);
  }, stop: () => clearTimeout(waiting) };
}

/** Keys belong to the controls, not to the notebook around them. */
const keepKeys = (root) => {
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
  });
};
