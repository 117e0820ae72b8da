// A pad whose sound is made in Python while it plays. Chunks of 16-bit samples arrive, each with its
// place in the sound; one whose place is taken replaces what was to come from there on. A small
// worklet stores and plays them, counts when it had nothing to play, and reports what it played.

const KEYS = "awsedftgyhuj"; // a piano's order: A is C, W is C sharp, S is D ...
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const COLORS = ["#3a78cf", "#ee9a34", "#27a890", "#b45cae"]; // of the corners NW NE SW SE
const REPORT = 0.25; // s between two reports to Python
const FADE = 0.02; // s

const WORKLET = `
registerProcessor("nse-live", class extends AudioWorkletProcessor {
  constructor({ processorOptions: { store } }) {
    super();
    this.store = store * sampleRate;
    this.ring = new Int16Array(4 * sampleRate);
    this.step = this.last = 0;
    this.restart();
    this.port.onmessage = ({ data }) => {
      if (data.at === 0) this.restart();
      data.samples.forEach((sample, i) => { this.ring[(data.at + i) % this.ring.length] = sample; });
      this.end = data.at + data.samples.length;
      if (this.flowing && data.at < this.played) this.join(); // it came too late to begin there
    };
  }
  restart() {
    if (this.flowing) this.join(0);
    Object.assign(this, { played: 0, end: 0, flow: 0, underruns: 0, flowing: false });
  }
  next() { return this.ring[this.played % this.ring.length] / 32767; }
  join(sample = this.next()) { this.step = this.last - sample; } // fade, do not click
  process(inputs, [[out]]) {
    const begins = !this.flowing && this.end - this.played >= this.store;
    if (begins) { this.flowing = true; this.flow += 1; this.join(); }
    for (let i = 0; i < out.length; i += 1) {
      if (this.flowing && this.played >= this.end) { this.flowing = false; this.underruns += 1; this.join(0); }
      this.last = (this.flowing ? this.next() : 0) + this.step;
      this.step *= 0.99;
      if (this.flowing) this.played += 1;
      out[i] = this.last;
    }
    if (begins || currentFrame % (Math.round(${REPORT} * sampleRate / 128) * 128) === 0) {
      const { played, end, flow, underruns } = this;
      this.port.postMessage({ played, flow, underruns, kept: end - played });
    }
    return true;
  }
});`;

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

const noteName = (midi) => `${NAMES[midi % 12]}${Math.floor(midi / 12) - 1}`;
const shares = (x, y) => [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
const within = (value) => Math.min(1, Math.max(0, Math.round(value * 100) / 100));

function build(model) {
  const root = element("div", "nse-plane live-pad");
  root.dataset.lmSuppressShortcuts = "true"; // letters play notes here, not JupyterLab commands
  const surface = element("div", "surface");
  surface.tabIndex = 0;
  surface.setAttribute("role", "application");
  surface.setAttribute("aria-roledescription", "live sound pad");
  surface.setAttribute("aria-label", `Live pad between ${model.get("names").join(", ")}`);
  surface.style.background = COLORS.map((color, i) =>
    `radial-gradient(circle at ${i % 2 ? 100 : 0}% ${i > 1 ? 100 : 0}%, ${color}, ${color}00 75%)`).join(",");
  const ring = element("div", "ring");
  const chips = model.get("names").map((name, i) => {
    const chip = element("span", `chip ${["nw", "ne", "sw", "se"][i]}`);
    chip.style.setProperty("--corner", COLORS[i]);
    return chip;
  });
  surface.append(ring, ...chips);
  const panel = element("div", "panel");
  const play = element("button", "play");
  play.type = "button";
  const level = Object.assign(element("input", ""), { type: "range", min: 0, max: 100, value: 80 });
  const label = element("label", "level", "Level ");
  const shown = element("output", "", "80 %");
  label.append(level, shown);
  const keys = element("div", "keys");
  keys.setAttribute("aria-hidden", "true");
  const help = element("p", "help", "Drag, or use the arrow keys (with Shift: small steps). " +
    "Space starts and stops, the letters A W S E D F T G Y H U J change the note.");
  const meter = element("p", "help meter");
  const live = element("p", "live");
  live.setAttribute("aria-live", "polite");
  panel.append(play, label, keys, help, meter, live);
  const below = element("div", "below");
  root.append(surface, panel, below);
  return { root, surface, ring, chips, play, level, shown, keys, meter, live, below };
}

function render({ model, el }) {
  const view = build(model);
  const names = model.get("names");
  let place = { x: model.get("x"), y: model.get("y") };
  let context, node, gain, analyser, ready;
  let state = { played: 0, flow: 0, underruns: 0, kept: 0 };

  const wake = async () => {
    if (!context) {
      context = new AudioContext({ sampleRate: model.get("sample_rate") });
      gain = new GainNode(context, { gain: view.level.value / 100 });
      analyser = new AnalyserNode(context, { fftSize: 2048 });
      ready = context.audioWorklet
        .addModule(`data:text/javascript,${encodeURIComponent(WORKLET)}`)
        .then(() => {
          node = new AudioWorkletNode(context, "nse-live",
            { numberOfInputs: 0, outputChannelCount: [1], processorOptions: { store: model.get("store") } });
          node.connect(gain).connect(analyser).connect(context.destination);
          node.port.onmessage = ({ data }) => {
            state = data;
            if (model.get("playing")) {
              model.send({ kind: "played", samples: data.played, flow: data.flow, underruns: data.underruns });
            }
            show();
          };
        });
    }
    context.resume();
    await ready;
  };
  const start = async () => {
    try {
      await wake();
    } catch (problem) {
      view.live.textContent = "This page may not make live sound: open it as localhost or https " +
        `(${problem.message}).`;
      return;
    }
    model.send({ kind: "start" });
  };
  const stop = () => model.get("playing") && model.send({ kind: "stop" });
  const toggle = () => (model.get("playing") ? stop() : start());
  const receive = (content, buffers) => {
    if (content.kind === "silence") node?.port.postMessage({ at: 0, samples: [] });
    if (content.kind !== "sound" || !node) return;
    const view = buffers[0];
    const copy = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
    node.port.postMessage({ at: content.at, samples: new Int16Array(copy) });
  };
  const tell = (values) => { // at once; while Python has yet to answer, the last counts
    model.set(values);
    model.save_changes();
  };
  const move = (x, y) => {
    place = { x: within(x), y: within(y) };
    tell(place);
    show();
  };
  const show = () => {
    const playing = model.get("playing");
    view.ring.style.left = `${100 * place.x}%`;
    view.ring.style.top = `${100 * place.y}%`;
    shares(place.x, place.y).forEach((share, i) => {
      view.chips[i].textContent = `${names[i]} ${Math.round(100 * share)} %`;
    });
    view.play.textContent = playing ? "■ Stop" : "▶ Play live";
    view.play.setAttribute("aria-label", `${playing ? "Stop" : "Play live"} ${noteName(model.get("note"))}`);
    const speed = model.get("speed");
    view.meter.textContent = `${noteName(model.get("note"))}` +
      (playing ? `, ${Math.round(1000 * state.kept / model.get("sample_rate"))} ms in store` : "") +
      `, gaps: ${playing ? state.underruns : model.get("underruns")}` +
      (speed ? `, made at ${speed.toFixed(1)} times real time` : "");
    for (const key of view.keys.children) key.classList.toggle("on", +key.dataset.midi === model.get("note"));
  };
  const announce = async () => {
    view.live.textContent = model.get("message");
    show();
    const kept = model.get("fallback");
    if (!model.get("message").includes("too slow") || !kept || view.below.childElementCount) return;
    const other = await model.widget_manager.get_model(kept.replace("IPY_MODEL_", ""));
    view.below.append((await model.widget_manager.create_view(other)).el);
  };

  const follow = (event) => {
    const box = view.surface.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  view.surface.onpointerdown = (event) => {
    view.surface.setPointerCapture(event.pointerId);
    if (!model.get("playing")) start();
    follow(event);
  };
  view.surface.onpointermove = (event) => {
    if (view.surface.hasPointerCapture(event.pointerId)) follow(event);
  };
  view.root.onpointerup = () => context?.resume(); // a finger may start sound when it is lifted
  view.play.onclick = toggle;
  view.level.oninput = () => {
    view.shown.textContent = `${view.level.value} %`;
    gain?.gain.setTargetAtTime(view.level.value / 100, context.currentTime, FADE);
  };
  const base = 12 * Math.floor(model.get("note") / 12);
  const pick = (midi) => tell({ note: midi });
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  view.root.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Tab") return;
    const key = event.key.toLowerCase();
    const onSurface = event.target === view.surface;
    if (KEYS.includes(key) && key.length === 1) pick(base + KEYS.indexOf(key));
    else if (onSurface && steps[event.key]) {
      const [dx, dy] = steps[event.key].map((s) => s * (event.shiftKey ? 0.01 : 0.05));
      move(place.x + dx, place.y + dy);
    } else if (onSurface && (key === " " || key === "enter")) {
      if (!event.repeat) toggle();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  for (const [i, letter] of [...KEYS].entries()) {
    const key = element("span", NAMES[i].length > 1 ? "key black" : "key", letter.toUpperCase());
    key.dataset.midi = base + i;
    key.title = noteName(base + i);
    key.onpointerdown = () => pick(base + i);
    view.keys.append(key);
  }
  window.addEventListener("pagehide", stop);
  model.on("msg:custom", receive);
  model.on("change:playing change:speed change:note", show);
  model.on("change:message", announce);
  view.root.livePad = { // for tests
    state: () => ({ ...state, ...place, playing: model.get("playing"), context: context?.state }),
    heard: () => {
      const samples = new Float32Array(analyser?.fftSize ?? 0);
      analyser?.getFloatTimeDomainData(samples);
      return [...samples];
    },
  };
  el.append(view.root);
  show();
  announce();
  return () => {
    model.off("msg:custom", receive);
    model.off("change:playing change:speed change:note", show);
    model.off("change:message", announce);
    window.removeEventListener("pagehide", stop);
    stop();
    context?.close();
  };
}

export default { render };
