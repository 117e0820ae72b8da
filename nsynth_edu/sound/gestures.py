"""How a player moves a note: glides, vibrato, swells, and a leap to a second key."""

from dataclasses import dataclass

import numpy as np

from nsynth_edu.sound.contour import ACTIVE_POWER, CONTOUR_HOP, pitch_contour

LOWEST_KEY, HIGHEST_KEY = 33, 84  # MIDI: with a bend, all that `pitch_contour` measures surely
LEAST_AGREEMENT = 0.8  # share of measured frames within half a semitone of the gesture


@dataclass(frozen=True)
class Gesture:
    """A movement of pitch and loudness over one note; by default there is none."""

    glide: float = 0.0  # semitones from the key's pitch to where the glide ends
    glide_start: float = 0.5  # s after the key goes down
    glide_seconds: float = 1.0  # s, above 0
    vibrato: float = 0.0  # semitones to each side
    vibrato_rate: float = 6.0  # Hz
    vibrato_start: float = 0.0  # s; the vibrato grows to its depth within 0.3 s
    softest: float = 1.0  # loudness at both ends of a swell, 0 to 1 (full)
    loudest_at: float = 1.5  # s, where the swell is at its full loudness
    leap: int = 0  # semitones from the first key to the second; 0 = there is no second
    leap_at: float = 1.5  # s, when the first key rises and the second goes down

    def bend(self, seconds):
        """Semitones by which the pitch wheel moves the note, at times in s (an array)."""
        gone = np.clip((seconds - self.glide_start) / self.glide_seconds, 0, 1)
        depth = self.vibrato * np.clip((seconds - self.vibrato_start) / 0.3, 0, 1)
        swing = np.sin(2 * np.pi * self.vibrato_rate * (seconds - self.vibrato_start))
        return self.glide * gone + depth * swing

    def loudness(self, seconds):
        """The expression control at times in s (an array), 0 to 1; 1 all the time without swell."""
        rise = seconds / self.loudest_at
        fall = (3 - seconds) / (3 - self.loudest_at)
        return self.softest + (1 - self.softest) * np.clip(np.minimum(rise, fall), 0, 1)

    def contour(self, pitch, frames):
        """The pitch of each 32 ms frame, at its middle.

        Args:
            pitch: MIDI number of the first key. frames: how many.

        Returns:
            float64 (frames,) MIDI numbers.
        """
        middle = (np.arange(frames) + 0.5) * CONTOUR_HOP / 16_000
        return pitch + self.bend(middle) + self.leap * (middle >= self.leap_at)


def draw_gesture(generator, pitch):
    """A gesture as players make them, its pitch within the range of `LOWEST_KEY` and `HIGHEST_KEY`.

    Args:
        generator: NumPy generator. pitch: MIDI number of the key.

    Returns:
        Gesture: a glide, a leap to a second key, a swell, a vibrato, or two of these.
    """
    choose, between = generator.choice, generator.uniform
    kind = choose(["glide", "leap", "swell", "vibrato"])
    moves = {}
    if kind in ("glide", "leap"):
        sizes = np.array(
            [n for n in range(-12, 13) if n and LOWEST_KEY <= pitch + n <= HIGHEST_KEY]
        )
        size = int(choose(sizes, p=(1 / abs(sizes)) / (1 / abs(sizes)).sum()))  # small ones, mostly
        if kind == "leap":
            moves |= {"leap": size, "leap_at": between(0.5, 2)}
        else:
            start, lasts = between(0, 1.2), 0.1 * 15 ** generator.random()
            moves |= {"glide": float(size), "glide_start": start, "glide_seconds": lasts}
    if kind == "swell" or generator.random() < 0.2:
        moves |= {"softest": between(0.15, 0.6), "loudest_at": between(0.3, 2.5)}
    if kind == "vibrato" or generator.random() < 0.4:
        rate, start = between(4.5, 7), between(0, 0.5)
        moves |= {"vibrato": between(0.15, 0.7), "vibrato_rate": rate, "vibrato_start": start}
    return Gesture(**moves)


def sounding_contour(waveform, played):
    """The pitch at which a played gesture sounds: as played, where the sound follows it.

    Args:
        waveform: (time,) at 16 kHz. played: (time // 512,) MIDI numbers, the gesture's own.

    Returns:
        float64 like `played`, shifted by the instrument's own tuning; NaN in frames 50 dB below
        the loudest. None where fewer than four fifths of the frames that `pitch_contour` measures
        are within half a semitone of the gesture: a bell, a noise, or an octave off.
    """
    off = pitch_contour(waveform) - played
    measured = np.isfinite(off)
    close = np.abs(np.where(measured, off, np.inf)) < 0.5
    if close.sum() < LEAST_AGREEMENT * max(measured.sum(), 10):
        return None
    power = np.square(waveform[: len(played) * CONTOUR_HOP].reshape(len(played), -1)).mean(axis=1)
    return np.where(power > ACTIVE_POWER * power.max(), played + np.median(off[close]), np.nan)
