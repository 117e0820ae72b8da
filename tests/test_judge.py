"""The judge: four answers, what it may not know, and Table 1 with originals and copies."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from models import whole_and_resumed

from nsynth_edu.cli import main
from nsynth_edu.evaluation import copies_in, copies_of, table_1
from nsynth_edu.generation import generate
from nsynth_edu.models import (
    JudgeConfig,
    PitchQualityJudge,
    SpectralAutoencoder,
    SpectralConfig,
    load_model,
    model_metadata,
    save_model,
)
from nsynth_edu.models.judge import judge_loss
from nsynth_edu.sound import (
    computed_qualities,
    midi_to_hz,
    read_notes,
    write_notes,
)
from nsynth_edu.sound.notes import QUALITIES
from nsynth_edu.training import train, training_from

SHAPE = {
    "channels": [4, 8, 8], "hidden_channels": 24, "n_fft": 2048, "hop_length": 4096, "frames": 16,
}  # fmt: skip
PITCHES = range(60, 66)
INSTRUMENTS = {"organ_electronic_001": 0.1, "mallet_acoustic_002": 4.0, "bass_synthetic_003": 1.0}
TIME = np.arange(64_000) / 16_000


def tone(pitch, decay=0.0, partials=(1, 2, 3)):
    waves = sum(np.sin(2 * np.pi * n * midi_to_hz(pitch) * TIME) / (3 * n) for n in partials)
    return (np.exp(-decay * TIME) * waves).astype(np.float32)


def write(folder, transposed=0, **more):
    """Three instruments that differ in decay, six pitches each, under their own names."""
    write_notes(
        folder,
        (
            {
                "waveform": tone(pitch + transposed, decay), "pitch": pitch, "velocity": 100,
                "instrument_str": name,
            } | more
            for name, decay in INSTRUMENTS.items()
            for pitch in PITCHES
        ),
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    return write(tmp_path_factory.mktemp("notes"))


def run(notes, output, **changes):
    return training_from(
        {
            "task": "judge", "notes": str(notes), "output": str(output), "shape": SHAPE,
            "steps": 120, "batch": 9, "learning_rate": 1e-2, "ema_decay": 0.9, "warmup": 5,
            "detune": 10,
        } | changes
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(notes, tmp_path_factory):
    """The output folder of a tiny judge that has learnt the eighteen notes."""
    folder = tmp_path_factory.mktemp("run")
    train(run(notes, folder))
    return folder


def test_a_trained_judge_names_pitch_family_source_and_qualities(notes, trained):
    judge = load_model(trained / "model.safetensors")
    right = []
    for note in read_notes(notes):
        heard = judge.judge(note.load())
        assert set(heard) == {"pitch", "pitch_probability", "family", "source", "qualities"}
        assert 0 < heard["pitch_probability"] <= 1
        truth = computed_qualities(note.load())
        right.append(
            (
                heard["pitch"] == note.pitch,
                heard["family"] == note.instrument_family_str,
                heard["source"] == note.instrument_source_str,
                set(heard["qualities"]) == {name for name, present in truth.items() if present},
            )
        )
    assert np.mean(right, axis=0).min() > 0.85
    louder = torch.from_numpy(tone(62, 4.0)) * 3
    assert judge.judge(louder)["pitch"] == 62, "a tensor, of another level"


def test_four_qualities_are_read_off_a_sound():
    loud_release = np.where(TIME < 3, 1, np.exp(-1.5 * (TIME - 3)))
    for sound, expected in [
        (tone(60), {"long_release"}),
        (tone(60) * (TIME < 3), set()),
        (tone(60) * loud_release, {"long_release"}),
        (tone(60, 4.0), {"fast_decay"}),
        (tone(40, partials=[1]) * (TIME < 3), {"dark"}),
        (tone(96) * (TIME < 3), {"bright"}),
        (np.zeros(64_000), set()),
    ]:
        found = computed_qualities(sound)
        assert {name for name, present in found.items() if present} == expected


def test_what_is_unknown_does_not_count_in_the_loss():
    generator = torch.Generator().manual_seed(0)
    sizes = {"pitch": 128, "family": 11, "source": 3, "qualities": 10}
    logits = {k: torch.randn(2, n, generator=generator).requires_grad_() for k, n in sizes.items()}
    true = {name: torch.tensor([1, 2]) for name in ("pitch", "family", "source")}
    true["qualities"] = torch.full((2, 10), torch.nan)
    bare = judge_loss(logits, true)
    true["qualities"][0, 3] = 1
    judge_loss(logits, true).backward()
    touched = logits["qualities"].grad != 0
    assert touched.sum() == 1 and touched[0, 3]
    expected = -torch.nn.functional.logsigmoid(logits["qualities"][0, 3])
    assert torch.isclose(judge_loss(logits, true) - bare, expected)


def test_annotated_folders_are_learnt_with_all_qualities_and_others_with_four(notes, tmp_path):
    write(tmp_path / "annotated", qualities_str=["reverb", "dark"])
    task = run(notes, tmp_path).task
    task = replace(task, notes=(str(notes), str(tmp_path / "annotated")))
    for note in task.parts["train"]:
        known = task.qualities_of(note, note.load())
        if "annotated" in str(note.path):
            assert [QUALITIES[i] for i in known.nonzero()[:, 0]] == ["dark", "reverb"]
        else:
            assert known.isfinite().sum() == 4


def test_a_stopped_and_resumed_run_ends_with_the_same_weights(notes, tmp_path):
    whole, halves = whole_and_resumed(
        lambda name: run(notes, tmp_path / name, steps=6, checkpoint_every=2, keep=5)
    )
    assert all(torch.equal(value, halves[name]) for name, value in whole.items())


def test_table_1_tells_originals_from_copies_a_semitone_off(notes, trained, tmp_path):
    judge, originals = load_model(trained / "model.safetensors"), read_notes(notes)
    folder = write(tmp_path / "off", transposed=1)
    result = table_1(judge, originals, {"off": copies_in(folder, originals)})
    kept, off = result["columns"]["originals"], result["columns"]["off"]
    for ear in ("network", "ear"):
        assert kept[f"{ear}_exact"][0] > 0.9 and off[f"{ear}_exact"][0] < 0.2
        assert kept[f"{ear}_semitone"][0] > 0.9
    assert off["ear_semitone"][0] == 1
    for column in (kept, off):
        assert all(low <= mean <= high for mean, low, high in column.values())
        assert column["rules"] == (1, 1, 1) or column is off
    majority = result["majority"]
    assert majority["family"] == pytest.approx(1 / 3)
    assert majority["quality fast_decay"] == pytest.approx(2 / 3)
    shutil.rmtree(folder / "audio")
    with pytest.raises(ValueError, match="have no sound"):
        copies_in(folder, originals)


def test_a_spectral_model_makes_the_copies_itself(notes):
    model = SpectralAutoencoder(
        SpectralConfig(
            channels=(2,) * 9, hidden_channels=4, latent_channels=4, pitch_channels=2,
        )
    ).eval()  # fmt: skip
    (copy,) = copies_of(model, read_notes(notes)[:1])
    assert copy.shape == (64_000,) and np.isfinite(copy).all() and copy.any()


def test_the_command_prints_the_table_and_writes_it(notes, trained, tmp_path, capsys):
    copies = write(tmp_path / "copies")
    words = ["judge", str(notes), str(copies), "--judge", str(trained / "model.safetensors")]
    assert main([*words, "--count", "6", "--json", str(tmp_path / "table.json")]) == 0
    out = capsys.readouterr().out
    assert f"| % of 6 notes | originals | {copies} | most frequent answer |" in out
    assert "| pitch, network, exact |" in out and "... within a semitone" in out
    assert "| ... fast_decay |" in out and "reverb" not in out
    assert "91.6" not in out and "46.9" not in out, "what was not verified is not printed"
    written = json.loads((tmp_path / "table.json").read_text())
    assert written["columns"]["originals"] == written["columns"][str(copies)]

    pair = shutil.copytree(copies, tmp_path / "less")
    records = json.loads((pair / "examples.json").read_text())
    (pair / "examples.json").write_text(json.dumps(dict(list(records.items())[:1])))
    assert main([*words[:2], str(pair), *words[3:]]) == 1
    assert "lacks the copies of 17 of 18 notes" in capsys.readouterr().err
    assert main([*words[:2], "--judge", "pocket"]) == 1
    assert "expected a PitchQualityJudge" in capsys.readouterr().err
    assert main([*words[:2], words[-1], *words[3:]]) == 1
    assert "plays neither encodings nor mel frames" in capsys.readouterr().err


def test_a_judge_is_shipped_with_a_card_and_without_a_figure(trained, notes, tmp_path, capsys):
    words = ["ship", str(trained), "--name", "ear", "--to", str(tmp_path / "to"), "--count", "6"]
    assert main(words) == 0, capsys.readouterr().err
    files = sorted(path.name for path in (tmp_path / "to").iterdir())
    assert files == ["ear.md", "ear.safetensors"]
    card = (tmp_path / "to" / "ear.md").read_text()
    assert "PitchQualityJudge: " in card and "share of pitches named right" in card
    assert ".png" not in card and str(tmp_path) not in card
    about = model_metadata(tmp_path / "to" / "ear.safetensors")
    assert "/" not in about["training"]["notes"]


def test_the_small_judge_is_a_small_file_and_comes_back(tmp_path):
    model = PitchQualityJudge(JudgeConfig.small()).eval()
    save_model(model, tmp_path / "model.safetensors")
    assert (tmp_path / "model.safetensors").stat().st_size < 10e6
    again = load_model(tmp_path / "model.safetensors")
    assert again.config == model.config and again.judge(tone(60)) == model.judge(tone(60))
    with torch.device("meta"):
        paper = PitchQualityJudge(JudgeConfig.paper())
        assert paper(torch.empty(2, 1, 512, 256))["pitch"].shape == (2, 128)
    with pytest.raises(ValueError, match="a PitchQualityJudge makes no sound"):
        generate(again, samples=100)
    with pytest.raises(ValueError, match="'shiny' is no quality"):
        JudgeConfig(known_qualities=("shiny",))
