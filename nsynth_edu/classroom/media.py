"""The course's sounds: where they lie and in which form; `studio.render_course_sounds` makes them.

::

    media/CREDITS.csv                 file, source, licence, author, changes: one line per file
    media/notes/<name>_<pitch>.wav    recorded notes
    media/reconstructions/...         what the model makes of them
    media/morphs/<a>_<b>_<pitch>.wav  half of each encoding, decoded
    media/line/, media/pad/           plane.json and <pitch>.flac: all points of one note in a row
"""

from pathlib import Path

from nsynth_edu.play import read_plane
from nsynth_edu.sound import fit_length, load_audio
from nsynth_edu.studio.course_folder import PACKED
from nsynth_edu.studio.credits import CREDITS


class MediaError(ValueError):
    """A sound of the course that is not where it should be; the message says what to do."""


def media_path(*parts):
    """Where a sound of the course lies: `media/...` next to the course folder.

    Raises:
        MediaError: if there is no media folder, or nothing of this name in it.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).parents, PACKED):
        if (folder / "media" / CREDITS).is_file():
            path = folder.joinpath("media", *parts)
            if path.exists():
                return path
            raise MediaError(
                f"there is no {Path(*parts)} in {folder / 'media'}; check the name, or get the "
                "course's files again."
            )
    raise MediaError(
        "the folder media/ with the course's sounds was not found; open the lesson inside a "
        "checkout of the course, where media/ lies next to course/."
    )


def load_note(name):
    """A note, 4 s at 16 kHz, float32 (time,): the course's by name or one of your own files.

    Args:
        name: such as "notes/trumpet_60", or the path of a sound file.

    Raises:
        MediaError: if the course has no such sound; AudioError if your file is none.

    Examples:
        >>> from nsynth_edu import load_note
        >>> load_note("notes/trumpet_60").shape
        (64000,)
    """
    path = Path(name) if Path(name).suffix else media_path(f"{name}.wav")
    return fit_length(load_audio(path))


def load_plane(folder):
    """Read a line or a pad, ready for its widget: ``Pad(**load_plane("pad"))``.

    Args:
        folder: a folder of :func:`save_plane`, or its name in `media/`.

    Returns:
        dict of sounds float32 (notes, rows, columns, time), notes and corners.

    Raises:
        MediaError: if a file is missing or does not hold the points it should.
    """
    folder = Path(folder) if Path(folder, "plane.json").is_file() else media_path(folder)
    try:
        return read_plane(folder)
    except ValueError as problem:
        raise MediaError(str(problem)) from problem
