// The pitch clock of a voice that is played live; the same numbers as generation/live_clock.py.

const TAPS = 4;
const MEMORY = 2048; // samples that a period tap can reach

/** Sines and cosines at the pitch, and where whole periods of it lie in the past. */
export class LiveClock {
  /** `harmonics`: sines, and as many cosines. */
  constructor({ sampleRate, hopLength, harmonics }) {
    Object.assign(this, { sampleRate, half: hopLength / 2, harmonics });
    this.periods = 0; // since the start
    this.from = this.target = NaN; // periods per sample
    this.glided = 0; // samples since the last change
  }

  /** Periods per sample at the next sample. */
  get frequency() {
    if (Number.isNaN(this.from + this.target)) return this.target;
    const share = Math.min((this.glided + 0.5) / this.half, 1);
    return this.from + (this.target - this.from) * share;
  }

  get gliding() { return this.glided < this.half && this.from !== this.target && !Number.isNaN(this.from + this.target); }

  /** Set a MIDI number, reached within half a frame; NaN = not pitched: the clock is silent. */
  glideTo(midi) {
    this.from = this.frequency;
    this.target = 440 * 2 ** ((Math.fround(midi) - 69) / 12) / this.sampleRate;
    this.glided = 0;
  }

  /** Fill the clock of `count` samples, and go on to those after them.
   *
   * `waves` (count, 2 harmonics); `delays` and `shares` (count or 1, 4, taps), returns whether they
   * have a row for each sample.
   */
  fill(count, waves, delays, shares) {
    const gliding = this.gliding;
    for (let n = 0; n < count; n += 1) {
      const { frequency } = this;
      this.#wavesOf(frequency, waves, n * 2 * this.harmonics);
      if (gliding || n === 0) this.#tapsOf(frequency, delays, shares, n * 4 * TAPS);
      this.glided += 1;
      if (frequency > 0) this.periods += frequency;
    }
    return gliding;
  }

  #wavesOf(frequency, waves, at) {
    const angle = 2 * Math.PI * (this.periods % 1);
    const twice = 2 * Math.cos(angle);
    let [sine, cosine, lastSine, lastCosine] = [Math.sin(angle), Math.cos(angle), 0, 1];
    for (let h = 0; h < this.harmonics; h += 1) { // sin (h + 2) a = 2 cos a sin (h + 1) a - sin h a
      const audible = frequency * (h + 1) < 0.5;
      waves[at + h] = audible ? sine : 0;
      waves[at + this.harmonics + h] = audible ? cosine : 0;
      [sine, lastSine] = [twice * sine - lastSine, sine];
      [cosine, lastCosine] = [twice * cosine - lastCosine, cosine];
    }
  }

  #tapsOf(frequency, delays, shares, at) { // cubic interpolation between four samples
    for (let tap = 0; tap < TAPS; tap += 1) {
      const lag = (tap + 1) / frequency - 2;
      const valid = lag >= 1 && lag < MEMORY - 3;
      const first = (valid ? Math.floor(lag) : 1) - 1;
      const place = (valid ? lag : 1) - first;
      for (let n = 0; n < 4; n += 1) {
        let share = valid ? 1 : 0;
        for (let m = 0; m < 4; m += 1) if (m !== n) share *= (place - m) / (n - m);
        delays[at + n * TAPS + tap] = first + n;
        shares[at + n * TAPS + tap] = share;
      }
    }
  }
}
