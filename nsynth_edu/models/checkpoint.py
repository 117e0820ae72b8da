"""Model files: weights as safetensors, with the model's config as JSON in the header. No pickle."""

import json
import re
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from nsynth_edu.models.judge import JudgeConfig, PitchQualityJudge
from nsynth_edu.models.level import map_size
from nsynth_edu.models.mel2mel import Mel2Mel, Mel2MelConfig
from nsynth_edu.models.nsynth import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.models.spectral import SpectralAutoencoder, SpectralConfig
from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig
from nsynth_edu.sound.bounds import DAMAGE
from nsynth_edu.sound.files import atomic_write

FORMAT = "nsynth-edu"
VERSION = 1  # of the file layout; later ones are refused
MOST_WEIGHTS = 250_000_000  # of a model: 1 GB as float32; the published NSynth has 61,804,048
ADDED = {"preemphasis"}  # fields of a config that older files lack: their default holds
SHIPPED = Path(__file__).parent / "shipped"

MODELS = {
    "Mel2Mel": (Mel2Mel, Mel2MelConfig),
    "PitchQualityJudge": (PitchQualityJudge, JudgeConfig),
    "SpectralAutoencoder": (SpectralAutoencoder, SpectralConfig),
    "WaveNet": (WaveNet, WaveNetConfig),
    "WaveNetAutoencoder": (WaveNetAutoencoder, NSynthConfig),
}


class CheckpointError(ValueError):
    """A model file cannot be used; the message names the remedy."""


def save_model(model, path, metadata=None, *, half=False):
    """Save a model to one file, atomically.

    Args:
        model: an instance of one of the classes in `MODELS`.
        path: the file to write, usually named *.safetensors; missing folders are created.
        metadata: JSON-serialisable dict (steps, scores, ...), returned by `model_metadata`.
        half: store weights as float16, in half of the space, in place of float32; `load_model`
            gives float32 either way.

    Raises:
        CheckpointError: for a model of another class, or metadata that is not serialisable.
        OSError: if the file cannot be written.
    """
    path, name = Path(path), type(model).__name__
    if name not in MODELS:
        raise CheckpointError(
            f"a {name} cannot be saved; expected an instance of {', '.join(MODELS)}, "
            "without a wrapper."
        )
    about = {"format": FORMAT, "version": VERSION, "class": name, "config": asdict(model.config)}
    about["recommended_temperature"] = getattr(model, "recommended_temperature", 1.0)
    about["recommended_sampling"] = getattr(model, "recommended_sampling", "random")
    if reserved := about.keys() & (metadata or {}):
        raise CheckpointError(
            f"the metadata key {min(reserved)!r} is reserved; choose another name."
        )
    try:
        text = json.dumps(about | (metadata or {}))
    except TypeError as problem:
        raise CheckpointError(
            f"the metadata cannot be written as JSON ({problem}); "
            "use strings, numbers, lists and dicts."
        ) from problem
    kind = torch.float16 if half else torch.float32
    weights = {key: _as_stored(value, kind) for key, value in model.state_dict().items()}
    # not save_file(): only the owner can read its files, and a class shares models
    with atomic_write(path) as part:
        part.write_bytes(save(weights, {"format": FORMAT, "about": text}))


def load_model(name_or_path):
    """Load a model, ready to play.

    Args:
        name_or_path: a model that comes with the package ("pocket", "judge"; "pocket@1" for
            the first weights of that name), or a file of `save_model`.

    Returns:
        The model on the CPU in eval mode, float32; `.config` is its shape,
        `.recommended_temperature` and `.recommended_sampling` the defaults of `generate`.

    Raises:
        CheckpointError: if there is no such model, the file is damaged or was not written by
            `save_model`, its weights do not fit its config, or they are more than 250 million.
            Nothing is built or read before shapes and sizes are known to fit.

    Examples:
        >>> from nsynth_edu import load_model
        >>> model = load_model("pocket")
        >>> model.config.hop_length, model.receptive_field, model.recommended_temperature
        (512, 2049, 0.5)
    """
    path = _find(name_or_path)
    with _opened(path) as file:
        about = _about(file, path)
        model = _shape(about, path)
        if "level_map" in file.keys() and hasattr(model, "level_map"):  # noqa: SIM118
            size = map_size(model.config.bottleneck_channels)
            model.level_map = torch.empty(size, device="meta")
        expected = model.state_dict()
        _compare(file, expected, path)
        weights = _weights(file, expected, path)
    model.load_state_dict(weights, assign=True)
    model.recommended_temperature = about["recommended_temperature"]
    model.recommended_sampling = about["recommended_sampling"]
    return model.eval()


def model_metadata(name_or_path):
    """Read a model file's metadata without loading the weights.

    Args:
        name_or_path: as for `load_model`.

    Returns:
        dict: "format", "version", "class", "config" (dict), "recommended_temperature" (1.0 where
        the file has none), "recommended_sampling" ("random" likewise), and the `metadata` passed
        to `save_model`.

    Raises:
        CheckpointError: if there is no such model, or the file is damaged or was not written by
            `save_model`.
    """
    path = _find(name_or_path)
    with _opened(path) as file:
        return _about(file, path)


def _as_stored(tensor, kind):
    tensor = tensor.to(kind) if tensor.is_floating_point() else tensor
    return tensor.detach().cpu().contiguous()


def shipped_versions(name, folder=None):
    """All weights that were ever shipped under a name.

    Args:
        name: such as "pocket".
        folder: where NAME.safetensors lies, and NAME@1.safetensors, NAME@2.safetensors ... if
            there were earlier weights; None = the package's own.

    Returns:
        dict number -> path, oldest first; the last one is NAME.safetensors. Empty for no model
        of this name.
    """
    files = {path.stem: path for path in Path(folder or SHIPPED).glob("*.safetensors")}
    if name not in files:
        return {}
    numbers = (re.fullmatch(re.escape(name) + "@([1-9][0-9]*)", stem) for stem in files)
    earlier = sorted(int(number[1]) for number in numbers if number)
    found = {number: files[f"{name}@{number}"] for number in earlier}
    return found | {max(earlier, default=0) + 1: files[name]}


def _find(name_or_path):
    """The file of a shipped model, of one of its versions, or at a path."""
    wanted = str(name_or_path)
    name, _, number = wanted.partition("@")
    versions = shipped_versions(name)
    if wanted == name and versions:
        return versions[max(versions)]
    if versions and number.isdecimal():
        if int(number) not in versions:
            raise CheckpointError(
                f"there is no model {wanted!r}: expected one of "
                f"{', '.join(f'{name}@{each}' for each in versions)}; the last is also {name}."
            )
        return versions[int(number)]
    if not Path(name_or_path).is_file():
        names = sorted(path.stem for path in SHIPPED.glob("*.safetensors") if "@" not in path.stem)
        raise CheckpointError(
            f"there is no model {wanted!r}: expected the path of a .safetensors file, "
            f"or a model that comes with the package ({', '.join(names) or 'none here'})."
        )
    return Path(name_or_path)


def _opened(path):
    try:
        return safe_open(path, "pt")
    except SafetensorError as problem:
        with path.open("rb") as file:
            start = file.read(9)
        if len(start) == 9 and start.endswith(b"{"):  # 8 bytes of length, then JSON
            reason = "is damaged or truncated; copy or download it again"
        else:
            reason = (
                "is not a safetensors file; expected a file of save_model() "
                "(import_magenta() reads TensorFlow checkpoints)"
            )
        raise CheckpointError(f"{path.name} {reason}.") from problem


def _about(file, path):
    """The metadata of an open file, with the fields that `load_model` needs checked."""
    header = file.metadata() or {}
    if header.get("format") != FORMAT or "about" not in header:
        raise CheckpointError(
            f"{path.name} holds weights but does not name their model; "
            "expected a file of save_model()."
        )
    try:
        about = json.loads(header["about"])
        version, name, config = about["version"], about["class"], dict(about["config"])
        temperature = float(about.get("recommended_temperature", 1.0))
    except DAMAGE as problem:
        raise CheckpointError(
            f"the metadata in {path.name} is damaged ({problem!r}); "
            "copy or download the file again."
        ) from problem
    if version != VERSION:
        raise CheckpointError(
            f"{path.name} has layout {version!r:.30}, this package reads layout {VERSION}; "
            "install the newest nsynth-edu."
        )
    if str(name) not in MODELS:
        raise CheckpointError(
            f"{path.name} holds a {name!s:.60}; this package knows {', '.join(MODELS)}. "
            "Install the newest nsynth-edu."
        )
    return about | {
        "config": config,
        "recommended_temperature": temperature,
        "recommended_sampling": str(about.get("recommended_sampling", "random")),
    }


def _compare(file, expected, path):
    """Compare an open file's header with the names and shapes of a state dict."""
    found = {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118
    expected = {key: list(tensor.shape) for key, tensor in expected.items()}
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            raise CheckpointError(
                f"the weights in {path.name} do not fit its config: {key:.100} holds "
                f"{found.get(key, 'nothing')}, expected {expected.get(key, 'nothing')}. "
                "Save the model again with save_model()."
            )


def _weights(file, expected, path):
    """The tensors of an open file, in the types and the order in memory that the model wants."""
    try:
        return {
            key: torch.empty_strided(one.size(), one.stride(), dtype=one.dtype).copy_(
                file.get_tensor(key)
            )
            for key, one in expected.items()
        }
    except (SafetensorError, *DAMAGE) as problem:
        raise CheckpointError(
            f"the weights in {path.name} cannot be read ({problem}); "
            "save the model again with save_model()."
        ) from problem


def _shape(about, path):
    """The model of a file's metadata, without its weights; see `shape_of`."""
    model_class, config_class = MODELS[about["class"]]
    config = about["config"]
    known = {field.name for field in fields(config_class)}
    for names, word in [
        (config.keys() - known, "an unknown"),
        (known - config.keys() - ADDED, "no"),
    ]:
        if names:
            raise CheckpointError(
                f"the config in {path.name} has {word} field {min(names)!r:.60}; expected the "
                f"fields of {config_class.__name__}. Install the nsynth-edu that wrote it."
            )
    try:
        config = config_class(**{name: _as_tuple(value) for name, value in config.items()})
        return shape_of(model_class, config)
    except DAMAGE as problem:
        raise CheckpointError(
            f"the config in {path.name} is not a valid {about['class']} config ({problem}); "
            "copy or download the file again."
        ) from problem


def shape_of(model_class, config):
    """Build a model without memory for its weights.

    Args:
        model_class: one of those in `MODELS`. config: of its kind.

    Returns:
        the model on the meta device.

    Raises:
        ValueError: if it has more than `MOST_WEIGHTS`.
    """
    with torch.device("meta"):
        model = model_class(config)
    weights = sum(weight.numel() for weight in model.parameters())
    if weights > MOST_WEIGHTS:
        raise ValueError(f"{weights:,} weights; expected at most {MOST_WEIGHTS:,}")
    return model


def _as_tuple(value):
    """JSON stores tuples as lists."""
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
