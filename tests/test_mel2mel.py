"""Mel2Mel: rolls are what the file says, FiLM scales and shifts, and what is performed is heard."""

import json

import librosa
import mido
import numpy as np
import pytest
import torch

from nsynth_edu import evaluation, play
from nsynth_edu.cli import main
from nsynth_edu.models import FiLM, Mel2Mel, Mel2MelConfig, load_model
from nsynth_edu.sound import (
    AudioWarning,
    SongError,
    estimate_pitch,
    load_audio,
    mel_griffin_lim,
    mel_spectrogram,
    piano_roll,
    read_pieces,
    read_song,
    save_audio,
)
from nsynth_edu.sound.pieces import SECONDS, compose, save_song
from nsynth_edu.training import train, training_from

RATE = 16_000


def write(path, *messages, type=0):
    """A file of 100 ticks per beat; 120 beats per minute until it says otherwise."""
    file = mido.MidiFile(type=type, ticks_per_beat=100)
    file.tracks.append(mido.MidiTrack(messages))
    file.save(path)
    return path


def on(note, time=0, velocity=127, channel=0):
    return mido.Message("note_on", note=note, time=time, velocity=velocity, channel=channel)


def off(note, time=0, channel=0):
    return mido.Message("note_off", note=note, time=time, channel=channel)


def cut(path):
    path.write_bytes(path.read_bytes()[:-4])


def pedal(value, time=0):
    return mido.Message("control_change", control=64, value=value, time=time)


def test_a_roll_follows_tempo_and_pedal(tmp_path):
    path = write(
        tmp_path / "a.mid",
        on(21, 0, 127), off(21, 40),  # 0 to 0.2 s
        mido.MetaMessage("set_tempo", tempo=1_000_000, time=0),
        on(108, 20, 64), pedal(127), off(108, 8), pedal(0, 32),  # 0.4 s to 0.48, held to 0.8
    )  # fmt: skip
    roll = piano_roll(path)
    assert roll.shape == (100, 176) and roll.dtype == np.float32
    expected = np.zeros_like(roll)
    expected[0, 0] = expected[0:25, 88] = 1
    expected[50, 87] = expected[50:100, 175] = np.float32(64 / 127)
    assert np.array_equal(roll, expected)


def test_what_a_roll_leaves_out_it_says(tmp_path):
    path = write(
        tmp_path / "b.mid", on(60), off(60, 50), on(20), off(20, 50),
        on(40, channel=9), off(40, 10, channel=9),
    )  # fmt: skip
    with pytest.warns(AudioWarning) as said:
        roll = piano_roll(path)
    assert [str(each.message) for each in said] == [
        "b.mid: left out, 1 of the drums.",
        "b.mid: left out, 1 beyond a piano's keys, MIDI 21 to 108.",
    ]
    assert set(np.flatnonzero(roll.any(axis=0))) == {39, 127}


BAD = {
    "empty": ("is not one", lambda path: path.write_bytes(b"")),
    "silent": ("has no notes", lambda path: write(path, pedal(0))),
    "truncated": ("is damaged", lambda path: cut(write(path, on(60)))),
    "type 2": ("type 2", lambda path: write(path, on(60), off(60, 50), type=2)),
    "outside": ("MIDI 21 to 108", lambda path: write(path, on(110), off(110, 50))),
    "3 hours": ("lasts 10,800 s", lambda path: write(path, on(60), off(60, 2_160_000))),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_song_is_refused_in_one_sentence(kind, tmp_path, capsys):
    reason, make = BAD[kind]
    path, output = tmp_path / "bad.mid", tmp_path / "out.wav"
    make(path)
    assert main(["perform", str(path), "--timbre", "trumpet", "-o", str(output)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "bad.mid" in line and reason in line and line.endswith(".")
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(SongError):
        piano_roll(path)


def test_other_mistakes_are_refused_in_one_sentence(tmp_path, capsys):
    song = str(write(tmp_path / "a.mid", on(60), off(60, 50)))
    out = ["-o", str(tmp_path / "out.wav")]
    assert main(["perform", song, "--timbre", "kazoo", *out]) == 1
    assert "'kazoo' is not an instrument of this model; expected one of grand_piano" in (
        capsys.readouterr().err
    )
    assert main(["perform", song, "--timbre", "trumpet", "--vocoder", "wavenet", *out]) == 1
    assert "use --vocoder griffin-lim" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["perform", song, "--timbre", "1,2,3", *out])
    assert stopped.value.code == 2


def test_film_scales_and_shifts_each_channel_as_the_timbre_says():
    film = FiLM(2, 2)
    with torch.no_grad():
        film.gamma.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
        film.gamma.bias.copy_(torch.tensor([0.5, 1.0]))
        film.beta.weight.copy_(torch.tensor([[0.0, 1.0], [3.0, 0.0]]))
        film.beta.bias.copy_(torch.tensor([-1.0, 0.0]))
    x = torch.tensor([[[2.0, 10.0], [0.0, -1.0]]])  # two frames of two channels
    # at (1, 2) gamma is (1.5, 5), beta (1, 3)
    expected = torch.tensor([[[4.0, 53.0], [1.0, -2.0]]])
    assert torch.equal(film(x, torch.tensor([[[1.0, 2.0]]])), expected)


def test_the_published_shape_has_the_published_weights():
    model = Mel2Mel(Mel2MelConfig.paper())
    second_bias = 2 * 4 * 256  # torch's LSTM has two, the published one has one
    assert sum(each.numel() for each in model.parameters()) == 1_141_604 + second_bias


class Twice(torch.nn.Module):
    """In the LSTM's place: both directions give what came in."""

    def forward(self, x):
        return x.repeat(1, 1, 2), None


def test_without_its_lstm_the_network_is_linear_in_the_keys():
    torch.manual_seed(0)
    model = Mel2Mel(Mel2MelConfig(channels=4)).eval()
    model.lstm = type(
        "Twice", (torch.nn.Module,), {"forward": lambda _, x: (x.repeat(1, 1, 2), 0)}
    )()
    a, b, nothing = torch.rand(1, 3, 176), torch.rand(1, 3, 176), torch.zeros(1, 3, 176)
    where = torch.tensor([[0.3, -0.7]])
    both = model(a + b, where) + model(nothing, where)
    assert torch.allclose(both, model(a, where) + model(b, where), atol=1e-5)


def test_names_points_and_paths_of_one_place_give_one_mel():
    torch.manual_seed(0)
    model = Mel2Mel(Mel2MelConfig(channels=4)).eval()
    roll = np.random.default_rng(0).random((20, 176), np.float32)
    mel, point = model.mel(roll, "vibraphone"), model.point("vibraphone").numpy()
    assert mel.shape == (20, 80) and isinstance(mel, np.ndarray)
    assert np.allclose(mel, model.mel(roll, point)) and torch.is_tensor(
        model.mel(torch.from_numpy(roll), point)
    )
    path = play.timbre_path(model, ["vibraphone", "vibraphone"], 20)
    assert np.allclose(mel, model.mel(roll, path), atol=1e-5)
    ends = play.timbre_path(model, ["vibraphone", (5.0, -5.0)], 20)
    assert np.allclose(ends[[0, -1]], [point, (5, -5)])


def test_a_mel_spectrogram_sounds_again_in_tune_and_in_time():
    time = np.arange(RATE) / RATE
    sound = 0.5 * np.sin(2 * np.pi * 440 * time) * (time > 0.4)
    again = mel_griffin_lim(mel_spectrogram(sound))
    assert again.shape == sound.shape
    assert abs(estimate_pitch(again[8000:]) - 69) < 0.3
    level = np.sqrt(np.mean(again[8000:15000] ** 2) / np.mean(sound[8000:15000] ** 2))
    assert 0.7 < level < 1.4
    begin = np.flatnonzero(np.abs(again) > 0.1)[0]
    assert abs(begin - 6400) < 512


def test_pieces_are_playable_and_come_again_with_their_seed(tmp_path):
    for seed in range(30):
        keys = compose(np.random.default_rng(seed))
        assert keys == compose(np.random.default_rng(seed)) and len(keys) > 3
        assert all(21 <= key.pitch <= 108 and 0 <= key.start < key.end < SECONDS for key in keys)
        for pitch in {key.pitch for key in keys}:
            own = [key for key in keys if key.pitch == pitch]
            assert all(a.end < b.start for a, b in zip(own, own[1:], strict=False))
    save_song(tmp_path / "a.mid", keys)
    read = read_song(tmp_path / "a.mid").keys
    assert [(key.pitch, key.velocity) for key in read] == [
        (key.pitch, key.velocity) for key in keys
    ]
    assert np.allclose([key.end for key in read], [key.end for key in keys], atol=1e-3)


def test_a_mel2mel_learns_pieces_and_is_scored_on_others(tmp_path):
    for number in range(1, 5):
        keys = compose(np.random.default_rng(number))
        save_song(tmp_path / "pieces" / f"{number:04d}.mid", keys)
        noise = 0.1 * np.random.default_rng(number).standard_normal(int(SECONDS * RATE))
        for name, gain in (("grand_piano", 1), ("trumpet", 0.1)):
            save_audio(tmp_path / "pieces" / name / f"{number:04d}.wav", gain * noise)
    run = training_from(
        {
            "task": "mel2mel", "notes": str(tmp_path / "pieces"), "output": str(tmp_path / "run"),
            "held_out_every": 4, "shape": {"channels": 4}, "steps": 60, "batch": 2, "crop": 32,
            "learning_rate": 0.05, "warmup": 0, "ema_decay": 0.5, "validate_every": 30,
        }
    )  # fmt: skip
    assert {part: len(takes) for part, takes in run.task.parts.items()} == {"train": 6, "pieces": 2}
    path = train(run)
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").open()]
    assert lines[-1]["pieces_error"] < 0.01 < np.tanh(2) - np.tanh(1)
    model = load_model(path)
    roll = read_pieces(tmp_path / "pieces")[0].roll
    loud, soft = (model.mel(roll, name).mean() for name in ("grand_piano", "trumpet"))
    assert abs(loud - soft - np.log(10)) < 0.5  # the timbre alone says which
    scores = evaluation.evaluate(model, tmp_path / "pieces", run.as_dict(), count=1)
    assert set(scores) == {"settings", "train", "pieces"}
    assert scores["pieces"]["notes"] == 1


@pytest.fixture(scope="module")
def performed(tmp_path_factory):
    """A melody of the C major chord on the trumpet, by the command."""
    folder = tmp_path_factory.mktemp("performed")
    notes = [60, 64, 67, 72, 67, 64]
    song = write(
        folder / "song.mid", *(m for note in notes for m in (on(note, 10, 100), off(note, 70)))
    )
    assert main(["perform", str(song), "--timbre", "trumpet", "-o", str(folder / "out.wav")]) == 0
    return notes, load_audio(folder / "out.wav")


def test_what_is_performed_has_the_songs_pitches_and_onsets(performed):
    notes, sound = performed
    assert len(sound) == RATE * 2.4 + RATE
    starts = 0.05 + 0.4 * np.arange(len(notes))
    for note, start in zip(notes, starts, strict=True):
        piece = sound[int((start + 0.1) * RATE) : int((start + 0.3) * RATE)]
        # of the pitch class: overtones are strong on a trumpet, also on the SoundFont's own
        assert abs((estimate_pitch(piece) - note + 6) % 12 - 6) < 0.5
    heard = librosa.onset.onset_detect(y=sound, sr=RATE, hop_length=128, units="time")
    assert all(np.abs(heard - start).min() < 0.05 for start in starts)
