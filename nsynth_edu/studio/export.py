"""Finished groups as instruments: a pad or multigrid with its page, a card for Open NSynth Super.

The device's formats are those that its app reads (googlecreativelab/open-nsynth-super).
"""

import json
from pathlib import Path

import numpy as np

from nsynth_edu.page.instrument_page import write_page
from nsynth_edu.play import save_plane
from nsynth_edu.sound import NOTE_LENGTH, SAMPLE_RATE
from nsynth_edu.sound.files import atomic_write, write_text
from nsynth_edu.sound.pcm import to_int16
from nsynth_edu.studio.clean import clean, common_gain
from nsynth_edu.studio.groups import COURSE
from nsynth_edu.studio.job import Job
from nsynth_edu.studio.plan import StudioError

DEVICE_LENGTH = 60_000  # samples of a note on the device
LOOP = (0.2, 0.41)  # of a note: the part that the device repeats while a key is held
DISPLAY, SHORT = 8, 2  # letters of an instrument's name on the device


def finished(job, group, length=NOTE_LENGTH):
    """All notes of a group, cleaned.

    Args:
        job: Job. group: Group of its plan. length: samples of each note.

    Returns:
        sounds float32 (notes, rows, columns, length), the loudest at 0.9, levels between them as
        made; and the number of clicks that were repaired.

    Raises:
        StudioError: if points are missing.
    """
    notes, clicks = note_by_note(job, group, length)
    return np.stack(list(notes)), clicks


def note_by_note(job, group, length=NOTE_LENGTH):
    """The same one note after another, (rows, columns, length): a multigrid fills the memory."""
    points = job.points_of(group)
    missing = sum(not job.is_made(point) for point in points)
    if missing:
        raise StudioError(
            f"{missing} of {len(points)} points of group {group.id} are not made yet; "
            f"`group run {job.folder}` makes them."
        )

    def cleaned(points):
        for point in points:
            yield clean(job.sound(point), length)

    looks = [(np.abs(sound).max(), clicks) for sound, clicks in cleaned(points)]
    peaks, clicks = zip(*looks, strict=True)
    gain, size = common_gain([np.array(peaks)]), int(np.prod(group.shape))
    notes = (
        gain * np.stack([sound for sound, _ in cleaned(points[first : first + size])])
        for first in range(0, len(points), size)
    )
    return (sounds.reshape(*group.shape, length) for sounds in notes), sum(clicks)


def export_plane(job, group, out, length=NOTE_LENGTH):
    """A folder that a browser plays without a kernel, and `Pad` or `MultigridPad` with one.

    Its index.html is the notebook's player; any static server will do for it.

    Returns:
        the page, its credits and plane.json; the sounds lie beside them, see `save_plane`.
    """
    sounds, clicks = note_by_note(job, group, length)
    rows = [[instrument.name for instrument in row] for row in group.rows]
    names = [name for row in rows for name in row]
    files = save_plane(
        out, sounds, group.settings.notes, names, one_file_per_point=True, instruments=rows,
        group=group.id, model=Path(group.settings.model).stem, clicks_repaired=clicks,
    )  # fmt: skip
    return [*write_page(out, credits(group, len(files) - 1, clicks)), files[-1]]


def credits(group, sounds, clicks):
    """Sentences on who made the sounds; students are not named."""
    makers = {"recorded by students of this group": [], "the course's own, from a SoundFont": []}
    for instrument in group.instruments:
        makers[list(makers)[instrument.owner.startswith(COURSE)]].append(instrument.name)
    settings = group.settings
    temperature = "as recommended" if settings.temperature is None else f"{settings.temperature:g}"
    return [
        *(f"{', '.join(names)}: {who}." for who, names in makers.items() if names),
        f"The {sounds} sounds of this instrument: sung by the model {Path(settings.model).stem} "
        f"of nsynth-edu from encodings of these and their mixtures (temperature "
        f"{temperature}, seed {settings.seed}); clicks repaired: {clicks}. "
        f"Group {group.id}.",
    ]


def export_super(job, group, out):
    """What goes on an Open NSynth Super's card: pads/NW_NE_SW_SE.bin and settings.json.

    The file holds 16-bit numbers, little-endian, no header: one row of 60,000 per note, row
    (y * resolution + x) * notes + note, y counting downwards. Its name joins the corners' names
    in the order in which the device draws them. One card takes one group: its app lets every
    corner be turned by itself, and would look for files that were never made.

    Returns:
        the files written.

    Raises:
        StudioError: for a group that is no square, or not finished.
    """
    if np.shape(group.rows)[:2] != (2, 2):
        raise StudioError(f"group {group.id} is a multigrid; the device plays groups of four.")
    names = [instrument.name for instrument in group.instruments]
    sounds, _ = finished(job, group, DEVICE_LENGTH)
    matrix = to_int16(sounds.transpose(1, 2, 0, 3))
    files = [Path(out, "pads", f"{'_'.join(names)}.bin"), Path(out, "settings.json")]
    with atomic_write(files[0]) as part:
        matrix.tofile(part)
    write_text(files[1], json.dumps(_settings(group, names), indent=1) + "\n")
    return files


def _settings(group, names):
    """What the device's app asks for: where, which notes, and what stands in each corner."""
    return {
        "nsynth": {
            "dataDirectory": "/home/pi/pads",
            "resolution": group.settings.resolution,
            "pitches": list(group.settings.notes),
            "length": DEVICE_LENGTH,
            "sampleRate": SAMPLE_RATE,
            "looping": True,
            "loopStart": LOOP[0],
            "loopEnd": LOOP[1],
        },
        "corners": [
            {
                "instruments": [
                    {
                        "name": name,
                        "display": name[:DISPLAY].upper(),
                        "abbr": name[:SHORT].upper(),
                    }
                ]
            }
            for name in names
        ],
        "audio": {"sampleRate": 48_000, "bufferSize": 128},
        "midi": {"device": "/dev/ttyAMA0", "channel": 1},
        "osc": {"in": {"port": 8000}},
    }


def export(folder, to, out, group=None):
    """Export a job, or one of its groups.

    Args:
        folder: of the job. to: "pad", "multigrid" or "nsynth-super".
        out: folder; each group gets one below it, named by its id.
        group: its id, or the first digits of it; None = all that are finished.

    Returns:
        the files written; of a pad or multigrid those that are not sounds.

    Raises:
        StudioError: for unfinished or unknown groups.
    """
    job = Job(folder)
    groups = [one for one in job.plan.groups if group is None or one.id.startswith(group)]
    if not groups:
        known = ", ".join(one.id for one in job.plan.groups) or "none"
        raise StudioError(f"there is no group {group or ''} in {folder}; there are: {known}.")
    square = [one for one in groups if np.shape(one.rows)[:2] == (2, 2)]
    chosen = [one for one in groups if one not in square] if to == "multigrid" else square
    if not chosen:
        other = "pad" if to == "multigrid" else "multigrid"
        raise StudioError(f"{folder} holds nothing that fits {to}; export to {other}.")
    if group is None:  # one that is not finished does not hold up the others
        done = [one for one in chosen if all(map(job.is_made, job.points_of(one)))]
        chosen = done or chosen
    write = export_super if to == "nsynth-super" else export_plane
    return [file for one in chosen for file in write(job, one, Path(out, one.id))]
