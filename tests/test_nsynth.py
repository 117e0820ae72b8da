"""The WaveNet autoencoder: its published shape, what it hears, what it is told, what it refuses."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from models import awake

from nsynth_edu.models import NSynthConfig, WaveNet, WaveNetAutoencoder, WaveNetConfig
from nsynth_edu.models.pitch_clock import fractional_delay

SMALL = NSynthConfig(
    hop_length=64,
    bottleneck_channels=4,
    encoder_channels=8,
    encoder_layers=4,
    layers=6,
    cycle=3,
    residual_channels=8,
    skip_channels=8,
    pitch_channels=3,
    phase_harmonics=2,
    period_taps=2,
)


@pytest.fixture
def small():
    torch.manual_seed(0)
    return awake(WaveNetAutoencoder(SMALL), std=1)


@pytest.fixture
def waveform():
    return torch.rand(2, 4 * 64, generator=torch.Generator().manual_seed(1)) * 1.8 - 0.9


def parameters(model):
    return sum(weight.numel() for weight in model.parameters())


# --- shape ------------------------------------------------------------------------------------


def test_the_published_model_has_its_published_size():
    with torch.device("meta"):  # shapes without memory
        model = WaveNetAutoencoder(NSynthConfig.nsynth())
    assert parameters(model) == 61_804_048
    assert parameters(model.encoder) == 1_976_336
    assert model.receptive_field == 6141


def test_the_pocket_model_is_small_and_told_the_pitch():
    model = WaveNetAutoencoder(NSynthConfig.pocket())
    assert parameters(model) < 1_000_000
    assert model.config.pitch_conditioned and not NSynthConfig.nsynth().pitch_conditioned
    assert model.receptive_field == 2049


@pytest.mark.parametrize(
    "layers, cycle, kernel_size, field", [(6, 3, 3, 31), (5, 5, 2, 34), (30, 10, 3, 6141)]
)
def test_a_prediction_hears_exactly_its_receptive_field(layers, cycle, kernel_size, field):
    torch.manual_seed(0)
    config = WaveNetConfig(layers, cycle, 4, 16, kernel_size, 3, quantization_channels=8)
    model = awake(WaveNet(config), std=1).double()
    signal = torch.randn(1, 1, field + 50, dtype=torch.float64, requires_grad=True)
    t = field + 20
    model(signal)[0, 3, t].backward()
    heard = signal.grad[0, 0].nonzero().flatten().tolist()
    assert config.receptive_field == field
    assert heard == list(range(t - field, t))


def test_an_untrained_model_guesses_with_8_bits(waveform):
    model = WaveNetAutoencoder(SMALL)
    with torch.no_grad():
        logits = model.logits(waveform, model.encode(waveform))
    classes = torch.zeros(2, 256, dtype=torch.int64)
    loss = torch.nn.functional.cross_entropy(logits, classes)
    assert loss / math.log(2) == pytest.approx(8, abs=1e-5)


# --- encode -----------------------------------------------------------------------------------


def test_a_frame_sums_up_one_hop_and_a_rest_is_left_out(small):
    assert small.encode(np.zeros(4 * 64 + 63, np.float32)).shape == (4, 4)
    assert small.encode(torch.zeros(2, 64)).shape == (2, 1, 4)


def test_an_array_is_encoded_to_the_numbers_of_its_tensor(small, waveform):
    tensors, arrays = small.encode(waveform), small.encode(waveform.numpy())
    assert isinstance(arrays, np.ndarray) and arrays.dtype == np.float32
    np.testing.assert_array_equal(arrays, tensors.detach().numpy())
    np.testing.assert_allclose(small.encode(waveform[0].numpy()), arrays[0], atol=1e-6)


def test_the_encoder_hears_the_future_as_well_as_the_past(small, waveform):
    changed = waveform.clone()
    changed[:, 3 * 64 :] = 0
    before, after = small.encode(waveform), small.encode(changed)
    assert torch.equal(before[:, 0], after[:, 0])  # further away than its layers reach
    assert not torch.allclose(before[:, 2], after[:, 2])


def test_training_reaches_every_weight(waveform):
    torch.manual_seed(0)
    model = awake(WaveNetAutoencoder(SMALL), std=1).train()
    model.logits(waveform, model.encode(waveform), pitch=60).square().mean().backward()
    deaf = {
        name
        for name, weight in model.named_parameters()
        if weight.grad is None or not weight.grad.any()
    }
    last = f"decoder.layers.{SMALL.layers - 1}.residual"
    # what the last layer passes on has no further layer to hear it, as in the original
    assert deaf == {f"{last}.weight", f"{last}.bias"}


# --- logits -----------------------------------------------------------------------------------


def test_future_samples_do_not_change_a_prediction(small, waveform):
    z = small.encode(waveform)
    changed = waveform.clone()
    changed[:, 100:] *= -1
    before, after = small.logits(waveform, z), small.logits(changed, z)
    torch.testing.assert_close(before[..., :101], after[..., :101], rtol=0, atol=1e-6)
    assert not torch.allclose(before[..., 101], after[..., 101])


def test_a_frame_of_z_colours_its_own_samples_first(small, waveform):
    z = small.encode(waveform)
    changed = z.clone()
    changed[:, 2] += 1
    before, after = small.logits(waveform, z), small.logits(waveform, changed)
    torch.testing.assert_close(before[..., :128], after[..., :128], rtol=0, atol=1e-6)
    assert not torch.allclose(before[..., 128], after[..., 128])


def test_a_shorter_waveform_gets_the_start_of_the_same_predictions(small, waveform):
    z = small.encode(waveform)
    whole, start = small.logits(waveform, z), small.logits(waveform[:, :77], z)
    assert start.shape == (2, 256, 77)
    torch.testing.assert_close(whole[..., :77], start, rtol=0, atol=1e-6)


# --- pitch ------------------------------------------------------------------------------------


def test_nan_and_none_both_mean_an_unknown_pitch(small, waveform):
    z = small.encode(waveform)
    unknown = small.logits(waveform, z)
    assert torch.equal(small.logits(waveform, z, math.nan), unknown)
    mixed = small.logits(waveform, z, [60, math.nan])
    torch.testing.assert_close(mixed[1], unknown[1], rtol=0, atol=1e-5)
    assert not torch.allclose(mixed[0], unknown[0])


def test_the_clock_ticks_at_the_pitch_and_its_octaves_however_late(small):
    late = 1_000_000  # a minute on: float32 alone would be out of phase by now
    z = torch.zeros(1, late // 64 + 10, 4)
    sine, octave, cosine, _ = small.conditioning(z, 69.5).waves(late, 200)[0]
    time = (late + np.arange(200)) / 16000
    angle = 2 * np.pi * 440 * 2 ** (0.5 / 12) * time
    np.testing.assert_allclose(sine, np.sin(angle), atol=1e-5)
    np.testing.assert_allclose(cosine, np.cos(angle), atol=1e-5)
    np.testing.assert_allclose(octave, np.sin(2 * angle), atol=1e-5)


def test_the_clock_is_silent_above_half_the_sample_rate_and_for_unknown_pitches(small):
    z = torch.zeros(2, 1, 4)
    high, unknown = small.conditioning(z, [118, math.nan]).waves(0, 64)  # 7.5 kHz and 15 kHz
    assert high[0].abs().max() > 0.9 and not high[1].any() and not high[3].any()
    assert not unknown.any()


def test_a_fraction_of_a_semitone_moves_the_clock_and_keeps_the_embedding(small):
    z = torch.zeros(1, 2, 4)
    near, exact = small.conditioning(z, 60.3), small.conditioning(z, 60)
    assert torch.equal(near.local, exact.local)
    assert not torch.equal(near.waves(0, 64), exact.waves(0, 64))


@pytest.mark.parametrize("lag", [1.0, 2.5, 31.4, 400.75])
def test_a_fractional_delay_moves_a_sine_by_that_many_samples(lag):
    time = torch.arange(1024, dtype=torch.float64)
    delays, weights = fractional_delay(torch.tensor([lag]), memory=2048)
    sine = torch.sin(0.2 * time)  # 509 Hz at 16 kHz
    heard = sum(w * sine[512 - d] for d, w in zip(delays, weights, strict=True))
    assert abs(heard.item() - math.sin(0.2 * (512 - lag))) < 2e-4


def test_the_period_taps_hear_the_wave_one_turn_ago_and_nothing_where_it_cannot_be_known(small):
    pitch = torch.tensor([60.0, 100.0, 127.0, 0.0, math.nan])
    lags = small.conditioning(torch.zeros(5, 64, 4), pitch).lags(0, 4096)
    assert lags[0, 0, 0].item() + 2 == pytest.approx(16000 / 261.6256, abs=1e-3)
    past = torch.ones(5, 1, 4096)
    torch.nn.init.ones_(small.decoder.periods.taps.weight)
    torch.nn.init.zeros_(small.decoder.periods.taps.bias)
    heard = small.decoder.periods(past, lags)[:, 0, -1]
    # two taps of three samples each; at 12.5 kHz only the second lies in the past; at 8 Hz the
    # second, 3,913 samples back, lies beyond the memory; unknown: silence
    np.testing.assert_allclose(heard.detach(), [6, 6, 0, 3, 0], atol=1e-5)


# --- errors -----------------------------------------------------------------------------------


def test_less_than_a_frame_is_refused(small):
    message = "the waveform has 63 samples; an encoding frame needs 64. Pad it with zeros."
    with pytest.raises(ValueError, match=message):
        small.encode(np.zeros(63))


def test_a_waveform_with_nan_is_refused(small):
    with pytest.raises(ValueError, match="the waveform holds NaN or infinite values; expected"):
        small.encode(np.full(64, np.nan))


def test_more_sound_than_encoding_is_refused(small, waveform):
    message = "the waveform has 256 samples but z only 3 frames of 64 = 192 samples."
    with pytest.raises(ValueError, match=message):
        small.logits(waveform, small.encode(waveform)[:, :3])


@pytest.mark.parametrize(
    "pitch, message",
    [
        (128, r"pitch 128 lies outside the MIDI numbers 0..127 \(60 = middle C\)."),
        ([60, -1], r"pitch \[60, -1\] lies outside the MIDI numbers"),
        ([60, 61, 62], r"pitch has shape \(3,\) for 2 voices of 4 frames; give one MIDI number"),
    ],
)
def test_an_impossible_pitch_is_refused(small, waveform, pitch, message):
    with pytest.raises(ValueError, match=message):
        small.logits(waveform, small.encode(waveform), pitch)


def test_the_clock_set_by_ear_runs_with_the_note():
    # pre-emphasis moves the phase, and the clock follows what the decoder reads
    model = WaveNetAutoencoder(replace(NSynthConfig.pocket(), preemphasis=0.0))
    time, z = torch.arange(8192) / 16000, torch.zeros(1, 16, 16)
    for pitch, start in [(45.3, 0.2), (69.0, -0.4), (81.5, 0.0)]:
        angle = 2 * math.pi * (440 * 2 ** ((pitch - 69) / 12) * time + start)
        note = 0.4 * torch.sin(angle)[None] + 0.2 * torch.sin(3 * angle + 1)[None]
        offset = model.clock_offset(note, pitch)
        assert abs((offset.item() - start + 0.5) % 1 - 0.5) < 0.02
        clock = model.conditioning(z, pitch, clock_offset=offset).waves(0, 8192)[0, 0]
        assert torch.corrcoef(torch.stack([clock, torch.sin(angle)]))[0, 1] > 0.99
    assert model.clock_offset(note, None).isnan().all()
    assert (model.conditioning(z, None).waves(0, 512) == 0).all()


def test_the_table_of_symbols_states_the_shapes_as_they_are():
    """Every row of course/notation.md that names a setting, for the published shape and ours."""
    text = (Path(__file__).parents[1] / "course" / "notation.md").read_text()
    rows = re.findall(r"^\|[^|]*\| `(\w+)` \|.*\| ([\d,]+) \| ([\d,]+) \|$", text, re.MULTILINE)
    assert len(rows) >= 10
    configs = NSynthConfig.nsynth(), NSynthConfig.pocket()
    for name, *printed in rows:
        for config, value in zip(configs, printed, strict=True):
            known = config if hasattr(config, name) else config.decoder
            expected = 255 if name == "mu" else getattr(known, name)
            assert int(value.replace(",", "")) == expected, name
