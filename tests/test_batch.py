"""Many voices at once are held equal to the plain engine, whatever their lengths and groups."""

import logging
import math

import numpy as np
import pytest
import torch
from models import awake

from nsynth_edu.generation import batch, generate, reference, stream
from nsynth_edu.generation.sampling import MEAN
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.sound.companding import mu_law_decode

TOLD = NSynthConfig(
    hop_length=64, encoder_channels=8, encoder_layers=2, layers=6, cycle=6, residual_channels=20,
    skip_channels=24, kernel_size=2, pitch_channels=4, phase_harmonics=3, period_taps=2,
)  # fmt: skip
UNTOLD = NSynthConfig(
    hop_length=64, encoder_channels=8, encoder_layers=2, layers=8, cycle=4, residual_channels=12,
    skip_channels=24,
)  # fmt: skip
ONE_TAP = NSynthConfig(
    hop_length=64, encoder_channels=8, encoder_layers=2, layers=2, residual_channels=12,
    skip_channels=24, kernel_size=1, first_kernel_size=1,
)  # fmt: skip
FRAMES = 6


def talking(config):
    torch.manual_seed(3)
    return awake(WaveNetAutoencoder(config))


def inputs(voices, seed=0):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(voices, FRAMES, 16, generator=generator)
    return z, torch.rand(voices, FRAMES * 64, generator=generator)


def pitches(model, voices):
    if not model.config.pitch_conditioned:
        return None
    return [math.nan, 60.5, 44.0, 71.2, 33.0][:voices]


@pytest.mark.parametrize("voices", [1, 5])
@pytest.mark.parametrize("temperature", [1.0, 0.5, 0])
@pytest.mark.parametrize("config", [TOLD, UNTOLD, ONE_TAP])
def test_batch_draws_the_same_classes_as_the_plain_engine(config, temperature, voices):
    model = talking(config)
    z, uniforms = inputs(voices)
    pitch = pitches(model, voices)
    given = model.conditioning(z, pitch)
    plain = reference.run(model.decoder, given, uniforms, temperature)
    many = batch.run(model.decoder, given, uniforms, temperature, dtype=torch.float32)
    assert (plain == many).float().mean() >= 0.999
    assert plain.std() > 0.01


@pytest.mark.parametrize("engine", [batch, stream])
@pytest.mark.parametrize("config", [TOLD, UNTOLD, ONE_TAP])
def test_each_sample_of_each_voice_is_drawn_or_the_mean_as_asked(config, engine):
    """With random weights the errors of float32 fade, so voices may be compared to the end."""
    model = talking(config)
    torch.nn.init.normal_(model.decoder.logits.weight, std=1.0)
    z, uniforms = inputs(3)
    uniforms[0] = MEAN
    uniforms[1, 100:200] = MEAN
    given = model.conditioning(z, pitches(model, 3))
    plain = reference.run(model.decoder, given, uniforms, 0.5)
    made = engine.run(model.decoder, given, uniforms, 0.5, dtype=torch_or_name(engine))
    near = (made - plain).abs() < 1e-5
    assert near[0].all() and near.float().mean() > 0.99
    classes = mu_law_decode(torch.arange(256))
    whole = torch.isin(plain, classes)
    assert whole[2].all() and not whole[1, 100:200].all() and whole[1, 200:].all()


def torch_or_name(engine):
    """float32, as the engine calls it."""
    return torch.float32 if engine is batch else "float32"


def test_small_memory_makes_more_groups_and_the_same_sound():
    model = talking(TOLD)
    z, uniforms = inputs(5)
    config = model.config.decoder
    one_voice = 4 * config.residual_channels * (sum(config.dilations) + 8 * config.layers)
    assert batch.voices_at_once(model.decoder, torch.float32, 3 * one_voice) == 3
    assert batch.voices_at_once(model.decoder, torch.bfloat16, 3 * one_voice) == 6
    assert batch.voices_at_once(model.decoder, torch.float32, 1) == 1  # never none
    given = model.conditioning(z, 60)
    plain = reference.run(model.decoder, given, uniforms, 1.0)
    single = batch.run(model.decoder, given, uniforms, 1.0, dtype=torch.float32, memory=one_voice)
    assert (plain == single).float().mean() >= 0.999


@pytest.mark.parametrize("engine", [batch.run, stream.run, reference.run])
def test_voices_of_different_lengths_sing_as_long_as_they_should(engine):
    model = talking(TOLD)
    z, uniforms = inputs(4)
    lengths = [2, FRAMES, 1, 3]
    given = model.conditioning(z, pitches(model, 4))
    whole = engine(model.decoder, given, uniforms, 1.0)
    parts = engine(model.decoder, given, uniforms, 1.0, lengths=lengths)
    for long, short, frames in zip(whole, parts, lengths, strict=True):
        assert (long[: frames * 64] == short[: frames * 64]).float().mean() >= 0.99
        if engine is not reference.run:
            assert not short[frames * 64 :].any()


def test_generate_takes_a_list_and_gives_each_voice_its_own_length():
    model = talking(TOLD)
    z = [torch.randn(2, 16), np.random.default_rng(0).standard_normal((5, 16))]
    short, long = generate(model, z, pitch=[60, 64], seed=1, engine="batch")
    assert torch.is_tensor(short) and short.shape == (128,)
    assert isinstance(long, np.ndarray) and long.shape == (320,)
    with pytest.raises(ValueError, match=r"z has shape \(2, 3\); expected"):
        generate(model, [z[0], np.zeros((2, 3))])
    with pytest.raises(ValueError, match="z holds NaN"):
        generate(model, [z[0], np.full((2, 16), np.nan)])


def test_bfloat16_moves_logits_by_a_few_hundredths_of_the_largest():
    model = talking(UNTOLD)
    z, uniforms = inputs(3)
    logits = {}
    for dtype in (torch.float32, torch.bfloat16):
        voices = batch.Voices(batch.BatchWeights(model.decoder, dtype), 3)
        with torch.inference_mode():
            voices.set_frame(model.conditioning(z), 0, uniforms[:, :64])
            logits[dtype] = voices.step()  # the first sample: both have the same past
    error = (logits[torch.bfloat16] - logits[torch.float32]).abs().max()
    assert 0 < error < 3e-2 * logits[torch.float32].abs().max()


def test_what_auto_took_is_said(caplog):
    model = talking(UNTOLD)
    with caplog.at_level(logging.INFO, "nsynth_edu.generation"):
        generate(model, np.zeros((2, 16)))
    assert "engine stream for 1 voices" in caplog.text


def test_an_interrupted_batch_stops():
    seen = []

    def progress(done, total):
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(talking(UNTOLD), np.zeros((4, 200, 16)), engine="batch", progress=progress)
    assert len(seen) <= 4
