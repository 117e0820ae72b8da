"""Model files: what was saved comes back; what is no model is refused in one sentence."""

import hashlib
import json
import pickle
import stat
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from nsynth_edu.models import (
    CheckpointError,
    NSynthConfig,
    WaveNet,
    WaveNetAutoencoder,
    WaveNetConfig,
    checkpoint,
    load_model,
    model_metadata,
    save_model,
)

POCKET_WEIGHTS = "aa9b3f7ae163ea2fd8b5d3ec57b7d1a0e0549c562913968a907b9b7ea99e2b68"  # sha256
SMALL = NSynthConfig(
    hop_length=32,
    encoder_channels=4,
    encoder_layers=2,
    layers=3,
    residual_channels=6,
    skip_channels=5,
    pitch_channels=2,
)


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = WaveNetAutoencoder(SMALL)
    torch.nn.init.normal_(model.decoder.logits.weight)
    return model


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    return path


def rewrite(path, weights=None, **changes):
    """Change the weights, or fields of the JSON in a saved file (None takes a field away)."""
    about = model_metadata(path) | changes
    about = {name: value for name, value in about.items() if value is not None}
    header = {"format": "nsynth-edu", "about": json.dumps(about)}
    save_file(load_file(path) if weights is None else weights, path, header)


# --- there and back ---------------------------------------------------------------------------


@torch.no_grad()
def test_a_saved_model_comes_back_with_the_same_predictions(model, saved):
    back = load_model(saved)
    waveform = torch.rand(1, 128) - 0.5
    assert type(back) is WaveNetAutoencoder and back.config == SMALL and not back.training
    z = model.encode(waveform)
    assert torch.equal(back.encode(waveform), z)
    assert torch.equal(back.logits(waveform, z, 60), model.logits(waveform, z, 60))


def test_a_model_of_another_class_comes_back_as_that_class(tmp_path):
    config = WaveNetConfig(4, 2, 6, 5, kernel_size=2, first_kernel_size=2, condition_channels=3)
    model = WaveNet(config)
    save_model(model, tmp_path / "wavenet.safetensors")
    back = load_model(tmp_path / "wavenet.safetensors")
    assert type(back) is WaveNet and back.config == config
    for name, weight in model.state_dict().items():
        assert torch.equal(back.state_dict()[name], weight), name


def test_one_line_teaches_the_files_a_new_class(tmp_path, monkeypatch):
    @dataclass(frozen=True)
    class FilterConfig:
        sizes: tuple

    class Filters(torch.nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config
            self.layers = torch.nn.ModuleList(torch.nn.Linear(*size) for size in config.sizes)
            self.norm = torch.nn.BatchNorm1d(3)

    monkeypatch.setitem(checkpoint.MODELS, "Filters", (Filters, FilterConfig))
    model = Filters(FilterConfig(((2, 3), (3, 1))))
    model.norm(torch.randn(4, 3))  # running mean and a count of batches
    save_model(model, tmp_path / "filters.safetensors")
    back = load_model(tmp_path / "filters.safetensors")
    assert back.config == model.config
    assert back.norm.num_batches_tracked == 1
    assert torch.equal(back.norm.running_mean, model.norm.running_mean)


def test_the_recommended_temperature_is_kept_with_the_model(model, tmp_path):
    path = tmp_path / "model.safetensors"
    assert model.recommended_temperature == 1.0
    model.recommended_temperature = 0.3
    save_model(model, path)
    assert load_model(path).recommended_temperature == 0.3
    save_model(load_model(path), path)
    assert model_metadata(path)["recommended_temperature"] == 0.3
    model.recommended_sampling = "auto"
    save_model(model, path)
    assert load_model(path).recommended_sampling == "auto"
    rewrite(path, recommended_sampling=None)
    assert load_model(path).recommended_sampling == "random"
    assert model_metadata(path)["recommended_sampling"] == "random"
    rewrite(path, recommended_temperature=None)  # as files were before
    assert load_model(path).recommended_temperature == 1.0
    assert model_metadata(path)["recommended_temperature"] == 1.0
    rewrite(path, recommended_temperature="warm")
    with pytest.raises(CheckpointError, match="the metadata in model.safetensors is damaged"):
        load_model(path)


def test_the_pocket_model_recommends_the_mean_and_its_first_weights_stay():
    file = checkpoint.shipped_versions("pocket")[1].read_bytes()
    weights = file[8 + int.from_bytes(file[:8], "little") :]
    assert hashlib.sha256(weights).hexdigest() == POCKET_WEIGHTS
    pocket = load_model("pocket")
    assert (pocket.recommended_temperature, pocket.recommended_sampling) == (0.5, "auto")


def test_metadata_comes_back_beside_the_config(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(model, path, {"steps": 300, "scores": {"bits": 2.5}, "note": "ümlaut"})
    about = model_metadata(path)
    assert about["steps"] == 300 and about["scores"] == {"bits": 2.5} and about["note"] == "ümlaut"
    assert (about["format"], about["version"], about["class"]) == (
        "nsynth-edu", 1, "WaveNetAutoencoder",
    )  # fmt: skip
    assert NSynthConfig(**about["config"]) == SMALL


def test_weights_are_kept_as_float32_whatever_they_were(model, tmp_path):
    save_model(model.to(torch.bfloat16), tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F32"}
    assert load_model(tmp_path / "model.safetensors").decoder.start.weight.dtype == torch.float32


def test_half_of_the_space_keeps_the_weights_to_three_digits(model, saved, tmp_path):
    save_model(model, tmp_path / "half.safetensors", half=True)
    assert (tmp_path / "half.safetensors").stat().st_size < 0.7 * saved.stat().st_size
    loaded = load_model(tmp_path / "half.safetensors").state_dict()
    for name, weight in model.state_dict().items():
        assert loaded[name].dtype == torch.float32
        torch.testing.assert_close(loaded[name], weight, rtol=1e-3, atol=1e-6)


def test_loading_leaves_the_random_numbers_of_others_alone(saved):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load_model(saved)
    assert torch.equal(torch.rand(3), expected)


def test_a_file_is_written_whole_and_for_everyone_the_folder_lets_in(model, tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    path = tmp_path / "new" / "folder" / "model.safetensors"
    save_model(model, path)
    save_model(model, path)  # replaces the first
    assert [file.name for file in path.parent.iterdir()] == ["model.safetensors"]
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_model_that_comes_with_the_package_is_found_by_name(saved, monkeypatch, tmp_path):
    saved.rename(tmp_path / "tiny.safetensors")
    monkeypatch.setattr(checkpoint, "SHIPPED", tmp_path)
    assert load_model("tiny").config == SMALL
    with pytest.raises(CheckpointError, match=r"no model 'tinny': expected .* package \(tiny\)."):
        load_model("tinny")


# --- errors when saving -----------------------------------------------------------------------


def test_a_wrapped_model_is_not_saved(model, tmp_path):
    with pytest.raises(
        CheckpointError, match="a DataParallel cannot be saved; expected an instance"
    ):
        save_model(torch.nn.DataParallel(model), tmp_path / "model.safetensors")


def test_metadata_may_not_replace_the_config(model, tmp_path):
    with pytest.raises(CheckpointError, match="metadata key 'config' is reserved; choose another"):
        save_model(model, tmp_path / "model.safetensors", {"config": {}})


def test_metadata_that_json_cannot_hold_is_refused(model, tmp_path):
    with pytest.raises(CheckpointError, match="float32 is not JSON serializable.; use strings"):
        save_model(model, tmp_path / "model.safetensors", {"loss": np.float32(2.5)})
    assert not list(tmp_path.iterdir())


# --- errors when loading ----------------------------------------------------------------------


def assert_refused(path, message):
    """Both readers say the same one sentence."""
    for read in (load_model, model_metadata):
        with pytest.raises(CheckpointError, match=message):
            read(path)


@pytest.mark.parametrize("name", ["nowhere.safetensors", "nosuchmodel", "", "."])
def test_a_missing_model_is_refused_with_what_there_is(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(name, r"there is no model '.*': expected the path of a .safetensors file, or")


@pytest.mark.parametrize("content", [b"", b"abc", b"RIFF\x24\x00\x00\x00WAVEfmt a sound", "pickle"])
def test_what_is_no_safetensors_file_is_refused(content, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(print) if content == "pickle" else content)
    assert_refused(path, r"model.safetensors is not a safetensors file; expected a file of save_m")


@pytest.mark.parametrize("kept", [20, 500, -1])
def test_a_file_cut_short_is_refused(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    assert_refused(saved, "model.safetensors is damaged or truncated; copy or download it")


def test_weights_without_a_description_are_refused(tmp_path):
    save_file({"weight": torch.zeros(2)}, tmp_path / "other.safetensors", {"format": "pt"})
    assert_refused(tmp_path / "other.safetensors", "holds weights but does not name their model")
    save_file({"weight": torch.zeros(2)}, tmp_path / "bare.safetensors")
    assert_refused(tmp_path / "bare.safetensors", "holds weights but does not name their model")


@pytest.mark.parametrize("about", ["{", "[]", "null", "{}", '{"version": 1, "class": "WaveNet"}'])
def test_a_damaged_description_is_refused(tmp_path, about):
    path = tmp_path / "model.safetensors"
    save_file({"weight": torch.zeros(2)}, path, {"format": "nsynth-edu", "about": about})
    assert_refused(path, r"the metadata in model.safetensors is damaged \(.*\); copy or")


def test_an_unknown_class_is_refused_and_the_known_ones_are_named(saved):
    rewrite(saved, **{"class": "Vocoder"})
    assert_refused(saved, "holds a Vocoder; this package knows .*WaveNet, WaveNetAutoencoder")


def test_a_file_of_a_later_layout_is_refused(saved):
    rewrite(saved, version=2)
    assert_refused(saved, "has layout 2, this package reads layout 1; install the newest")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"echo": 3}, "the config in model.safetensors has an unknown field 'echo'; expected the"),
        ({"layers": None}, "the config in model.safetensors has no field 'layers'; expected the"),
        ({"layers": "many"}, "is not a valid WaveNetAutoencoder config .*; copy or download the"),
        ({"layers": 3.5}, "is not a valid WaveNetAutoencoder config .*; copy or download the file"),
        ({"cycle": 0}, "is not a valid WaveNetAutoencoder config .*; copy or download the file"),
        ({"residual_channels": -1}, "is not a valid WaveNetAutoencoder config .*; copy or downl"),
    ],
)
def test_a_config_that_describes_no_model_is_refused(saved, change, message):
    config = model_metadata(saved)["config"] | change
    rewrite(saved, config={name: value for name, value in config.items() if value is not None})
    with pytest.raises(CheckpointError, match=message):
        load_model(saved)


def test_weights_of_another_shape_are_refused(saved):
    config = model_metadata(saved)["config"]
    rewrite(saved, config=config | {"skip_channels": 7})
    message = (
        r"the weights in model.safetensors do not fit its config: "
        r"decoder.layers.0.skip.bias holds \[5\], expected \[7\]. Save the model again"
    )
    with pytest.raises(CheckpointError, match=message):
        load_model(saved)


def test_missing_and_surplus_weights_are_refused(saved):
    weights = load_file(saved)
    start = weights.pop("decoder.start.bias")
    rewrite(saved, weights)
    with pytest.raises(CheckpointError, match=r"decoder.start.bias holds nothing, expected \[6\]"):
        load_model(saved)
    rewrite(saved, weights | {"decoder.start.bias": start, "echo": torch.zeros(2)})
    with pytest.raises(CheckpointError, match=r"echo holds \[2\], expected nothing"):
        load_model(saved)
