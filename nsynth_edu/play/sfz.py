"""Pads for a sampler: WAV files, and one .sfz that maps them to keys and to two controllers.

::

    FOLDER/pad.sfz                              which key plays what, what the controllers mix
    FOLDER/samples/<note>_<row>_<column>.wav    three and two digits, rows from top to bottom

SFZ is text that many samplers read. Tests play it with sfizz.

Source: the opcodes as sfzformat.com describes them.
"""

from itertools import pairwise, product
from pathlib import Path

import numpy as np

from nsynth_edu.play.planes import point_name
from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.bounds import printable
from nsynth_edu.sound.cleaning import fade
from nsynth_edu.sound.files import write_pcm, write_text
from nsynth_edu.sound.pcm import to_int16

ACROSS, DOWN = 1, 74  # controllers: modulation wheel, brightness
HIGHEST = 127  # value of a controller, or key
ATTACK = 0.002  # s from silence, for sounds that do not begin with it: no click
RELEASE = 0.12  # s from key up to silence, as on the pad in a page
POINTS, MOST_POINTS = 3, 64  # per side; a key starts all of them, and sfizz has 64 voices
END = 160  # samples over which each sound fades out: 10 ms

_HEAD = """\
// A pad between {names}: {across} x {down} sounds for each of {notes} notes.
// CC 1, the modulation wheel, leads from left (0) to right (127); CC 74 from top to bottom.
// Gains are linear and add up to 1. A key starts all {voices} sounds of its note, most at gain 0:
// allow {voices} voices per key. A sound plays once, {seconds:g} s at its own pitch, and fades
// within {release:g} s of key up.
{credits}
<control>
label_cc1=left to right
label_cc74=top to bottom
set_cc1=64
set_cc74=64

<global>
loop_mode=no_loop
ampeg_attack={attack:g}
ampeg_release={release:g}
xf_cccurve=gain
"""


def save_sfz(folder, sounds, notes, corners, points=POINTS, credits=()):
    """Write a pad as an instrument for a sampler: ``save_sfz("pad", **read_plane(folder))``.

    Args:
        folder: created if missing.
        sounds: float32 (notes, rows, columns, time) in [-1, 1], 16 kHz, all at one gain; or an
            iterable that yields one note after another.
        notes: MIDI numbers; other keys play the nearest, see `key_zones`.
        corners: names of the instruments.
        points: how many per side are taken at most, 2 to 64, both ends among them.
        credits: sentences on where the sounds come from, for the .sfz and each WAV file.

    Returns:
        list of the paths written, the .sfz last.

    Raises:
        ValueError: if notes and sounds do not fit together.
        OSError: if a file cannot be written; those before it stay.
    """
    folder, files, regions = Path(folder), [], []
    for note, (low, high), grid in zip(notes, key_zones(notes), sounds, strict=True):
        regions.append(f"\n<group> lokey={low} hikey={high} pitch_keycenter={note}")
        rows, columns = np.shape(grid)[:2]
        down, across = _fades(DOWN, rows, points), _fades(ACROSS, columns, points)
        for row, column in product(down, across):
            name = f"samples/{Path(point_name(note, row, column)).stem}.wav"
            regions.append(" ".join([f"<region> sample={name}", *across[column], *down[row]]))
            files.append(folder / name)
            sound = fade(grid[row, column], end=END)
            write_pcm(files[-1], to_int16(sound), SAMPLE_RATE, "WAV", " ".join(credits))
    head = _HEAD.format(
        names=", ".join(map(printable, corners)), across=len(across), down=len(down),
        notes=len(notes), voices=len(across) * len(down), attack=ATTACK, release=RELEASE,
        seconds=np.shape(grid)[2] / SAMPLE_RATE,
        credits="".join(f"// {printable(sentence)}\n" for sentence in credits),
    )  # fmt: skip
    write_text(folder / "pad.sfz", head + "\n".join(regions) + "\n")
    return [*files, folder / "pad.sfz"]


def key_zones(notes):
    """Which keys play which note: the nearest one, half way between two the lower.

    Args:
        notes: different MIDI numbers in any order.

    Returns:
        list of (lowest, highest) key, one for each note; together they are all 128.

    Raises:
        ValueError: if there are none, two are equal, or one is not a MIDI number.
    """
    rising = sorted(notes)
    if len(set(rising)) != len(rising) or not rising or not 0 <= rising[0] <= rising[-1] <= HIGHEST:
        raise ValueError(f"notes are {list(notes)}; expected different MIDI numbers, 0 to 127.")
    ends = [-1, *((low + high) // 2 for low, high in pairwise(rising)), HIGHEST]
    zones = {
        note: (low + 1, high) for note, (low, high) in zip(rising, pairwise(ends), strict=True)
    }
    return [zones[note] for note in notes]


def _fades(controller, count, most):
    """The opcodes that fade each point of one side into the next: {index of the point: opcodes}.

    At whole values of the controller, evenly spaced, a single point sounds.
    """
    taken = np.linspace(0, count - 1, min(count, most, MOST_POINTS)).round().astype(int).tolist()
    fades = {index: [] for index in taken}
    for here, after in pairwise(taken):
        low, high = (int(HIGHEST * index / (count - 1) + 0.5) for index in (here, after))
        fades[here].append(f"xfout_locc{controller}={low} xfout_hicc{controller}={high}")
        fades[after].append(f"xfin_locc{controller}={low} xfin_hicc{controller}={high}")
    return fades
