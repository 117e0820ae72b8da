"""Generation: what the network sings is what it believes, drawn fairly and repeatably."""

import copy
import math

import numpy as np
import pytest
import torch
from models import awake

from nsynth_edu.generation import ENGINES, Stream, generate
from nsynth_edu.generation.reference import choose, mean_class, sample_classes
from nsynth_edu.generation.sampling import MEAN
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.sound import midi_to_hz
from nsynth_edu.sound.companding import companded, mu_law_encode

SMALL = NSynthConfig(
    hop_length=32,
    bottleneck_channels=4,
    encoder_channels=4,
    encoder_layers=1,
    layers=4,
    cycle=2,
    residual_channels=8,
    skip_channels=8,
    pitch_channels=3,
    phase_harmonics=1,
    period_taps=2,
)
LARGEST_DRAW = 1 - 2**-24  # of torch.rand in float32


def talking(config):
    torch.manual_seed(0)
    return awake(WaveNetAutoencoder(config), std=0.2)


@pytest.fixture
def model():
    model = talking(SMALL)
    for weight in model.decoder.parameters():  # far from its first, calm weights: it sings
        torch.nn.init.normal_(weight)
    return model


@pytest.fixture
def z():
    return np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)


@torch.no_grad()
def test_step_by_step_equals_all_at_once():
    torch.manual_seed(0)
    model = awake(WaveNetAutoencoder(SMALL), std=1)
    hop, time = SMALL.hop_length, 600
    frames = math.ceil(time / hop)
    assert time > model.receptive_field + SMALL.period_taps * 16_000 / midi_to_hz(60)
    waveform, z = torch.rand(2, time) * 1.8 - 0.9, torch.randn(2, frames, 4)
    pitch = [60.3, math.nan]  # one voice knows its pitch, the other does not
    signal, given = companded(waveform), model.conditioning(z, pitch)
    waves, lags = given.waves(0, time), given.lags(0, time)[..., 0]
    queues, sample, steps = model.decoder.queues(batch=2), torch.zeros(2, 1), []
    for t in range(time):
        if t % hop == 0:
            biases = model.decoder.project(given.frame(t // hop))
        steps.append(model.decoder.step(sample, biases, queues, waves[..., t], lags))
        sample = signal[:, t : t + 1]
    at_once = model.logits(waveform, z, pitch)
    assert at_once.std() > 0.5
    torch.testing.assert_close(torch.stack(steps, -1), at_once, rtol=0, atol=1e-5)


def test_the_coldest_sound_is_the_likeliest_class_given_its_own_past(model, z):
    waveform = torch.from_numpy(generate(model, z, pitch=60, temperature=0, engine="reference"))
    logits = model.logits(waveform[None], torch.from_numpy(z)[None], 60)
    assert torch.equal(logits[0].argmax(0), mu_law_encode(waveform))
    assert len(waveform.unique()) > 3


def test_the_same_seed_gives_the_same_sound_and_another_seed_another(model, z):
    first, again, other = (generate(model, z, seed=seed, engine="reference") for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(*(generate(model, z, engine="reference") for _ in range(2)))


@pytest.mark.parametrize("engine", ["reference", "stream", "batch"])
def test_a_voice_with_a_seed_of_its_own_does_not_depend_on_its_companions(model, z, engine):
    both = generate(model, [z, z[:2]], seed=[7, 8], engine=engine)
    np.testing.assert_array_equal(both[0], generate(model, z, seed=7, engine=engine))
    np.testing.assert_array_equal(both[1], generate(model, z[:2], seed=8, engine=engine))
    with pytest.raises(ValueError, match="3 seeds for 2 voices"):
        generate(model, np.stack([z, z]), seed=[1, 2, 3], engine=engine)


def test_a_seed_leaves_the_random_numbers_of_others_alone(model, z):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    generate(model, z, seed=1, engine="reference")
    assert torch.equal(torch.rand(3), expected)


def test_an_array_gives_an_array_and_a_tensor_a_tensor(model, z):
    array = generate(model, z, seed=1, engine="reference")
    tensor = generate(model, torch.from_numpy(z), seed=1, engine="reference")
    assert isinstance(array, np.ndarray) and array.dtype == np.float32
    assert array.shape == (3 * 32,) and np.abs(array).max() <= 1
    assert torch.equal(tensor, torch.from_numpy(array))


def test_voices_of_a_batch_sound_as_they_do_alone(model, z):
    batch = np.stack([z, -z])
    together = generate(model, batch, pitch=[50, 60], temperature=0, engine="reference")
    for voice, pitch, sound in zip(batch, [50, 60], together, strict=True):
        alone = generate(model, voice, pitch=pitch, temperature=0, engine="reference")
        np.testing.assert_array_equal(sound, alone)
    assert not np.array_equal(*together)


def test_voices_of_a_batch_have_their_own_luck(model, z):
    assert not np.array_equal(*generate(model, np.stack([z, z]), seed=3, engine="reference"))


def test_a_pitch_changes_the_sound(model, z):
    known, unknown = (
        generate(model, z, pitch=pitch, temperature=0, engine="reference") for pitch in (60, None)
    )
    assert not np.array_equal(known, unknown)


def test_progress_is_told_after_every_frame(model, z):
    seen = []
    generate(model, z, engine="reference", progress=lambda *told: seen.append(told))
    assert seen == [(1, 3), (2, 3), (3, 3)]


# --- drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_classes_are_drawn_as_often_as_they_are_likely(temperature):
    logits = torch.randn(256, generator=torch.Generator().manual_seed(2)) * 2
    draws = 100_000
    uniforms = (torch.arange(draws) + 0.5) / draws  # every draw once
    drawn = sample_classes(logits.expand(draws, -1), uniforms, temperature)
    share = torch.bincount(drawn, minlength=256) / draws
    expected = (logits.double() / temperature).softmax(0).float()
    torch.testing.assert_close(share, expected, rtol=0, atol=2 / draws)


@pytest.mark.parametrize("uniform", [0.0, LARGEST_DRAW])
def test_no_draw_lands_on_an_impossible_class(uniform):
    logits = torch.randn(500, 256, generator=torch.Generator().manual_seed(4))
    logits[:, :100] = logits[:, 200:] = -math.inf
    drawn = sample_classes(logits, torch.full((500,), uniform))
    assert drawn.min() >= 100 and drawn.max() < 200


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_mean_is_that_of_many_draws(temperature):
    logits = torch.randn(256, generator=torch.Generator().manual_seed(2)) * 2
    draws = 100_000
    uniforms = (torch.arange(draws) + 0.5) / draws
    drawn = sample_classes(logits.expand(draws, -1), uniforms, temperature)
    mean = mean_class(logits[None], temperature)
    assert mean.item() == pytest.approx(drawn.double().mean().item(), abs=0.01)
    asked = torch.tensor([0.3, MEAN, 0.7])
    chosen = choose(logits.expand(3, -1), asked, temperature)
    assert chosen[1] == mean and chosen[0] == drawn[30_000] and chosen[2] == drawn[70_000]


def test_auto_draws_in_frames_without_pitch_and_takes_means_elsewhere(model, z):
    def made(sampling, pitch, seed):
        return generate(model, z, pitch=pitch, sampling=sampling, seed=seed, engine="reference")

    contour = [60, 60, math.nan]
    one, other = (made("auto", contour, seed) for seed in (1, 2))
    np.testing.assert_array_equal(one[:64], other[:64])
    assert not np.array_equal(one[64:], other[64:])
    np.testing.assert_array_equal(one[:64], made("mean", contour, 3)[:64])
    for pitch in (60, None):  # None: unknown, which is not noise
        np.testing.assert_array_equal(made("auto", pitch, 1), made("mean", pitch, 2))
    np.testing.assert_array_equal(made("auto", math.nan, 1), made("random", math.nan, 1))


def test_without_a_sampling_the_model_s_own_is_taken(model, z):
    drawn = generate(model, z, seed=1, sampling="random", engine="reference")
    np.testing.assert_array_equal(generate(model, z, seed=1, engine="reference"), drawn)
    smooth = copy.deepcopy(model)
    smooth.recommended_sampling = "mean"
    mean = generate(model, z, sampling="mean", engine="reference")
    np.testing.assert_array_equal(generate(smooth, z, engine="reference"), mean)
    assert not np.array_equal(mean, drawn)
    assert Stream(smooth).sampling == "mean" and Stream(smooth, sampling="auto").sampling == "auto"


# --- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4,), (3, 5), (1, 1, 3, 4), (0, 4), (0, 3, 4)])
def test_z_of_another_shape_is_refused(model, shape):
    message = r"z has shape .* expected \(frames, 4\) or \(batch, frames, 4\), as encode\(\)"
    with pytest.raises(ValueError, match=message):
        generate(model, np.zeros(shape))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_z_without_finite_numbers_is_refused(model, z, value):
    z[1, 2] = value
    with pytest.raises(ValueError, match="z holds NaN or infinite values; encode a sound without"):
        generate(model, z)


def test_without_a_temperature_the_model_s_own_is_taken(model, z):
    made = generate(model, z, seed=1, engine="reference")
    as_trained = generate(model, z, seed=1, temperature=1.0, engine="reference")
    np.testing.assert_array_equal(made, as_trained)
    cool = copy.deepcopy(model)
    cool.recommended_temperature = 0.1
    made = generate(cool, z, seed=1, engine="reference")
    wanted = generate(model, z, seed=1, temperature=0.1, engine="reference")
    np.testing.assert_array_equal(made, wanted)
    assert not np.array_equal(made, as_trained)
    assert Stream(cool).temperature == 0.1 and Stream(cool, temperature=0.5).temperature == 0.5


def test_a_temperature_below_zero_is_refused(model, z):
    with pytest.raises(ValueError, match=r"temperature is -0.5; expected 0 or more \(1 = as"):
        generate(model, z, temperature=-0.5)


def test_an_unknown_sampling_is_refused_and_the_known_ones_are_named(model, z):
    message = "sampling is 'median'; expected one of random, mean, auto"
    with pytest.raises(ValueError, match=message):
        generate(model, z, sampling="median")
    with pytest.raises(ValueError, match=message):
        Stream(model, sampling="median")


def test_an_unknown_engine_is_refused_and_the_known_ones_are_named(model, z):
    with pytest.raises(ValueError, match="engine is 'steam'; expected one of auto, reference"):
        generate(model, z, engine="steam")


def test_a_model_without_pitch_refuses_one():
    deaf = talking(NSynthConfig(hop_length=32, layers=1, encoder_layers=1, encoder_channels=4,
                              residual_channels=4, skip_channels=4))  # fmt: skip
    with pytest.raises(ValueError, match="this model is not conditioned on pitch; leave pitch out"):
        generate(deaf, np.zeros((2, 16)), pitch=60, engine="reference")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_generated_tensor_may_take_part_in_a_gradient(engine):
    shape = NSynthConfig(
        encoder_channels=4, encoder_layers=1, layers=2, residual_channels=8, skip_channels=8
    )
    waveform = generate(
        WaveNetAutoencoder(shape), torch.zeros(1, 16), seed=np.int64(3), engine=engine
    )
    gain = torch.ones((), requires_grad=True)
    (gain * waveform).square().sum().backward()
    assert torch.isfinite(gain.grad)
