// One note on a plane: loops of the nearest points, faded into each other.

import { bufferOf } from "./audio.js";
import { gains } from "./points.js";

export const FADE = 0.02; // s, of every gain change: no clicks

/** Which rendered note a note is made of, and how much faster that one is played. */
function rendered({ midi }, note) {
  const distance = midi.map((m) => Math.abs(m - note));
  const nearest = distance.indexOf(Math.min(...distance));
  return [nearest, 2 ** ((note - midi[nearest]) / 12)];
}

/** How long a note lasts until its loop begins again, in s. */
export const passOf = (points, note, { position = 0 } = {}) =>
  ((1 - position) * points.time) / points.rate / rendered(points, note)[1];

/** Loop the rendered note nearest to `midi`, re-pitched to it, from the four nearest points.
 *
 * A point that joins later starts where it would be had it started with the first. The gain of a
 * point that has not been loaded goes to its neighbours.
 * `shape`: position, where in the note the loop starts (0 to 1); attack, s from silence.
 */
export function startVoice(context, output, points, midi, place, shape = {}) {
  const [nearest, playbackRate] = rendered(points, midi);
  const out = new GainNode(context);
  out.connect(output);
  const loops = new Map();
  let begun; // s, when the first point started
  const begin = (now) => {
    begun = now;
    if (!(shape.attack > 0)) return;
    out.gain.setValueAtTime(0, now);
    out.gain.linearRampToValueAtTime(1, now + shape.attack);
  };
  const join = (i, now) => {
    const samples = points.point(nearest * points.perNote + i);
    if (!samples) return;
    if (begun === undefined) begin(now);
    const buffer = bufferOf(samples, points.rate);
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
    const [wanted, first] = [gains(points, to), begun === undefined];
    wanted.forEach((gain, i) => gain > 0 && !loops.has(i) && join(i, now));
    const there = wanted.reduce((sum, gain, i) => sum + (loops.has(i) ? gain : 0), 0);
    if (there === 0) return; // nothing has been loaded: what plays goes on
    loops.forEach(({ source, level }, i) => {
      if (first) level.gain.value = wanted[i] / there;
      else level.gain.setTargetAtTime(wanted[i] / there, now, FADE);
      if (wanted[i] > 0) return;
      source.stop(now + 8 * FADE);
      loops.delete(i);
    });
  };
  const stop = (seconds) => {
    const now = context.currentTime;
    const risen = shape.attack > 0 ? Math.min(1, (now - begun) / shape.attack) : 1;
    out.gain.cancelScheduledValues(now); // of an attack that is not over
    out.gain.setValueAtTime(risen || 0, now);
    out.gain.setTargetAtTime(0, now, seconds / 6);
    loops.forEach(({ source }) => source.stop(now + seconds));
  };
  move(place);
  return { midi, move, stop };
}
