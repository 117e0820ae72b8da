"""CREDITS.csv of a folder of sounds: where each file comes from, and under which licence."""

import csv
import io

from nsynth_edu import __version__
from nsynth_edu.sound.files import write_text

CREDITS = "CREDITS.csv"
COURSE_SOURCE = ("FluidR3_GM SoundFont", "MIT", "Frank Wen")  # of the course's notes: FIELDS 2 to 4
FIELDS = ("file", "source", "licence", "author", "changes")
SAVED = (
    f"Saved with nsynth-edu {__version__}. Sounds that come with it: {COURSE_SOURCE[0]} "
    f"by {COURSE_SOURCE[2]}, {COURSE_SOURCE[1]} licence."
)  # who made a sound is not known where it is shown


def write_credits(folder, credits):
    """Add one line per file to a folder's CREDITS.csv; lines of files that are gone are dropped.

    Args:
        folder: pathlib.Path.
        credits: (source, licence, author, changes) by path of a file below `folder`.
    """
    path, lines = folder / CREDITS, {}
    if path.is_file():
        with path.open(newline="") as file:
            lines = {line["file"]: line for line in csv.DictReader(file)}
    for file, values in credits.items():
        name = file.relative_to(folder).as_posix()
        lines[name] = dict(zip(FIELDS, (name, *values), strict=True))
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(line for name, line in sorted(lines.items()) if (folder / name).is_file())
    write_text(path, text.getvalue())
