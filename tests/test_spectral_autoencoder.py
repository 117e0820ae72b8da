"""The spectral rival: the published shape, the picture it sees, its loss, and that it learns."""

import numpy as np
import pytest
import torch
from models import whole_and_resumed

from nsynth_edu.classroom import load_note
from nsynth_edu.models import SpectralAutoencoder, SpectralConfig, load_model, save_model
from nsynth_edu.models.picture import log_magnitude
from nsynth_edu.models.spectral import picture_loss
from nsynth_edu.sound import estimate_pitch, midi_to_hz, read_notes, stft, write_notes
from nsynth_edu.training import train, training_from

TINY = {
    "n_fft": 512, "hop_length": 128, "frames": 128, "dynamic_range": 80,
    "channels": [4, 4, 8, 8, 8, 8, 16, 16], "hidden_channels": 16, "latent_channels": 8,
    "pitch_channels": 4,
}  # fmt: skip
PITCHES = (57, 64, 69, 76)


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """One instrument with four pitches: a folder of tones with three partials."""
    folder, time = tmp_path_factory.mktemp("notes"), np.arange(64_000) / 16_000
    write_notes(
        folder,
        (
            {
                "waveform": np.exp(-time)
                * sum(np.sin(2 * np.pi * n * midi_to_hz(p) * time) / (3 * n) for n in (1, 2, 3)),
                "pitch": p, "velocity": 100, "instrument_str": "organ_synthetic_001",
            }
            for p in PITCHES
        ),
    )  # fmt: skip
    return folder


def run(notes, output, **changes):
    return training_from(
        {
            "task": "spectral", "notes": str(notes), "output": str(output), "shape": TINY,
            "steps": 100, "batch": 4, "learning_rate": 1e-2, "ema_decay": 0.9, "warmup": 5,
        } | changes
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(notes, tmp_path_factory):
    """A tiny autoencoder that knows the four notes, and the losses on the way."""
    losses = []
    config = run(notes, tmp_path_factory.mktemp("run"))
    path = train(config, progress=lambda done, total, loss: losses.append(loss))
    return load_model(path), losses


def test_the_published_shape():
    with torch.device("meta"):
        model = SpectralAutoencoder(SpectralConfig.paper())
        picture, pitch = torch.empty(2, 1, 512, 256), torch.empty(2, dtype=torch.long)
    assert sum(weight.numel() for weight in model.parameters()) == 36_770_689
    assert model(picture, pitch).shape == picture.shape
    assert model.latent(model.trunk(picture)).shape == (2, 1984)
    sizes, x = [], picture
    for layer in model.trunk.layers:
        x = layer(x)
        sizes.append(tuple(x.shape[1:]))
    assert sizes[0] == (128, 256, 128) and sizes[-2:] == [(512, 2, 1), (512, 1, 1)]
    doubled, x = [], torch.empty(2, 1024, 1, 1, device="meta")
    for layer in model.mirror.layers:
        x = layer(x)
        doubled.append(tuple(x.shape[1:]))
    assert doubled[0] == (512, 2, 2) and doubled[-2:] == [(128, 256, 256), (128, 512, 256)]


def test_a_picture_is_decibels_below_the_loudest_point():
    note, config = load_note("notes/trumpet_60"), SpectralConfig.paper()
    picture = log_magnitude(torch.from_numpy(note)[None], config)[0, 0].numpy()
    level = np.abs(stft(note))[:-1]
    expected = 20 * np.log10(np.maximum(level / level.max(), 1e-6)) / 120 + 1
    assert picture.shape == (512, 256) and picture.max() == 1
    assert np.allclose(picture[:, :251], expected, atol=2e-3)
    softer = log_magnitude(torch.from_numpy(note * np.float32(0.1))[None], config)[0, 0].numpy()
    assert np.allclose(softer, picture, atol=0.01), "its level is not seen"
    assert not log_magnitude(torch.zeros(1, 64_000), config).any()


def test_an_error_at_0_hz_counts_ten_times_one_at_4_khz():
    config, picture = SpectralConfig.paper(), torch.zeros(1, 1, 512, 256)

    def at(frequency):
        copy = picture.clone()
        copy[0, 0, round(frequency * 1024 / 16_000)] = 1
        return picture_loss(copy, picture, config).item() * 512

    found = [round(at(frequency), 3) for frequency in (0, 2000, 4000, 7000)]
    assert found == [10, 5.5, 1, 1]


def test_it_learns_to_copy_notes_and_plays_them_at_their_pitch(notes, trained):
    model, losses = trained
    assert losses[-1] < 0.1 * losses[0]
    for note in read_notes(notes):
        z = model.encode(note.load())
        assert z.shape == (8,) and z.dtype == np.float32
        copy = model.decode(z, note.pitch, iterations=60, length=16_000)
        assert copy.shape == (16_000,) and abs(np.abs(copy).max() - 0.7) < 1e-5
        assert abs(estimate_pitch(copy) - note.pitch) < 0.5


def test_tensors_stay_tensors_and_what_is_no_z_or_pitch_is_refused(trained):
    model, _ = trained
    z = model.encode(torch.from_numpy(load_note("notes/trumpet_60")))
    assert torch.is_tensor(z) and torch.is_tensor(model.decode(z, 60, iterations=1))
    with pytest.raises(ValueError, match=r"\(125, 16\); expected \(8,\)"):
        model.decode(np.zeros((125, 16), np.float32), 60)
    for pitch in (128, -1, 60.5):
        with pytest.raises(ValueError, match="0 to 127"):
            model.decode(z, pitch)


def test_a_stopped_and_resumed_run_ends_with_the_same_weights(notes, tmp_path):
    whole, halves = whole_and_resumed(
        lambda name: run(notes, tmp_path / name, steps=6, checkpoint_every=2)
    )
    assert all(torch.equal(value, halves[name]) for name, value in whole.items())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"channels": (8,) * 10}, "10 layers for 512 bins"),
        ({"n_fft": 1000}, "power of two"),
        ({"channels": (8,) * 8 + (0,)}, "whole numbers"),
        ({"n_fft": 1 << 20}, "n_fft"),
    ],
)
def test_a_shape_that_fits_no_picture_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        SpectralConfig(**changes)


def test_the_small_shape_is_a_small_file_and_comes_back(tmp_path):
    model = SpectralAutoencoder(SpectralConfig.small()).eval()
    save_model(model, tmp_path / "model.safetensors")
    assert (tmp_path / "model.safetensors").stat().st_size < 10e6
    again, note = load_model(tmp_path / "model.safetensors"), load_note("notes/trumpet_60")
    assert again.config == model.config
    assert np.array_equal(again.encode(note), model.encode(note))
