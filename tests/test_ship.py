"""A finished run becomes a shipped model: scores side by side, all files or none."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from nsynth_edu import evaluation
from nsynth_edu.cli import main
from nsynth_edu.evaluation.shipping import WORK
from nsynth_edu.models import CheckpointError, load_model, model_metadata, save_model
from nsynth_edu.models.checkpoint import SHIPPED, shipped_versions
from nsynth_edu.models.level import map_size
from nsynth_edu.sound import midi_to_hz, program, write_notes
from nsynth_edu.studio import course_sounds
from nsynth_edu.training import train, training_from

SHAPE = {
    "encoder_channels": 4, "encoder_layers": 2, "layers": 2, "cycle": 2, "residual_channels": 4,
    "skip_channels": 4, "kernel_size": 2, "pitch_channels": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """All notes that the course's sounds need, as sines of 1 s."""
    folder, time = tmp_path_factory.mktemp("notes"), np.arange(16_000) / 16_000
    pitches = {course_sounds.PITCH, *course_sounds.PAD_PITCHES, 67}
    write_notes(
        folder,
        (
            {
                "waveform": 0.5 * np.sin(2 * np.pi * midi_to_hz(pitch) * time), "pitch": pitch,
                "velocity": course_sounds.VELOCITY, "instrument_str": program(name).instrument_str,
            }
            for name in {*course_sounds.CORNERS, *course_sounds.ENDS}
            for pitch in pitches
        ),
    )  # fmt: skip
    return folder


def trained(notes, output, **changes):
    values = {
        "notes": str(notes), "output": str(output), "shape": SHAPE, "steps": 2, "crop": 512,
        "warmup": 0, "learning_rate": 1e-2, "held_out_instruments": ["flute_acoustic_073"],
        "history_noise": 0, "ema_decay": 0.5,
    }  # fmt: skip
    train(training_from(values | changes))
    return output


@pytest.fixture(scope="module")
def runs(notes, tmp_path_factory):
    """Three runs: hardly trained, trained longer, and one whose weights are broken after it."""
    folder = tmp_path_factory.mktemp("runs")
    short = trained(notes, folder / "short")
    longer = trained(notes, folder / "longer", steps=40)
    shutil.copytree(longer, folder / "broken")
    path = folder / "broken" / "model.safetensors"
    model, about = load_model(path), model_metadata(path)
    with torch.no_grad():
        model.decoder.logits.bias[::2] += 3
    save_model(model, path, {"training": about["training"], "steps": about["steps"]})
    return {"short": short, "longer": longer, "broken": folder / "broken"}


@pytest.fixture
def ship(capsys):
    """Runs the command -> exit code, stdout, its last sentence on stderr."""

    def ship(run, to, *words, name="tiny"):
        code = main(["ship", str(run), "--name", name, "--to", str(to), "--count", "1", *words])
        out, err = capsys.readouterr()
        return code, out, (re.findall(r"nsynth-edu: (.*)", err) or [""])[-1]

    return ship


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_run_is_shipped_and_the_next_one_stands_next_to_it(runs, notes, ship, tmp_path):
    (tmp_path / "note.md").write_text("For small tests only.\n")
    to = tmp_path / "models"
    code, out, _ = ship(runs["short"], to, "--note", str(tmp_path / "note.md"))
    assert code == 0
    assert sorted(files(to)) == ["tiny.md", "tiny.png", "tiny.safetensors"]
    assert sorted(out.split()) == sorted(str(to / name) for name in files(to))
    first = files(to)
    card = first["tiny.md"].decode()
    assert card.startswith('# Model card: tiny\n\nFor small tests only.\n\n`load_model("tiny")`')
    assert "first weights of this name" in card and "| 2 |" in card

    code, _, sentence = ship(runs["longer"], to, "--force")  # its noise is no nearer to a sine
    assert code == 0, sentence
    assert sorted(files(to)) == [
        "tiny.md", "tiny.png", "tiny.safetensors", "tiny@1.md", "tiny@1.png",
        "tiny@1.safetensors",
    ]  # fmt: skip
    for name in ("png", "safetensors"):
        assert files(to)[f"tiny@1.{name}"] == first[f"tiny.{name}"]
    kept = files(to)["tiny@1.md"].decode()
    assert kept.startswith("# Model card: tiny@1\n") and "](tiny@1.png)" in kept
    card = files(to)["tiny.md"].decode()
    (titles,) = re.findall(r"^\| score .*$", card, flags=re.MULTILINE)
    assert "trained notes, tiny@1 | trained notes, tiny@2" in titles
    assert "held-out instrument, tiny@1 | held-out instrument, tiny@2" in titles
    (bits,) = re.findall(r"^\| bits per sample.*$", card, flags=re.MULTILINE)
    before, now = map(float, re.findall(r"[\d.]+", bits)[:2])
    assert now < before, "40 steps know more than 2"
    assert '`load_model("tiny@1")`, [card](tiny@1.md)' in card and "steps = 40" in card
    assert model_metadata(to / "tiny.safetensors")["training"]["notes"] == notes.name
    assert not (to / WORK).exists()


def test_the_scores_side_by_side_are_those_of_each_alone(runs, notes, ship, tmp_path):
    for run in ("short", "longer"):
        assert ship(runs[run], tmp_path / "models", "--force")[0] == 0
    card = (tmp_path / "models" / "tiny.md").read_text()
    rows = card.split("| notes | ")[1].splitlines()[1:]
    training = model_metadata(runs["longer"] / "model.safetensors")["training"]
    for column, name in ((0, "tiny@1"), (1, "tiny")):
        model = load_model(tmp_path / "models" / f"{name}.safetensors")
        scores = evaluation.evaluate(model, notes, training, count=1, seeds=(0, 1, 2))
        known = [(key, meaning) for key, meaning in evaluation.table.ROWS if key in scores["train"]]
        assert len(known) > 12
        for (key, meaning), row in zip(known, rows, strict=False):
            _, title, *cells, _ = row.split("|")
            assert title.strip() == meaning
            shown = float(cells[column].split("±")[0])
            assert shown == pytest.approx(scores["train"][key], abs=0.0051), meaning


def test_worse_weights_need_force_and_the_card_says_what_got_worse(runs, ship, tmp_path):
    to = tmp_path / "models"
    ship(runs["longer"], to)
    before = files(to)
    code, out, sentence = ship(runs["broken"], to)
    assert (code, out) == (1, "") and files(to) == before
    assert "tiny@2 would be worse than tiny@1 in" in sentence and "--force" in sentence
    assert re.search(r"bits per sample, true past, trained notes: [\d.]+ before", sentence)
    assert ship(runs["broken"], to, "--force")[0] == 0
    assert (
        "Worse than tiny@1 beyond the spread:\n\n- bits per sample" in (to / "tiny.md").read_text()
    )


def test_what_cannot_be_shipped_is_one_sentence(runs, ship, tmp_path):
    to = tmp_path / "models"
    unfinished = shutil.copytree(runs["short"], tmp_path / "unfinished")
    path = unfinished / "model.safetensors"
    about = model_metadata(path)
    training = about["training"]
    save_model(load_model(path), path, {"training": training | {"steps": 9}, "steps": 2})
    (tmp_path / "empty").mkdir()
    for run, words, name, expected in [
        (unfinished, (), "tiny", "has 2 of 9 steps behind it; finish it with"),
        (tmp_path / "empty", (), "tiny", "holds no model.safetensors; expected the output"),
        (runs["short"], ("--notes", str(tmp_path / "empty")), "tiny", "holds no notes"),
        (runs["short"], (), "tiny@3", "'tiny@3' is not a valid name; expected lower-case"),
        (runs["short"], (), "../up", "'../up' is not a valid name"),
    ]:
        code, out, sentence = ship(run, to, *words, name=name)
        assert (code, out) == (1, "") and expected in sentence
        assert not list(to.rglob("*")) if to.exists() else True
    assert ship(runs["short"], to)[0] == 0
    assert ship(runs["short"], to)[2] == f"tiny has the weights of {runs['short']} already."


def test_weights_without_a_level_map_may_be_shipped_again_to_get_one(runs, tmp_path):
    run = evaluation.finished_run(runs["short"])
    assert run.model.level_map is None, "training leaves it to shipping"
    path = tmp_path / "tiny.safetensors"
    save_model(run.model, path)
    assert evaluation.next_release("tiny", run, tmp_path).title == "tiny@2"
    run.model.level_map = torch.zeros(map_size(16))
    assert evaluation.next_release("tiny", run, tmp_path).title == "tiny@2"
    save_model(run.model, path)
    with pytest.raises(ValueError, match="tiny has the weights of .* already"):
        evaluation.next_release("tiny", run, tmp_path)


def test_an_installed_package_asks_where_to(runs, capsys, monkeypatch, tmp_path):
    shipped = tmp_path / "site-packages" / "nsynth_edu" / "models" / "shipped"
    shipped.mkdir(parents=True)
    monkeypatch.setattr("nsynth_edu.models.checkpoint.SHIPPED", shipped)
    assert main(["ship", str(runs["short"]), "--name", "tiny"]) == 1
    assert "is installed and not a checkout" in capsys.readouterr().err


def test_a_vocoder_is_shipped_too(notes, ship, tmp_path):
    shape = {"layers": 2, "cycle": 2, "residual_channels": 4, "skip_channels": 4}
    run = trained(notes, tmp_path / "run", task="vocoder", shape=shape)
    code, _, sentence = ship(run, tmp_path / "models", name="small-vocoder")
    assert code == 0, sentence
    card = (tmp_path / "models" / "small-vocoder.md").read_text()
    assert "80 numbers per frame of 128 samples" in card and "fewer bytes" not in card


def test_pocket_takes_the_course_s_sounds_along_and_its_first_weights_stay(
    runs, ship, tmp_path, monkeypatch
):
    for name, value in {"PAD_POINTS": 2, "LINE_POINTS": 3, "LOOP": 1000}.items():
        monkeypatch.setattr(course_sounds, name, value)
    to = tmp_path / "models"
    code, out, sentence = ship(runs["longer"], to, "--force", name="pocket")
    assert code == 0, sentence
    earlier = max(shipped_versions("pocket"))
    for ending in ("safetensors", "png"):
        kept = (to / f"pocket@{earlier}.{ending}").read_bytes()
        assert kept == (SHIPPED / f"pocket.{ending}").read_bytes()
    assert "quasi-periodic WaveNet" in (to / f"pocket@{earlier}.md").read_text()
    assert {path.name for path in (to / "media").iterdir()} == {
        "CREDITS.csv", "line", "morphs", "notes", "pad", "reconstructions",
    }  # fmt: skip
    assert shipped_versions("pocket", to) == {
        **{earlier: to / f"pocket@{earlier}.safetensors"}, earlier + 1: to / "pocket.safetensors",
    }  # fmt: skip


def test_earlier_weights_are_loaded_by_number(runs, ship, tmp_path, monkeypatch):
    for run in ("short", "longer"):
        assert ship(runs[run], tmp_path / "models", "--force")[0] == 0
    monkeypatch.setattr("nsynth_edu.models.checkpoint.SHIPPED", tmp_path / "models")
    for name, run in {"tiny": "longer", "tiny@2": "longer", "tiny@1": "short"}.items():
        expected = load_model(runs[run] / "model.safetensors").state_dict()
        shipped = load_model(name).state_dict()
        assert shipped.pop("level_map").isfinite().all(), "shipping adds it"
        assert all(torch.equal(expected[k], v) for k, v in shipped.items())
    with pytest.raises(CheckpointError, match="expected one of tiny@1, tiny@2; the last is also"):
        load_model("tiny@3")


# --- all files or none ------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path):
    """A folder with two files, one of which is to change, and one that is to come."""
    (tmp_path / "a").mkdir()
    for name in ("a/old", "b", "same"):
        (tmp_path / name).write_text(f"{name} before")
    new = evaluation.begin(tmp_path)
    (new / "a").mkdir()
    (new / "same").write_text("same before")
    for name in ("a/new", "a/old", "b"):
        (new / name).write_text(f"{name} after")
    return tmp_path


def content(place):
    paths = (path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_text() for path in paths}


BEFORE = {"a/old": "a/old before", "b": "b before", "same": "same before"}
AFTER = {"a/new": "a/new after", "a/old": "a/old after", "b": "b after", "same": "same before"}


def test_files_are_published_together(place):
    changed = evaluation.publish(place)
    assert content(place) == AFTER
    assert [path.relative_to(place).as_posix() for path in changed] == ["a/new", "a/old", "b"]


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_failure_between_two_files_puts_the_old_ones_back(place, monkeypatch, before):
    move, calls = Path.replace, []

    def fail(path, target):
        if len(calls) == before:
            raise OSError(28, "No space left on device")
        calls.append(path)
        return move(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        evaluation.publish(place)
    evaluation.discard(place)
    assert content(place) == BEFORE


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_kill_between_two_files_is_undone_when_the_next_one_begins(place, before):
    script = f"""
import os, pathlib
from nsynth_edu import evaluation
move, calls = pathlib.Path.replace, []
def die(path, target):
    if len(calls) == {before}:
        os._exit(9)
    calls.append(path)
    return move(path, target)
evaluation.publish  # loaded before files are counted
pathlib.Path.replace = die
evaluation.publish({str(place)!r})
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ)
    assert done.returncode == 9
    assert json.loads((place / WORK / "journal.json").read_text()) == ["a/new", "a/old", "b"]
    evaluation.begin(place)
    evaluation.discard(place)
    assert content(place) == BEFORE
