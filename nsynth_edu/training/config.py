"""A training run as a TOML file describes it: what every run needs, and one task's own settings."""

import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from nsynth_edu.training.autoencoder import AutoencoderTask
from nsynth_edu.training.judge import JudgeTask
from nsynth_edu.training.mel2mel import Mel2MelTask
from nsynth_edu.training.settings import make, setting
from nsynth_edu.training.spectral import SpectralTask
from nsynth_edu.training.vocoder import VocoderTask

TASKS = {  # a further model adds its own
    "autoencoder": AutoencoderTask,
    "judge": JudgeTask,
    "mel2mel": Mel2MelTask,
    "spectral": SpectralTask,
    "vocoder": VocoderTask,
}
DEFAULT_TASK = "autoencoder"


@dataclass(frozen=True)
class Training:
    """How long to train, how fast, and where to write; the task says what is trained, on what."""

    output: str = setting()  # folder for checkpoints and the log
    steps: int = setting(20_000, least=1)  # optimiser steps in all
    batch: int = setting(1, least=1, most=2**20)  # examples per step, over all devices
    learning_rate: float = setting(2e-3, above=0)  # Adam, after the warm-up; NSynth: 2e-4
    warmup: int = setting(200, least=0)  # steps
    cooldown: float = setting(0.6, least=0, most=1)  # last share of the steps: rate falls to 0
    gradient_clip: float = setting(1.0, above=0)  # largest norm of the gradient
    ema_decay: float = setting(0.9995, least=0, most=1)  # of the averaged weights; NSynth: 0.9999
    checkpoint_every: int = setting(200, least=1)  # steps
    validate_every: int = setting(1000, least=1)  # steps
    seed: int = setting(0, least=0)
    fabric: dict = setting({})  # accelerator, devices, num_nodes, precision ... of Lightning Fabric
    task: object = None  # one of `TASKS`

    def as_dict(self):
        """All settings in one flat dict that JSON can hold; `training_from` reads it again."""
        own = {name: value for name, value in vars(self).items() if name != "task"}
        name = next(name for name, kind in TASKS.items() if isinstance(self.task, kind))
        return {"task": name} | asdict(self.task) | own


def training_from(values, source="the training settings"):
    """Build a Training from a flat dict, every value checked before anything starts.

    Args:
        values: dict of the run's and the task's fields; "task" names one of `TASKS`.
        source: name of the file, for the messages.

    Returns:
        Training.

    Raises:
        ValueError: for an unknown task, or a field that is missing, unknown, of another type or
            out of range.
    """
    values = dict(values)
    name = values.pop("task", DEFAULT_TASK)
    if name not in TASKS:
        raise ValueError(f"{source}: task is {name!r}; expected one of {', '.join(TASKS)}.")
    kind = TASKS[name]
    shared = {field.name for field in fields(Training)} - {"task"}
    own = {field.name for field in fields(kind)}
    if unknown := sorted(values.keys() - shared - own):
        raise ValueError(f"{source} sets {unknown}; known fields are {sorted(shared | own)}.")
    task = make(kind, {key: value for key, value in values.items() if key in own}, source)
    run = make(Training, {key: value for key, value in values.items() if key in shared}, source)
    task.check(source)
    return replace(run, task=task)


def read_training(path):
    """Read a TOML file such as ``nsynth_edu/models/configs/pocket.toml``.

    Raises:
        ValueError: for a file that cannot be read or is not TOML, and as `training_from`.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise ValueError(
            f"{path} cannot be read ({problem.strerror}); give the path of a TOML file "
            "such as nsynth_edu/models/configs/pocket.toml."
        ) from problem
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path} is not UTF-8 text; save it as UTF-8.") from problem
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        hint = " Write paths with / or in single quotes." if "\\" in text else ""
        raise ValueError(f"{path} is not valid TOML: {problem}.{hint}") from problem
    return training_from(values, path)
