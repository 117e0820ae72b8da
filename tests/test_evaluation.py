"""Model scores: guessers count honestly, the report names what was held out."""

import numpy as np
import pytest
import torch

from nsynth_edu import evaluation
from nsynth_edu.evaluation.fidelity import free_running, measured_contour
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, load_model
from nsynth_edu.sound import midi_to_hz, mu_law_encode, read_notes, sing, write_notes

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


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A steady tone, one with vibrato, and a hiss, 2 s each."""
    folder = tmp_path_factory.mktemp("played")
    swaying = 57 + 0.5 * np.sin(2 * np.pi * 6 * (np.arange(63) + 0.5) * 512 / 16_000)
    nothing = np.full(63, np.nan)
    sounds = [
        ("reed_acoustic_001", 57, sing(np.full(63, 57.0)), None),
        ("vocal_acoustic_002", 57, sing(swaying), swaying),
        ("synth_lead_synthetic_003", 60, sing(nothing), nothing),
    ]
    write_notes(
        folder,
        (
            {"waveform": sound, "pitch": pitch, "velocity": 100, "instrument_str": name,
             "contour": contour}
            for name, pitch, sound, contour in sounds
        ),
    )  # fmt: skip
    return read_notes(folder)


def of(notes, change):
    """Scores of notes against what `change` makes of them."""
    true = [note.load()[:32_000] for note in notes]
    contours = [measured_contour(note, sound) for note, sound in zip(notes, true, strict=True)]
    return free_running([change(sound) for sound in true], true, notes, contours)


def test_each_measure_is_taken_where_it_applies(played):
    steady, hiss, swaying = (of([note], np.copy) for note in played)
    assert steady["right_pitch"] == 1 and "vibrato" not in steady and "tone" not in steady
    assert swaying["vibrato"] == pytest.approx(1, abs=0.2) and "right_pitch" not in swaying
    assert hiss["tone"] == hiss["tone_original"] < 0.4
    assert not {"followed", "harmonics_to_noise"} & hiss.keys()
    everything = of(played, np.copy)
    assert everything["followed"] > 0.97 and everything["harmonics_to_noise"] == 0
    assert everything["distance"] == everything["log_spectral"] == everything["attack"] == 0
    assert everything["envelope"] == pytest.approx(1) and everything["level"] == pytest.approx(0)


def test_a_worse_copy_scores_worse(played):
    breath = 0.02 * np.random.default_rng(0).standard_normal(32_000).astype(np.float32)
    hissing = of(played, lambda sound: sound + breath)
    assert hissing["harmonics_to_noise"] < -3 and hissing["log_spectral"] > 3
    straight = sing(np.full(63, 57.0))[:32_000]
    _, _, swaying = played
    assert of([swaying], lambda sound: straight)["vibrato"] < 0.2
    faster = of(played[:1], lambda sound: np.resize(sound[::2], 32_000))
    assert faster["followed"] == 0 and faster["right_pitch"] == 0
    late = of(played, lambda sound: sound * np.linspace(0, 1, 32_000, dtype=np.float32))
    assert late["attack"] > 500 and late["envelope"] < 0.9


def test_moving_and_unpitched_notes_are_scored_at_their_contour(played):
    folder = played[0].path.parents[1]
    scores = evaluation.evaluate(load_model("pocket"), folder, count=3, seconds=0.6, seeds=(0, 1))
    part = scores["instruments"]
    assert part["notes"] == 3 and part["followed"] > 0.9
    assert part["distance_floor"] < part["distance"] < part["distance_wrong"]
    assert part["log_spectral_floor"] < part["log_spectral"]
    assert part["distance_spread"] > 0, "the hiss is drawn"
    table = evaluation.report(scores)
    assert "| share of pitched frames within 50 cents |" in table and "| share of notes" in table


def test_what_is_not_drawn_is_made_once(notes):
    scores = evaluation.evaluate(load_model("pocket"), notes, count=1, seconds=0.6, seeds=(0, 1, 2))
    assert scores["instruments"]["distance_spread"] == 0
