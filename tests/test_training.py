"""Training: what is held out, what a kill loses (nothing), and that it learns."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from nsynth_edu.generation import generate
from nsynth_edu.models import WaveNet, WaveNetConfig, load_model
from nsynth_edu.models.likelihood import bits_per_sample, expected_signal
from nsynth_edu.sound import (
    companded,
    mel_spectrogram,
    midi_to_hz,
    read_notes,
    render_synthetic,
    write_notes,
)
from nsynth_edu.training import read_training, split_notes, train, training_from
from nsynth_edu.training.crops import contour_from
from nsynth_edu.training.loop import learning_rate, load_state
from nsynth_edu.training.vocoder import VocoderTask

SHAPE = {
    "encoder_channels": 8, "encoder_layers": 2, "layers": 4, "cycle": 4,
    "residual_channels": 8, "skip_channels": 16, "pitch_channels": 4, "phase_harmonics": 2,
}  # fmt: skip
VOCODER = {"task": "vocoder", "crop": 512, "shape": {
    "layers": 4, "cycle": 4, "residual_channels": 8, "skip_channels": 16,
}}  # fmt: skip
TASKS = [pytest.param({}, id="autoencoder"), pytest.param(VOCODER, id="vocoder")]


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Three invented instruments, five pitches each: a folder of decaying tones."""
    folder = tmp_path_factory.mktemp("notes")
    time_axis = np.arange(16000) / 16000
    records = [
        {
            "waveform": 0.5 * np.exp(-2 * time_axis)
            * np.sin(2 * np.pi * midi_to_hz(pitch) * time_axis) ** power,
            "pitch": pitch, "velocity": 100, "instrument_str": f"mallet_synthetic_{power:03d}",
        }
        for power in (1, 3, 5)
        for pitch in range(60, 65)
    ]  # fmt: skip
    write_notes(folder, records)
    return folder


def tiny(notes, output, **changes):
    notes = notes if isinstance(notes, list) else str(notes)
    values = {
        "notes": notes, "output": str(output), "shape": SHAPE, "steps": 6, "crop": 1024,
        "checkpoint_every": 2, "validate_every": 100, "warmup": 2, "batch": 2,
    }  # fmt: skip
    return training_from(values | changes)


def weights(path):
    return load_model(path).state_dict()


@pytest.mark.parametrize("changes", TASKS)
def test_a_stopped_and_resumed_run_ends_with_the_same_weights(notes, tmp_path, changes):
    whole = weights(train(tiny(notes, tmp_path / "whole", **changes)))

    def interrupt():
        raise KeyboardInterrupt

    config = tiny(notes, tmp_path / "halves", **changes)
    with pytest.MonkeyPatch.context() as patch:
        task = type(config.task)
        draw = task.example
        patch.setattr(
            task,
            "example",
            lambda self, part, n, seed: interrupt() if n == 7 else draw(self, part, n, seed),
        )  # in the middle of step 3, after the checkpoint of step 2
        with pytest.raises(KeyboardInterrupt):
            train(config)
    resumed = weights(train(config, resume=True))
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name


def test_a_run_killed_without_warning_goes_on_and_ends_the_same(notes, tmp_path):
    steps = 60
    whole = weights(train(tiny(notes, tmp_path / "whole", steps=steps)))
    lines = [
        f'notes = "{notes}"', f'output = "{tmp_path / "killed"}"', f"steps = {steps}",
        "crop = 1024", "checkpoint_every = 2", "validate_every = 100", "warmup = 2", "batch = 2",
        "[shape]",
        *(f"{key} = {value}" for key, value in SHAPE.items()),
    ]  # fmt: skip
    config = tmp_path / "config.toml"
    config.write_text("\n".join(lines))
    command = [sys.executable, "-m", "nsynth_edu", "train", str(config), "--resume"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    state = tmp_path / "killed" / "state.safetensors"
    deadline = time.monotonic() + 120
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=200)
    for name, value in weights(tmp_path / "killed" / "model.safetensors").items():
        assert torch.equal(value, whole[name]), name


def test_training_learns_a_note_far_below_the_eight_bits_of_ignorance(notes, tmp_path):
    config = tiny(
        notes, tmp_path / "run", steps=150, validate_every=150, learning_rate=1e-2,
        history_noise=0, ema_decay=0.9,
    )  # fmt: skip
    train(config)
    (line,) = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["train_bits"] < 6


def test_a_vocoder_learns_and_then_plays_a_mel_spectrogram(notes, tmp_path):
    config = tiny(
        notes, tmp_path / "run", **VOCODER, steps=120, validate_every=120, learning_rate=1e-2,
        history_noise=0, ema_decay=0.9, held_out_every=5,
    )  # fmt: skip
    model = load_model(train(config))
    scores = json.loads((tmp_path / "run" / "log.jsonl").read_text())
    assert scores["train_bits"] < 7 and scores["pairs_bits"] < 7, "an untrained one: 8 bits"
    mel = mel_spectrogram(read_notes(notes)[0].load()[:1024])
    played = {
        engine: generate(model, mel, seed=1, engine=engine)
        for engine in ("reference", "stream-float32")
    }
    assert played["reference"].shape == (1024,) and np.abs(played["reference"]).max() > 0
    assert np.mean(played["reference"] == played["stream-float32"]) > 0.99


@pytest.mark.parametrize("onset_share", [0.0, 1.0])
def test_a_crop_s_mel_frames_are_those_of_the_whole_note(notes, tmp_path, onset_share):
    task = tiny(notes, tmp_path, **VOCODER, onset_share=onset_share).task
    sounds = [note.load() for note in task.parts["train"]]
    for number in range(4):
        (crop,), _, _, (mel,) = task.example("train", number, seed=0)
        piece, found = crop.numpy(), []
        for sound in sounds:  # where in which note the crop lies
            padded = np.pad(sound, (2048, 2048))
            places = np.lib.stride_tricks.sliding_window_view(padded, len(piece))
            start = int(np.abs(places[:, ::16] - piece[::16]).sum(1).argmin())
            if np.array_equal(padded[start : start + len(piece)], piece):
                found.append(mel_spectrogram(padded[start % 128 :])[start // 128 :][: len(mel)])
        assert any(np.abs(frames - mel.numpy()).max() < 1e-4 for frames in found)


def test_a_vocoder_s_past_is_noisy_in_training_and_its_own_in_validation(notes, tmp_path):
    task = tiny(notes, tmp_path, **VOCODER, history_noise=64.0, past_level=3.0).task
    example = task.example("train", 3, seed=0)
    waveform, noise, gain, mel = task.clean(example)
    assert example[1].abs().max() > 0 and noise.abs().max() == 0
    drift = 20 * example[2].log10()
    assert 0.3 < drift.abs().mean() < 6 and drift.diff().abs().max() < 0.02  # dB, and per sample
    assert (gain == 1).all()
    assert torch.equal(waveform, example[0]) and torch.equal(mel, example[3])
    torch.manual_seed(0)
    model = VocoderTask.kind(task.config)
    torch.nn.init.normal_(model.logits.weight)
    given = model.guess(waveform, mel)
    assert torch.equal(given, task.guess(model, waveform, companded(waveform[:, None]), mel))
    assert task.loss(model, example) != task.loss(model, task.clean(example))


def test_a_finished_run_is_not_overwritten_by_accident(notes, tmp_path):
    config = tiny(notes, tmp_path / "run", steps=2)
    train(config)
    with pytest.raises(ValueError, match="--resume"):
        train(config)


def test_model_file_remembers_how_it_was_trained(notes, tmp_path):
    from nsynth_edu.models import model_metadata

    path = train(tiny(notes, tmp_path / "run", steps=2, held_out_every=4))
    assert model_metadata(path)["training"]["held_out_every"] == 4


def test_held_out_instruments_and_pairs_never_reach_training_but_every_pitch_does(notes, tmp_path):
    parts = split_notes(read_notes(notes), ["mallet_synthetic_005"], held_out_every=5)
    assert {n.instrument_str for n in parts["instruments"]} == {"mallet_synthetic_005"}
    trained = {(n.instrument_str, n.pitch) for n in parts["train"]}
    held_out = {(n.instrument_str, n.pitch) for n in parts["pairs"]}
    assert held_out and not trained & held_out
    assert sum(map(len, parts.values())) == 15


def test_a_crop_is_the_same_whoever_asks_and_some_begin_before_the_note(notes, tmp_path):
    first, second = (
        tiny(notes, tmp_path, onset_share=0.5, unknown_pitch=0.5).task for _ in range(2)
    )
    hidden, silent_starts = 0, 0
    for number in range(40):
        waveform, noise, gain, pitch, clock, own = first.example("train", number, seed=0)
        assert own == 0 and (gain == 1).all()
        again = second.example("train", number, seed=0)
        assert torch.equal(waveform, again[0]) and torch.equal(noise, again[1])
        assert waveform.shape == (1, 1024) and abs(clock) < 0.2
        assert pitch.shape == (1, 2)
        hidden += bool(pitch.isnan().all())
        silent_starts += bool((waveform[0, :100] == 0).all())
    assert 10 < hidden < 30
    assert silent_starts > 8


def test_a_piece_of_a_moving_note_has_its_own_part_of_the_contour():
    contour = np.r_[np.full(4, np.nan), 60 + np.arange(6.0), 72, 72]
    assert contour_from(contour, 4 * 512, 4) == pytest.approx([60, 61, 62, 63])
    assert contour_from(contour, 4 * 512 + 128, 3) == pytest.approx([60.25, 61.25, 62.25])
    assert contour_from(contour, 4 * 512 + 128, 2, hop_length=1024) == pytest.approx([60.75, 62.75])
    borders = contour_from(contour, 3 * 512 + 300, 1), contour_from(contour, 3 * 512 + 200, 1)
    assert borders[0] == 60 and np.isnan(borders[1])  # where nothing is pitched: the nearer frame
    assert contour_from(contour, 9 * 512 + 300, 4) == pytest.approx(72)  # a leap; held at the end
    assert contour_from(np.array([64.5]), -900, 3) == pytest.approx(64.5)


def test_a_crop_of_a_note_with_a_contour_follows_it_and_folders_are_joined(notes, tmp_path):
    render_synthetic(tmp_path / "moving", voices=2, noises=2)
    task = tiny([str(notes), str(tmp_path / "moving")], tmp_path, unknown_pitch=0.0).task
    assert len(task.parts["train"]) == 15 + 4
    pitches = [task.example("train", number, seed=0)[3] for number in range(60)]
    assert any(pitch[0, 0] != pitch[0, 1] for pitch in pitches)
    assert any(pitch.isnan().all() for pitch in pitches)


def test_training_takes_notes_that_move_and_sounds_without_pitch(tmp_path):
    render_synthetic(tmp_path / "moving", voices=2, noises=4)
    train(tiny(tmp_path / "moving", tmp_path / "run", validate_every=6))
    (line,) = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert 0 < json.loads(line)["train_bits"] < 9


@torch.no_grad()
def test_a_past_of_the_models_own_holds_what_the_model_expects(notes, tmp_path):
    model = load_model("pocket")
    task = tiny(notes, tmp_path, own_past=1.0, unknown_pitch=0.0).task
    example = task.clean(task.example("train", 3, seed=0))
    waveform, noise, gain, pitch, clock_error, own = example
    assert own == 0 and 0 < task.example("train", 3, seed=0)[5] < 1
    logits = model.guess(waveform, pitch=pitch)
    expected = expected_signal(logits)
    assert torch.equal(task.loss(model, example), bits_per_sample(logits, model.classes(waveform)))
    logits = model.guess(waveform, pitch=pitch, history=expected)
    whole = task.loss(model, (waveform, noise, gain, pitch, clock_error, torch.ones(1)))
    assert whole == pytest.approx(bits_per_sample(logits, model.classes(waveform)).item(), abs=1e-4)
    unpitched = (waveform, noise, gain, pitch * math.nan, clock_error, torch.ones(1))
    assert task.loss(model, unpitched) == task.loss(model, task.clean(unpitched))


def test_what_is_expected_is_the_mean_of_the_distribution():
    logits = torch.full((1, 256, 3), -100.0)
    logits[0, 128, 0] = logits[0, 0, 1] = 0
    logits[0, [64, 192], 2] = 0
    assert expected_signal(logits)[0, 0].tolist() == pytest.approx([0, -1, 0], abs=1e-6)


def test_learning_rate_rises_stays_and_falls_to_nothing():
    config = tiny("n", "o", steps=100, warmup=10, cooldown=0.2)
    rates = [learning_rate(step, config) / config.learning_rate for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[50] == 1
    assert rates[90] == pytest.approx(0.5) and rates[100] == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("notes = 'a'", "does not set 'output'"),
        ("notes = 'a'\noutput = 'b'\nlearning = 1", "learning"),
        ("notes = ", "not valid TOML"),
    ],
)
def test_a_bad_configuration_is_one_clear_sentence(tmp_path, text, sentence):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=sentence):
        read_training(path)
    with pytest.raises(ValueError, match="cannot be read"):
        read_training(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"steps": 0}, "steps is 0; expected a whole number at least 1."),
        ({"batch": 0}, "batch is 0; expected a whole number at least 1 and at most"),
        ({"steps": "9"}, "steps is '9'; expected a whole number at least 1."),
        ({"steps": 2.5}, "steps is 2.5; expected a whole number at least 1."),
        ({"learning_rate": 0}, "learning_rate is 0.0; expected a number above 0."),
        ({"learning_rate": math.nan}, "learning_rate is nan; expected a number above 0."),
        ({"cooldown": 1.5}, "cooldown is 1.5; expected a number at least 0 and at most 1."),
        ({"checkpoint_every": 0}, "checkpoint_every is 0; expected a whole number at least 1."),
        ({"crop": 5000}, "crop is 5000; expected a multiple of the hop, 512 samples, such as 4608"),
        ({"held_out_instruments": "oboe"}, "is 'oboe'; expected a list of texts."),
        ({**VOCODER, "crop": 1000}, "crop is 1000; expected a multiple of the hop, 128 samples"),
        ({**VOCODER, "shape": {"hop_length": 256}}, "hop_length is 256; expected 128, as mel_"),
        ({**VOCODER, "clock_noise": 0.1}, "sets ['clock_noise']; known fields are"),
        (
            {"task": "juggle"},
            "task is 'juggle'; expected one of autoencoder, judge, mel2mel, spectral, vocoder.",
        ),
        ({"seed": True}, "seed is True; expected a whole number at least 0."),
    ],
)
def test_every_field_is_checked_before_anything_starts(tmp_path, changes, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        tiny("n", tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_a_misspelt_held_out_instrument_is_named(notes, tmp_path):
    config = tiny(notes, tmp_path / "run", held_out_instruments=["oboe"])
    with pytest.raises(ValueError, match="names 'oboe', of which there are no notes; there are"):
        train(config)


def test_a_run_that_has_more_steps_behind_it_than_wanted_is_refused(notes, tmp_path):
    train(tiny(notes, tmp_path / "run", steps=4))
    with pytest.raises(ValueError, match="has 4 steps behind it and steps is 2; set more steps"):
        train(tiny(notes, tmp_path / "run", steps=2), resume=True)


def test_a_run_without_warm_up_begins_at_the_full_rate(notes, tmp_path):
    assert learning_rate(0, tiny("n", "o", steps=100, warmup=0, cooldown=0.0)) == 2e-3


def test_unknown_shape_preset_or_uneven_batch_is_refused(notes, tmp_path):
    for changes, sentence in [
        ({"shape": {"depth": 3}}, "shape sets"),
        ({"model": "large"}, "expected one of pocket, nsynth"),
        ({**VOCODER, "model": "pocket"}, "model is 'pocket'; expected one of vocoder"),
        ({**VOCODER, "initial": "pocket"}, "a WaveNetAutoencoder; expected a WaveNet"),
        ({"held_out_every": 1}, "no notes are left"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            train(tiny(notes, tmp_path / "run", **changes))
    assert not os.path.exists(tmp_path / "run")


def test_shipped_configurations_can_be_read():
    from importlib.resources import files

    for file in (files("nsynth_edu") / "models" / "configs").iterdir():
        assert read_training(file).task.model == file.name.removesuffix(".toml")


@pytest.mark.parametrize("damage", ["cut", "no steps", "another model", "odd names"])
def test_a_damaged_state_is_refused_in_a_sentence(tmp_path, damage):
    model = WaveNet(WaveNetConfig(1, 1, 2, 2, kernel_size=1, first_kernel_size=1))
    weights = {
        f"{kind}.{k}": v.clone()
        for kind in ("model", "average")
        for k, v in model.state_dict().items()
    }
    if damage == "another model":
        weights = {name: torch.cat([weight, weight]) for name, weight in weights.items()}
    weights |= {"adam.one.step": torch.zeros(1)} if damage == "odd names" else {}
    path = tmp_path / "state.safetensors"
    save_file(weights, path, {"step": "3"} if damage != "no steps" else {})
    path.write_bytes(path.read_bytes()[: -1 if damage == "cut" else None])
    adam = torch.optim.Adam(model.parameters())
    with pytest.raises(ValueError, match="state.safetensors does not hold the state of this run"):
        load_state(path, model, model, adam)
