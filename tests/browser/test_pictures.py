"""The README's pictures show what the course sounds and looks like now."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PICTURES = Path(__file__).parents[2] / "pictures"
KEPT = sorted(PICTURES.glob("*.png"))
LARGEST = 150_000  # bytes
OFF = 3.0  # of 255, on average; other fonts move letters


@pytest.fixture(scope="module")
def drawn(require, tmp_path_factory):
    """A folder with the pictures, drawn again."""
    require("chromium")
    folder = tmp_path_factory.mktemp("pictures")
    subprocess.run([sys.executable, PICTURES / "draw.py", folder], check=True)
    return folder


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"), float)


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.name)
def test_a_picture_is_what_the_command_draws(kept, drawn):
    again = pixels(drawn / kept.name)
    assert again.shape == pixels(kept).shape
    assert np.abs(again - pixels(kept)).mean() < OFF, "make pictures draws it again"
    assert kept.stat().st_size < LARGEST
