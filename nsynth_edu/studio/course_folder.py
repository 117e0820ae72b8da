"""The course's files where a learner works: in a checkout, or in a folder of the learner's own."""

import hashlib
import json
from pathlib import Path

from nsynth_edu.sound.files import atomic_write, write_text

FIRST_LESSON = "00_hear_it_first.ipynb"
PACKED = Path(__file__).parents[1] / "course_files"  # in the wheel: course/ and media/
HOME = "nsynth-edu-course"
RECORD = ".nsynth-edu.json"  # what was copied: {file: SHA-256}


def find_course(places):
    """The course folder of the first of these folders that holds one; None if none does."""
    return next((p / "course" for p in places if (p / "course" / FIRST_LESSON).is_file()), None)


def copy_course(folder, version, source=PACKED):
    """Copy lessons and sounds to a folder, never over a learner's work.

    What the learner has not touched is brought up to date. Where a lesson was changed by the
    learner and by a newer version, the newer one is put next to it under a name of its own.

    Args:
        folder: where to; made if missing.
        version: of the package, for the name of such a lesson.
        source: folder with course/ and media/.

    Returns:
        list of the files that were put next to a learner's own, paths.

    Raises:
        ValueError: if the package came without the course's files.
        OSError: if the folder cannot be written.
    """
    folder, source = Path(folder), Path(source)
    if find_course([source]) is None:
        raise ValueError(
            f"there is no course/{FIRST_LESSON} here, and this installation has none either; "
            "install the released package (pip install nsynth-edu), or run lab in a checkout."
        )
    record = _read_record(folder)
    set_aside = []
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        if path.parent.name == "__pycache__":  # of my_nsynth.py, where pip has compiled it
            continue
        name = path.relative_to(source)
        content, target = path.read_bytes(), folder / name
        new = hashlib.sha256(content).hexdigest()
        last = record.get(name.as_posix())
        if target.exists() and new != last:
            own = hashlib.sha256(target.read_bytes()).hexdigest()
            if own not in (new, last):
                target = target.with_name(f"{target.stem} (version {version}){target.suffix}")
                set_aside.append(target)
        if not target.exists() or new != last:
            with atomic_write(target) as part:
                part.write_bytes(content)
        record[name.as_posix()] = new
    write_text(folder / RECORD, json.dumps(record, indent=1, sort_keys=True))
    return set_aside


def _read_record(folder):
    try:
        return dict(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
