"""Model scores: guessers count honestly, the report names what was held out."""

import numpy as np
import pytest
import torch

from nsynth_edu import evaluation
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, load_model
from nsynth_edu.sound import midi_to_hz, mu_law_encode, read_notes, write_notes

SMALL = NSynthConfig(
    encoder_channels=4, encoder_layers=2, layers=4, cycle=4, residual_channels=8, skip_channels=8,
    pitch_channels=2, phase_harmonics=2, period_taps=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    time = np.arange(32000) / 16000
    write_notes(
        folder,
        (
            {
                "waveform": 0.4 * np.sin(2 * np.pi * midi_to_hz(pitch) * time),
                "pitch": pitch, "velocity": 100, "instrument_str": f"flute_synthetic_{number:03d}",
            }
            for number in (1, 2)
            for pitch in (57, 60, 64)
        ),
    )  # fmt: skip
    return folder


def test_an_untrained_model_knows_nothing_and_the_table_says_so(notes):
    torch.manual_seed(0)
    training = {"held_out_instruments": ["flute_synthetic_002"], "held_out_every": 0}
    scores = evaluation.evaluate(WaveNetAutoencoder(SMALL), notes, training, count=2, seconds=1)
    assert set(scores) == {"settings", "train", "instruments"}
    for part in ("train", "instruments"):
        assert scores[part]["bits"] == pytest.approx(8, abs=1e-4)  # 256 equally likely classes
        assert (
            scores[part]["harmonic_energy"] < 0.3 < 0.9 < scores[part]["harmonic_energy_original"]
        )
        assert scores[part]["right_pitch"] == 0
        assert scores[part]["bits_previous"] < scores[part]["bits_unigram"] < 8.5
    table = evaluation.report(scores)
    assert "held-out instrument" in table and "held-out pairs" not in table
    assert "| bits per sample, true past | 8.00 | 8.00 |" in table


def test_guessers_agree_with_counting_by_hand(notes):
    members = read_notes(notes)[:1]
    classes = mu_law_encode(torch.from_numpy(members[0].load()))[None]
    guess = evaluation.Guessers(members)
    share = torch.bincount(classes[0], minlength=256).float() / classes.numel()
    entropy = -(share[share > 0] * share[share > 0].log2()).sum().item()
    assert guess.unigram_bits(classes) == pytest.approx(entropy, abs=0.02)
    assert guess.previous_bits(classes) < entropy - 1  # a sine is far from white


def test_scores_repeat(notes):
    model = WaveNetAutoencoder(SMALL)
    once, again = (evaluation.evaluate(model, notes, count=1, seconds=0.6) for _ in range(2))
    assert once == again


def test_fewer_bytes_per_weight_cost_a_little_more_each(notes):
    model = load_model("pocket")
    scores = evaluation.compare_weights(model, read_notes(notes), count=2, seconds=0.5)
    exact, half, quarter = (scores[dtype] for dtype in ("float32", "int16", "int8"))
    assert exact["megabytes"] > 1.85 * half["megabytes"] > 3.6 * quarter["megabytes"]
    assert abs(exact["divergence"]) < 1e-4
    assert abs(half["divergence"]) < 1e-3 < quarter["divergence"] < 0.2
    assert half["bits"] == pytest.approx(exact["bits"], abs=0.005)
    assert quarter["bits"] == pytest.approx(exact["bits"], abs=0.2)
