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

from nsynth_edu.generation.kernel import Biases, Clock, FrameBiases, Memory, Products, make_samples
from nsynth_edu.generation.live_clock import LiveClock
from nsynth_edu.generation.matrices import Matrices, array, clock_inputs
from nsynth_edu.generation.packing import pack_stack, room, rounded
from nsynth_edu.generation.postfilter import Postfilter
from nsynth_edu.generation.sampling import MEAN, choose_sampling, takes_mean
from nsynth_edu.models.pitch_clock import Periods
from nsynth_edu.sound.companding import mu_law_decode
from nsynth_edu.sound.emphasis import deemphasize

DTYPES = ("float32", "int16", "int8")  # of the weights
AHEAD = 16  # samples for which a far tap is worked out at once
VECTOR = 64  # numbers: a multiple of what torch handles at once


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
        if dtype != "float32":  # two parts: rounded, and the rounding remainder
            lengths.append(lengths[0])
            coarse, scale = rounded(last, dtype)
            last = np.stack([coarse * scale, last - coarse * scale])
        self.offsets = np.cumsum([0, *lengths])  # of the queues
        packed = partial(pack_stack, dtype=dtype)
        self.products = Products(
            first=pack_stack(whole.first, "float32"),
            skip_start=packed(whole.skip_start),
            dilated=packed(whole.dilated),
            residual=packed(whole.mixed[:, :, :width]),
            skip=packed(whole.mixed[:, :, width:]),
            out=packed(whole.out),
            logits=packed(last),
        )
        self.own_biases = Biases(
            start=whole.start,
            skip_start=whole.skip_start_bias + whole.mixed_bias[:, width:].sum(0),
            residual=whole.mixed_bias[:, :width].copy(),
            logits=whole.logits_bias,
        )
        self.dilations = dilations
        self.condition = whole.condition
        self.layer_bias, self.out_bias = whole.dilated_bias, whole.out_bias

    @property
    def nbytes(self):
        """Bytes of weights that are read for every sample, but for the look-ahead's share."""
        return sum(packed.nbytes for packed, _ in self.products)

    def biases(self, condition):
        """FrameBiases of a frame conditioned on (C,), or on nothing (None)."""
        if condition is None:
            return FrameBiases(self.layer_bias, self.out_bias)
        added = np.ascontiguousarray(condition) @ self.condition
        layers, out = np.split(added, [self.layer_bias.size])
        layers = self.layer_bias + layers.reshape(self.layer_bias.shape)
        return FrameBiases(layers, self.out_bias + out)


class Voice:
    """One decoder at work: its queues, its newest samples, how many it has made.

    Args:
        weights: Weights. ahead: samples of look-ahead; 1 = none.
    """

    def __init__(self, weights, ahead=AHEAD):
        self.weights, config = weights, weights.config
        width, slots = config.residual_channels, max(1, weights.offsets[-1])
        self.memory = Memory(
            queues=np.zeros((slots, width + -width % 4), weights.dtype),
            queue_scales=np.ones(slots, np.float32),
            far_taps=np.zeros((config.layers, ahead, room.py_func(2 * width)), np.float32),
            recent=np.zeros(config.first_kernel_size, np.float32),
            periods=np.zeros(Periods.MEMORY, np.float32),
            tapped=np.zeros((Periods.SIDES, config.period_taps), np.float32),
            made=np.zeros(1, np.int64),
        )

    @property
    def samples_made(self):
        """Samples made so far."""
        return int(self.memory.made[0])

    def run(self, biases, clock, uniforms, temperature, forced=None, logits=None):
        """Make len(uniforms) samples: class numbers, float32; see `make_samples`."""
        weights = self.weights
        forced = np.zeros(0) if forced is None else forced
        logits = np.zeros((0, 0), np.float32) if logits is None else logits
        return make_samples(
            weights.products, weights.own_biases, weights.dilations, weights.offsets, biases, clock,
            uniforms, np.float32(temperature), np.asarray(forced, np.float32), logits, self.memory,
        )  # fmt: skip


class Stream:
    """A live voice: push a frame of z, get its sound.

    Args:
        model: WaveNetAutoencoder or WaveNet.
        pitch: MIDI number (fractions allowed) for pitch-conditioned models; None = unknown.
            May be changed while the sound plays (`stream.pitch = 62`): the clock glides there
            within half a frame (16 ms), without a jump of phase.
        temperature, sampling, postfiltered: see `generate`.
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

    def __init__(
        self, model, pitch=None, temperature=None, seed=None, dtype="int16", sampling=None,
        postfiltered=True,
    ):  # fmt: skip
        self.model, self.sampling = model, choose_sampling(model, sampling)
        self.temperature = model.recommended_temperature if temperature is None else temperature
        self.decoder = decoder_of(model)
        self.hop_length = self.decoder.config.hop_length
        self.voice = Voice(Weights(self.decoder, dtype))
        self.clock = LiveClock(self.decoder.config)
        self.random = np.random.default_rng(seed)
        self.last = np.zeros(1)  # sample, of which de-emphasis carries on
        level_map = getattr(model, "level_map", None) if postfiltered else None
        self.postfilter = None if level_map is None else Postfilter(level_map)
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
    def _memory(self):
        """The arrays that change while the sound is made."""
        return (*self.voice.memory, self.last, *(self.postfilter.memory if self.postfilter else ()))

    @property
    def state(self):
        """All that the next samples hang on but z and pitch; set it again to go back to there."""
        arrays = [part.copy() for part in self._memory]
        return arrays, self.random.bit_generator.state, self.clock.state

    @state.setter
    def state(self, state):
        arrays, self.random.bit_generator.state, self.clock.state = state
        for kept, part in zip(arrays, self._memory, strict=True):
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
        if takes_mean(self.sampling, self._pitch):
            uniforms[:] = MEAN
        classes = self.voice.run(biases, self.clock.advance(samples), uniforms, self.temperature)
        # torch rounds an incomplete vector differently: the last bit would depend on the length
        complete = torch.from_numpy(np.pad(classes, (0, -samples % VECTOR)))
        decoded = mu_law_decode(complete, self.decoder.config.quantization_channels - 1)
        emphasis = self.decoder.config.preemphasis
        sound = deemphasize(decoded[:samples].numpy(), emphasis, self.last)
        if self.postfilter is None:
            return sound
        pitched = self._pitch is not None and math.isfinite(self._pitch)
        return self.postfilter.filter(sound, np.asarray(z_frame, np.float32), pitched)

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
        forced: (batch, samples) array of class numbers to take instead, fractions allowed.

    Returns:
        waveform (batch, samples); with forced classes the logits that the voices had for each
        sample, given those before it, (batch, samples, classes) float32.
    """
    hop, batch = conditioning.hop_length, conditioning.batch
    classes = decoder.config.quantization_channels
    weights, draws = Weights(decoder, dtype), uniforms.numpy()
    made = np.full(draws.shape, classes // 2, np.float32)
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
    return Clock(*(np.ascontiguousarray(part[..., 0, :].numpy()) for part in inputs))


def decoder_of(model):
    """The WaveNet of a model: its decoder, or the model itself."""
    return getattr(model, "decoder", model)
