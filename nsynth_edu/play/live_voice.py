"""What a live pad plays: four encodings, mixed frame by frame as they are decoded."""

from collections import deque

import numpy as np

from nsynth_edu.generation import Stream
from nsynth_edu.sound.pcm import to_int16

from .grid import bilinear_weights

LOOP = (16, 62)  # frames, 0.5 to 2 s, that are repeated to and fro while a note is held


class LiveVoice:
    """What a live pad plays, without a page: the z of four corners, mixed as it is decoded.

    Args:
        model: WaveNetAutoencoder.
        corners: four encodings, NW NE SW SE, each (frames, 16) or (16,). One that lasts is played
            from its start; while the note is held, the part from 0.5 s to 2 s is repeated, to
            and fro.
        pitch: MIDI number, or None.
        temperature, seed, dtype, sampling: see `generation.Stream`.

    Raises:
        ValueError: for corners that are not four encodings.
    """

    def __init__(
        self, model, corners, pitch=60, temperature=None, seed=None, dtype="int8", sampling=None
    ):
        channels = model.config.bottleneck_channels
        self.corners = [np.atleast_2d(np.asarray(z, np.float32)) for z in corners]
        shapes = [z.shape for z in self.corners]
        fit = all(z.ndim == 2 and len(z) and z.shape[1] == channels for z in self.corners)
        if len(shapes) != 4 or not fit or not all(np.isfinite(z).all() for z in self.corners):
            raise ValueError(
                f"corners of shapes {shapes}; expected four encodings (frames, {channels}) of "
                "finite numbers, as encode() returns them."
            )
        self.stream = Stream(model, pitch, temperature, seed, dtype, sampling)
        self.frame = model.config.hop_length / model.config.sample_rate  # s
        self.x = self.y = 0.5
        self.states = deque(maxlen=32)  # of the stream before each of the latest frames

    @property
    def pitch(self):
        """MIDI number; may be set while it plays."""
        return self.stream.pitch

    @pitch.setter
    def pitch(self, pitch):
        self.stream.pitch = pitch

    def z(self):
        """The mix of this moment, (16,)."""
        frame = self.clock // self.stream.hop_length
        now = [z[place(frame, len(z))] for z in self.corners]
        return np.einsum("c,ck->k", bilinear_weights(self.x, self.y), np.stack(now)).astype("f4")

    @property
    def clock(self):
        """Samples made so far."""
        return self.stream.samples_made

    def push(self):
        """The next frame: int16 (512,)."""
        self.states.append((self.clock, self.stream.state))
        waveform = self.stream.push(self.z())
        return to_int16(waveform)

    def back_to(self, sample):
        """Take back the frames that begin at this sample or later, as far as they are known."""
        state = None
        while self.states and self.states[-1][0] >= sample:
            _, state = self.states.pop()
        if state is not None:
            self.stream.state = state


def place(frame, frames):
    """The frame of an encoding to play as number `frame`: onwards, then to and fro in `LOOP`."""
    first, last = min(LOOP[0], frames - 1), min(LOOP[1], frames - 1)
    if frame <= last or first == last:
        return min(frame, last)
    step = (frame - last) % (2 * (last - first))
    return last - step if step <= last - first else first + step - (last - first)
