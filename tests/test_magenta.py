"""Magenta's NSynth: its checkpoint read without TensorFlow, its numbers met by our layers.

`data/nsynth_random_tiny` is a narrow NSynth with random weights, saved and run by Magenta's own
code. Other checkpoints are written by `support/bundles.py`.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from bundles import DATA, INDEX, TYPES, field, slow_crc32c, write_bundle, write_index

from nsynth_edu.cli import main
from nsynth_edu.generation import generate
from nsynth_edu.models import (
    CheckpointError,
    NSynthConfig,
    WaveNetAutoencoder,
    import_magenta,
    save_model,
)
from nsynth_edu.models.bundle import masked_crc32c
from nsynth_edu.models.magenta import _layers, read_bundle
from nsynth_edu.sound import load_audio

TINY = Path(__file__).parent / "data" / "nsynth_random_tiny.ckpt-0"
EMA = "/ExponentialMovingAverage"


@pytest.fixture(scope="module")
def model():
    return import_magenta(TINY)


@pytest.fixture(scope="module")
def reference():
    return np.load(TINY.with_name("nsynth_random_tiny.npz"))


@pytest.fixture
def copy(tmp_path):
    """The path, without ending, of a copy to damage."""
    for ending in (INDEX, DATA):
        shutil.copy(f"{TINY}{ending}", tmp_path / f"copy{ending}")
    return tmp_path / "copy"


# --- the same sound as Magenta's --------------------------------------------------------------


def test_the_shape_is_read_off_the_checkpoint(model):
    assert model.config == NSynthConfig(
        bottleneck_channels=6, encoder_channels=12, residual_channels=24, skip_channels=20
    )
    assert not model.training
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_encodings_are_those_of_magenta(model, reference):
    z = model.encode(reference["audio"])
    np.testing.assert_allclose(z, reference["encoding"], rtol=0, atol=1e-4)


@torch.no_grad()
def test_logits_and_loss_are_those_of_magenta(model, reference):
    waveform, z = (torch.from_numpy(reference[name]) for name in ("audio", "encoding"))
    logits = model.logits(waveform, z)
    found = logits[..., ::16].transpose(1, 2).numpy()
    np.testing.assert_allclose(found, reference["logits_every_16th"], rtol=0, atol=1e-4)
    loss = F.cross_entropy(logits, torch.from_numpy(reference["mu_law"]).long() + 128)
    assert float(loss) == pytest.approx(float(reference["loss"]), abs=1e-4)


@torch.no_grad()
def test_probabilities_step_by_step_are_those_of_magenta(model, reference):
    fed = torch.from_numpy(reference["step_mu_law"]).float() / 128
    z = torch.from_numpy(reference["encoding"])
    biases = model.decoder.project(model.conditioning(z).frame(0))  # 512 steps: the first frame
    queues, found = model.decoder.queues(batch=2), []
    for t in range(fed.shape[1]):
        logits = model.decoder.step(fed[:, t : t + 1], biases, queues)
        found.append(logits.softmax(-1))
    found = torch.stack(found[::4], 1).numpy()
    np.testing.assert_allclose(found, reference["step_softmax"], rtol=0, atol=1e-4)


def test_the_published_model_has_a_place_for_each_of_magentas_variables():
    with torch.device("meta"):  # shapes without memory
        layers = dict(_layers(WaveNetAutoencoder(NSynthConfig.nsynth())))
    shapes = {name: tuple(layer.weight.shape[::-1]) for name, layer in layers.items()}
    assert 2 * len(shapes) == 374  # weights and biases
    assert set(shapes) == {name.removesuffix("/W") for name in read_bundle(TINY) if "/W" in name}
    assert shapes["startconv"] == (3, 1, 512) and shapes["dilatedconv_30"] == (3, 512, 1024)
    assert shapes["cond_map_1"] == (1, 16, 1024) and shapes["logits"] == (1, 256, 256)
    assert shapes["ae_dilatedconv_9"] == (3, 128, 128) and shapes["ae_bottleneck"] == (1, 128, 16)


# --- which weights ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A checkpoint as training leaves it: averages, Adam's memory, counters; and its numbers."""
    arrays = dict(read_bundle(TINY))
    for name, array in read_bundle(TINY).items():
        arrays[name + EMA] = array / 2
        if not name.startswith("res_30/"):
            arrays |= {f"{name}/Adam": array * 0 + 7, f"{name}/Adam_1": array * 0 + 8}
    arrays |= {"beta1_power": np.float32(0.5), "beta2_power": np.float32(0.25)}
    arrays["global_step"] = np.int32(200_000)
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    prefix = tmp_path_factory.mktemp("trained") / "model.ckpt-200000"
    write_bundle(prefix, arrays)
    return prefix, arrays


def test_a_training_checkpoint_has_as_many_variables_as_the_public_one(trained):
    prefix, arrays = trained
    found = read_bundle(prefix)
    assert len(found) == 1495 and found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())


def test_the_last_weights_are_taken_unless_the_averages_are_wanted(trained, model):
    last, averaged = import_magenta(trained[0]), import_magenta(trained[0], ema=True)
    assert last.config == averaged.config == model.config
    for name, weight in model.state_dict().items():
        assert torch.equal(last.state_dict()[name], weight), name
        assert torch.equal(averaged.state_dict()[name], weight / 2), name


def test_importing_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    import_magenta(TINY)
    assert torch.equal(torch.rand(3), expected)


# --- the files --------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["", INDEX, DATA, ".meta"])
def test_prefix_index_and_data_file_name_the_same_checkpoint(ending):
    assert len(read_bundle(f"{TINY}{ending}")) == 374


def test_arrays_are_windows_into_the_file():
    array = read_bundle(TINY)["dilatedconv_7/W"]
    assert array.shape == (1, 3, 24, 48)
    assert not array.flags.owndata and not array.flags.writeable


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("keys_per_block", [2, 100])
def test_every_type_shape_and_layout_is_read(tmp_path, shards, order, keys_per_block):
    random = np.random.default_rng(0)
    arrays = {
        f"{kind}/{'x' * len(shape)}": np.asarray(random.normal(size=shape) * 100).astype(kind)
        for kind in TYPES
        for shape in [(), (3,), (2, 3), (1, 3, 130, 2)]
    }
    write_bundle(
        tmp_path / "all", arrays | {"text": b"some words"}, shards, order,
        keys_per_block=keys_per_block,
    )  # fmt: skip
    found = read_bundle(tmp_path / "all")
    assert found.keys() == arrays.keys()  # all but the text
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)


def test_the_checksum_is_that_of_the_standard():
    rotated = (0xE3069283 >> 15 | 0xE3069283 << 17) % 2**32  # of "123456789", as the standard says
    assert masked_crc32c(b"123456789") == (rotated + 0xA282EAD8) % 2**32
    random = np.random.default_rng(0)
    for length in [0, 1, 4, 255, 256, 257, 3000]:
        data = random.bytes(length)
        assert masked_crc32c(data) == slow_crc32c(data), length


# --- errors -----------------------------------------------------------------------------------


def assert_refused(path, message, **options):
    with pytest.raises(CheckpointError, match=message):
        import_magenta(path, **options)


@pytest.mark.parametrize("path", ["model.ckpt-1", "model.ckpt-1.index", "", ".", "no/such/folder"])
def test_a_wrong_path_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(
        path, r"there is no checkpoint .*: expected .*index and its .data file. .* holds no other"
    )


def test_a_wrong_path_is_refused_with_what_the_folder_holds(copy):
    wanted = rf"Did you mean {copy}\?"
    assert_refused(copy.parent, wanted)
    assert_refused(copy.with_name("model.ckpt"), wanted)


def test_a_missing_data_file_is_refused(copy):
    Path(f"{copy}{DATA}").unlink()
    assert_refused(copy, f"copy{DATA} is missing; download it next to its .index file")


def test_one_missing_data_file_of_several_is_refused(tmp_path):
    write_bundle(tmp_path / "two", dict(read_bundle(TINY)), shards=2)
    (tmp_path / "two.data-00001-of-00002").unlink()
    assert_refused(tmp_path / "two", "two.data-00001-of-00002 is missing; download it next")


@pytest.mark.parametrize("kept", [0, 7, 5000, -1])
def test_an_index_cut_short_is_refused(copy, kept):
    index = Path(f"{copy}{INDEX}")
    index.write_bytes(index.read_bytes()[:kept])
    assert_refused(copy, "copy.index is truncated or is not the index of a TensorFlow checkp")


@pytest.mark.parametrize("lost", [1, 100, 5000])
def test_an_index_with_a_hole_is_refused(copy, lost):
    index = Path(f"{copy}{INDEX}")
    content = index.read_bytes()
    index.write_bytes(content[: 3000 - lost] + content[3000:])
    assert_refused(copy, r"copy.index is damaged at byte [\d,]+; download it again")


@pytest.mark.parametrize("place", [0, 4321, -53])
def test_one_wrong_byte_in_an_index_is_refused(copy, place):
    index = Path(f"{copy}{INDEX}")
    content = bytearray(index.read_bytes())
    content[place] ^= 1
    index.write_bytes(content)
    assert_refused(copy, r"copy.index is damaged at byte [\d,]+; download it again")


def test_a_compressed_index_is_refused(tmp_path):
    Path(f"{tmp_path}/packed{DATA}").touch()
    write_index(tmp_path / "packed", {b"": field(1, 1)}, compressed=True)
    assert_refused(tmp_path / "packed", "packed.index is compressed; expected an uncompressed ind")


@pytest.mark.parametrize("kept", [0, 1000, -1])
def test_data_cut_short_is_refused(copy, kept):
    data = Path(f"{copy}{DATA}")
    data.write_bytes(data.read_bytes()[:kept])
    message = r"data file 0 of copy is truncated: .* ends at byte [\d,]+, the file at [\d,]+. Down"
    assert_refused(copy, message)
    with pytest.raises(CheckpointError, match=message):
        read_bundle(copy)


def test_one_wrong_byte_in_the_data_is_refused(copy):
    data = Path(f"{copy}{DATA}")
    content = bytearray(data.read_bytes())
    content[300_000] ^= 1
    data.write_bytes(content)
    assert_refused(copy, r"\S+/W is damaged; download the checkpoint again")


def test_the_checkpoint_of_another_model_is_refused(tmp_path):
    write_bundle(tmp_path / "other", {"dense/kernel": np.ones((3, 4), np.float32)})
    message = r"other is not an NSynth checkpoint: none of its 1 variables is called startconv/W. C"
    assert_refused(tmp_path / "other", message)


@pytest.mark.parametrize(
    "name", ["logits/W", "res_17/biases", "dilatedconv_30/W", "ae_res_30/W", "ae_dilatedconv_1/W"]
)
def test_a_missing_layer_is_refused_by_name(tmp_path, name):
    arrays = dict(read_bundle(TINY))
    del arrays[name]
    write_bundle(tmp_path / "part", arrays)
    assert_refused(tmp_path / "part", f"none of its 373 variables is called {name}. Choose")


@pytest.mark.parametrize(
    "name, shape, expected",
    [
        ("cond_map_3/W", (1, 1, 7, 48), r"\(1, 1, 6, 48\)"),
        ("skip_9/biases", (21,), r"\(20,\)"),
        ("startconv/W", (3, 24), r"\(1, any, any, any\)"),
        ("logits/W", (2, 1, 20, 256), r"\(1, any, any, any\)"),
    ],
)
def test_a_layer_of_another_shape_is_refused(tmp_path, name, shape, expected):
    write_bundle(tmp_path / "odd", dict(read_bundle(TINY)) | {name: np.ones(shape, np.float32)})
    found = str(shape).replace("(", r"\(").replace(")", r"\)")
    message = f"odd is the checkpoint of another model: {name} has shape {found}, expected"
    assert_refused(tmp_path / "odd", f"{message} {expected}. Choose Magenta's wavenet-ckpt")


def test_missing_averages_are_refused():
    message = "nsynth_random_tiny.ckpt-0 holds no averaged weights; import it with ema=False"
    assert_refused(TINY, message, ema=True)


# --- what Magenta's commands leave -------------------------------------------------------------


@pytest.mark.parametrize("batch", [False, True])
def test_embeddings_that_magenta_saved_become_sound(model, reference, batch, tmp_path, capsys):
    """`nsynth_save_embeddings` writes (frames, 16), Open NSynth Super's scripts (1, frames, 16)."""
    save_model(model, tmp_path / "magenta.safetensors")
    z = reference["encoding"][0]
    np.save(tmp_path / "flute_embeddings.npy", z[None] if batch else z)
    line = f"decode {tmp_path}/flute_embeddings.npy --model {tmp_path}/magenta.safetensors"
    line += f" --pitch 60 --seed 3 -o {tmp_path}/flute.wav"
    assert main(line.split()) == 0
    said = capsys.readouterr().err
    assert "does not say which model encoded it" in said
    made = load_audio(tmp_path / "flute.wav")
    assert len(made) == len(z) * 512
    np.testing.assert_allclose(made, generate(model, z, seed=3), atol=1 / 32767)


def test_several_embeddings_in_one_file_are_one_sentence(reference, tmp_path, capsys):
    np.save(tmp_path / "both.npy", reference["encoding"])
    assert main(["decode", f"{tmp_path}/both.npy", "--pitch", "60", "-o", f"{tmp_path}/o.wav"]) == 1
    said = capsys.readouterr().err
    assert "has shape (2, 32, 6), as of 2 sounds; expected one" in said and "numpy.save(" in said
    np.save(tmp_path / "both.npy", reference["encoding"][0] + 1j)
    assert main(["decode", f"{tmp_path}/both.npy", "--pitch", "60", "-o", f"{tmp_path}/o.wav"]) == 1
    assert "its numbers are of the type complex" in capsys.readouterr().err
    assert not (tmp_path / "o.wav").exists()
