"""The compiled engine is held equal to the plain one."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from models import awake
from numba import njit, types
from numba.extending import intrinsic

from nsynth_edu.generation import (
    Stream,
    choose_engine,
    generate,
    kernel,
    reference,
    stream,
)
from nsynth_edu.generation.packing import pack
from nsynth_edu.generation.sampling import MEAN
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder


def noisy_model(config):
    torch.manual_seed(3)
    return awake(WaveNetAutoencoder(config))


THREE_TAPS = NSynthConfig(
    encoder_channels=8, encoder_layers=2, layers=12, cycle=6, residual_channels=20, skip_channels=24
)


ONE_TAP = replace(THREE_TAPS, kernel_size=1, layers=3, residual_channels=7, skip_channels=70)


@pytest.mark.parametrize("config", [NSynthConfig.pocket(), THREE_TAPS, ONE_TAP])
def test_compiled_engine_draws_the_same_classes_as_the_plain_one(config):
    model = noisy_model(config)
    frames = max(2, 1 + model.receptive_field // 512)  # more samples than are kept
    z = torch.randn(2, frames, 16)
    uniforms = torch.rand(2, frames * 512)
    pitch = [60.5, math.nan] if config.pitch_conditioned else None
    given = model.conditioning(z, pitch)
    plain = reference.run(model.decoder, given, uniforms, 1.0)
    compiled = stream.run(model.decoder, given, uniforms, 1.0, dtype="float32")
    assert (plain == compiled).float().mean() > 0.999
    assert plain.std() > 0.05


@pytest.mark.parametrize(
    "dtype, largest_error", [("float32", 1e-5), ("int16", 2e-4), ("int8", 3e-2)]
)
@pytest.mark.parametrize("config", [NSynthConfig.pocket(), THREE_TAPS])
def test_logits_after_a_given_past_are_as_near_as_the_weights_allow(config, dtype, largest_error):
    model = noisy_model(config)
    z, classes = torch.randn(1, 3, 16), torch.randint(0, 256, (1, 3 * 512))
    pitch = 47.2 if config.pitch_conditioned else None
    forced = stream.run(
        model.decoder, model.conditioning(z, pitch), torch.rand(1, 3 * 512), 1.0, dtype=dtype,
        forced=classes.numpy(),
    )  # fmt: skip
    with torch.no_grad():
        history = (classes[:, None] - 128) / 128
        true = model.logits(None, z, pitch, history=history).transpose(1, 2)
    error = (forced - true).abs().max() / true.abs().max()
    assert error < largest_error
    assert dtype == "float32" or error > largest_error / 1000  # it is rounded


@pytest.mark.parametrize("dtype", stream.DTYPES)
def test_look_ahead_changes_no_sample(dtype):
    model = noisy_model(THREE_TAPS)
    weights = stream.Weights(model.decoder, dtype)
    biases = weights.biases(torch.randn(16))
    uniforms = np.random.default_rng(2).random(1000, np.float32)
    clock = stream.one_voice(model.conditioning(torch.zeros(1, 2, 16)), 0, 1000)
    far, near = (
        stream.Voice(weights, ahead).run(biases, clock, uniforms, 1.0) for ahead in (16, 1)
    )
    np.testing.assert_array_equal(far, near)
    assert len(np.unique(far)) > 20


WHOLE = ("int16", "int8")


@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_weights_are_near_the_true_ones_and_their_sums_never_overflow(dtype):
    matrix = np.random.default_rng(0).standard_normal((130, 70)).astype(np.float32)
    matrix[:, 0], matrix[:, 1] = 1, 0  # as large a sum as there can be; no weights at all
    packed, scale = pack(matrix, dtype)
    whole = in_rows(packed)[:130, :70]
    np.testing.assert_allclose(whole * scale[:70], matrix, atol=scale[:70].max() * 0.51)
    largest = {  # sum of products
        "int16": np.sqrt(np.square(whole).sum(0)).max() * kernel.LENGTH,
        "int8": 127 * np.abs(whole).sum(0).max(),
    }
    assert largest[dtype] < 2**31
    assert not whole[:, 1].any()


@pytest.mark.parametrize("dtype", WHOLE)
def test_ordinary_instructions_make_the_same_sums_as_those_of_this_processor(dtype):
    matrix = np.random.default_rng(1).normal(size=(64, 64)).astype("f4")
    matrix[:, 3] = np.abs(matrix).max()  # the largest sums
    matrix[:, 4] = -np.abs(matrix).max()
    packed, _ = pack(matrix, dtype)
    largest = 127 if dtype == "int8" else 5000
    signals = np.random.default_rng(2).integers(-largest, largest + 1, (4, 64)).astype(dtype)
    signals[0], signals[1], signals[2, ::2] = largest, -largest, -largest
    for x in signals:
        expected = x.astype(np.int64) @ in_rows(packed)
        for hardware in {False, kernel.SUMS_IN_HARDWARE}:
            sums = np.ones(64, np.float32)
            summing(dtype, hardware)(sums, x, packed)
            np.testing.assert_array_equal(sums, expected.astype(np.float32) * 2 + 1)


def in_rows(packed):
    """Whole weights as a matrix (inputs, outputs), both with what fills up the last block."""
    _, groups, _, together = packed.shape
    return packed.transpose(1, 3, 0, 2).reshape(groups * together, -1).astype(np.int64)


def summing(dtype, hardware):
    """A compiled function around one kind of instructions."""
    bits = 8 * np.dtype(dtype).itemsize

    @intrinsic
    def add_block(typingctx, y, x, scale, weights, scales, count):
        signature = types.void(types.intp, types.intp, types.float32, *3 * [types.intp])
        return signature, kernel.block_sums(bits, hardware)

    @njit
    def total(y, x, weights):
        scales = np.full(64, 0.5, np.float32)
        add_block(
            y.ctypes.data, x.ctypes.data, np.float32(4), weights.ctypes.data,
            scales.ctypes.data, weights.shape[1],
        )  # fmt: skip

    return total


def test_rational_tanh_is_within_a_hundred_thousandth():
    x = np.linspace(-12, 12, 5001, dtype=np.float32)
    error = [abs(float(kernel.tanh.py_func(v)) - math.tanh(v)) for v in x]
    assert max(error) < 1e-5


def test_exponential_is_within_a_hundred_thousandth():
    x = np.linspace(-20, 0, 5001, dtype=np.float32)
    error = [abs(float(kernel.exp.py_func(v)) / math.exp(v) - 1) for v in x]
    assert max(error) < 1e-5


def test_temperature_zero_is_the_same_in_both_engines():
    model = noisy_model(THREE_TAPS)
    z = np.random.default_rng(0).standard_normal((2, 16)).astype(np.float32)
    plain = generate(model, z, temperature=0, engine="reference")
    compiled = generate(model, z, temperature=0, engine="stream-float32")
    np.testing.assert_array_equal(plain, compiled)


def test_frames_pushed_one_by_one_make_the_same_sound_as_one_call():
    model = noisy_model(NSynthConfig.pocket())
    z = np.random.default_rng(1).standard_normal((4, 16)).astype(np.float32)
    live = Stream(model, pitch=52, temperature=0)
    pushed = np.concatenate([live.push(frame) for frame in z])
    assert pushed.shape == (2048,)
    np.testing.assert_array_equal(
        pushed, generate(model, z, pitch=52, temperature=0, engine="stream")
    )


SMALL_POCKET = replace(
    NSynthConfig.pocket(), encoder_channels=8, encoder_layers=2, layers=12, cycle=6,
    residual_channels=20, skip_channels=24,
)  # fmt: skip


@pytest.mark.parametrize(
    "engine, error", [("stream-float32", 1e-5), ("stream", 1e-3), ("stream-int8", 0.15)]
)
@pytest.mark.parametrize("config", [SMALL_POCKET, THREE_TAPS])
def test_the_mean_fed_back_stays_as_near_the_plain_engine_s_as_the_weights_allow(
    config, engine, error
):
    """No draw at the edge of two classes can part the engines, but each error is fed back.

    In a network with random weights past errors fade, so that a bound holds for any length; in a
    trained one they grow slowly, and the limits of one sample (see the test of logits above) are
    what can be asked for.
    """
    model = noisy_model(config)
    torch.nn.init.normal_(model.decoder.logits.weight, std=1.0)
    z = np.random.default_rng(0).standard_normal((4, 16)).astype(np.float32)
    pitch = 60.5 if config.pitch_conditioned else None
    options = {"pitch": pitch, "temperature": 0.3, "sampling": "mean"}
    plain = generate(model, z, engine="reference", **options)
    made = generate(model, z, engine=engine, **options)
    assert (made - plain).std() < error * plain.std()
    assert plain.std() > 0.02 and len(np.unique(plain)) > 256, "between the classes, too"


def test_the_mean_at_temperature_zero_is_the_likeliest_class():
    model = noisy_model(THREE_TAPS)
    z = np.random.default_rng(0).standard_normal((2, 16)).astype(np.float32)
    for engine in ("reference", "stream", "batch"):
        likeliest, mean = (
            generate(model, z, temperature=0, sampling=sampling, engine=engine)
            for sampling in ("random", "mean")
        )
        np.testing.assert_array_equal(likeliest, mean)


@pytest.mark.parametrize("dtype", stream.DTYPES)
def test_a_pushed_sound_of_means_is_the_generated_one_and_needs_no_seed(dtype):
    model = noisy_model(SMALL_POCKET)
    z = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    live, pieces = (Stream(model, 60, dtype=dtype, sampling="mean") for _ in range(2))
    pushed = np.concatenate([live.push(frame) for frame in z])
    engine = "stream" if dtype == "int16" else f"stream-{dtype}"
    made = generate(model, z, pitch=60, sampling="mean", engine=engine)
    np.testing.assert_allclose(pushed, made, rtol=0, atol=1e-6)  # a clock planned, or of a note
    parts = [pieces.push(z[0], samples=n) for n in (160, 1, 33, 311, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), pushed[:512])


def test_a_stream_draws_only_where_its_sampling_and_its_pitch_say_so():
    model, z = noisy_model(SMALL_POCKET), np.ones(16, np.float32)

    def same(pitch, *samplings):
        one, other = (
            Stream(model, pitch, seed=seed, sampling=sampling).push(z)
            for seed, sampling in zip((1, 2), samplings, strict=True)
        )
        return np.array_equal(one, other)

    assert same(60, "auto", "mean") and same(None, "auto", "mean")
    assert not same(math.nan, "auto", "auto") and not same(60, "random", "random")
    assert same(math.nan, "mean", "mean")
    drawn = (Stream(model, math.nan, seed=1, sampling=s).push(z) for s in ("auto", "random"))
    np.testing.assert_array_equal(*drawn)


def test_past_samples_may_be_forced_to_lie_between_classes():
    model = noisy_model(THREE_TAPS)
    z = torch.randn(1, 1, 16)
    given = model.conditioning(z)
    classes = torch.rand(1, 512) * 255
    forced = stream.run(
        model.decoder, given, torch.full((1, 512), MEAN), 1.0, dtype="float32", forced=classes
    )
    with torch.no_grad():
        history = (classes[:, None] - 128) / 128
        true = model.logits(torch.zeros(1, 512), z, history=history).transpose(1, 2)
    torch.testing.assert_close(forced, true, rtol=0, atol=1e-5 * true.abs().max().item())


def test_stream_refuses_a_whole_encoding():
    with pytest.raises(ValueError, match=r"one frame of z"):
        Stream(noisy_model(THREE_TAPS)).push(np.zeros((4, 16)))


def test_auto_takes_the_compiled_engine_unless_a_wide_model_has_many_voices():
    pocket = WaveNetAutoencoder(NSynthConfig.pocket())
    assert choose_engine(pocket, 100) == "stream"
    wide = WaveNetAutoencoder(NSynthConfig(layers=1, encoder_layers=1))
    assert choose_engine(wide, 1) == "stream"
    assert choose_engine(wide, 32) == "batch"


def test_progress_counts_the_frames_all_voices_have_done():
    seen = []
    generate(
        noisy_model(THREE_TAPS), np.zeros((2, 3, 16)), engine="stream",
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[-1] == (3, 3)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_an_interrupted_sound_stops_within_a_frame():
    seen = []

    def progress(done, total):
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(noisy_model(THREE_TAPS), np.zeros((2, 400, 16)), engine="stream",
                 progress=progress)  # fmt: skip
    assert len(seen) <= 4


@pytest.mark.parametrize("dtype", stream.DTYPES)
def test_blocks_of_any_length_make_one_sound(dtype):
    model = noisy_model(NSynthConfig.pocket())
    z = np.random.default_rng(1).standard_normal(16).astype(np.float32)
    whole, pieces = (Stream(model, 60, seed=5, dtype=dtype) for _ in range(2))
    lengths = [160, 1, 33, 512, 7, 311]
    sound = np.concatenate([pieces.push(z, samples=n) for n in lengths])
    np.testing.assert_array_equal(sound, whole.push(z, samples=sum(lengths)))


@pytest.mark.parametrize("dtype", stream.DTYPES)
def test_a_stream_set_back_plays_the_same_again(dtype):
    model = noisy_model(NSynthConfig.pocket())
    z = np.random.default_rng(1).standard_normal((16, 16)).astype(np.float32)
    played = Stream(model, 60, seed=5, dtype=dtype)
    played.push(z[0])
    state = played.state
    once = np.concatenate([played.push(frame) for frame in z])  # past the clock's last block
    played.state = state
    np.testing.assert_array_equal(once, np.concatenate([played.push(frame) for frame in z]))
    played.state = state
    assert (played.push(-z[0]) != once[:512]).any(), "another z, another sound"


@pytest.mark.parametrize(
    "frame, options, message",
    [
        ([math.nan] * 16, {}, "z_frame holds NaN or infinite values"),
        ([0.0] * 16, {"samples": 0}, "samples is 0; expected 1 or more"),
    ],
)
def test_stream_says_what_is_wrong(frame, options, message):
    with pytest.raises(ValueError, match=message):
        Stream(noisy_model(THREE_TAPS)).push(frame, **options)


def test_unknown_kind_of_weights_is_refused():
    with pytest.raises(ValueError, match="dtype is 'int4'; expected one of float32, int16, int8"):
        Stream(noisy_model(THREE_TAPS), dtype="int4")


def test_setting_the_pitch_that_sounds_already_changes_no_sample():
    z = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    model = noisy_model(NSynthConfig.pocket())
    left_alone, set_again = (Stream(model, pitch=52, seed=1) for _ in range(2))
    for frame in z:
        set_again.pitch = 52
        np.testing.assert_array_equal(left_alone.push(frame), set_again.push(frame))
    set_again.pitch = 53
    assert (left_alone.push(z[0]) != set_again.push(z[0])).any()
