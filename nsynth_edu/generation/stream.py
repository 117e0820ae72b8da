"""The compiled engine: one voice, one sample after another, in one Numba loop.

The same arithmetic as `reference`, held equal by a test; what is gone is everything around it
(a Python call and an allocation per layer and sample). Weights lie input by input, so that the
inner loop runs over neighbouring outputs and the compiler can take eight at a time.
"""

import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numba import njit

from nsynth_edu.models.wavenet import Periods, fractional_delay
from nsynth_edu.sound.companding import mu_law_decode

FAST = {"fastmath": True, "nogil": True, "cache": True}


@njit(**FAST)
def _add_product(y, x, weights):
    """y += x @ weights, eight inputs per pass over y."""
    inputs, outputs = weights.shape
    whole = inputs // 8 * 8
    for i in range(0, whole, 8):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        x4, x5, x6, x7 = x[i + 4], x[i + 5], x[i + 6], x[i + 7]
        for j in range(outputs):
            y[j] += (
                x0 * weights[i, j]
                + x1 * weights[i + 1, j]
                + x2 * weights[i + 2, j]
                + x3 * weights[i + 3, j]
                + x4 * weights[i + 4, j]
                + x5 * weights[i + 5, j]
                + x6 * weights[i + 6, j]
                + x7 * weights[i + 7, j]
            )
    for i in range(whole, inputs):
        for j in range(outputs):
            y[j] += x[i] * weights[i, j]


@njit(inline="always")
def _tanh(x):
    """Lambert's continued fraction, within 1e-5: one division, where exp would not vectorise."""
    x = min(max(x, np.float32(-6.5)), np.float32(6.5))
    s = x * x
    numerator = (
        (((s + np.float32(990)) * s + np.float32(135135)) * s + np.float32(4729725)) * s
        + np.float32(34459425)
    ) * x
    denominator = (
        ((np.float32(45) * s + np.float32(13860)) * s + np.float32(945945)) * s
        + np.float32(16216200)
    ) * s + np.float32(34459425)
    return min(max(numerator / denominator, np.float32(-1)), np.float32(1))


@njit(**FAST)
def _draw(logits, uniform, temperature):
    """Inverse of the cumulative distribution, as in reference.sample_classes."""
    best = np.argmax(logits)
    if temperature == 0:
        return best
    top, total = logits[best], np.float32(0)
    for j in range(logits.size):
        logits[j] = math.exp((logits[j] - top) / temperature)
        total += logits[j]
    rung, target = np.float32(0), uniform * total
    for j in range(logits.size):
        rung += logits[j]
        if rung > target:
            return j
    return logits.size - 1


@njit(**FAST)
def _run(
    weights, dilations, biases, phase, lags, uniforms, temperature,
    state, offsets, recent, memory, turns, clock,
):  # fmt: skip
    """Generate len(uniforms) samples; state, recent and clock carry on to the next call.

    biases: (L + 1 rows flattened) what conditioning and the layers' own biases add this frame.
    state: (slots, R) all queues one after another; offsets: where each begins.
    recent: (taps,) the newest companded samples, oldest first. clock: (1,) samples so far.
    lags: whole delays (4, P) and weights (4, P) of the period taps; memory: the samples they
    reach into, a ring; turns: (sides, P) what they heard last, oldest first.
    """
    start, start_bias, phases, periods, first_skip, first_skip_bias, dilated, mixed = weights[:8]
    mixed_bias, out, logit, logit_bias = weights[8:]
    delays, shares = lags
    sides = turns.shape[0]
    layer_bias, out_bias = biases
    count, taps, width, _ = dilated.shape
    classes = np.empty(uniforms.size, np.int64)
    half = logit_bias.size // 2
    hidden = np.empty(2 * width, np.float32)
    gated = np.empty(width, np.float32)
    both = np.empty(mixed.shape[2], np.float32)
    for n in range(uniforms.size):
        x = start_bias.copy()
        _add_product(x, recent, start)
        _add_product(x, phase[n], phases)
        memory[clock[0] % memory.size] = recent[-1]
        for side in range(sides):
            for tap in range(turns.shape[1]):
                if side + 1 < sides:
                    turns[side, tap] = turns[side + 1, tap]
                else:
                    heard = np.float32(0)
                    for k in range(4):
                        heard += shares[k, tap] * memory[(clock[0] - delays[k, tap]) % memory.size]
                    turns[side, tap] = heard
            _add_product(x, turns[side], periods[side])
        skip = first_skip_bias.copy()
        _add_product(skip, x, first_skip)
        for layer in range(count):
            dilation = dilations[layer]
            length = (taps - 1) * dilation
            hidden[:] = layer_bias[layer]
            for tap in range(taps - 1):
                slot = offsets[layer] + (clock[0] + tap * dilation) % length
                _add_product(hidden, state[slot], dilated[layer, tap])
            _add_product(hidden, x, dilated[layer, taps - 1])
            if length:
                state[offsets[layer] + clock[0] % length] = x
            for j in range(width):
                sigmoid = np.float32(0.5) * _tanh(np.float32(0.5) * hidden[j]) + np.float32(0.5)
                gated[j] = sigmoid * _tanh(hidden[width + j])
            both[:] = mixed_bias[layer]
            _add_product(both, gated, mixed[layer])
            for j in range(width):
                x[j] += both[j]
            for j in range(skip.size):
                skip[j] += both[width + j]
        y = out_bias.copy()
        _add_product(y, np.maximum(skip, np.float32(0)), out)
        logits = logit_bias.copy()
        _add_product(logits, np.maximum(y, np.float32(0)), logit)
        drawn = _draw(logits, uniforms[n], temperature)
        classes[n] = drawn
        recent[:-1] = recent[1:].copy()
        recent[-1] = np.float32(drawn - half) / half
        clock[0] += 1
    return classes


class Weights:
    """A decoder's weights in the order the loop reads them, taken from the layers once."""

    def __init__(self, decoder):
        layers, config = decoder.layers, decoder.config
        width = config.residual_channels
        self.decoder = decoder
        self.dilations = np.array(config.dilations, np.int64)
        lengths = (config.kernel_size - 1) * self.dilations
        self.offsets = np.concatenate([[0], np.cumsum(lengths)])
        phase = decoder.phase
        periods = None if decoder.periods is None else decoder.periods.taps
        self.periods = config.period_taps
        self.arrays = (
            _array(decoder.start.weight[:, 0].T),  # (taps, R)
            _array(decoder.start.bias + sum(m.bias for m in (phase, periods) if m is not None)),
            np.zeros((0, width), np.float32) if phase is None else _matrix(phase),
            np.zeros((Periods.SIDES, 0, width), np.float32)
            if periods is None
            else _array(periods.weight.permute(2, 1, 0)),
            _matrix(decoder.skip_start),
            _array(decoder.skip_start.bias),
            _array(torch.stack([layer.dilated.weight.permute(2, 1, 0) for layer in layers])),
            np.stack([np.hstack([_matrix(x.residual), _matrix(x.skip)]) for x in layers]),
            np.stack([np.hstack([_array(x.residual.bias), _array(x.skip.bias)]) for x in layers]),
            _matrix(decoder.out),
            _matrix(decoder.logits),
            _array(decoder.logits.bias),
        )
        self.layer_bias = np.stack([_array(layer.dilated.bias) for layer in layers])
        self.out_bias = _array(decoder.out.bias)

    def biases(self, condition):
        """What a frame's conditioning (C,) adds to each layer, their own biases included."""
        if condition is None:
            return self.layer_bias, self.out_bias
        *layers, out = self.decoder.project(condition[None])
        return self.layer_bias + _array(torch.cat(layers)), self.out_bias + _array(out[0])


class Voice:
    """One decoder at work: its queues, its newest samples, its clock."""

    def __init__(self, weights):
        self.weights = weights
        taps, width = weights.arrays[0].shape
        self.state = np.zeros((max(1, weights.offsets[-1]), width), np.float32)
        self.recent = np.zeros(taps, np.float32)
        self.memory = np.zeros(Periods.MEMORY, np.float32)
        self.turns = np.zeros((Periods.SIDES, weights.periods), np.float32)
        self.clock = np.zeros(1, np.int64)

    def run(self, biases, phase, lags, uniforms, temperature):
        """Make len(uniforms) classes, int64; phase (len, P) float32; lags as `_lags` gives them."""
        weights = self.weights
        return _run(
            weights.arrays, weights.dilations, biases, phase, lags, uniforms,
            np.float32(temperature), self.state, weights.offsets, self.recent, self.memory,
            self.turns, self.clock,
        )  # fmt: skip


class Stream:
    """A live voice: push a frame of z, get its sound, 512 samples at a time.

    Args:
        model: WaveNetAutoencoder.
        pitch: MIDI number (fractions allowed) for pitch-conditioned models; None = unknown.
            May be changed while the sound plays (`stream.pitch = 62`).
        temperature: see `generate`.
        seed: int; None draws anew.
    """

    def __init__(self, model, pitch=None, temperature=1.0, seed=None):
        self.model, self.pitch, self.temperature = model, pitch, temperature
        self.voice = Voice(Weights(model.decoder))
        self.random = np.random.default_rng(seed)

    @torch.inference_mode()
    def push(self, z_frame):
        """z_frame (16,) -> waveform (512,) float32 that carries on from the last one."""
        z = torch.as_tensor(np.asarray(z_frame, np.float32))
        channels, hop = self.model.config.bottleneck_channels, self.model.config.hop_length
        if z.shape != (channels,):
            raise ValueError(
                f"z_frame has shape {tuple(z.shape)}; expected ({channels},), one frame of z."
            )
        condition = self.model.condition(z[None, None], self.pitch)[0, :, 0]
        phase = _phase(self.model, self.pitch, 1, int(self.voice.clock[0]), hop)[0]
        uniforms = self.random.random(hop, np.float32)
        biases = self.voice.weights.biases(condition)
        lags = _lags(self.model, self.pitch)
        classes = self.voice.run(biases, phase, lags, uniforms, self.temperature)
        return mu_law_decode(classes, self.model.config.quantization_channels - 1)


@torch.inference_mode()
def run(model, z, pitch, uniforms, temperature, progress):
    """Generate voices side by side, one thread per core; arguments as in `reference.run`."""
    hop = model.config.hop_length
    batch, frames = z.shape[:2]
    condition = model.condition(z, pitch)
    weights = Weights(model.decoder)
    draws = uniforms.numpy()
    classes = np.empty(draws.shape, np.int64)
    done = [0] * batch
    stopped = threading.Event()

    def one(index):
        with torch.inference_mode():  # a thread does not inherit it
            told = None if pitch is None else model.pitches(pitch, batch)[index : index + 1]
            voice, lags = Voice(weights), _lags(model, told)
            for frame in range(frames):
                if stopped.is_set():
                    return
                part = slice(frame * hop, (frame + 1) * hop)
                phase = _phase(model, told, 1, frame * hop, hop)[0]
                biases = weights.biases(condition[index, :, frame])
                uniforms = draws[index, part]
                classes[index, part] = voice.run(biases, phase, lags, uniforms, temperature)
                done[index] = frame + 1
                if progress is not None:
                    progress(min(done))

    with ThreadPoolExecutor(min(batch, os.cpu_count() or 1)) as threads:
        try:
            list(threads.map(one, range(batch)))
        except BaseException:  # Ctrl-C, too: the threads would sing on to the end
            stopped.set()
            raise
    return mu_law_decode(torch.from_numpy(classes), model.config.quantization_channels - 1)


def _phase(model, pitch, batch, start, length):
    """The phase clock as (batch, length, channels) float32; no channels for a model without."""
    phase = model.phase(pitch, batch, start, length)
    if phase is None:
        return np.zeros((batch, length, 0), np.float32)
    return np.ascontiguousarray(phase.transpose(1, 2).numpy())


def _lags(model, pitch):
    """Delays and weights of one voice's period taps, (4, taps) each."""
    lags = model.lags(pitch, 1)
    lags = torch.zeros(0) if lags is None else lags[0]
    delays, weights = fractional_delay(lags, Periods.MEMORY)
    return torch.stack(delays).numpy(), torch.stack(weights).numpy()


def _array(tensor):
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype=np.float32)


def _matrix(convolution):
    """A 1x1 convolution's weights as (inputs, outputs)."""
    return _array(convolution.weight[..., 0].T)
