// Sound in the browser: buffers, code for the audio thread, and what an analyser reports.

export function bufferOf(samples, sampleRate) {
  const buffer = new AudioBuffer({ length: samples.length, sampleRate });
  buffer.copyToChannel(samples, 0);
  return buffer;
}

/** Start a sound; `stop` on what is returned ends it. */
export function playOnce(context, samples, sampleRate) {
  context.resume();
  const source = new AudioBufferSourceNode(context, { buffer: bufferOf(samples, sampleRate) });
  source.connect(context.destination);
  source.start();
  return source;
}

/** Load a worklet from a data: address, which also works in a page opened as a file. */
export const addWorklet = (context, code) =>
  context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(code)}`);

/** The latest samples at an analyser; none where there is no analyser yet. */
export function latest(analyser) {
  const samples = new Float32Array(analyser?.fftSize ?? 0);
  analyser?.getFloatTimeDomainData(samples);
  return samples;
}

export const peakOf = (samples) =>
  samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
