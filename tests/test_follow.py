"""Tone transfer: the voice's melody and loudness with the instrument's timbre."""

import numpy as np
import pytest
import torch
from models import small_autoencoder

from nsynth_edu.classroom import load_note
from nsynth_edu.cli import main
from nsynth_edu.models import load_model, save_model
from nsynth_edu.play import as_note, follow, performance, with_loudness
from nsynth_edu.sound import (
    AudioError,
    clicks_per_second,
    envelope,
    envelope_correlation,
    load_audio,
    mel_spectrogram,
    midi_to_hz,
    pitch_contour,
    save_audio,
)

RATE = 16_000


def hummed(midi, loudness=None, partials=12):
    """A voice: partials that fall by 6 dB an octave.

    Args:
        midi, loudness: one value per sample.
    """
    phase = np.cumsum(midi_to_hz(np.asarray(midi, float)) / RATE)
    wave = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, partials + 1))
    return (0.3 * wave * (1 if loudness is None else loudness)).astype(np.float32)


def steps(*values, seconds=0.5):
    return np.repeat(values, round(seconds * RATE))


@pytest.fixture(scope="module")
def pocket():
    return load_model("pocket@2")  # the default of follow


@pytest.fixture(scope="module")
def small():
    return small_autoencoder(pitch_channels=2)


def test_a_hummed_tune_becomes_a_flute_in_tune_and_as_loud(pocket):
    glide = np.r_[steps(60), np.linspace(60, 72, RATE), steps(72)]
    vibrato = 67 + 0.5 * np.sin(2 * np.pi * 6 * np.arange(RATE) / RATE)
    swell = np.r_[np.linspace(0.1, 1, 2 * RATE), np.linspace(1, 0.2, RATE)]
    voice = hummed(np.r_[glide, vibrato], swell)
    flute = follow(voice, load_note("notes/flute_60"), model=pocket, seed=1)
    wanted, got = pitch_contour(voice), pitch_contour(flute)[: len(voice) // 512]
    assert np.mean(np.abs(got - wanted) < 0.5) >= 0.95  # NaN counts as a miss
    assert envelope_correlation(flute, voice) > 0.98
    assert np.abs(flute).max() == pytest.approx(0.7, abs=1e-3)
    assert clicks_per_second(flute) == 0


@pytest.mark.parametrize("partials", [1, 3])
def test_a_dull_hum_becomes_as_bright_as_a_trumpet(partials, pocket):
    note, voice = load_note("notes/trumpet_60"), hummed(steps(60, seconds=2), partials=partials)

    def spectrum(waveform):  # long-term, dB below its peak, at most 30
        mean = mel_spectrogram(waveform)[100:200].mean(axis=0) * 20 / np.log(10)
        return np.maximum(mean - mean.max(), -30)

    played = follow(voice, note, model=pocket, seed=1)
    distances = [np.abs(spectrum(x) - spectrum(note)).mean() for x in (played, voice)]
    assert distances[0] < 0.5 * distances[1]


def test_each_frame_takes_the_nearest_note_and_there_the_nearest_level(small):
    fading = np.linspace(1, 0.05, 4 * RATE)
    low, high = (hummed(steps(midi, seconds=4), fading) for midi in (48, 72))
    voice = np.r_[low[:RATE], high[RATE : 2 * RATE]]
    z, contour, loudness = performance(small, voice, [low, high])
    assert z.shape == (63, 16) and contour.shape == loudness.shape == (63,)
    encodings = [small.encode(as_note(note)) for note in (low, high)]
    source = [
        [np.flatnonzero((encoding == frame).all(axis=1)) for encoding in encodings] for frame in z
    ]
    assert all(len(source[k][0]) == 1 and contour[k] < 60 for k in range(29))
    assert all(len(source[k][1]) == 1 and contour[k] > 60 for k in range(33, 60))
    levels = [envelope(as_note(note)) for note in (low, high)]
    for k in (5, 20, 40, 55):
        side = int(k > 31)
        level = levels[side][source[k][side][0]] / levels[side].max()
        assert level == pytest.approx(loudness[k] / loudness.max(), rel=0.1)


def test_frames_without_pitch_carry_it_on(small):
    silence = np.zeros(RATE // 2, np.float32)
    voice = np.r_[silence, hummed(steps(60)), silence, hummed(steps(64)), silence]
    _, contour, loudness = performance(small, voice, hummed(steps(60)))
    assert np.isfinite(contour).all()
    assert contour[0] == pytest.approx(60, abs=0.1) and contour[-1] == pytest.approx(64, abs=0.1)
    assert 60 < contour[39] < 64 and loudness[39] == 0


def test_a_loudness_is_followed_but_silence_is_not_turned_up():
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(64 * 512) * np.repeat([0.1, 1e-4], 32 * 512)
    asked = np.r_[np.linspace(0.2, 1, 32), np.ones(32)]
    made = envelope(with_loudness(sound, asked))
    np.testing.assert_allclose(made[:31] / made[30], asked[:31] / asked[30], rtol=0.1)
    assert made[40:].max() < 5e-3 * made[30]  # 12 dB more than it was, not 60


def test_files_arrays_and_tensors_are_followed_alike(small, tmp_path):
    voice, note = hummed(steps(60)), hummed(steps(55))
    save_audio(tmp_path / "voice.wav", voice)
    made = follow(voice, note, model=small, seed=1)
    tensor = follow(torch.from_numpy(voice), note, model=small, seed=1)
    np.testing.assert_array_equal(tensor.numpy(), made)
    filed = follow(tmp_path / "voice.wav", note, model=small, seed=1)
    assert filed.shape == made.shape == (8_192,) and filed.dtype == np.float32


@pytest.mark.parametrize(
    ("voice", "options", "kind", "message"),
    [
        (np.zeros(8_000), {}, ValueError, "the voice has no pitch that can be measured"),
        ("noise.wav", {}, ValueError, "noise.wav has no pitch that can be measured"),
        (np.zeros((2, 8_000)), {}, AudioError, "shape"),
        (hummed(steps(60)), {"pitch_channels": 0}, ValueError, "not conditioned on pitch"),
    ],
)
def test_what_cannot_be_followed_is_refused(voice, options, kind, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_audio("noise.wav", 0.1 * np.random.default_rng(0).standard_normal(16_000))
    model = small_autoencoder(**{"pitch_channels": 2, **options})
    with pytest.raises(kind, match=message):
        follow(voice, hummed(steps(60)), model=model)


# --- nsynth-edu follow ------------------------------------------------------------------------


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Runs the command in a folder with a voice and two notes; gives exit code and stderr."""
    monkeypatch.chdir(tmp_path)
    save_model(small_autoencoder(pitch_channels=2), "model.safetensors")
    save_audio("voice.wav", hummed(np.linspace(60, 64, RATE)))
    for midi in (48, 60):
        save_audio(f"note_{midi}.wav", hummed(steps(midi)))

    def call(words):
        code = main(f"follow {words} --model model.safetensors".split())
        return code, capsys.readouterr().err

    return call


def test_the_command_plays_what_the_function_plays(call):
    code, report = call("voice.wav --instrument note_48.wav note_60.wav -o out.wav --seed 3")
    assert code == 0 and "pitch C4" in report and "to E4" in report and "real-time factor" in report
    wanted = follow("voice.wav", ["note_48.wav", "note_60.wav"], model="model.safetensors", seed=3)
    np.testing.assert_allclose(load_audio("out.wav"), wanted, atol=1 / 32_768)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("none.wav --instrument note_48.wav -o out.wav", "there is no sound file none.wav"),
        ("voice.wav --instrument none.wav -o out.wav", "there is no sound file none.wav"),
        ("voice.wav --instrument note_48.wav -o note_48.wav", "note_48.wav is also an input"),
        ("voice.wav --instrument note_48.wav -o out.mp3", "choose a name that ends in .wav"),
    ],
)
def test_the_command_refuses_in_one_sentence_and_writes_nothing(words, sentence, call, tmp_path):
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    code, report = call(words)
    assert code == 1 and sentence in report and "Traceback" not in report
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
