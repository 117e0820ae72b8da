"""The compiled engine: one voice, one sample after another, in one Numba loop.

The same arithmetic as `reference`, held equal by tests; what is gone is everything around it
(a Python call and an allocation per layer and sample). Two more things make it fast:

- Look-ahead: a tap that reaches d samples back is known d samples early, so it is worked out for
  up to 16 samples while its weights are at hand.
- Weights of fewer bytes: one voice makes one product of every weight it reads, so reading them
  is the work. The signals they are multiplied by are rounded like them. In two places the rounding
  residual is quantised and multiplied as well: in the first layer's input, which is where the
  sound comes in, and in the last weights, after which nothing evens out.
"""

import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch

from nsynth_edu.generation.kernel import make_samples, pack, room, rounded
from nsynth_edu.generation.live_clock import LiveClock
from nsynth_edu.generation.matrices import Matrices, array, clock_inputs
from nsynth_edu.models.pitch_clock import Periods
from nsynth_edu.sound.companding import mu_law_decode

DTYPES = ("float32", "int16", "int8")  # of the weights
AHEAD = 16  # samples for which a far tap is worked out at once


class Weights:
    """A decoder's weights as the loop reads them, taken from the layers once.

    Args:
        decoder: WaveNet.
        dtype: "float32", "int16" or "int8".
    """

    def __init__(self, decoder, dtype="int16"):
        if dtype not in DTYPES:
            raise ValueError(f"dtype is {dtype!r}; expected one of {', '.join(DTYPES)}.")
        config, whole = decoder.config, Matrices.of(decoder)
        self.config, self.dtype = config, dtype
        dilations = np.array(config.dilations, np.int64)
        lengths = list((config.kernel_size - 1) * dilations)
        width, last = config.residual_channels, whole.logits
        if dtype != "float32":  # and the rounding residual
            lengths.append(lengths[0])
            coarse, scale = rounded(last, dtype)
            last = np.stack([coarse * scale, last - coarse * scale])
        self.offsets = np.cumsum([0, *lengths])  # of the queues
        packed = partial(_packed, dtype=dtype)
        self.products = (
            _packed(whole.first, "float32"),
            packed(whole.skip_start),
            packed(whole.dilated),
            packed(whole.mixed[:, :, :width]),
            packed(whole.mixed[:, :, width:]),
            packed(whole.out),
            packed(last),
        )
        skip_bias = whole.skip_start_bias + whole.mixed_bias[:, width:].sum(0)
        biases = whole.start, skip_bias, whole.mixed_bias[:, :width].copy(), whole.logits_bias
        self.arrays = self.products, biases, dilations, self.offsets
        self.condition = whole.condition
        self.layer_bias, self.out_bias = whole.dilated_bias, whole.out_bias

    @property
    def nbytes(self):
        """Bytes of weights that are read for every sample, but for the look-ahead's share."""
        return sum(packed.nbytes for packed, _ in self.products)

    def biases(self, condition):
        """What a frame's conditioning (C,) adds: (L, 2R) to the layers, (S,) before the logits."""
        if condition is None:
            return self.layer_bias, self.out_bias
        added = np.ascontiguousarray(condition) @ self.condition
        layers, out = np.split(added, [self.layer_bias.size])
        return self.layer_bias + layers.reshape(self.layer_bias.shape), self.out_bias + out


class Voice:
    """One decoder at work: its queues, its newest samples, how many it has made.

    Args:
        weights: Weights. ahead: samples of look-ahead; 1 = none.
    """

    def __init__(self, weights, ahead=AHEAD):
        self.weights, config = weights, weights.config
        width, skips = config.residual_channels, config.skip_channels
        slots = max(1, weights.offsets[-1])
        self.arrays = (
            np.zeros((slots, width + -width % 4), weights.dtype),  # all queues
            np.ones(slots, np.float32),  # the scale of each
            np.zeros(width + -width % 4, weights.dtype),  # signals as the products read them
            np.zeros(skips + -skips % 4, weights.dtype),
            np.zeros((config.layers, ahead, room.py_func(2 * width)), np.float32),  # far taps
            np.zeros(config.first_kernel_size, np.float32),  # newest samples, oldest first
            np.zeros(Periods.MEMORY, np.float32),  # samples for the period taps, a ring
            np.zeros((Periods.SIDES, config.period_taps), np.float32),  # what they read last
            np.zeros(1, np.int64),  # samples made
        )

    @property
    def samples_made(self):
        """Samples made so far."""
        return int(self.arrays[-1][0])

    def run(self, biases, clock, uniforms, temperature, forced=None, logits=None):
        """Make len(uniforms) classes, int64; see `make_samples`."""
        return make_samples(
            self.weights.arrays, biases, clock, uniforms, np.float32(temperature),
            np.zeros(0, np.int64) if forced is None else forced,
            np.zeros((0, 0), np.float32) if logits is None else logits, self.arrays,
        )  # fmt: skip


class Stream:
    """A live voice: push a frame of z, get its sound.

    Args:
        model: WaveNetAutoencoder or WaveNet.
        pitch: MIDI number (fractions allowed) for pitch-conditioned models; None = unknown.
            May be changed while the sound plays (`stream.pitch = 62`): the clock glides there
            within half a frame (16 ms), without a jump of phase.
        temperature: see `generate`.
        seed: int; None draws anew.
        dtype: of the weights: "int16", "int8", or "float32" (exact).

    Examples:
        >>> from nsynth_edu import Stream, load_model, load_note
        >>> model = load_model("pocket")
        >>> z = model.encode(load_note("notes/flute_60"))
        >>> voice = Stream(model, pitch=60, seed=1)
        >>> voice.push(z[0]).shape
        (512,)
        >>> voice.pitch = 62.5  # while it plays
        >>> voice.push(z[1]).shape
        (512,)
    """

    def __init__(self, model, pitch=None, temperature=None, seed=None, dtype="int16"):
        self.model = model
        self.temperature = model.recommended_temperature if temperature is None else temperature
        self.decoder = decoder_of(model)
        self.hop_length = self.decoder.config.hop_length
        self.voice = Voice(Weights(self.decoder, dtype))
        self.clock = LiveClock(self.decoder.config)
        self.random = np.random.default_rng(seed)
        highest = self.decoder.config.quantization_channels - 1
        self.amplitudes = mu_law_decode(np.arange(highest + 1), highest)
        self._pitch, self.embedding = math.nan, None
        self.pitch = pitch

    @property
    def pitch(self):
        """MIDI number, or None; a ValueError for one that the model does not take."""
        return self._pitch

    @pitch.setter
    @torch.inference_mode()
    def pitch(self, pitch):
        if pitch == self._pitch:
            return  # as a live pad sets it before each frame
        channels = self.model.frame_channels
        if channels:  # what follows z in the conditioning
            local = self.model.conditioning(torch.zeros(1, 1, channels), pitch).frame(0)
            self.embedding = array(local[0, channels:])
        else:
            self.model.conditioning(None, pitch, samples=1)  # raises where a pitch does not fit
        self.clock.glide_to(pitch)
        self._pitch = pitch

    @property
    def samples_made(self):
        """Samples made so far."""
        return self.voice.samples_made

    @property
    def state(self):
        """All that the next samples hang on but z and pitch; set it again to go back to there."""
        arrays = [part.copy() for part in self.voice.arrays]
        return arrays, self.random.bit_generator.state, self.clock.state

    @state.setter
    def state(self, state):
        arrays, self.random.bit_generator.state, self.clock.state = state
        for kept, part in zip(arrays, self.voice.arrays, strict=True):
            part[:] = kept

    def push(self, z_frame=None, samples=None):
        """Play on.

        Args:
            z_frame: (16,), or a mel frame (80,) for a vocoder; None for an unconditional WaveNet.
            samples: how many; by default one frame, 512.

        Returns:
            waveform (samples,) float32 that carries on from the last one.

        Raises:
            ValueError: for a z_frame of another shape or not finite, or less than one sample.
        """
        samples = self.hop_length if samples is None else samples
        if samples < 1:
            raise ValueError(
                f"samples is {samples}; expected 1 or more ({self.hop_length} = a frame)."
            )
        biases = self.voice.weights.biases(self._condition(z_frame))
        uniforms = self.random.random(samples, np.float32)
        clock = self.clock.advance(samples)
        return self.amplitudes[self.voice.run(biases, clock, uniforms, self.temperature)]

    def _condition(self, z_frame):
        """A frame as the decoder is conditioned on it, (C,); None for an unconditional one."""
        channels = self.model.frame_channels
        z = np.asarray([] if z_frame is None else z_frame, np.float32)
        if z.shape != (channels,):
            raise ValueError(
                f"z_frame has shape {z.shape}; expected ({channels},), one frame of z."
            )
        if not np.isfinite(z).all():
            raise ValueError("z_frame holds NaN or infinite values; encode a sound without them.")
        return np.concatenate([z, self.embedding]) if channels else None


@torch.inference_mode()
def run(
    decoder, conditioning, uniforms, temperature, progress=None, lengths=None, dtype="int16",
    forced=None,
):  # fmt: skip
    """Generate voices side by side, one thread per core; arguments as in `reference.run`.

    Args:
        dtype: of the weights, see `Weights`.
        forced: (batch, samples) int64 array of classes to take instead of drawing.

    Returns:
        waveform (batch, samples); with forced classes the logits that the voices had for each
        sample, given those before it, (batch, samples, classes) float32.
    """
    hop, batch = conditioning.hop_length, conditioning.batch
    classes = decoder.config.quantization_channels
    weights, draws = Weights(decoder, dtype), uniforms.numpy()
    made = np.full(draws.shape, classes // 2, np.int64)
    lengths = [conditioning.frames] * batch if lengths is None else list(lengths)
    logits = np.empty((batch, 0 if forced is None else draws.shape[1], classes), np.float32)
    done, stopped = [0] * batch, threading.Event()

    def one(index):
        voice, own = Voice(weights), conditioning.voices(slice(index, index + 1))
        for frame in range(lengths[index]):
            if stopped.is_set():
                return
            part = slice(frame * hop, (frame + 1) * hop)
            biases, clock = frame_inputs(weights, own, frame)
            given = () if forced is None else (forced[index, part], logits[index, part])
            made[index, part] = voice.run(biases, clock, draws[index, part], temperature, *given)
            done[index] = frame + 1
            if progress is not None:
                progress(conditioning.frames * sum(done) // sum(lengths))

    with ThreadPoolExecutor(min(batch, os.cpu_count() or 1)) as threads:
        try:
            list(threads.map(torch.inference_mode()(one), range(batch)))
        except BaseException:  # Ctrl-C, too: the threads would go on to the end
            stopped.set()
            raise
    if forced is not None:
        return torch.from_numpy(logits)
    return mu_law_decode(torch.from_numpy(made), classes - 1)


def frame_inputs(weights, conditioning, frame):
    """What one voice's `run` needs for a frame: biases, and the pitch clock.

    Args:
        weights: Weights. conditioning: of one voice. frame: its number.
    """
    local, hop = conditioning.frame(frame), conditioning.hop_length
    biases = weights.biases(None if local is None else local[0].numpy())
    return biases, one_voice(conditioning, frame * hop, hop)


def one_voice(conditioning, first, length):
    """The pitch clock of a batch of one as `make_samples` reads it."""
    inputs = clock_inputs(conditioning, first, length)
    return tuple(np.ascontiguousarray(part[..., 0, :].numpy()) for part in inputs)


def decoder_of(model):
    """The WaveNet of a model: its decoder, or the model itself."""
    return getattr(model, "decoder", model)


def _packed(matrices, dtype):
    """`pack` for (..., inputs, outputs): what it returns, of all matrices one after another."""
    matrices = np.reshape(matrices, (-1, *np.shape(matrices)[-2:]))
    return tuple(map(np.stack, zip(*(pack(matrix, dtype) for matrix in matrices), strict=True)))
