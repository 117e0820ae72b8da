// Waves as lines of a drawing.

export const WIDTH = 640;

/** A line through samples, or steps that stay until the next sample; 0 lies in the middle. */
export function wave(samples, top, tall, scale, steps = false) {
  const x = (i) => ((i / (samples.length - 1)) * WIDTH).toFixed(1);
  const y = (value) => (top + tall / 2 - (value / scale) * (tall / 2)).toFixed(1);
  return samples.map((value, i) => (i === 0 ? `M0 ${y(value)}`
    : steps ? `H${x(i)} V${y(value)}` : `L${x(i)} ${y(value)}`)).join(" ");
}
