"""FluidSynth with a SoundFont: one key at a time, held still or moved as a player moves it."""

import io
from contextlib import redirect_stdout
from ctypes import c_int, c_void_p

import numpy as np
import soxr

from nsynth_edu.sound.audio import NOTE_LENGTH, SAMPLE_RATE, AudioError, fit_length

SYNTH_RATE = 48_000  # Hz; three times 16 kHz, so resampling is exact in length
WHEEL_RANGE = 24  # semitones to each side that the pitch wheel can bend
CONTROL_STEP = 64 / SYNTH_RATE  # s; FluidSynth computes 64 samples at a time

_WRITE_FLOAT = {
    "synth": c_void_p,
    "count": c_int,
    "left": c_void_p,
    "left_start": c_int,
    "left_step": c_int,
    "right": c_void_p,
    "right_start": c_int,
    "right_step": c_int,
}


class Player:
    """FluidSynth with one SoundFont, without reverb and chorus, one key at a time.

    Args:
        soundfont: path of an `.sf2` or `.sf3` file.

    Raises:
        AudioError: if FluidSynth is missing or cannot read the file.
    """

    def __init__(self, soundfont):
        self._api = _fluidsynth()
        self._synth = self._api.Synth(
            samplerate=SYNTH_RATE,
            **{
                "synth.reverb.active": 0,
                "synth.chorus.active": 0,
                "synth.dynamic-sample-loading": 1,
            },
        )
        # the binding offers 16-bit samples only, dithered: noise under soft keys
        self._write = self._api.cfunc(
            "fluid_synth_write_float",
            c_int,
            *((name, kind, 1) for name, kind in _WRITE_FLOAT.items()),
        )
        self._font = self._synth.sfload(str(soundfont))
        if self._font == self._api.FLUID_FAILED:
            self._synth.delete()
            raise AudioError(
                f"{soundfont} is not a SoundFont that FluidSynth can read; expected .sf2 or .sf3. "
                "Debian's package fluid-soundfont-gm holds one."
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._synth.delete()

    def play(self, instrument, pitch, velocity, held=3.0, release=1.0):
        """Press one key and let go of it.

        Args:
            instrument: a `soundfont.Program` or `soundfont.DrumKit`.
            pitch, velocity: MIDI numbers. held: s from key down to key up. release: s after it.

        Returns:
            float32 (64,000,) at 16 kHz.

        Raises:
            AudioError: if the SoundFont has no such instrument.
        """
        self._select(instrument)
        self._synth.noteon(0, pitch, velocity)
        down = self._samples(held)
        self._synth.noteoff(0, pitch)
        return self._finish([down, self._samples(release)])

    def play_gesture(self, instrument, pitch, velocity, gesture, held=3.0, release=1.0):
        """The same while the pitch wheel and the expression control (CC 11) move.

        Args:
            gesture: `gestures.Gesture`; bends of up to 23 semitones to each side.
        """
        self._select(instrument)
        for number, value in ((101, 0), (100, 0), (6, WHEEL_RANGE), (38, 0)):
            self._synth.cc(0, number, value)  # registered parameter 0: how far the wheel bends
        times = np.arange(round((held + release) / CONTROL_STEP)) * CONTROL_STEP
        # FluidSynth divides the wheel's range by 128 and multiplies by 127
        wheel = np.rint(gesture.bend(times) / WHEEL_RANGE * 8192 * 128 / 127)
        controls = zip(wheel.clip(-8192, 8191), np.rint(127 * gesture.loudness(times)), strict=True)
        keys = {0: (None, pitch), round(held / CONTROL_STEP): (pitch + gesture.leap, None)}
        if gesture.leap:
            keys[round(gesture.leap_at / CONTROL_STEP)] = (pitch, pitch + gesture.leap)
        pieces = []
        for step, (bend, expression) in enumerate(controls):
            self._synth.pitch_bend(0, int(bend))
            self._synth.cc(0, 11, int(expression))
            up, down = keys.get(step, (None, None))
            if up is not None:
                self._synth.noteoff(0, up)
            if down is not None:
                self._synth.noteon(0, down, velocity)
            pieces.append(self._samples(CONTROL_STEP))
        return self._finish(pieces)

    def play_keys(self, instrument, keys, seconds):
        """Press several keys, each in its time.

        Args:
            instrument: as in `play`. keys: list of `midi.Key`; seconds: in all.

        Returns:
            float32 (16,000 * seconds,) at 16 kHz, which may exceed 1.
        """
        self._select(instrument)
        # where two events coincide, a key goes up before it goes down again
        ups = [(key.end, 0, key.pitch) for key in keys]
        downs = [(key.start, key.velocity, key.pitch) for key in keys]
        pieces, now = [], 0
        for moment, velocity, pitch in sorted(ups + downs):
            then = min(round(moment / CONTROL_STEP), round(seconds / CONTROL_STEP))
            pieces.append(self._samples((then - now) * CONTROL_STEP))
            now = then
            if velocity:
                self._synth.noteon(0, pitch, velocity)
            else:
                self._synth.noteoff(0, pitch)
        pieces.append(self._samples(seconds - now * CONTROL_STEP))
        return self._finish(pieces, round(seconds * SAMPLE_RATE))

    def _select(self, instrument):
        chosen = self._synth.program_select(0, self._font, instrument.bank, instrument.number)
        if chosen == self._api.FLUID_FAILED:
            raise AudioError(
                f"the SoundFont has no {instrument.kind} {instrument.number} ({instrument.name}); "
                "leave it out, or use a complete General MIDI SoundFont."
            )
        self._synth.pitch_bend(0, 0)  # wheel and expression rest, wherever the last gesture ended
        self._synth.cc(0, 11, 127)

    def _finish(self, pieces, length=NOTE_LENGTH):
        """Cut all voices; what sounded, at 16 kHz, of the given length."""
        self._synth.all_sounds_off(0)
        self._samples(0.02)  # let the cut voice leave before the next key
        sound = np.concatenate(pieces)
        return fit_length(soxr.resample(sound, SYNTH_RATE, SAMPLE_RATE, quality="HQ"), length)

    def _samples(self, seconds):
        """The synth's next samples, left and right averaged; float, so soft keys keep detail."""
        count = round(seconds * SYNTH_RATE)
        sides = np.zeros((2, count), np.float32)
        left, right = (side.ctypes.data_as(c_void_p) for side in sides)
        self._write(self._synth.synth, count, left, 0, 1, right, 0, 1)
        return sides.mean(axis=0)


def _fluidsynth():
    """Import the binding late: it looks for the C library as soon as it is imported."""
    try:
        with redirect_stdout(io.StringIO()):  # it prints where it found it, among our results
            import fluidsynth
    except ImportError as problem:
        raise AudioError(
            f"FluidSynth is missing ({problem}); install the library (Debian: apt install "
            "libfluidsynth3, macOS: brew install fluid-synth) and pip install pyfluidsynth."
        ) from problem
    return fluidsynth
