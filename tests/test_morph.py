"""A morph from sound to sound: what is mixed, at which pitch, and what is refused."""

import numpy as np
import pytest
import torch
from models import small_autoencoder

import nsynth_edu
from nsynth_edu.generation import generate
from nsynth_edu.models import NSynthConfig, WaveNet, save_model
from nsynth_edu.play import as_note, hybrid, interpolate, load_encoding, morph, save_encoding
from nsynth_edu.sound import AudioError, estimate_pitch, midi_to_hz, save_audio


def tone(midi, samples=8_000):
    """A note with four partials."""
    time = np.arange(samples) / 16_000
    partials = sum(np.sin(2 * np.pi * midi_to_hz(midi) * n * time) / n for n in range(1, 5))
    return (0.1 * partials).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    return small_autoencoder(pitch_channels=2)


def test_a_morph_is_the_decoded_mix_of_both_encodings(model):
    a, b = tone(60), tone(60, 70_000)
    z = interpolate(model.encode(as_note(a)), model.encode(as_note(b)), 0.3)
    wanted = generate(model, z, pitch=estimate_pitch(as_note(a)), seed=1)
    made = morph(a, b, mix=0.3, model=model, seed=1)
    np.testing.assert_array_equal(made, wanted)
    assert made.shape == (64_000,) and made.dtype == np.float32


def test_waveforms_files_and_tensors_morph_alike(model, tmp_path):
    a, b = tone(60), tone(60)[::-1].copy()
    save_audio(tmp_path / "a.wav", a)
    save_model(model, tmp_path / "model.safetensors")
    made = morph(a, b, pitch=60, model=model, seed=1)
    tensor = morph(torch.from_numpy(a), b, pitch=60, model=model, seed=1)
    np.testing.assert_allclose(tensor.numpy(), made, atol=1e-5)
    # 16 bits may tip a draw over the edge of a class, so only the first samples are compared
    filed = morph(
        tmp_path / "a.wav", b, pitch=60, model=str(tmp_path / "model.safetensors"), seed=1
    )
    assert np.abs(filed - made)[:200].max() < 1e-3


@pytest.mark.parametrize(
    ("b", "given", "pitch", "reason"),
    [(60, None, 60, "both sounds play C4"), (67, None, 60, "A plays C4, B plays G4; the decoder"),
     (67, 62.5, 62.5, "")],
)  # fmt: skip
def test_a_hybrid_has_one_pitch_and_says_why(b, given, pitch, reason, model):
    z, found, said = hybrid(model, tone(60), tone(b), pitch=given)
    assert z.shape == (125, 16)
    assert found == pytest.approx(pitch, abs=0.05) and said.startswith(reason)
    assert bool(said) == bool(reason)


def test_files_are_named_where_the_pitch_is_explained(model, tmp_path):
    save_audio(tmp_path / "flute.wav", tone(60))
    said = hybrid(model, tmp_path / "flute.wav", np.zeros(16_000))[2]
    assert said == "B has no clear pitch; that of flute.wav is used"


def test_a_model_without_pitch_is_given_none():
    assert hybrid(small_autoencoder(), tone(60), tone(60), pitch=60)[1:] == (None, "")


def test_a_note_is_cut_or_filled_to_its_length_with_its_peak_at_0_7():
    for samples in (8_000, 70_000):
        note = as_note(tone(60, samples))
        assert note.shape == (64_000,) and np.abs(note).max() == pytest.approx(0.7)
    assert as_note(tone(60), 1_000).shape == (1_000,)


@pytest.mark.parametrize(
    ("a", "model", "message"),
    [("missing.wav", "pocket", "there is no sound file missing.wav"),
     (np.zeros((2, 100)), "pocket", r"a waveform of shape \(2, 100\) was given"),
     (np.zeros(100), "huge", "there is no model 'huge'"),
     (np.zeros(100), WaveNet(NSynthConfig.pocket().decoder), "the model is a WaveNet, which has")],
)  # fmt: skip
def test_what_cannot_be_morphed_is_refused_in_a_sentence(a, model, message):
    with pytest.raises(ValueError, match=message) as refused:
        nsynth_edu.morph(a, tone(60), model=model)
    assert isinstance(refused.value, AudioError) == (model == "pocket")


def test_a_sound_that_glides_is_followed(model):
    contour = 60 + 4 * np.arange(64_000) / 64_000
    phase = np.cumsum(midi_to_hz(contour) / 16_000)
    glide = sum(np.sin(2 * np.pi * n * phase) / n for n in range(1, 5)).astype(np.float32)
    _, pitch, reason = hybrid(model, glide, tone(60))
    assert pitch.shape == (125,) and reason.startswith("A plays C4")
    np.testing.assert_allclose(pitch, contour[256::512], atol=0.2)
    assert morph(glide, tone(60), model=model, seed=1).shape == (64_000,)


@pytest.mark.parametrize("pitch", [None, 60.5, np.array([60, 61, 62, 63.5])])
def test_an_encoding_comes_back_from_its_file(pitch, model, tmp_path):
    z = np.random.default_rng(0).normal(size=(4, 16)).astype(np.float32)
    save_encoding(tmp_path / "z.npz", z, pitch, model.config)
    back, found, hop_length = load_encoding(tmp_path / "z.npz")
    np.testing.assert_array_equal(back, z)
    np.testing.assert_equal(found, pitch)
    assert hop_length == 512


def test_a_contour_of_another_length_than_z_is_refused(model, tmp_path):
    z = np.zeros((4, 16), np.float32)
    save_encoding(tmp_path / "z.npz", z, np.full(5, 60.0), model.config)
    with pytest.raises(ValueError, match=r"pitch in .*z.npz has shape \(5,\) for 4 frames"):
        load_encoding(tmp_path / "z.npz")


@pytest.mark.parametrize("name, batch", [("z.npy", False), ("z.npy", True), ("alone.npz", False)])
def test_z_alone_is_read_at_the_hop_of_nsynth(tmp_path, name, batch):
    z = np.random.default_rng(0).standard_normal((1, 5, 16) if batch else (5, 16))
    with open(tmp_path / name, "wb") as file:
        np.save(file, z) if name == "z.npy" else np.savez(file, z)
    back, pitch, hop_length = load_encoding(tmp_path / name)
    assert pitch is None and hop_length == 512 and back.dtype == np.float32
    np.testing.assert_allclose(back, z.reshape(5, 16), rtol=1e-6)


@pytest.mark.parametrize("content, words", [
    (b"no array", "is damaged or holds something else"),
    (b"", "is damaged or holds something else"),
    (np.zeros((4, 16, 2)), "has shape"),
    (np.array(["a"]), "is damaged or holds something else"),
    (np.array([{}]), "is damaged or holds something else"),
])  # fmt: skip
def test_an_array_that_is_no_encoding_is_named(tmp_path, content, words):
    path = tmp_path / "z.npy"
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    with pytest.raises(ValueError, match=f"z.npy {words}|z in .*z.npy {words}"):
        load_encoding(path)
