"""Record a note in the page, or take one from a file: raw samples, no codec, no processing.

A browser treats a microphone as a telephone: it takes out echo, noise and loudness. For music all
three are switched off, and where a browser keeps one on, the recorder says so.
"""

import io
import tempfile
import warnings
from pathlib import Path

import anywidget
import numpy as np
import soxr
import traitlets

from nsynth_edu.page import static_text, widget
from nsynth_edu.play import pitch_name
from nsynth_edu.sound import (
    SAMPLE_RATE,
    AudioError,
    AudioWarning,
    as_waveform,
    estimate_pitch,
    load_audio,
)
from nsynth_edu.sound.bounds import LONGEST_SOUND
from nsynth_edu.sound.compressed import RATE, CompressedError, decode
from nsynth_edu.sound.pcm import to_int16

from .described import Described

LARGEST = 20_000_000  # bytes of a chosen file
LONGEST = 30.0  # s of a take
CLIPPED = 0.99
QUIET = 0.03  # peak, -30 dB; below it a note drowns in the room
OFF = 50.0  # cents from the note that was asked for


class Recorder(Described, anywidget.AnyWidget):
    """A microphone with a level meter, a count-in and another try; or a file.

    Args:
        note: MIDI number that is asked for; None = any sound.
        seconds: length of a take; it can be ended earlier.
        count_in: how far is counted down before it begins.

    `waveform` is the last take, float32 (time,) at 16 kHz, as loud as it was; None before one.
    It arrives when the cell that shows the recorder has ended: read it in the next cell.

    Raises:
        ValueError: for a note outside 0..127, or seconds outside 0.1..30.
    """

    _esm = widget("recorder.js")
    _css = static_text("theme.css", "explorer.css", "recorder.css")
    task = traitlets.Unicode().tag(sync=True)
    seconds = traitlets.Float().tag(sync=True)
    count_in = traitlets.Int().tag(sync=True)
    largest = traitlets.Int(LARGEST).tag(sync=True)
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    take = traitlets.Bytes().tag(sync=True)  # 16-bit samples, for the page's own player
    taken = traitlets.Bool(False).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)

    def __init__(self, note=None, seconds=4.5, count_in=3, **traits):
        if note is not None and not 0 <= note <= 127:
            raise ValueError(f"note is {note}; expected a MIDI number 0..127 (60 = middle C).")
        if not 0.1 <= seconds <= LONGEST:
            raise ValueError(f"seconds is {seconds}; expected 0.1 to {LONGEST:.0f}.")
        self.note, self.waveform = note, None
        task = "Record a sound." if note is None else f"Play {pitch_name(note)} (MIDI {note})."
        super().__init__(task=task, seconds=seconds, count_in=count_in, **traits)
        self.on_msg(self._receive)

    def _receive(self, widget, content, buffers):
        try:
            if content.get("kind") == "take":
                sentences = self._take(np.frombuffer(buffers[0], "<f4"), float(content["rate"]))
                sentences += processed(content.get("processed", []))
            elif content.get("kind") == "file":
                sentences = self._file(str(content["name"]), bytes(buffers[0]))
            else:
                return
        except AudioError as problem:  # the last good take stays
            sentences = [str(problem)]
        self.message = " ".join(sentences)

    def _take(self, samples, rate):
        if len(samples) > (LONGEST + 1) * rate:
            raise AudioError(f"that take lasts {len(samples) / rate:.0f} s; record less than 30.")
        waveform = as_waveform(samples, least=int(0.1 * rate))
        if rate != SAMPLE_RATE:
            waveform = soxr.resample(waveform, rate, SAMPLE_RATE, quality="HQ")
        return self._keep(waveform)

    def _file(self, name, content):
        with (
            tempfile.TemporaryDirectory() as folder,
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always", AudioWarning)
            path = Path(folder, "chosen" + Path(name).suffix.lower())
            path.write_bytes(content)
            try:
                waveform = load_audio(path, longest=LONGEST)
            except AudioError as problem:
                raise AudioError(str(problem).replace(path.name, name)) from problem
        repairs = [str(w.message).replace(path.name, name) for w in caught]
        return [*repairs, *self._keep(waveform)]

    def _keep(self, waveform):
        self.waveform = np.clip(waveform, -1, 1).astype(np.float32)
        self.take = to_int16(self.waveform).tobytes()
        self.taken = True
        return describe(self.waveform, self.note)

    def summary(self):
        return (
            f"{self.task} The recorder needs a browser with widgets and a running kernel; "
            "load_audio reads a file that was recorded with another program."
        )


def describe(waveform, note=None):
    """What a take is like, in sentences: length, level, pitch, and what to do better.

    Args:
        waveform: (time,) float at 16 kHz. note: MIDI number that was asked for, or None.

    Returns:
        list of str.
    """
    peak = float(np.abs(waveform).max())
    if peak == 0:
        return ["The take is silent: is the right microphone chosen, and switched on?"]
    level = f"{20 * np.log10(peak):.0f}".replace("-", "−")
    sentences = [f"{len(waveform) / SAMPLE_RATE:.1f} s, peak {level} dBFS."]
    if peak >= CLIPPED:
        sentences.append(
            "It is cut off at full scale: move away from the microphone, or play softer."
        )
    elif peak < QUIET:
        sentences.append("That is very quiet: move closer, or turn the microphone up.")
    pitch = estimate_pitch(waveform)
    if pitch is None:
        sentences.append("It has no clear pitch.")
        return sentences
    sentences.append(f"It sounds like {pitch_name(pitch)} (MIDI {round(pitch)}).")
    if note is not None and abs(100 * (pitch - note)) > OFF:
        away = (pitch - note) / 12
        octaves = round(away) and abs(away - round(away)) * 1200 < OFF
        what = f"{abs(round(away))} octave(s)" if octaves else f"{abs(pitch - note):.1f} semitones"
        side = "above" if away > 0 else "below"
        sentences.append(f"{pitch_name(note)} was asked for: this is {what} {side} it.")
    return sentences


def processed(names):
    """A warning where the browser kept something on, as list of str."""
    if not names:
        return []
    return [
        f"This browser did not switch off {', '.join(names)}: long notes may fade or waver. "
        "Another browser, or a file, keeps them as played."
    ]


def decode_recording(content):
    """Samples of a compressed recording, such as `ipywebrtc.AudioRecorder().audio.value` (webm).

    Args:
        content: bytes or memoryview of a file, webm, ogg, mp4 or m4a.

    Returns:
        waveform float32 (time,) at 16 kHz, channels averaged.

    Raises:
        AudioError: where there is no sound in it, where it lasts longer than 10 minutes, or where
            it is not such a file.
    """
    try:
        samples, _ = decode(io.BytesIO(content))
    except CompressedError as problem:
        raise AudioError(
            f"{len(content)} bytes cannot be read as a recording ({problem}); expected "
            "webm, ogg or mp4 with sound. Record again, and wait until the cell has ended."
        ) from problem
    if not len(samples):
        raise AudioError("the recording holds no samples; record again, for at least a second.")
    if len(samples) > LONGEST_SOUND * RATE:
        raise AudioError(
            f"the recording lasts longer than {LONGEST_SOUND} s; expected a note of a few "
            "seconds. Record it again, or cut it."
        )
    waveform = soxr.resample(samples.mean(axis=1), RATE, SAMPLE_RATE, quality="HQ")
    return waveform.astype(np.float32)
