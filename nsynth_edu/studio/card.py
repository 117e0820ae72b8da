"""The files of an Open NSynth Super's card, of one group or of all combinations of instruments.

The formats are those of its app (googlecreativelab/open-nsynth-super, app/open-nsynth): the names
of the four chosen instruments, joined, name the pad that it loads, so that each corner may offer
several instruments if there is a pad for every combination.
"""

import json
from math import prod
from pathlib import Path

import numpy as np

from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.files import atomic_write, write_text
from nsynth_edu.sound.pcm import to_int16

DEVICE_LENGTH = 60_000  # samples of a note on the device
LOOP = (0.2, 0.41)  # start and end, as fractions of a note, of what repeats while a key is held
DISPLAY, SHORT = 8, 2  # letters of an instrument's name on the device


def corners_of(groups):
    """The instruments that each corner of a card offers, if some groups are all combinations.

    Args:
        groups: list of Group, each of four instruments.

    Returns:
        four lists of names, NW NE SW SE; None if a combination is missing, or if names or settings
        do not fit together.
    """
    names = [tuple(one.name for one in group.instruments) for group in groups]
    corners = [list(dict.fromkeys(corner)) for corner in zip(*names, strict=True)]
    complete = len(set(names)) == len(groups) == prod(map(len, corners))
    return corners if complete and len({group.settings for group in groups}) == 1 else None


def write_pad(path, sounds):
    """Write one pad: 16-bit little-endian samples without a header.

    Args:
        path: of the .bin file, written atomically.
        sounds: (notes, rows, columns, 60000), rows from top to bottom; the file holds them in the
            order (row * columns + column) * notes + note.

    Returns:
        path.

    Raises:
        OSError: if it cannot be written.
    """
    matrix = to_int16(np.moveaxis(sounds, 0, 2))
    with atomic_write(path) as part:
        matrix.tofile(part)
    return path


def write_settings(path, corners, settings):
    """Write the settings of the device's app: folder, notes, and the instruments of each corner.

    Args:
        path: of the .json file, written atomically.
        corners: four lists of names in the order in which the device draws them: NW NE SW SE.
        settings: Settings of the groups.

    Returns:
        path.

    Raises:
        OSError: if it cannot be written.
    """
    content = {
        "nsynth": {
            "dataDirectory": "/home/pi/pads",
            "resolution": settings.resolution,
            "pitches": list(settings.notes),
            "length": DEVICE_LENGTH,
            "sampleRate": SAMPLE_RATE,
            "looping": True,
            "loopStart": LOOP[0],
            "loopEnd": LOOP[1],
        },
        "corners": [{"instruments": [_entry(name) for name in corner]} for corner in corners],
        "audio": {"sampleRate": 48_000, "bufferSize": 128},
        "midi": {"device": "/dev/ttyAMA0", "channel": 1},
        "osc": {"in": {"port": 8000}},
    }
    write_text(Path(path), json.dumps(content, indent=1) + "\n")
    return path


def _entry(name):
    return {"name": name, "display": name[:DISPLAY].upper(), "abbr": name[:SHORT].upper()}


def card_bytes(groups):
    """Size of the pads of some groups on a card, in bytes."""
    return sum(
        2 * DEVICE_LENGTH * prod(group.shape) * len(group.settings.notes) for group in groups
    )
