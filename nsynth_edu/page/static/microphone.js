// The microphone: raw samples, no codec, the browser's speech processing switched off.

import { addWorklet } from "./audio.js";

const PROCESSING = ["echoCancellation", "noiseSuppression", "autoGainControl"];

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

/** Why the microphone did not open, and what to do. */
export const refusal = (problem) => REFUSED[problem.name] ??
  `The microphone cannot be used (${problem.message}). Choose a sound file.`;

/** Open the microphone: `receive(samples)` is called for each block, `close()` hands it back.
 *
 * `processed` are the kinds of processing that the browser kept on.
 */
export async function microphone(receive) {
  if (!navigator.mediaDevices || !window.AudioWorkletNode) throw { name: "insecure" };
  const audio = Object.fromEntries(PROCESSING.map((name) => [name, false]));
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { ...audio, channelCount: 1 } });
  const context = new AudioContext();
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    if (context.state !== "closed") context.close();
  };
  try {
    await addWorklet(context, WORKLET);
    const node = new AudioWorkletNode(context, "nse-recorder", { channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = ({ data }) => receive(data);
    new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(node).connect(context.destination);
    await context.resume();
  } catch (problem) {
    close();
    throw problem;
  }
  const settings = stream.getAudioTracks()[0].getSettings();
  return { rate: context.sampleRate, close, processed: PROCESSING.filter((name) => settings[name]) };
}

/** One array from many. */
export function joined(blocks) {
  const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  blocks.reduce((at, block) => { samples.set(block, at); return at + block.length; }, 0);
  return samples;
}
