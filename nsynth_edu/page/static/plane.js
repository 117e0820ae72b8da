// Sounds on a plane, or on a line. All loops of a note start together, and a move only turns the
// four nearest up and the others down: playing needs no Python.

import { latest, peakOf } from "./audio.js";
import { cornerColor } from "./colors.js";
import { button, element } from "./element.js";
import { midiButton } from "./midi.js";
import { noteName, octave, piano } from "./notes.js";
import { within } from "./numbers.js";
import { hands, label, padOf } from "./pad.js";
import { ENDS, SIDE, paint, trace } from "./paint.js";
import { pointsOf, weights } from "./points.js";
import { taker } from "./take.js";
import { listen } from "./view.js";
import { FADE, passOf, startVoice } from "./voice.js";
import { saveWav } from "./wav.js";

const MANY = 16; // instruments; more are counted, not named
const RELEASE = 0.12; // s, from key up to silence, where the model has no value

const listed = (names) => (names.length > MANY ? `${names.length} instruments`
  : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

function build(names, points, piano, midi, small) {
  const flat = points.rows === 1;
  const tiled = points.down * points.across > 4;
  const role = flat ? { role: "slider" }
    : { role: "application", "aria-roledescription": "sound pad" };
  const help = `Drag, or use the ${flat ? "left and right " : ""}arrow keys (with Shift: small ` +
    "steps). Space holds the sound, the letters A W S E D F T G Y H U J play notes.";
  const view = padOf(flat ? "line" : tiled ? "tiled" : "",
    { ...role, "aria-label": `${flat ? "Line" : "Pad"} between ${listed(names)}` },
    names.map((_, i) => cornerColor(i, points.across)), help, piano);
  const canvas = element("canvas", "", [], { "aria-hidden": "true" });
  const scope = element("canvas", "scope", [], { width: 480, height: 96, "aria-hidden": "true" });
  view.surface.prepend(canvas);
  view.chips.forEach((chip, i) => {
    const at = (place, margin) => `calc(${margin}px + ${place} * (100% - ${2 * margin}px))`;
    chip.style.setProperty("--left", at((i % points.across) / (points.across - 1), SIDE));
    chip.style.setProperty("--top", at(Math.floor(i / points.across) / (points.down - 1), ENDS));
  });
  view.panel.append(element("div", "row", [view.play, scope]), piano.row, view.help,
    element("div", "small", [...small, midi.row]), view.live);
  return { ...view, canvas, scope, flat, tiled };
}

/** Name the instruments: where they stand, or only the nearest four where that is too narrow. */
function name({ root, canvas, chips, flat, tiled }, { across }, names, given) {
  const room = (canvas.clientWidth - 2 * SIDE) / (across - 1);
  const narrow = tiled && room < 46 + 7 * Math.max(...names.map((name) => name.length));
  root.classList.toggle("narrow", narrow);
  const first = narrow ? given.findIndex((weight) => weight > 0) : 0; // of the cell's corners
  chips.forEach((chip, i) => {
    const shown = given[i] > 0 || !tiled;
    const column = i % across;
    const side = { 0: "left", [across - 1]: "right" }[column] ?? "";
    const below = Math.floor(i / across) > Math.floor(first / across);
    const corner = `${below ? "s" : "n"}${column > first % across ? "e" : "w"}`;
    chip.className = `chip ${flat ? "we"[i] : tiled && !narrow ? side : corner}`;
    chip.hidden = narrow && !shown;
    chip.textContent = shown ? `${names[i]} ${Math.round(100 * given[i])} %` : names[i];
  });
}

export function render({ model, el }) {
  let points = pointsOf(model);
  const names = model.get("corners");
  const pressed = []; // notes held down on a keyboard, latest last
  let place = { x: model.get("x"), y: model.get("y") };
  let note = model.get("note");
  let base = octave(note); // of the letters and the keys on the screen
  let holding = false; // Space or the button: sounds until stopped
  let context, analyser, voice, frame, speaking;

  // sound
  const shape = () => ({ position: model.get("position"), attack: model.get("attack") });
  const wake = () => {
    if (!context) {
      context = new AudioContext();
      analyser = new AnalyserNode(context, { fftSize: 1024 });
      analyser.connect(context.destination);
    }
    context.resume();
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
    voice = startVoice(context, analyser, points, note, place, shape());
    if (!frame) draw();
    show();
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
  const toggle = () => {
    holding = !holding;
    holding ? sound(note) : silence();
    announce();
  };
  const move = (x, y) => {
    place = { x: within(x), y: view.flat ? 0 : within(y) };
    voice?.move(place);
    show();
    announce();
  };

  /** What a key held for one pass of the loop plays, and its release, without a loudspeaker. */
  const record = async () => {
    const [pass, release] = [passOf(points, note, shape()), model.get("release") ?? RELEASE];
    const offline = new OfflineAudioContext(1, (pass + release) * points.rate, points.rate);
    const held = startVoice(offline, offline.destination, points, note, place, shape());
    offline.suspend(pass).then(() => {
      held.stop(release);
      offline.resume();
    });
    return (await offline.startRendering()).getChannelData(0);
  };
  const save = async () => {
    const parts = shares().filter(([, share]) => share > 0).map((part) => part.join(" "));
    const comment = `${view.surface.ariaLabel}: ${words()}; note ${noteName(note)}.`;
    const file = `${parts.join(" ").slice(0, 80)}_${note}`;
    const sound = await record();
    if (peakOf(sound)) saveWav(file, sound, points.rate, `${comment} ${model.get("credit") ?? ""}`);
    else view.live.textContent = "Nothing sounds here: nothing was saved.";
  };

  // picture and words
  const keys = piano(press, release);
  const midi = midiButton(press, release);
  const take = taker(model, (words) => { view.live.textContent = words; });
  const view = build(names, points, keys, midi,
    [button("save", "Save this sound", { onclick: save }), take.row]);
  const shares = () =>
    weights(points, place).map((weight, i) => [names[i], Math.round(100 * weight)]);
  const words = () => shares().filter(([, share]) => share > 0 || !view.tiled)
    .map(([name, share]) => `${name} ${share} per cent`).join(", ");
  const draw = () => {
    trace(view.scope, voice && analyser);
    frame = voice ? requestAnimationFrame(draw) : 0;
  };
  const show = () => {
    paint(view.canvas, points, place, Boolean(voice));
    if (!voice) trace(view.scope);
    name(view, points, names, weights(points, place));
    label(view.play, "Play", holding, note);
    keys.show(base, note);
    take.mark(voice ? note : -1, place);
    if (!view.flat) return;
    const value = { min: 0, max: 100, now: Math.round(100 * place.x), text: words() };
    for (const [key, is] of Object.entries(value)) view.surface.setAttribute(`aria-value${key}`, is);
  };
  const announce = () => { // once the hand is at rest, not at every step
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      view.live.textContent = `${words()}; note ${noteName(note)}${voice ? ", sounding" : ""}.`;
      model.set(place);
      model.set("note", note);
      model.save_changes();
    }, 300);
  };

  // what Python or the page changes
  const renew = () => { // other sounds on the same plane: a note that sounds goes on with them
    points = pointsOf(model);
    voice ? sound(note) : show();
  };
  const tune = () => { // another note, and the keys around it
    const other = note !== model.get("note");
    note = model.get("note");
    base = octave(note);
    voice && other ? sound(note) : show();
  };
  const end = listen(model, { "change:sounds": renew, "change:note": tune,
    stored: () => voice?.move(place) });

  hands(view, { place: () => place, move, toggle, begin: () => holding || toggle(), press, release,
    lift: () => context?.resume(), leave: () => [...pressed].forEach(release),
    margins: [SIDE, ENDS] });
  view.play.onclick = toggle;
  view.root.soundPlane = forTests({ points: () => points, here: () => [place, note], shape,
    state: () => ({ ...place, note, sounding: Boolean(voice), context: context?.state,
      peak: peakOf(latest(analyser)) }) });
  el.append(view.root);
  const resized = new ResizeObserver(show);
  resized.observe(view.surface); // also when the page takes the plane in
  return () => {
    resized.disconnect();
    end();
    midi.end();
    cancelAnimationFrame(frame);
    clearTimeout(speaking);
    voice?.stop(FADE);
    context?.close();
  };
}

/** The same voice, rendered without a loudspeaker. */
function forTests({ points, here, shape, state }) {
  const voice = (offline, at, midi) =>
    startVoice(offline, offline.destination, points(), midi, at, shape());
  const render = async (seconds, at = here()[0], midi = here()[1]) => {
    const offline = new OfflineAudioContext(1, seconds * points().rate, points().rate);
    voice(offline, at, midi);
    return (await offline.startRendering()).getChannelData(0);
  };
  return { voice, render, state };
}
