"""The files that a live page embeds: the compiled engine and its weights."""

import importlib.util
import json

import numpy as np
import pytest
from models import small_autoencoder

from nsynth_edu import load_model
from nsynth_edu.generation.page_weights import page_weights
from nsynth_edu.page.build import compile_decoder
from nsynth_edu.page.bundle import STATIC
from nsynth_edu.page.live_page import write_live_page


@pytest.mark.skipif(not importlib.util.find_spec("ziglang"), reason="needs ziglang")
def test_the_committed_engines_are_what_their_source_compiles_to(request, tmp_path):
    committed = {
        False: STATIC / "decoder.wasm",
        True: request.path.parent / "data" / "decoder_exact.wasm",
    }
    for exact, path in committed.items():
        compile_decoder(tmp_path / "made.wasm", exact)
        assert (tmp_path / "made.wasm").read_bytes() == path.read_bytes()


def test_the_weights_file_says_how_the_model_is_played():
    model = load_model("pocket")
    file = page_weights(model, "pocket")
    length = int.from_bytes(file[:4], "little")
    header = json.loads(file[4 : 4 + length])
    assert (4 + length) % 16 == 0 and len(file) < 1e6
    assert header["sampling"] == model.recommended_sampling
    assert header["temperature"] == model.recommended_temperature
    assert header["preemphasis"] == getattr(model.config, "preemphasis", 0.0)
    assert header["level_map"] == np.asarray(model.level_map).tolist()


def test_a_decoder_of_other_sizes_is_refused_in_a_sentence():
    with pytest.raises(
        ValueError, match="residual_channels is 8; the page's engine is made for 64"
    ):
        page_weights(small_autoencoder(), "small")


def test_a_page_without_four_encodings_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"corners of shape \(3, 10, 16\); expected four"):
        write_live_page(tmp_path / "live.html", b"", np.zeros((3, 10, 16)), ["a"] * 3, [])
    assert not list(tmp_path.iterdir())
