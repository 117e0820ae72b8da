"""A rainbowgram taken apart: loudness, phase, turn, and all in one. Notebook: course/02."""

import numpy as np
import traitlets

from nsynth_edu.page import widget
from nsynth_edu.sound import SAMPLE_RATE, as_waveform, cqt, loudest_partial, rainbowgram
from nsynth_edu.sound.pcm import to_int16

from ..colors import SILENCE, phase_colors
from ..plotting import figure
from .base import Explorer
from .figures import plot_layers

LAYERS = ("loudness", "phase", "turn", "rainbowgram")


def layer_image(waveform, layer="rainbowgram", sample_rate=SAMPLE_RATE):
    """One layer of the rainbowgram as a picture; lowest note in the first row.

    Args:
        waveform: (time,) float.
        layer: "loudness" (white is loudest, 70 dB below it is dark), "phase" (the angle as
            hue), "turn" (how far it goes from frame to frame, as hue) or "rainbowgram" (hue
            from the turn, brightness from the loudness).
        sample_rate: Hz.

    Returns:
        (bins, frames, 3) sRGB in [0, 1].

    Raises:
        ValueError: if there is no such layer.
    """
    return _paint(*_analyse(as_waveform(waveform), sample_rate), layer)


def _analyse(waveform, sample_rate=SAMPLE_RATE):
    """The rainbowgram, and the phase (bins, frames) in half turns in [-1, 1]."""
    phase = np.angle(cqt(waveform, sample_rate)) / np.pi
    return rainbowgram(waveform, sample_rate), phase.astype(np.float32)


def _paint(shown, phase, layer):
    loudness = np.clip(shown.magnitude, 0, 1)[..., None]
    if layer == "loudness":
        return SILENCE + loudness * (np.ones(3) - SILENCE)
    if layer == "phase":
        return phase_colors(phase)
    if layer == "turn":
        return phase_colors(shown.hue)
    if layer == "rainbowgram":
        return SILENCE + loudness * (phase_colors(shown.hue) - SILENCE)
    raise ValueError(f"there is no layer {layer!r}; expected one of {LAYERS}.")


class RainbowLayers(Explorer):
    """Choose a sound, a layer and a moment; read what the loudest partial says there.

    Args:
        sounds: {name: waveform (time,)}, all of one length.
        sample_rate: Hz.

    Raises:
        ValueError: if there are no sounds, or they differ in length.
    """

    _esm = widget("rainbow_layers.js")
    below = "The picture below has all layers."
    controls = "sound", "layer"
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sound = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Enum(LAYERS, "loudness").tag(sync=True)
    moment = traitlets.Float(0.5, min=0).tag(sync=True)  # s
    seconds = traitlets.Float().tag(sync=True)
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # rows, columns of the picture
    pixels = traitlets.Bytes().tag(sync=True)  # RGBA, highest note first
    samples = traitlets.Bytes().tag(sync=True)  # 16-bit

    def __init__(self, sounds, sample_rate=SAMPLE_RATE, **traits):
        sounds = {name: as_waveform(waveform) for name, waveform in sounds.items()}
        lengths = {len(waveform) for waveform in sounds.values()}
        if len(lengths) != 1:
            raise ValueError(
                f"{len(sounds)} sounds of {sorted(lengths)} samples; expected at least one, all of "
                "one length. fit_length helps."
            )
        self._sounds = sounds
        # beforehand: a transform takes longer than a hand may wait
        self._analyses = {name: _analyse(wave, sample_rate) for name, wave in sounds.items()}
        names = list(sounds)
        seconds = lengths.pop() / sample_rate
        start = {"sound": names[0], "names": names, "seconds": seconds} | traits
        super().__init__(sample_rate=sample_rate, **start)
        self.observe(self._point, ["moment"])

    @traitlets.validate("sound")
    def _is_a_sound(self, proposal):
        if proposal.value not in self._sounds:
            raise traitlets.TraitError(
                f"there is no sound {proposal.value!r}; expected one of {list(self._sounds)}."
            )
        return proposal.value

    def read(self):
        """The loudest partial at the moment: see `loudest_partial`, and a sentence."""
        found = loudest_partial(self._analyses[self.sound][0], self.moment)
        start = f"{self.sound}, {self.moment:.2f} s:"
        if found["turn"] is None:
            return found | {"sentence": f"{start} silence."}
        return found | {
            "sentence": f"{start} the loudest bin is {found['bin']:.1f} Hz, "
            f"{round(found['level'])} dB; its phase turns by {found['turn']:+.3f} per frame, "
            f"so the partial lies at {found['frequency']:.1f} Hz."
        }

    def _point(self, _=None):
        self.answer = self.read()

    def _compute(self, _=None):
        image = _paint(*self._analyses[self.sound], self.layer)[::-1]
        opaque = np.dstack([np.round(255 * image), np.full(image.shape[:2], 255.0)])
        with self.hold_sync():
            self.shape = list(image.shape[:2])
            self.pixels = opaque.astype(np.uint8).tobytes()
            self.samples = to_int16(self._sounds[self.sound]).tobytes()
            self._point()

    def about(self):
        return f"An instrument that takes a rainbowgram apart, for {', '.join(self.names)}"

    def twin(self, alt, names=None):
        """The same on paper: all layers of some sounds.

        Args:
            alt: what the picture shows, as a finding.
            names: of the sounds; all of them if None.
        """
        sounds = {name: self._analyses[name] for name in names or self.names}
        pictures = {
            name: {layer: _paint(*analysis, layer) for layer in LAYERS}
            for name, analysis in sounds.items()
        }
        shown, _ = next(iter(sounds.values()))
        caption = "All layers: loudness, phase, its turn from frame to frame, and both together."
        return figure(plot_layers(pictures, shown), alt=alt, caption=caption)
