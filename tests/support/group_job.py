"""What a group job is tried with: a class that has handed in, and a model that is quick."""

import json
import os
from functools import lru_cache

import numpy as np
import soundfile
import torch

from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, save_model
from nsynth_edu.sound import midi_to_hz, save_audio
from nsynth_edu.studio import NOTES, Job, plan_groups

TINY = NSynthConfig(
    encoder_channels=4, encoder_layers=2, layers=4, cycle=4, residual_channels=8, skip_channels=8
)


def tiny_model(path):
    """A very small model that sings something, written to a file -> its path."""
    torch.manual_seed(0)
    model = WaveNetAutoencoder(TINY).eval()
    torch.nn.init.normal_(model.decoder.logits.weight, std=0.3)
    save_model(model, path)
    return str(path)


@lru_cache
def tone(note, overtones):
    """4 s with overtones that fall off, fading out."""
    time = np.arange(64_000) / 16_000
    parts = [np.sin(2 * np.pi * k * midi_to_hz(note) * time) / k for k in overtones]
    sound = sum(parts) * np.exp(-time)
    return 0.6 * sound / np.abs(sound).max()


def hand_in(folder, students, notes=NOTES, assignment="ps5"):
    """Folders as nbgrader collects them, one per student."""
    for number, student in enumerate(students):
        for note in notes:
            sound = tone(note, range(1, 3 + number % 6))
            save_audio(folder / student / assignment / f"word{number % 3}_{note}.wav", sound)
    return folder


def planned(folder, settings):
    """Four students' sets, planned in `folder` as one group, and not yet made."""
    submitted = hand_in(folder / "submitted", [f"s{n}" for n in range(4)])
    plan_groups(submitted, folder / "job", settings)
    return Job(folder / "job")


def hand_in_thirty(folder, assignment):
    """A class: 27 sets, three that are broken, and one name that is no text -> who is broken."""
    students = [f"s{n:02d}" for n in range(29)] + [os.fsdecode(b"caf\xe9 \x1b[1m")]
    hand_in(folder, students, assignment=assignment)
    (folder / "s03" / assignment / "word0_36.wav").unlink()
    (folder / "s11" / assignment / "word2_24.wav").write_bytes(b"")
    fast = folder / "s20" / assignment / "word2_48.wav"
    soundfile.write(fast, tone(48, range(1, 3)), 44_100)
    return ["s03", "s11", "s20"]


def read_as_the_device_does(card, chosen=(0, 0, 0, 0)):
    """Open NSynth Super's app in a few lines: settings, corners, the matrix by its row rule.

    Args:
        card: its folder. chosen: which of its instruments each corner is turned to.
    """
    settings = json.loads((card / "settings.json").read_text())
    nsynth = settings["nsynth"]
    corners = zip(settings["corners"], chosen, strict=True)
    name = "_".join(corner["instruments"][number]["name"] for corner, number in corners)
    matrix = np.fromfile(card / "pads" / f"{name}.bin", "<i2").reshape(-1, nsynth["length"])

    def note(x, y, pitch):
        side = nsynth["resolution"]
        place = round(y * (side - 1)) * side + round(x * (side - 1))
        return matrix[place * len(nsynth["pitches"]) + nsynth["pitches"].index(pitch)] / 32768

    return settings, matrix, note
