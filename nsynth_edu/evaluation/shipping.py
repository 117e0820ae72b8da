"""From a finished run to a shipped model: what is checked first, and files that change together."""

import filecmp
import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from nsynth_edu.models.checkpoint import load_model, model_metadata, save_model, shipped_versions
from nsynth_edu.models.level import fit_level_map, frame_levels
from nsynth_edu.models.nsynth import WaveNetAutoencoder
from nsynth_edu.sound.files import atomic_write, write_text
from nsynth_edu.training.crops import Crops

WORK = ".ship"  # folder below the root, there only while a model is being shipped
JOURNAL = "journal.json"
LARGEST = 5_000_000  # bytes of a file of weights; a model beyond it is stored as float16
PIECES, PIECE = 480, 2.0  # of notes that the level map is fitted on, and s of each


@dataclass(frozen=True)
class Run:
    """A training run that reached its last step."""

    folder: Path
    training: dict  # its settings, without folders of this machine
    instruments: list  # what it was trained on; empty where the run does not say
    log: list  # of dicts, one per validation

    @property
    def learnt(self):
        """What `evaluate` takes as `training`: the settings, and the instruments trained on."""
        return self.training | ({"instruments": self.instruments} if self.instruments else {})

    @cached_property
    def model(self):
        """The averaged weights."""
        return load_model(self.folder / "model.safetensors")


@dataclass(frozen=True)
class Release:
    """Weights under a name, and the weights that had the name before."""

    name: str
    number: int  # 1 for the first of this name
    earlier: Path | None  # file of the weights before

    @property
    def title(self):
        """Such as pocket@2."""
        return f"{self.name}@{self.number}"

    @property
    def earlier_title(self):
        """Such as pocket@1; None where there are no weights before."""
        return f"{self.name}@{self.number - 1}" if self.earlier else None


def finished_run(folder):
    """Read the folder of `nsynth-edu train`.

    Args:
        folder: with model.safetensors and log.jsonl.

    Returns:
        Run.

    Raises:
        ValueError: if it is not such a folder, or the run has steps to go.
    """
    folder = Path(folder)
    for name in ("model.safetensors", "log.jsonl"):
        if not (folder / name).is_file():
            raise ValueError(
                f"{folder} holds no {name}; expected the output folder of a finished "
                "`nsynth-edu train`."
            )
    about = model_metadata(folder / "model.safetensors")
    training = about.get("training")
    if not training:
        raise ValueError(f"{folder} does not say how its model was trained; train it again.")
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    log = [json.loads(line) for line in lines]
    done = about.get("steps", log[-1]["step"] if log else 0)
    if done < training["steps"]:
        raise ValueError(
            f"{folder} has {done} of {training['steps']} steps behind it; finish it with "
            "`nsynth-edu train CONFIG.toml --resume`."
        )
    return Run(folder, without_folders(training), about.get("instruments", []), log)


def without_folders(training):
    """Settings with the last name only of each absolute path, for a file that others read."""

    def named(value):
        if isinstance(value, list | tuple):
            return [named(each) for each in value]
        return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value

    return {key: named(value) for key, value in training.items()}


def next_release(name, run, folder):
    """Which number a run's weights get, after checking that they may have the name.

    Args:
        name: lower-case letters, digits and hyphens, beginning with a letter.
        run: Run.
        folder: where the name's files are kept; the package's own come before its first.

    Returns:
        Release.

    Raises:
        ValueError: if the name is not valid, belongs to another kind of model, or has these very
            weights already.
    """
    if not re.fullmatch("[a-z][a-z0-9-]*", name):
        raise ValueError(
            f"{name!r} is not a valid name; expected lower-case letters, digits and hyphens, "
            "beginning with a letter, such as pocket."
        )
    versions = shipped_versions(name, folder) or shipped_versions(name)
    if not versions:
        return Release(name, 1, None)
    newest = max(versions)
    before = load_model(versions[newest])
    if type(before) is not type(run.model):
        raise ValueError(
            f"{name} is a {type(before).__name__} and {run.folder} holds a "
            f"{type(run.model).__name__}; choose another name."
        )
    ours, theirs = run.model.state_dict(), before.state_dict()
    # the same weights may come again, to get a level map
    same = before.config == run.model.config and not lacks_level_map(before)
    if same and all(torch.equal(ours[k], theirs[k]) for k in ours if k != "level_map"):
        raise ValueError(f"{name} has the weights of {run.folder} already.")
    return Release(name, newest + 1, versions[newest])


def lacks_level_map(model):
    """Whether a model could hold the level that z asks for, but has no map for it."""
    return isinstance(model, WaveNetAutoencoder) and model.level_map is None


@torch.inference_mode()
def fit_level(model, notes):
    """Give an autoencoder the map from z to the level of a frame; see `models.level`.

    Args:
        model: WaveNetAutoencoder.
        notes: list of Note that it was trained on; those without any pitch are left out. Pieces
            are taken as in training; half of them begin with the note.
    """
    notes = [
        note
        for note in notes
        if not note.contour or np.isfinite(np.array(note.contour, float)).any()
    ]
    config = model.config
    length = int(PIECE * config.sample_rate) // config.hop_length * config.hop_length
    crops, generator = Crops(notes, length, 0.5, config.hop_length), np.random.default_rng(0)
    pieces = np.stack([crops(generator)[0] for _ in range(PIECES)])
    z = np.stack([model.encode(piece) for piece in pieces])
    found = fit_level_map(z, frame_levels(pieces, config.hop_length))
    model.level_map = torch.from_numpy(found).to(model.device)


def stage_weights(release, run, folder):
    """Write the new weights, and the earlier ones and their card under their number.

    Weights that would take more than `LARGEST` are stored as float16.

    Args:
        release: Release. run: Run. folder: of the staged files.
    """
    about = {"training": run.training, "steps": run.training["steps"]}
    about |= {"instruments": run.instruments} if run.instruments else {}
    path = folder / f"{release.name}.safetensors"
    save_model(run.model, path, about)
    if path.stat().st_size > LARGEST:
        save_model(run.model, path, about, half=True)
    if release.earlier is None:
        return
    name, title = release.name, release.earlier_title
    shutil.copyfile(release.earlier, folder / f"{title}.safetensors")
    card, figure = (release.earlier.with_suffix(suffix) for suffix in (".md", ".png"))
    if figure.is_file():
        shutil.copyfile(figure, folder / f"{title}.png")
    if card.is_file():
        text = card.read_text(encoding="utf-8").replace(f"]({name}.png)", f"]({title}.png)")
        write_text(folder / f"{title}.md", text.replace(f"card: {name}\n", f"card: {title}\n", 1))


def begin(root):
    """Make an empty folder for new files; undo first what a killed `publish` left half done.

    Args:
        root: the folder that the files are to change.

    Returns:
        the folder to write to, the same tree as below the root.
    """
    work = Path(root) / WORK
    if (work / JOURNAL).is_file():
        undo(root)
    shutil.rmtree(work, ignore_errors=True)
    new = work / "new"
    new.mkdir(parents=True)
    return new


def publish(root):
    """Move the new files to their places, all or none.

    A failure puts the former files back at once; what a kill in between leaves is put back by the
    next `begin`.

    Args:
        root: as for `begin`.

    Returns:
        list of the files that changed.
    """
    root = Path(root)
    work, new = root / WORK, root / WORK / "new"
    names = sorted(p.relative_to(new).as_posix() for p in new.rglob("*") if p.is_file())
    names = [name for name in names if not _same(new / name, root / name)]
    for name in names:
        if (root / name).is_file():
            (work / "old" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, work / "old" / name)
    write_text(work / JOURNAL, json.dumps(names))
    try:
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(root / name)
    except BaseException:
        undo(root)
        raise
    (work / JOURNAL).unlink()  # from here on the new files hold
    shutil.rmtree(work)
    return [root / name for name in names]


def undo(root):
    """Put the files of an unfinished `publish` back as they were."""
    root = Path(root)
    work = root / WORK
    for name in json.loads((work / JOURNAL).read_text(encoding="utf-8")):
        old = work / "old" / name
        if not old.is_file():
            (root / name).unlink(missing_ok=True)
            continue
        with atomic_write(root / name) as part:
            shutil.copyfile(old, part)
    (work / JOURNAL).unlink()


def discard(root):
    """Remove the new files of a release that was given up; keep what `begin` has to undo."""
    if not (Path(root) / WORK / JOURNAL).is_file():
        shutil.rmtree(Path(root) / WORK, ignore_errors=True)


def _same(a, b):
    return b.is_file() and filecmp.cmp(a, b, shallow=False)
