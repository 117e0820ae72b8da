// Record a note: raw samples from an AudioWorklet, no codec, the browser's speech processing off.

const PROCESSING = ["echoCancellation", "noiseSuppression", "autoGainControl"];
const BEAT = 600; // ms between two numbers of the count-in
const FLOOR = -60; // dB, the meter's left end

const WORKLET = `
registerProcessor("nse-recorder", class extends AudioWorkletProcessor {
  process([[samples]]) {
    if (samples) this.port.postMessage(samples.slice());
    return true;
  }
});`;

const REFUSED = {
  NotAllowedError: "The microphone was refused. Allow it for this page (the sign beside the address), " +
    "then press Record again; or choose a sound file.",
  NotFoundError: "This computer shows no microphone. Plug one in and press Record again, or choose a sound file.",
  NotReadableError: "Another program holds the microphone. Close it and press Record again, or choose a sound file.",
  insecure: "A browser records only on pages opened as localhost or by https, and this one is neither. " +
    "Open the course that way, or choose a sound file.",
};

const decibels = (amplitude) => 20 * Math.log10(Math.max(amplitude, 1e-5));

function meter() {
  const row = element("div", "control");
  const bar = element("div", "meter");
  const fill = element("div", "fill");
  const value = element("output", "value", "off");
  bar.setAttribute("aria-hidden", "true"); // it changes far too often to be read aloud
  bar.append(fill);
  row.append(element("span", "label", "Level"), bar, value);
  let held = 0;
  return {
    row,
    show: (peak) => {
      held = Math.max(peak, held * 0.93);
      const level = decibels(held);
      fill.style.width = `${100 * Math.max(0, 1 - level / FLOOR)}%`;
      fill.classList.toggle("over", held >= 0.99);
      value.textContent = held >= 0.99 ? "too loud" : `${level.toFixed(0).replace("-", "−")} dB`;
    },
    off: () => {
      held = 0;
      fill.style.width = "0";
      value.textContent = "off";
    },
  };
}

/** The open microphone: `heard(samples)` for each block, `close()` hands it back. */
async function microphone(heard) {
  if (!navigator.mediaDevices || !window.AudioWorkletNode) throw { name: "insecure" };
  const audio = Object.fromEntries(PROCESSING.map((name) => [name, false]));
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { ...audio, channelCount: 1 } });
  const context = new AudioContext();
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    if (context.state !== "closed") context.close();
  };
  try {
    await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(WORKLET)}`);
    const node = new AudioWorkletNode(context, "nse-recorder", { channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = ({ data }) => heard(data);
    new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(node).connect(context.destination);
    await context.resume();
  } catch (problem) {
    close();
    throw problem;
  }
  const settings = stream.getAudioTracks()[0].getSettings();
  return { rate: context.sampleRate, close, processed: PROCESSING.filter((name) => settings[name]) };
}

function render({ model, el }) {
  const root = element("div", "nse-explorer recorder");
  const level = meter();
  const buttons = element("div", "players");
  const record = Object.assign(element("button", "record"), { type: "button" });
  const play = Object.assign(element("button", "play", "▶ Play take"), { type: "button" });
  const choose = Object.assign(element("button", "choose", "Choose a file"), { type: "button" });
  const file = Object.assign(element("input", ""), { type: "file", accept: "audio/*,.wav,.flac,.ogg,.aiff", hidden: true });
  const count = element("p", "count");
  count.setAttribute("aria-live", "assertive");
  const live = element("p", "said");
  live.setAttribute("aria-live", "polite");
  buttons.append(record, play, choose, file);
  root.append(element("p", "task", model.get("task")), level.row, buttons, count, live);
  el.append(root);

  let state = "idle", mic, blocks = [], timer, source, context;
  const say = (text) => { live.textContent = text; };
  const show = () => {
    record.textContent = { idle: model.get("taken") ? "● Record again" : "● Record", recording: "■ Stop" }[state] ?? "■ Cancel";
    play.disabled = choose.disabled = state !== "idle";
    play.hidden = !model.get("taken");
  };
  const close = () => {
    clearTimeout(timer);
    mic?.close();
    mic = undefined;
    state = "idle";
    count.textContent = "";
    level.off();
    show();
  };
  const finish = () => {
    const length = blocks.reduce((sum, block) => sum + block.length, 0);
    const samples = new Float32Array(length);
    blocks.reduce((at, block) => { samples.set(block, at); return at + block.length; }, 0);
    const { rate, processed } = mic;
    close();
    if (!length) return say("Nothing arrived from the microphone. Press Record again.");
    model.send({ kind: "take", rate, processed }, undefined, [samples.buffer]);
  };
  const heard = (samples) => {
    if (!mic) return; // the last blocks of a microphone that is closed already
    level.show(samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
    if (state === "recording") {
      blocks.push(samples);
      const made = blocks.length * samples.length / mic.rate;
      count.textContent = `Recording: ${Math.max(0, model.get("seconds") - made).toFixed(1)} s left`;
      if (made >= model.get("seconds")) finish();
    }
  };
  const begin = () => {
    blocks = [];
    state = "recording";
    count.setAttribute("aria-live", "off"); // not every tenth of a second
    show();
  };
  const countIn = (left) => {
    if (!left) return begin();
    count.setAttribute("aria-live", "assertive");
    count.textContent = `${left} …`;
    timer = setTimeout(() => countIn(left - 1), BEAT);
  };
  const start = async () => {
    source?.stop();
    state = "asking";
    say("");
    show();
    try {
      mic = await microphone(heard);
    } catch (problem) {
      close();
      return say(REFUSED[problem.name] ?? `The microphone cannot be used (${problem.message}). Choose a sound file.`);
    }
    if (state !== "asking") return close(); // cancelled while the browser asked
    state = "counting";
    show();
    countIn(model.get("count_in"));
  };
  record.onclick = () => {
    if (state === "idle") start();
    else if (state === "recording") finish();
    else close();
  };
  play.onclick = () => {
    const view = model.get("take");
    context ??= new AudioContext();
    context.resume();
    source?.stop();
    const samples = floats(view);
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: model.get("sample_rate") });
    buffer.copyToChannel(samples, 0);
    source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    source.start();
  };
  choose.onclick = () => file.click();
  file.onchange = async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    if (chosen.size > model.get("largest")) {
      say(`${chosen.name} has ${(chosen.size / 1e6).toFixed(0)} MB; at most ${model.get("largest") / 1e6} MB are read. Cut the note out first.`);
    } else {
      say(`Reading ${chosen.name} …`);
      model.send({ kind: "file", name: chosen.name }, undefined, [await chosen.arrayBuffer()]);
    }
    file.value = "";
  };
  const told = () => say(model.get("message"));
  model.on("change:message", told);
  model.on("change:taken", show);
  told();
  show();
  return () => {
    close();
    source?.stop();
    context?.close();
    model.off("change:message", told);
    model.off("change:taken", show);
  };
}

export default { render };
