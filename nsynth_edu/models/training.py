"""Train a WaveNet autoencoder: one loop for one core, one GPU, or many on a cluster.

`nsynth-edu train CONFIG.toml` reads a file like ``models/configs/pocket.toml``; Lightning
Fabric places the work (accelerator, devices, nodes, precision) as that file says.
"""

import json
import math
import time
import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from safetensors import safe_open
from safetensors.torch import save_file
from scipy.signal import lfilter

from nsynth_edu.models.checkpoint import load_model, save_model
from nsynth_edu.models.nsynth import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.sound.companding import companded, mu_law_encode
from nsynth_edu.sound.files import beside
from nsynth_edu.sound.notes import NoteDataset, read_notes
from nsynth_edu.sound.pitch import estimate_pitch


@dataclass(frozen=True)
class TrainingConfig:
    """What to train, on what, for how long; every field may stand in the TOML file."""

    notes: str  # folder of notes in NSynth's schema
    output: str  # folder for checkpoints and the log
    model: str = "pocket"  # NSynthConfig preset
    shape: dict = field(default_factory=dict)  # fields of NSynthConfig that differ from it
    initial: str | None = None  # start from this model's weights (shipped name or path)
    held_out_instruments: tuple = ()  # instrument_str never trained on
    held_out_every: int = 0  # leave out every n-th instrument-pitch pair; 0 = none
    steps: int = 20_000  # optimiser steps in all
    batch: int = 2  # crops per step, over all devices
    crop: int = 4096  # samples per crop, a multiple of the hop; NSynth: 6144
    onset_share: float = 0.25  # share of crops that contain the note's start
    learning_rate: float = 2e-3  # Adam, after the warm-up; NSynth: 2e-4
    warmup: int = 200  # steps
    cooldown: float = 0.2  # last share of the steps over which the rate falls to 0
    gradient_clip: float = 1.0  # largest norm of the gradient
    history_noise: float = 32.0  # noise on the decoder's past, up to so many mu-law steps
    clock_noise: float = 0.004  # how far the phase clock is set wrong, periods (deviation)
    unknown_pitch: float = 0.05  # share of crops for which the pitch is hidden
    ema_decay: float = 0.999  # of the averaged weights, which are what is kept; NSynth: 0.9999
    checkpoint_every: int = 200  # steps
    validate_every: int = 1000  # steps
    seed: int = 0
    fabric: dict = field(default_factory=dict)  # accelerator, devices, num_nodes, precision ...

    @classmethod
    def read(cls, path):
        """Read a TOML file.

        Raises:
            ValueError: for a file that is missing, not TOML, or has an unknown field.
        """
        try:
            values = tomllib.loads(Path(path).read_text())
        except OSError as problem:
            raise ValueError(
                f"{path} cannot be read ({problem.strerror}); give the path of a TOML file "
                "such as nsynth_edu/models/configs/pocket.toml."
            ) from problem
        except tomllib.TOMLDecodeError as problem:
            raise ValueError(f"{path} is not valid TOML: {problem}.") from problem
        known = set(cls.__dataclass_fields__)
        if unknown := sorted(set(values) - known):
            raise ValueError(f"{path} sets {unknown}; known fields are {sorted(known)}.")
        for name in ("notes", "output"):
            if name not in values:
                raise ValueError(f"{path} does not set {name!r}; name a folder.")
        return cls(**values)


def split_notes(notes, config):
    """Divide notes into train and held out: whole instruments, and instrument-pitch pairs.

    Every pitch stays in training (on other instruments), so a pitch class is never unseen.

    Args:
        notes: list of Note. config: TrainingConfig.

    Returns:
        dict of lists: "train", "pairs" (known instrument, unseen pitch), "instruments" (unseen).
    """
    parts = {"train": [], "pairs": [], "instruments": []}
    known = sorted({note.instrument_str for note in notes} - set(config.held_out_instruments))
    for note in notes:
        if note.instrument_str in config.held_out_instruments:
            parts["instruments"].append(note)
            continue
        # 5 is prime to most n: neighbouring instruments lose different pitches
        place = note.pitch + 5 * known.index(note.instrument_str)
        held_out = config.held_out_every and place % config.held_out_every == 0
        parts["pairs" if held_out else "train"].append(note)
    return parts


class Crops:
    """Random pieces of notes; piece number n is the same whoever asks, whenever."""

    def __init__(self, notes, config):
        self.sounds = NoteDataset(notes, crop=None)
        self.config = config
        self.heard = {}  # note -> its pitch and how long it sounds

    def __call__(self, number):
        """Piece `number` -> waveform (1, crop), pitch (1,), noise (1, 1, crop), clock (1,).

        The noise is what is added to the companded past, clock what is added to its start.
        """
        config = self.config
        chance = np.random.default_rng((config.seed, number))
        index = int(chance.integers(len(self.sounds)))
        item = self.sounds[index]
        waveform = item["waveform"].numpy()
        if index not in self.heard:
            pitch = sounding_pitch(waveform, item["pitch"])
            self.heard[index] = pitch, sounding_length(waveform)
        pitch, length = self.heard[index]
        if chance.random() < config.onset_share:
            start = -int(chance.integers(config.crop // 4))
        else:  # the last crops fade into the silence after the note, which is learnt, too
            start = int(chance.integers(max(length - config.crop // 2, 1)))
        piece = np.zeros(config.crop, np.float32)
        taken = waveform[max(start, 0) : start + config.crop]
        piece[max(-start, 0) :][: len(taken)] = taken
        hidden = chance.random() < config.unknown_pitch
        noise = coloured_noise(config.crop, chance)
        noise *= np.float32(chance.random() ** 2 * config.history_noise / 128)
        return (
            torch.from_numpy(piece)[None],
            torch.tensor([math.nan if hidden else pitch]),
            torch.from_numpy(noise)[None, None],
            torch.tensor([config.clock_noise * chance.standard_normal()]),
        )


def coloured_noise(length, chance):
    """Noise of deviation 1 between white and slow drift, as a decoder's own errors are.

    White noise alone would be averaged away: the decoder would still trust its past, and drift.

    Args:
        length: samples. chance: NumPy generator.

    Returns:
        float32 (length,).
    """
    memory = 1 - 10 ** (-2.5 * chance.random())  # 0: white .. 0.997: below about 8 Hz
    white = chance.standard_normal(length + 1024)
    noise = lfilter([math.sqrt(1 - memory**2)], [1, -memory], white)
    return noise[1024:].astype(np.float32)


def sounding_pitch(waveform, written):
    """The MIDI number a note really sounds at, with fraction, so that the clock stays with it.

    Args:
        waveform: (time,). written: MIDI number in its name, the answer where nothing within
            half a semitone is heard.
    """
    heard = estimate_pitch(waveform)
    return heard if heard and abs(heard - written) < 0.5 else float(written)


def sounding_length(waveform, floor=0.01):
    """Samples until a note stays below `floor` of its peak."""
    loud = np.flatnonzero(np.abs(waveform) > floor * np.abs(waveform).max())
    return int(loud[-1]) + 1 if len(loud) else len(waveform)


class Objective(torch.nn.Module):
    """Bits per sample of a crop; a module of its own so that Fabric can wrap it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, waveform, pitch, noise, clock):
        model = self.model
        told = pitch if model.config.pitch_conditioned else None
        start = model.clock_start(waveform, told)
        start = None if start is None else start + clock
        # noise on the past, none on the target: the decoder learns to come back to the note
        history = companded(waveform[:, None]) + noise
        z = model.encode(waveform)
        logits = model.logits(waveform, z, told, history=history, clock_start=start)
        return bits_per_sample(logits, waveform)


def bits_per_sample(logits, waveform):
    """Cross-entropy of the true classes in bits: 8 = knows nothing, 0 = knows all.

    Args:
        logits: (batch, 256, time). waveform: (batch, time).
    """
    return F.cross_entropy(logits.float(), mu_law_encode(waveform)) / math.log(2)


def learning_rate(step, config):
    """Rise over the warm-up, stay, fall to 0 over the cool-down."""
    cooldown = max(1, int(config.cooldown * config.steps))
    return config.learning_rate * min(
        1.0, (step + 1) / config.warmup, max(0.0, (config.steps - step) / cooldown)
    )


def train(config, resume=False, progress=True):
    """Train, and keep the averaged weights in ``<output>/model.safetensors``.

    The state of the run is written to ``<output>/state.safetensors`` beside then renamed: killed at
    any moment and resumed, the run ends with the very weights it would have had (on one
    device and the same machine).

    Args:
        config: TrainingConfig or path of a TOML file.
        resume: go on from the state in the output folder; from the start if there is none.
        progress: draw a progress bar on stderr.

    Returns:
        path of the model file.

    Raises:
        ValueError: for a bad configuration, or an output folder that already holds a run
            and resume is False.
    """
    if not isinstance(config, TrainingConfig):
        config = TrainingConfig.read(config)
    output = Path(config.output)
    state = output / "state.safetensors"
    if state.exists() and not resume:
        raise ValueError(
            f"{output} already holds a run; pass --resume to go on with it, "
            "or name another output folder."
        )
    fabric = Fabric(**{"accelerator": "auto", "devices": 1, **config.fabric})
    fabric.launch()
    if config.batch % fabric.world_size:
        raise ValueError(
            f"batch is {config.batch} for {fabric.world_size} devices; use a multiple of them."
        )
    parts = split_notes(read_notes(config.notes), config)
    if not parts["train"]:
        raise ValueError(f"nothing is left to train on in {config.notes}; hold out less.")
    crops = Crops(parts["train"], config)
    torch.manual_seed(config.seed)
    model = start_model(config)
    average = start_model(config)
    average.load_state_dict(model.state_dict())
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(weights, lr=config.learning_rate, eps=1e-8)
    first = load_state(state, model, average, optimizer) if state.exists() else 0
    objective, optimizer = fabric.setup(Objective(model), optimizer)
    average.to(fabric.device)
    output.mkdir(parents=True, exist_ok=True)
    share = config.batch // fabric.world_size
    bar = progress_bar(config, first, progress and fabric.is_global_zero)
    for step in range(first, config.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config)
        loss = 0.0
        for i in range(share):  # crop by crop: small pieces stay in a core's cache
            number = step * config.batch + fabric.global_rank * share + i
            with fabric.no_backward_sync(objective, enabled=i + 1 < share):
                part = objective(*to_device(crops(number), fabric.device)) / share
                fabric.backward(part)
            loss += part.item()
        fabric.clip_gradients(objective, optimizer, max_norm=config.gradient_clip)
        optimizer.step()
        optimizer.zero_grad()
        decay = min(config.ema_decay, (1 + step) / (10 + step))
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
                slow.lerp_(fast, 1 - decay)
        done = step + 1
        bar.update()
        bar.set_postfix_str(f"{loss:.2f} bits")
        if fabric.is_global_zero:
            if done % config.validate_every == 0 or done == config.steps:
                scores = validate(average, parts, config)
                log(output, step=done, loss_bits=loss, **scores)
            if done % config.checkpoint_every == 0 or done == config.steps:
                save_state(state, done, model, average, optimizer)
                save_model(average, output / "model.safetensors", {"training": asdict(config)})
    bar.close()
    return output / "model.safetensors"


def start_model(config):
    """A new model of the configured preset and shape, or the weights of `initial`."""
    if config.initial:
        return load_model(config.initial).train()
    presets = {"pocket": NSynthConfig.pocket, "nsynth": NSynthConfig.nsynth}
    if config.model not in presets:
        raise ValueError(f"model is {config.model!r}; expected one of {', '.join(presets)}.")
    known = NSynthConfig.__dataclass_fields__
    if unknown := sorted(set(config.shape) - set(known)):
        raise ValueError(f"shape sets {unknown}; fields of a model are {', '.join(known)}.")
    return WaveNetAutoencoder(replace(presets[config.model](), **config.shape))


@torch.no_grad()
def validate(model, parts, config, pieces=8):
    """Bits per sample on a fixed handful of crops, clean past, each part on its own."""
    model.eval()
    scores = {}
    for name, notes in parts.items():
        if not notes:
            continue
        crops = Crops(notes, config)
        losses = []
        for number in range(pieces):
            waveform, pitch, noise, clock = to_device(crops(number), model.device)
            losses.append(Objective(model)(waveform, pitch, 0 * noise, 0 * clock).item())
        scores[f"{name}_bits"] = float(np.mean(losses))
    return scores


def save_state(path, step, model, average, optimizer):
    """Everything the run needs to go on: weights, average, Adam's memory, step. No pickle."""
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for index, memory in optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{k}": v for k, v in memory.items()}
    tensors = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    with beside(path) as part:
        save_file(tensors, part, {"step": str(step)})


def load_state(path, model, average, optimizer):
    """Put a saved run back in place -> steps already done."""
    with safe_open(path, "pt") as file:
        step = int(file.metadata()["step"])
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


def to_device(items, device):
    return [x.to(device) if torch.is_tensor(x) else x for x in items]


def progress_bar(config, first, shown):
    from tqdm import tqdm

    return tqdm(total=config.steps, initial=first, disable=not shown, unit="step")


def log(output, **values):
    """One line of JSON per validation in ``<output>/log.jsonl``."""
    with open(output / "log.jsonl", "a") as file:
        file.write(json.dumps({"time": round(time.time()), **values}) + "\n")
