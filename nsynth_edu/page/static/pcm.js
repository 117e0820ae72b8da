// 16-bit samples, with the scale that Python uses.

export const SCALE = 32768; // of -1

/** A copy of the bytes of a DataView. */
export const bytesOf = (view) =>
  view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);

export const pcmOf = (view) => new Int16Array(bytesOf(view));

export const toFloats = (pcm) => Float32Array.from(pcm, (sample) => sample / SCALE);

/** One of several sounds of equal length that lie end to end, as floats. */
export function nthOf(view, count, n) {
  const pcm = pcmOf(view);
  const length = pcm.length / count;
  return toFloats(pcm.subarray(n * length, (n + 1) * length));
}

export const toPcm = (floats) => Int16Array.from(floats, (sample) =>
  Math.min(SCALE - 1, Math.max(-SCALE, Math.round(sample * SCALE))));
