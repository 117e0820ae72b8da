"""Pre-emphasis: exactly undone, in pieces, too; and what it does to the error of mu-law."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nsynth_edu.classroom import load_note
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, load_model, save_model
from nsynth_edu.models.checkpoint import model_metadata
from nsynth_edu.sound import deemphasize, mu_law_decode, mu_law_encode, preemphasize
from nsynth_edu.training import train, training_from


def test_what_is_emphasized_comes_back_whole_or_in_pieces():
    note = load_note("notes/trumpet_60")[:5000]
    louder = preemphasize(note, 0.85)
    assert louder[0] == note[0] and louder[7] == pytest.approx(note[7] - 0.85 * note[6], abs=1e-7)
    back = deemphasize(louder, 0.85)
    assert np.abs(back - note).max() < 1e-6 and back.dtype == np.float32
    memory = np.zeros(1)
    pieces = [deemphasize(piece, 0.85, memory) for piece in np.split(louder, [1, 700, 702])]
    assert np.array_equal(np.concatenate(pieces), back)
    both = torch.from_numpy(np.stack([note, -note]))
    assert torch.equal(preemphasize(both, 0.85)[0], torch.from_numpy(louder))
    assert torch.equal(deemphasize(preemphasize(both, 0.85), 0.85)[0], torch.from_numpy(back))
    assert preemphasize(note, 0.0) is note and deemphasize(note, 0.0) is note
    assert np.abs(deemphasize(np.ones(100), 0.9)).max() == 1, "clipped to full scale"


def test_the_error_of_mu_law_moves_under_the_tone():
    note = load_note("notes/flute_60")[4000:20_384]

    def error_above_2_khz(strength):
        read = mu_law_decode(mu_law_encode(preemphasize(note, strength)))
        error = deemphasize(read, strength) - note
        power = np.abs(np.fft.rfft(error * np.hanning(len(error)))) ** 2
        return 10 * np.log10(power[len(power) // 4 :].sum())

    assert error_above_2_khz(0.85) < error_above_2_khz(0.0) - 6


def test_a_model_reads_and_predicts_the_emphasized_sound():
    torch.manual_seed(0)
    plain = WaveNetAutoencoder(replace(NSynthConfig.pocket(), preemphasis=0.0)).eval()
    model = WaveNetAutoencoder(replace(NSynthConfig.pocket(), preemphasis=0.7)).eval()
    model.load_state_dict(plain.state_dict())
    note = torch.from_numpy(load_note("notes/flute_60")[None, :2048])
    louder = preemphasize(note, 0.7)
    assert torch.equal(model.classes(note), mu_law_encode(louder))
    assert torch.equal(model.encode(note), plain.encode(louder))
    with torch.no_grad():
        assert torch.equal(model.guess(note, pitch=60), plain.guess(louder, pitch=60))


@pytest.mark.parametrize("strength", [-0.1, 1.0, float("nan"), "0.85"])
def test_a_pre_emphasis_that_cannot_be_undone_is_refused(strength):
    with pytest.raises(ValueError, match=r"preemphasis is .*; expected 0 \(none\) to below 1"):
        NSynthConfig(preemphasis=strength)


def test_earlier_weights_go_on_with_pre_emphasis_in_another_shape_not(tmp_path):
    from nsynth_edu.sound import write_notes

    write_notes(
        tmp_path / "notes",
        [{"waveform": load_note("notes/flute_60")[:16_000], "pitch": 60, "velocity": 100,
          "instrument_str": "flute_acoustic_000"}],
    )  # fmt: skip
    assert load_model("pocket@1").config.preemphasis == 0
    settings = {
        "notes": str(tmp_path / "notes"), "output": str(tmp_path / "run"), "initial": "pocket@1",
        "steps": 1, "crop": 512, "shape": {"preemphasis": 0.5},
    }  # fmt: skip
    made = load_model(train(training_from(settings)))
    assert made.config == replace(load_model("pocket@1").config, preemphasis=0.5)
    assert model_metadata(tmp_path / "run" / "model.safetensors")["config"]["preemphasis"] == 0.5
    save_model(made, tmp_path / "again.safetensors")
    assert load_model(tmp_path / "again.safetensors").config == made.config
    other = settings | {"output": str(tmp_path / "other"), "shape": {"residual_channels": 48}}
    with pytest.raises(ValueError, match=r"initial, 'pocket@1', do not fit shape: decoder\.\S+ "):
        train(training_from(other))
