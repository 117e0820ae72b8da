"""The compiled engine: one voice, one sample after another, in one Numba loop.

The same arithmetic as `reference`, held equal by tests; what is gone is everything around it
(a Python call and an allocation per layer and sample). Two more things make it fast:

- Look-ahead: a tap that reaches d samples back is known d samples early, so it is worked out for
  up to 16 samples while its weights are at hand.
- Weights of fewer bytes: one voice makes one product of every weight it reads, so reading them
  is the work. The signals they are multiplied by are rounded like them. In two places what
  rounding took is rounded and multiplied, too: in the first layer's input, which is where the
  sound comes in, and in the last weights, after which nothing evens out.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch

from nsynth_edu.generation.kernel import make_samples, pack, room, rounded
from nsynth_edu.generation.matrices import Matrices, array, lags, phase
from nsynth_edu.models.wavenet import Periods
from nsynth_edu.sound.companding import mu_law_decode

DTYPES = ("float32", "int16", "int8")  # of the weights
AHEAD = 16  # samples for which a far tap is worked out at once
CLOCK = 4096  # samples for which a live voice works out the phase clock at once


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
        if dtype != "float32":  # and what rounding takes
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
        told = np.ascontiguousarray(condition) @ self.condition
        size = self.layer_bias.size
        return self.layer_bias + told[:size].reshape(self.layer_bias.shape), self.out_bias + told[
            size:
        ]


class Voice:
    """One decoder at work: its queues, its newest samples, its clock.

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
            np.zeros((Periods.SIDES, config.period_taps), np.float32),  # what they heard last
            np.zeros(1, np.int64),  # samples so far
        )

    @property
    def clock(self):
        """Samples made so far."""
        return int(self.arrays[-1][0])

    def run(self, biases, phase, lags, uniforms, temperature, forced=None, logits=None):
        """Make len(uniforms) classes, int64; see `make_samples`."""
        return make_samples(
            self.weights.arrays, biases, phase, lags, uniforms, np.float32(temperature),
            np.zeros(0, np.int64) if forced is None else forced,
            np.zeros((0, 0), np.float32) if logits is None else logits, self.arrays,
        )  # fmt: skip


class Stream:
    """A live voice: push a frame of z, get its sound.

    Args:
        model: WaveNetAutoencoder.
        pitch: MIDI number (fractions allowed) for pitch-conditioned models; None = unknown.
            May be changed while the sound plays (`stream.pitch = 62`).
        temperature: see `generate`.
        seed: int; None draws anew.
        dtype: of the weights: "int16", "int8", or "float32" (exact).
    """

    def __init__(self, model, pitch=None, temperature=None, seed=None, dtype="int16"):
        self.model = model
        self.temperature = model.recommended_temperature if temperature is None else temperature
        self.voice = Voice(Weights(model.decoder, dtype))
        self.random = np.random.default_rng(seed)
        highest = model.config.quantization_channels - 1
        self.amplitudes = mu_law_decode(np.arange(highest + 1), highest)
        self.taps = None
        self.pitch = pitch

    @property
    def pitch(self):
        """MIDI number, or None; a ValueError for one that the model does not take."""
        return self._pitch

    @pitch.setter
    @torch.inference_mode()
    def pitch(self, pitch):
        if self.taps is not None and pitch == self._pitch:
            return  # as a live pad sets it before each frame
        channels = self.model.config.bottleneck_channels
        self.taps = one_voice(lags(self.model, pitch, 1))
        self.condition = array(self.model.condition(torch.zeros(1, 1, channels), pitch)[0, :, 0])
        self.clock, self.clock_start = np.zeros((0, 0), np.float32), 0
        self._pitch = pitch

    @property
    def state(self):
        """All that the next samples hang on but z and pitch; set it again to go back to there."""
        return [part.copy() for part in self.voice.arrays], self.random.bit_generator.state

    @state.setter
    def state(self, state):
        arrays, self.random.bit_generator.state = state
        for kept, part in zip(arrays, self.voice.arrays, strict=True):
            part[:] = kept

    def push(self, z_frame, samples=None):
        """Play on.

        Args:
            z_frame: (16,). samples: how many; by default one frame, 512.

        Returns:
            waveform (samples,) float32 that carries on from the last one.

        Raises:
            ValueError: for a z_frame of another shape or not finite, or less than one sample.
        """
        config = self.model.config
        samples = config.hop_length if samples is None else samples
        z = np.asarray(z_frame, np.float32)
        if z.shape != (config.bottleneck_channels,):
            raise ValueError(
                f"z_frame has shape {z.shape}; expected ({config.bottleneck_channels},), "
                "one frame of z."
            )
        if not np.isfinite(z).all():
            raise ValueError("z_frame holds NaN or infinite values; encode a sound without them.")
        if samples < 1:
            raise ValueError(
                f"samples is {samples}; expected 1 or more ({config.hop_length} = a frame)."
            )
        condition = np.concatenate([z, self.condition[len(z) :]])  # z, and beside it the pitch
        biases = self.voice.weights.biases(condition)
        uniforms = self.random.random(samples, np.float32)
        clock = self._clock(samples)
        classes = self.voice.run(biases, clock, self.taps, uniforms, self.temperature)
        return self.amplitudes[classes]

    @torch.inference_mode()
    def _clock(self, samples):
        """The phase clock of the next samples, (samples, channels)."""
        first = self.voice.clock - self.clock_start
        if not 0 <= first <= len(self.clock) - samples:
            self.clock_start, first = self.voice.clock, 0
            length = max(samples, CLOCK)
            self.clock = array(phase(self.model, self.pitch, 1, self.clock_start, length)[0])
        return self.clock[first : first + samples]


@torch.inference_mode()
def run(
    model, z, pitch, uniforms, temperature, progress, dtype="int16", forced=None, lengths=None,
    clock_start=None,
):  # fmt: skip
    """Generate voices side by side, one thread per core; arguments as in `reference.run`.

    clock_start (batch,) is where the phase clocks start, in periods; see `model.logits`.
    With forced classes (batch, time) nothing is drawn: the logits the voices had for each sample,
    given those before it, come back instead, (batch, time, classes) float32.
    """
    hop = model.config.hop_length
    batch, frames = z.shape[:2]
    condition = model.condition(z, pitch)
    weights = Weights(model.decoder, dtype)
    draws = uniforms.numpy()
    classes = np.full(draws.shape, model.config.quantization_channels // 2, np.int64)
    lengths = [frames] * batch if lengths is None else list(lengths)
    time = 0 if forced is None else frames * hop
    logits = np.empty((batch, time, model.config.quantization_channels), np.float32)
    done = [0] * batch
    stopped = threading.Event()

    def one(index):
        with torch.inference_mode():  # a thread does not inherit it
            told = None if pitch is None else model.pitches(pitch, batch)[index : index + 1]
            voice, taps = Voice(weights), one_voice(lags(model, told, 1))
            origin = None if clock_start is None else clock_start[index : index + 1]
            for frame in range(lengths[index]):
                if stopped.is_set():
                    return
                part = slice(frame * hop, (frame + 1) * hop)
                clock = phase(model, told, 1, frame * hop, hop, origin)[0].numpy()
                biases = weights.biases(condition[index, :, frame])
                given = () if forced is None else (forced[index, part], logits[index, part])
                classes[index, part] = voice.run(
                    biases, clock, taps, draws[index, part], temperature, *given
                )
                done[index] = frame + 1
                if progress is not None:
                    progress(frames * sum(done) // sum(lengths))

    with ThreadPoolExecutor(min(batch, os.cpu_count() or 1)) as threads:
        try:
            list(threads.map(one, range(batch)))
        except BaseException:  # Ctrl-C, too: the threads would sing on to the end
            stopped.set()
            raise
    if forced is not None:
        return torch.from_numpy(logits)
    return mu_law_decode(torch.from_numpy(classes), model.config.quantization_channels - 1)


def one_voice(taps):
    """Delays and weights (4, 1, taps) of a batch of one as `make_samples` takes them."""
    return tuple(part[:, 0].contiguous().numpy() for part in taps)


def _packed(matrices, dtype):
    """`pack` for (..., inputs, outputs): what it returns, of all matrices one after another."""
    matrices = np.reshape(matrices, (-1, *np.shape(matrices)[-2:]))
    return tuple(map(np.stack, zip(*(pack(matrix, dtype) for matrix in matrices), strict=True)))
