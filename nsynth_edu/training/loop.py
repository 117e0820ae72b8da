"""One loop for all models, on one core, one GPU, or many on a cluster.

`nsynth-edu train CONFIG.toml` reads a file like ``models/configs/pocket.toml``; Lightning
Fabric places the work (accelerator, devices, nodes, precision) as that file says. What is trained,
and on what, is up to the task; see `training.note_task`.
"""

import json
import logging
import time
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from nsynth_edu.models.checkpoint import save_model
from nsynth_edu.models.precision import fast_dtype
from nsynth_edu.sound.bounds import DAMAGE
from nsynth_edu.sound.files import atomic_write
from nsynth_edu.training.config import Training, read_training

VALIDATION = 8  # examples of each part
logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # no lines in front of ours


class Objective(torch.nn.Module):
    """A model and its loss; a module of its own so that Fabric can wrap it."""

    def __init__(self, task, model):
        super().__init__()
        self.task, self.model = task, model

    def forward(self, *example):
        return self.task.loss(self.model, example)


def learning_rate(step, run):
    """Rise over the warm-up, stay, fall to 0 over the cool-down."""
    cooldown = max(1, int(run.cooldown * run.steps))
    rise = (step + 1) / run.warmup if run.warmup else 1.0
    return run.learning_rate * min(1.0, rise, max(0.0, (run.steps - step) / cooldown))


def train(run, resume=False, progress=None):
    """Train, and keep the averaged weights in ``<output>/model.safetensors``.

    The state of the run is written to ``<output>/state.safetensors`` atomically: killed at
    any moment and resumed, the run ends with the very weights it would have had (on one
    device and the same machine). On a CPU that multiplies bfloat16 fast, Fabric's precision is
    "bf16-mixed" unless the file sets another.

    Args:
        run: Training, or path of a TOML file.
        resume: continue from the state in the output folder; start anew if there is none.
        progress: called as progress(steps_done, steps, loss) after each step, or None.

    Returns:
        path of the model file.

    Raises:
        ValueError: for a bad configuration, an output folder that already holds a run
            and resume is False, or a run that has more steps behind it than are wanted.
    """
    run = run if isinstance(run, Training) else read_training(run)
    task, output = run.task, Path(run.output)
    state = output / "state.safetensors"
    if state.exists() and not resume:
        raise ValueError(
            f"{output} already holds a run; pass --resume to continue it, "
            "or name another output folder."
        )
    fabric = start_fabric(run)
    task.parts  # noqa: B018  read now: what is wrong with the notes is reported before anything else
    torch.manual_seed(run.seed)
    model, average = task.build(), task.build()
    average.load_state_dict(model.state_dict())
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(weights, lr=run.learning_rate, eps=1e-8)
    first = load_state(state, model, average, optimizer) if state.exists() else 0
    if first > run.steps:
        raise ValueError(
            f"{output} has {first} steps behind it and steps is {run.steps}; set more steps."
        )
    objective, optimizer = fabric.setup(Objective(task, model), optimizer)
    average.to(fabric.device)
    output.mkdir(parents=True, exist_ok=True)
    for step in range(first, run.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, run)
        loss = take_step(fabric, objective, optimizer, run, step)
        update_average(average, model, min(run.ema_decay, (1 + step) / (10 + step)))
        if fabric.is_global_zero:
            keep(run, step + 1, loss, model, average, optimizer)
            if progress is not None:
                progress(step + 1, run.steps, loss)
    return output / "model.safetensors"


def start_fabric(run):
    """Lightning Fabric, launched, with the defaults of this machine."""
    precision = "bf16-mixed" if fast_dtype(torch.device("cpu")) == torch.bfloat16 else "32-true"
    defaults = {"accelerator": "auto", "devices": 1}
    if not torch.cuda.is_available():
        defaults["precision"] = precision
    try:
        fabric = Fabric(**(defaults | run.fabric))
        fabric.launch()
    except (TypeError, ValueError, RuntimeError) as problem:  # its own checks of these settings
        given = ", ".join(f"{key} = {value!r}" for key, value in run.fabric.items())
        raise ValueError(
            f"fabric is {{ {given} }}, which Lightning Fabric refuses ({problem!s:.300}); expected "
            "its accelerator, devices, num_nodes, strategy or precision."
        ) from problem
    if run.batch % fabric.world_size:
        raise ValueError(
            f"batch is {run.batch} for {fabric.world_size} devices; use a multiple of them."
        )
    return fabric


def take_step(fabric, objective, optimizer, run, step):
    """One step of Adam on this device's share of the batch; returns the mean loss."""
    share, loss = run.batch // fabric.world_size, 0.0
    # one by one, small pieces stay in a core's cache; batch norm needs them together
    size = share if run.task.together else 1
    first = step * run.batch + fabric.global_rank * share
    for i in range(0, share, size):
        numbers = range(first + i, first + i + size)
        examples = [run.task.example("train", number, run.seed) for number in numbers]
        example = to_device(map(torch.cat, zip(*examples, strict=True)), fabric.device)
        with fabric.no_backward_sync(objective, enabled=i + size < share):
            part = objective(*example) * (size / share)
            fabric.backward(part)
        loss += part.item()
    fabric.clip_gradients(objective, optimizer, max_norm=run.gradient_clip)
    optimizer.step()
    optimizer.zero_grad()
    return loss


@torch.no_grad()
def update_average(average, model, decay):
    """Move the averaged weights, and batch norm's statistics, towards the present ones."""
    for slow, fast in zip(_numbers(average), _numbers(model), strict=True):
        slow.lerp_(fast, 1 - decay)


def _numbers(model):
    """Weights, and buffers that are no counts."""
    yield from model.parameters()
    yield from (each for each in model.buffers() if each.is_floating_point())


def keep(run, done, loss, model, average, optimizer):
    """Validate, log and save, where a step is due for it."""
    output = Path(run.output)
    if done % run.validate_every == 0 or done == run.steps:
        log(output, step=done, **{f"loss_{run.task.unit}": loss}, **validate(run, average))
    if done % run.checkpoint_every == 0 or done == run.steps:
        # the state last: a run killed between the two files does these steps again
        known = sorted({note.instrument_str for note in run.task.parts["train"]})
        about = {"training": run.as_dict(), "steps": done, "instruments": known}
        save_model(average, output / "model.safetensors", about)
        save_state(output / "state.safetensors", done, model, average, optimizer)


@torch.no_grad()
def validate(run, model):
    """Loss on a few fixed examples of each part, undisturbed; {"<part>_<unit>": float}."""
    model.eval()
    device, task, scores = next(model.parameters()).device, run.task, {}
    for part, notes in task.parts.items():
        if notes:
            examples = (task.example(part, number, run.seed) for number in range(VALIDATION))
            losses = [
                task.loss(model, task.clean(to_device(example, device))).item()
                for example in examples
            ]
            scores[f"{part}_{task.unit}"] = float(np.mean(losses))
    return scores


def save_state(path, step, model, average, optimizer):
    """Write the state for resuming: weights, average, Adam's moments, step. No pickle."""
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for index, memory in optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{k}": v for k, v in memory.items()}
    tensors = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    about = {"step": str(step), "shape": json.dumps(vars(average.config))}
    with atomic_write(path) as part:
        save_file(tensors, part, about)


def load_state(path, model, average, optimizer):
    """Restore a saved run; return the number of steps done. A damaged file is a ValueError."""
    try:
        return _restore(path, model, average, optimizer)
    except ShapeError:
        raise
    except (SafetensorError, *DAMAGE) as problem:
        reason = " ".join(str(problem).split())
        raise ValueError(
            f"{path} does not hold the state of this run ({reason:.200}); copy it again, or train "
            "into another folder."
        ) from problem


class ShapeError(ValueError):
    """A run was begun with another shape of the model."""


def refuse_other_shape(path, before, now):
    """Raise ShapeError where a run was begun with another configuration of its model."""
    now = json.loads(json.dumps(now))  # tuples become lists, as those in the file did
    changed = [name for name in before if name in now and before[name] != now[name]]
    if changed:
        words = ", ".join(f"{name} is {now[name]} and was {before[name]}" for name in changed)
        raise ShapeError(
            f"{path} was begun with another shape: {words}; set it as it was, or train into "
            "another output folder."
        )


def _restore(path, model, average, optimizer):
    with safe_open(path, "pt") as file:
        about = file.metadata()
        step = int(about["step"])
        refuse_other_shape(path, json.loads(about.get("shape", "{}")), vars(model.config))
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    for name, module in [("model", model), ("average", average)]:
        module.load_state_dict(
            {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
        )
    memory = {}
    for key, value in tensors.items():
        if key.startswith("adam."):
            _, index, kind = key.split(".")
            memory.setdefault(int(index), {})[kind] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": memory, "param_groups": groups})
    return step


def to_device(example, device):
    """The tensors of an example on a device."""
    return [x.to(device) for x in example]


def log(output, **values):
    """Append one line of JSON to ``<output>/log.jsonl``."""
    with open(output / "log.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"time": round(time.time()), **values}) + "\n")
