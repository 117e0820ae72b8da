"""The compiled engine is held equal to the plain one."""

import math

import numpy as np
import pytest
import torch

from nsynth_edu.generation import Stream, choose_engine, generate, reference, stream
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder


def noisy_model(config):
    """A model whose logits are wide awake: an untrained one gives every class 1/256."""
    torch.manual_seed(3)
    model = WaveNetAutoencoder(config).eval()
    torch.nn.init.normal_(model.decoder.logits.weight, std=0.3)
    if model.decoder.periods is not None:  # untrained, they say nothing
        torch.nn.init.normal_(model.decoder.periods.taps.weight, std=0.3)
    return model


THREE_TAPS = NSynthConfig(
    encoder_channels=8, encoder_layers=2, layers=12, cycle=6, residual_channels=20, skip_channels=24
)


@pytest.mark.parametrize("config", [NSynthConfig.pocket(), THREE_TAPS])
def test_compiled_engine_draws_the_same_classes_as_the_plain_one(config):
    model = noisy_model(config)
    frames = 5  # 2,560 samples: more than the pocket model's receptive field
    z = torch.randn(2, frames, 16)
    uniforms = torch.rand(2, frames * 512)
    pitch = [60.5, math.nan] if config.pitch_conditioned else None
    plain = reference.run(model, z, pitch, uniforms, 1.0, None)
    compiled = stream.run(model, z, pitch, uniforms, 1.0, None)
    assert (plain == compiled).float().mean() > 0.999
    assert plain.std() > 0.05


def test_rational_tanh_is_within_a_hundred_thousandth():
    x = np.linspace(-12, 12, 5001, dtype=np.float32)
    error = [abs(float(stream._tanh.py_func(v)) - math.tanh(v)) for v in x]
    assert max(error) < 1e-5


def test_temperature_zero_is_the_same_in_both_engines():
    model = noisy_model(THREE_TAPS)
    z = np.random.default_rng(0).standard_normal((2, 16)).astype(np.float32)
    plain = generate(model, z, temperature=0, engine="reference")
    np.testing.assert_array_equal(plain, generate(model, z, temperature=0, engine="stream"))


def test_frames_pushed_one_by_one_make_the_same_sound_as_one_call():
    model = noisy_model(NSynthConfig.pocket())
    z = np.random.default_rng(1).standard_normal((4, 16)).astype(np.float32)
    live = Stream(model, pitch=52, temperature=0)
    pushed = np.concatenate([live.push(frame) for frame in z])
    assert pushed.shape == (2048,)
    np.testing.assert_array_equal(
        pushed, generate(model, z, pitch=52, temperature=0, engine="stream")
    )


def test_stream_refuses_a_whole_encoding():
    with pytest.raises(ValueError, match=r"one frame of z"):
        Stream(noisy_model(THREE_TAPS)).push(np.zeros((4, 16)))


def test_auto_takes_the_compiled_engine_unless_a_wide_model_has_many_voices():
    pocket = WaveNetAutoencoder(NSynthConfig.pocket())
    assert choose_engine(pocket, 100) == "stream"
    wide = WaveNetAutoencoder(NSynthConfig(layers=1, encoder_layers=1))
    assert choose_engine(wide, 1) == "stream"
    assert choose_engine(wide, 32) == "reference"


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
