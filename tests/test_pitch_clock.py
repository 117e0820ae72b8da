"""A pitch that glides: the clock and the period taps follow it, everywhere alike."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from nsynth_edu.generation import ENGINES, Stream, batch, generate, reference, stream
from nsynth_edu.models import NSynthConfig, WaveNet, WaveNetAutoencoder, WaveNetConfig
from nsynth_edu.models.pitch_clock import PitchClock, as_contour
from nsynth_edu.sound import mu_law_encode

HOP, RATE = 512, 16000
SMALL = NSynthConfig(
    hop_length=64, encoder_channels=8, encoder_layers=2, layers=6, cycle=6, residual_channels=20,
    skip_channels=24, kernel_size=2, pitch_channels=4, phase_harmonics=3, period_taps=2,
)  # fmt: skip
GLIDE = [48.0, 50.5, 53.0, math.nan, 60.0, 57.5]


def noisy(model):
    """A model whose logits differ from class to class: an untrained one gives each 1/256."""
    for layer in model.modules():
        if isinstance(layer, WaveNet):
            torch.nn.init.normal_(layer.logits.weight, std=0.3)
            if layer.periods is not None:
                torch.nn.init.normal_(layer.periods.taps.weight, std=0.3)
    return model.eval()


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    return noisy(WaveNetAutoencoder(SMALL))


def clock(midi, harmonics=2, taps=2):
    contour = as_contour(midi, 1, len(midi))
    return PitchClock(contour, HOP, RATE, harmonics, taps)


def frequency(midi):
    return 440 * 2 ** ((np.asarray(midi) - 69) / 12) / RATE


def test_the_phase_is_the_running_sum_of_a_frequency_that_never_jumps():
    midi = [60, 62, 67, 67, 55]
    periods, glide = (x[0].numpy() for x in clock(midi).track(0, 5 * HOP))
    np.testing.assert_allclose(np.diff(periods), glide[:-1], atol=1e-12)
    middles = glide[HOP // 2 :: HOP]
    np.testing.assert_allclose(middles, frequency(midi), rtol=2e-3)
    largest = np.abs(np.diff(frequency(midi))).max() / HOP
    assert np.abs(np.diff(glide)).max() < 1.01 * largest


def test_where_nothing_is_pitched_the_clock_and_the_taps_are_silent_and_the_rest_goes_on():
    given = clock([60, math.nan, 64])
    waves, lags = given.waves(0, 3 * HOP)[0], given.lags(0, 3 * HOP)[0]
    assert not waves[:, HOP : 2 * HOP].any() and lags[:, HOP : 2 * HOP].isnan().all()
    for first, midi in [(0, 60), (2 * HOP, 64)]:  # held up to the frame's border
        np.testing.assert_allclose(lags[0, first : first + HOP], 1 / frequency(midi) - 2)
        assert waves[0, first : first + HOP].abs().max() > 0.99


def test_a_constant_contour_gives_the_very_samples_of_the_single_number(model):
    z = np.random.default_rng(0).standard_normal((6, 16)).astype(np.float32)
    for engine in ENGINES:
        one, many = (
            generate(model, z, pitch=pitch, seed=1, engine=engine) for pitch in (60.3, [60.3] * 6)
        )
        np.testing.assert_array_equal(one, many)


def test_all_engines_follow_a_contour_as_the_plain_layers_do(model):
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(2, 6, 16, generator=generator)
    uniforms = torch.rand(2, 6 * 64, generator=generator)
    given = model.conditioning(z, [GLIDE, [70.0] * 6])
    plain = reference.run(model.decoder, given, uniforms, 1.0)
    compiled = stream.run(model.decoder, given, uniforms, 1.0, dtype="float32")
    many = batch.run(model.decoder, given, uniforms, 1.0, dtype=torch.float32)
    assert (plain == compiled).float().mean() > 0.999
    assert (plain == many).float().mean() > 0.999
    held = reference.run(model.decoder, model.conditioning(z, [48.0, 70.0]), uniforms, 1.0)
    assert (held[0] != plain[0]).any() and torch.equal(held[1], plain[1])


def test_the_likeliest_sound_under_a_contour_is_what_teacher_forcing_says(model):
    z = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(1))
    sound = generate(model, z, pitch=[GLIDE], temperature=0, engine="reference")
    logits = model.logits(sound, z, [GLIDE])
    assert (logits.argmax(1) == mu_law_encode(sound)).float().mean() > 0.999


def test_the_clock_set_by_ear_runs_with_a_gliding_tone():
    # pre-emphasis moves the phase, and the clock follows what the decoder reads
    model = WaveNetAutoencoder(replace(NSynthConfig.pocket(), preemphasis=0.0))
    midi = np.linspace(50, 56, 12)
    periods = clock(midi).track(0, 12 * HOP)[0] + 0.3
    note = (0.5 * torch.sin(2 * math.pi * periods)).float()
    assert abs((model.clock_offset(note, [midi]).item() - 0.3 + 0.5) % 1 - 0.5) < 0.02


def test_a_live_voice_glides_to_a_new_pitch_without_a_jump_of_phase():
    live = Stream(noisy(WaveNetAutoencoder(NSynthConfig.pocket())), pitch=48, seed=0)
    z, states = np.zeros(16), []
    for pitch in (48, 55, None, 60):
        live.pitch = pitch
        for _ in range(16):
            live.push(z, samples=32)
            states.append(live.clock.state)
    periods, rates = np.transpose(states)
    steps = np.diff(periods) / 32
    assert np.nanmax(np.abs(steps[:30] - rates[:30])) < 0.2 * frequency(48)
    np.testing.assert_allclose(rates[[15, 31, 63]], frequency([48, 55, 60]), rtol=1e-6)
    assert (np.diff(rates[16:24]) > 0).all(), "half a frame of glide, then it holds"
    assert np.isnan(rates[32:47]).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_unconditional_wavenet_generates_as_many_samples_as_asked(engine):
    torch.manual_seed(0)
    network = noisy(WaveNet(WaveNetConfig(6, 3, 8, 16, 2, 3)))
    sound = generate(network, samples=700, seed=1, engine=engine)
    assert sound.shape == (700,) and sound.dtype == np.float32 and sound.std() > 0.05
    if engine == "stream-float32":
        plain = generate(network, samples=700, seed=1, engine="reference")
        assert (plain == sound).mean() > 0.995


@pytest.mark.parametrize("engine", ENGINES)
def test_a_vocoder_is_conditioned_on_mel_frames(engine):
    torch.manual_seed(0)
    vocoder = noisy(WaveNet(WaveNetConfig.vocoder()))
    assert vocoder.config.receptive_field == 2048
    mel = np.random.default_rng(0).standard_normal((5, 80)).astype(np.float32)
    sound = generate(vocoder, mel, seed=1, engine=engine)
    assert sound.shape == (5 * 128,)
    assert (generate(vocoder, -mel, seed=1, engine=engine) != sound).any()
    if engine == "stream-float32":
        plain = generate(vocoder, mel, seed=1, engine="reference")
        assert (plain == sound).mean() > 0.995
        likeliest = torch.from_numpy(generate(vocoder, mel, temperature=0, engine="reference"))
        logits = vocoder.guess(likeliest[None], torch.from_numpy(mel)[None])
        assert (logits[0].argmax(0) == mu_law_encode(likeliest)).float().mean() > 0.999


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "samples is None; give the length of the sound"),
        ({"samples": 0}, "samples is 0; give the length"),
        ({"samples": 10, "pitch": 60}, "not conditioned on pitch; leave pitch out"),
        ({"z": np.zeros((2, 16))}, r"z has shape \(2, 16\)"),
    ],
)
def test_an_unconditional_wavenet_says_what_it_needs(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(WaveNet(WaveNetConfig(2, 2, 4, 4, 2, 2)), **arguments)


def test_an_autoencoder_without_z_and_a_contour_of_another_length_are_refused(model):
    with pytest.raises(ValueError, match="z is missing: this model is conditioned on frames of 16"):
        generate(model, samples=100)
    with pytest.raises(ValueError, match="leave it out where z says how long"):
        generate(model, np.zeros((2, 16)), samples=100)
    with pytest.raises(ValueError, match=r"pitch has shape \(3,\) for 1 voices of 4 frames"):
        generate(model, np.zeros((4, 16)), pitch=[60, 61, 62])
    with pytest.raises(ValueError, match="pitch has contours of"):
        generate(model, [np.zeros((4, 16)), np.zeros((2, 16))], pitch=[[60] * 4, [60] * 3])
