// A sound of the page as a WAV file, saved as the browser saves downloads.

import { element } from "./element.js";
import { toPcm } from "./pcm.js";

/** A 16-bit mono WAV file; `comment` stands in it as the comment that programs show. */
export function wavOf(samples, rate, comment) {
  const pcm = new Uint8Array(toPcm(samples).buffer);
  const text = new TextEncoder().encode(`${comment}\0`);
  const even = text.length + (text.length % 2);
  const bytes = new Uint8Array(64 + even + pcm.length);
  const view = new DataView(bytes.buffer);
  const letters = (at, word) => bytes.set(new TextEncoder().encode(word), at);
  letters(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  letters(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  [1, 1].forEach((value, i) => view.setUint16(20 + 2 * i, value, true)); // PCM, one channel
  [rate, 2 * rate].forEach((value, i) => view.setUint32(24 + 4 * i, value, true));
  [2, 16].forEach((value, i) => view.setUint16(32 + 2 * i, value, true)); // bytes and bits of a sample
  letters(36, "LIST");
  view.setUint32(40, 12 + even, true);
  letters(44, "INFOICMT");
  view.setUint32(52, text.length, true);
  bytes.set(text, 56);
  letters(56 + even, "data");
  view.setUint32(60 + even, pcm.length, true);
  bytes.set(pcm, 64 + even);
  return bytes;
}

/** Hand a sound to the browser under a name; what a file's name cannot hold becomes `_`. */
export function saveWav(name, samples, rate, comment) {
  const href = URL.createObjectURL(new Blob([wavOf(samples, rate, comment)], { type: "audio/wav" }));
  const stem = name.replace(/[^\p{L}\p{N}_-]+/gu, "_");
  element("a", "", [], { href, download: `${stem}.wav` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser reads it after the click
}
