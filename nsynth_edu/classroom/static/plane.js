// Sounds on a plane (or a line). Every point was rendered beforehand; all loops of a note start
// together, and moving only turns the four nearest up and the rest down. No kernel is needed.

const KEYS = "awsedftgyhuj"; // a piano's order: A is C, W is C sharp, S is D ...
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const COLORS = ["#3a78cf", "#ee9a34", "#27a890", "#b45cae"]; // of a cell's corners NW NE SW SE
const MANY = 16; // instruments, from which on they are counted, not named
const FADE = 0.02; // s, of every gain change: no clicks
const RELEASE = 0.12; // s, from key up to silence, where the model says nothing else

// --- sound ------------------------------------------------------------------------------------

/** Where the points lie, and `point(i)`: the samples of one, note by note and row by row.
 *
 * They are in the model's bytes; or in its `store`, which loads them one by one, has nothing to
 * give until they are here, and says "stored" whenever more have come.
 */
function unpack(model) {
  const [, rows, columns, time] = model.get("shape");
  const stored = model.get("store") ?? inBytes(model.get("sounds"), time);
  const point = (i) => {
    const pcm = stored(i);
    return pcm && new Float32Array(pcm).map((sample) => sample / 32767);
  };
  const [down, across] = model.get("grid") ?? [rows > 1 ? 2 : 1, 2];
  return { point, rows, columns, down, across, perNote: rows * columns, midi: model.get("notes"),
    rate: model.get("sample_rate") };
}

function inBytes(view, time) {
  const pcm = new Int16Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  return (i) => pcm.subarray(i * time, (i + 1) * time);
}

/** Linear shares of all nodes of a lattice at (x, y): at most the four nearest differ from 0. */
function lattice(rows, columns, { x, y }) {
  const along = (place, count) => {
    const position = place * (count - 1);
    const lower = Math.min(Math.floor(position), Math.max(count - 2, 0));
    const upper = position - lower; // the share of the next node
    return (i) => (count === 1 ? 1 : i === lower ? 1 - upper : i === lower + 1 ? upper : 0);
  };
  const [across, down] = [along(x, columns), along(y, rows)];
  return Array.from({ length: rows * columns }, (_, i) =>
    across(i % columns) * down(Math.floor(i / columns)));
}

/** Gains of all points at a place; their sum is 1. */
const gains = (bank, place) => lattice(bank.rows, bank.columns, place);

/** Loop the rendered note nearest to `midi`, re-pitched to it, from the four nearest points.
 *
 * A point that is neared, or loaded, later joins in where it would be, had it begun with the
 * first. What is not there leaves its share to its neighbours.
 * `shape`: position, where in the note it begins (0 to 1); attack, s from silence.
 */
function startVoice(context, output, bank, midi, place, shape = {}) {
  const distance = bank.midi.map((m) => Math.abs(m - midi));
  const nearest = distance.indexOf(Math.min(...distance));
  const playbackRate = 2 ** ((midi - bank.midi[nearest]) / 12);
  const out = new GainNode(context);
  out.connect(output);
  const loops = new Map();
  let begun; // s, when the first point began
  const begin = (now) => {
    begun = now;
    if (!(shape.attack > 0)) return;
    out.gain.setValueAtTime(0, now);
    out.gain.linearRampToValueAtTime(1, now + shape.attack);
  };
  const join = (i, now) => {
    const samples = bank.point(nearest * bank.perNote + i);
    if (!samples) return;
    if (begun === undefined) begin(now);
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: bank.rate });
    buffer.copyToChannel(samples, 0);
    const loopStart = (shape.position ?? 0) * buffer.duration;
    const source = new AudioBufferSourceNode(context, { buffer, playbackRate, loop: true,
      loopStart, loopEnd: buffer.duration });
    const level = new GainNode(context, { gain: 0 });
    source.connect(level).connect(out);
    const gone = (now - begun) * playbackRate;
    source.start(now, loopStart + (gone % (buffer.duration - loopStart)));
    loops.set(i, { source, level });
  };
  const move = (to) => {
    const now = context.currentTime;
    const [wanted, first] = [gains(bank, to), begun === undefined];
    wanted.forEach((gain, i) => gain > 0 && !loops.has(i) && join(i, now));
    const there = wanted.reduce((sum, gain, i) => sum + (loops.has(i) ? gain : 0), 0);
    if (there === 0) return; // nothing yet: what sounds goes on
    loops.forEach(({ source, level }, i) => {
      if (first) level.gain.value = wanted[i] / there;
      else level.gain.setTargetAtTime(wanted[i] / there, now, FADE);
      if (wanted[i] > 0) return;
      source.stop(now + 8 * FADE);
      loops.delete(i);
    });
  };
  move(place);
  return {
    midi,
    move,
    stop: (seconds) => {
      const now = context.currentTime;
      const risen = shape.attack > 0 ? Math.min(1, (now - begun) / shape.attack) : 1;
      out.gain.cancelScheduledValues(now); // in the midst of an attack
      out.gain.setValueAtTime(risen || 0, now);
      out.gain.setTargetAtTime(0, now, seconds / 6);
      loops.forEach(({ source }) => source.stop(now + seconds));
    },
  };
}

// --- picture ----------------------------------------------------------------------------------

/** The plane: a dot per point, the larger the louder, and a ring for "here". */
function paint(canvas, bank, place, sounding) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  if (!canvas.width || !canvas.height) return; // not on the page yet
  const ink = canvas.getContext("2d");
  if (bank.colors?.width !== canvas.width || bank.colors.height !== canvas.height) {
    bank.colors = colorsOf(bank, canvas.width, canvas.height);
  }
  ink.drawImage(bank.colors, 0, 0);
  ink.scale(ratio, ratio);
  const at = (x, y) => [inset(x, width, SIDE),
    bank.rows > 1 ? inset(y, height, ENDS) : 0.62 * height];
  const dense = (width - 2 * SIDE) / bank.columns < DENSE; // instruments alone are drawn then
  const step = dense ? (bank.columns - 1) / (bank.across - 1) : 1;
  const here = at(place.x, place.y);
  gains(bank, place).forEach((gain, i) => {
    const [column, row] = [i % bank.columns, Math.floor(i / bank.columns)];
    if (!gain && (column % step || row % step)) return;
    const [px, py] = at(column / (bank.columns - 1), bank.rows > 1 ? row / (bank.rows - 1) : 0.5);
    if (gain > 0) {
      ink.strokeStyle = `rgba(255, 255, 255, ${0.25 + 0.75 * gain})`;
      ink.lineWidth = 2;
      ink.beginPath();
      ink.moveTo(px, py);
      ink.lineTo(...here);
      ink.stroke();
    }
    ink.fillStyle = gain > 0 ? "#fff" : "rgba(255, 255, 255, 0.55)";
    ink.beginPath();
    ink.arc(px, py, 2.5 + 4 * gain, 0, 7);
    ink.fill();
  });
  ink.beginPath();
  ink.arc(...here, 11, 0, 7);
  if (sounding) {
    ink.fillStyle = "#fff";
    ink.fill();
  }
  for (const [color, line] of [["#111", 6], ["#fff", 3]]) {
    ink.strokeStyle = color;
    ink.lineWidth = line;
    ink.stroke();
  }
}

/** The instruments' colours, flowing into each other: bilinear, fades across times fades down. */
function colorsOf(bank, width, height) {
  const ink = new OffscreenCanvas(width, height).getContext("2d");
  ink.globalCompositeOperation = "lighter";
  for (let i = 0; i < bank.down * bank.across; i++) {
    const layer = new OffscreenCanvas(width, height).getContext("2d");
    const fade = (x1, y1, own, last) => { // full at its own place, gone at its neighbours'
      const ramp = layer.createLinearGradient(0, 0, x1, y1);
      for (const place of [own - 1, own, own + 1].filter((at) => at >= 0 && at <= last)) {
        ramp.addColorStop(place / last, `${colorOf(bank, i)}${place === own ? "" : "00"}`);
      }
      layer.fillStyle = ramp;
      layer.fillRect(0, 0, width, height);
      layer.globalCompositeOperation = "destination-in";
    };
    fade(width, 0, i % bank.across, bank.across - 1);
    if (bank.rows > 1) fade(0, height, Math.floor(i / bank.across), bank.down - 1);
    ink.drawImage(layer.canvas, 0, 0);
  }
  return ink.canvas;
}

/** Four colours tile a multigrid: neighbours never share one. */
const colorOf = ({ across }, i) =>
  COLORS[2 * (Math.floor(i / across) % 2) + ((i % across) % 2)];

const [SIDE, ENDS] = [20, 42]; // px from the edges to the outermost points: room for the names
const DENSE = 7; // px between two points, below which dots would be a mesh
const inset = (place, size, margin) => margin + place * (size - 2 * margin);
const outset = (pixel, size, margin) => (pixel - margin) / (size - 2 * margin);

/** What is sounding, as a line. */
function trace(canvas, analyser) {
  const ink = canvas.getContext("2d");
  const samples = new Float32Array(analyser ? analyser.fftSize : 2);
  analyser?.getFloatTimeDomainData(samples);
  ink.clearRect(0, 0, canvas.width, canvas.height);
  ink.strokeStyle = getComputedStyle(canvas).color;
  ink.lineWidth = 2;
  ink.beginPath();
  samples.forEach((sample, i) => ink.lineTo(
    (i / (samples.length - 1)) * canvas.width, (0.5 - 0.48 * sample) * canvas.height));
  ink.stroke();
}

// --- the widget -------------------------------------------------------------------------------

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function build(model, bank) {
  const names = model.get("corners");
  const flat = bank.rows === 1;
  const tiled = bank.down * bank.across > 4;
  const root = element("div", `nse-plane${flat ? " line" : tiled ? " tiled" : ""}`);
  root.dataset.lmSuppressShortcuts = "true"; // letters play notes here, not JupyterLab commands
  const help = `nse-${Math.random().toString(36).slice(2)}`;
  root.innerHTML = `
    <div class="surface" tabindex="0" aria-describedby="${help}"
      ${flat ? 'role="slider"' : 'role="application" aria-roledescription="sound pad"'}>
      <canvas aria-hidden="true"></canvas></div>
    <div class="panel">
      <div class="row"><button type="button" class="play"></button>
        <canvas class="scope" width="480" height="96" aria-hidden="true"></canvas></div>
      <div class="keys" aria-hidden="true"></div>
      <p class="help" id="${help}">Drag, or use the ${flat ? "left and right " : ""}arrow keys
        (with Shift: small steps). Space holds the sound, the letters A W S E D F T G Y H U J play
        notes.</p>
      <button type="button" class="midi">Use a MIDI keyboard</button>
      <p class="live" aria-live="polite"></p></div>`;
  const [surface, canvas, play, scope, keys, midi, live] =
    ["surface", "surface canvas", "play", "scope", "keys", "midi", "live"]
      .map((name) => root.querySelector(`.${name}`));
  surface.setAttribute("aria-label", `${flat ? "Line" : "Pad"} between ${listed(names)}`);
  midi.hidden = !navigator.requestMIDIAccess;
  const chips = names.map((name, i) => {
    const chip = element("span", "chip");
    chip.style.setProperty("--corner", colorOf(bank, i));
    const [x, y] = [i % bank.across, Math.floor(i / bank.across)];
    const at = (place, margin) => `calc(${margin}px + ${place} * (100% - ${2 * margin}px))`;
    chip.style.setProperty("--left", at(x / (bank.across - 1), SIDE));
    chip.style.setProperty("--top", at(y / (bank.down - 1), ENDS));
    return chip;
  });
  surface.append(...chips);
  return { root, surface, canvas, chips, play, scope, keys, midi, live, flat, tiled };
}

const listed = (names) => (names.length > MANY ? `${names.length} instruments`
  : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
const noteName = (midi) => `${NAMES[midi % 12]}${Math.floor(midi / 12) - 1}`;

const octave = (midi) => 12 * Math.floor(midi / 12); // the C below

/** How much of each instrument is heard at a place. */
const shares = (bank, place) => lattice(bank.down, bank.across, place);

/** Name the instruments: where they stand, or the nearest four alone where that is too narrow. */
function label({ root, canvas, chips, flat, tiled }, bank, names, place) {
  const given = shares(bank, place);
  const room = (canvas.clientWidth - 2 * SIDE) / (bank.across - 1);
  const narrow = tiled && room < 46 + 7 * Math.max(...names.map((name) => name.length));
  root.classList.toggle("narrow", narrow);
  const first = narrow ? given.findIndex((share) => share > 0) : 0; // of the cell's corners
  chips.forEach((chip, i) => {
    const heard = given[i] > 0 || !tiled;
    const column = i % bank.across;
    const side = { 0: "left", [bank.across - 1]: "right" }[column] ?? "";
    const below = Math.floor(i / bank.across) > Math.floor(first / bank.across);
    const corner = `${below ? "s" : "n"}${column > first % bank.across ? "e" : "w"}`;
    chip.className = `chip ${flat ? "we"[i] : tiled && !narrow ? side : corner}`;
    chip.hidden = narrow && !heard;
    chip.textContent = heard ? `${names[i]} ${Math.round(100 * given[i])} %` : names[i];
  });
}

function render({ model, el }) {
  let bank = unpack(model);
  const view = build(model, bank);
  const names = model.get("corners");
  let place = { x: model.get("x"), y: model.get("y") };
  let note = model.get("note");
  let base = octave(note); // of the letters and the keys on the screen
  let context, analyser, voice, frame, speaking;
  let holding = false; // Space or the button: sounds until stopped
  const pressed = []; // notes held down on a keyboard, latest last

  const shape = () => ({ position: model.get("position"), attack: model.get("attack") });
  const wake = () => {
    if (!context) {
      context = new AudioContext();
      analyser = new AnalyserNode(context, { fftSize: 1024 });
      analyser.connect(context.destination);
    }
    context.resume();
  };
  const draw = () => {
    trace(view.scope, voice && analyser);
    frame = voice ? requestAnimationFrame(draw) : 0;
  };
  const silence = () => {
    voice?.stop(model.get("release") ?? RELEASE);
    voice = undefined;
    show();
  };
  const sound = (midi) => {
    wake();
    voice?.stop(FADE);
    note = midi;
    voice = startVoice(context, analyser, bank, note, place, shape());
    if (!frame) draw();
    show();
  };
  const toggle = () => {
    holding = !holding;
    holding ? sound(note) : silence();
    announce();
  };
  const press = (midi) => {
    pressed.push(midi);
    sound(midi);
    announce();
  };
  const release = (midi) => {
    const index = pressed.indexOf(midi);
    if (index < 0) return;
    pressed.splice(index, 1);
    if (pressed.length) sound(pressed.at(-1));
    else if (!holding) silence();
  };
  const move = (x, y) => {
    place = { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
    voice?.move(place);
    show();
  };
  const keep = () => { // tell Python where we are
    model.set(place);
    model.set("note", note);
    model.save_changes();
  };
  const words = () => shares(bank, place).map((share, i) => [names[i], Math.round(100 * share)])
    .filter(([, share]) => share > 0 || !view.tiled)
    .map(([name, share]) => `${name} ${share} per cent`).join(", ");
  const announce = () => { // once the hand rests, not at every step
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      view.live.textContent = `${words()}; note ${noteName(note)}${voice ? ", sounding" : ""}.`;
      keep();
    }, 300);
  };
  const show = () => {
    paint(view.canvas, bank, place, Boolean(voice));
    if (!voice) trace(view.scope);
    label(view, bank, names, place);
    view.play.textContent = holding ? "■ Stop" : "▶ Play";
    view.play.setAttribute("aria-label", `${holding ? "Stop" : "Play"} ${noteName(note)}`);
    [...view.keys.children].forEach((key, i) => {
      key.title = noteName(base + i);
      key.classList.toggle("on", base + i === note);
    });
    if (view.flat) {
      view.surface.setAttribute("aria-valuemin", "0");
      view.surface.setAttribute("aria-valuemax", "100");
      view.surface.setAttribute("aria-valuenow", `${Math.round(100 * place.x)}`);
      view.surface.setAttribute("aria-valuetext", words());
    }
  };

  const renew = () => { // other sounds on the same plane: whatever plays goes on with them
    bank = unpack(model);
    voice ? sound(note) : show();
  };
  const tune = () => { // another note, and the keys around it
    const other = note !== model.get("note");
    note = model.get("note");
    base = octave(note);
    voice && other ? sound(note) : show();
  };
  const join = () => voice?.move(place); // points that were not there before
  model.on("change:sounds", renew);
  model.on("change:note", tune);
  model.on("stored", join);

  // the hand on the plane
  const follow = (event) => {
    const box = view.surface.getBoundingClientRect();
    move(outset(event.clientX - box.left, box.width, SIDE),
      view.flat ? 0 : outset(event.clientY - box.top, box.height, ENDS));
    announce();
  };
  view.surface.onpointerdown = (event) => {
    view.surface.setPointerCapture(event.pointerId);
    if (!holding) toggle();
    follow(event);
  };
  view.surface.onpointermove = (event) => {
    if (view.surface.hasPointerCapture(event.pointerId)) follow(event);
  };
  view.play.onclick = toggle;
  view.root.onpointerup = () => context?.resume(); // a finger may start sound when it is lifted

  // the computer's keys
  const held = new Map(); // letter -> the note it plays
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  view.root.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Tab") return;
    const key = event.key.toLowerCase();
    const onSurface = event.target === view.surface;
    if (KEYS.includes(key) && key.length === 1) {
      if (!event.repeat) press(held.set(key, base + KEYS.indexOf(key)).get(key));
    } else if (onSurface && steps[event.key]) {
      const [dx, dy] = steps[event.key].map((s) => s * (event.shiftKey ? 0.01 : 0.05));
      move(round(place.x + dx), view.flat ? 0 : round(place.y + dy));
      announce();
    } else if (onSurface && (key === " " || key === "enter")) {
      if (!event.repeat) toggle();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  view.root.onkeyup = (event) => release(held.get(event.key.toLowerCase()));
  view.root.onfocusout = () => [...pressed].forEach(release); // a key let go elsewhere

  // keys for fingers
  [...KEYS].forEach((letter, i) => {
    const key = element("span", NAMES[i].length > 1 ? "key black" : "key", letter.toUpperCase());
    let midi;
    key.onpointerdown = (event) => {
      key.setPointerCapture(event.pointerId);
      press(midi = base + i);
    };
    key.onpointerup = key.onpointercancel = () => release(midi);
    view.keys.append(key);
  });

  // a piano keyboard
  let inputs = [];
  const hear = ({ data: [kind, midi, velocity] }) => {
    if ((kind & 0xf0) === 0x90 && velocity) press(midi);
    else if ((kind & 0xe0) === 0x80) release(midi);
  };
  view.midi.onclick = async () => {
    try {
      inputs = [...(await navigator.requestMIDIAccess()).inputs.values()];
      inputs.forEach((input) => input.addEventListener("midimessage", hear));
      view.midi.textContent = inputs.length
        ? `MIDI: ${inputs.map((input) => input.name).join(", ")}`
        : "No MIDI keyboard found: plug one in, then click again";
    } catch (problem) {
      view.midi.textContent = `The browser allows no MIDI here (${problem.name})`;
    }
  };

  // for tests: the same voice, rendered without a loudspeaker
  view.root.soundPlane = {
    voice: (offline, at, midi) =>
      startVoice(offline, offline.destination, bank, midi, at, shape()),
    render: async (seconds, at = place, midi = note) => {
      const offline = new OfflineAudioContext(1, seconds * bank.rate, bank.rate);
      view.root.soundPlane.voice(offline, at, midi);
      return (await offline.startRendering()).getChannelData(0);
    },
    state: () => ({ ...place, note, sounding: Boolean(voice), context: context?.state,
      peak: analyser ? level(analyser) : 0 }),
  };

  el.append(view.root);
  const resized = new ResizeObserver(show);
  resized.observe(view.surface); // also says when the page has taken the plane in
  return () => {
    resized.disconnect();
    model.off("change:sounds", renew);
    model.off("change:note", tune);
    model.off("stored", join);
    cancelAnimationFrame(frame);
    clearTimeout(speaking);
    inputs.forEach((input) => input.removeEventListener("midimessage", hear));
    voice?.stop(FADE);
    context?.close();
  };
}

const round = (value) => Math.round(value * 100) / 100;

function level(analyser) {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
}

export default { render };
