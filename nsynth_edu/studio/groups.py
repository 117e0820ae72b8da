"""From what a class handed in to a plan: sets are ingested, and four of them make a group."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from nsynth_edu.models import model_metadata
from nsynth_edu.sound import COURSE_PROGRAMS, program, render_notes
from nsynth_edu.sound.pcm import to_int16
from nsynth_edu.studio.intake import keep, take
from nsynth_edu.studio.plan import Group, Instrument, Plan, Settings, StudioError, add_groups
from nsynth_edu.studio.samples import LONGEST_NAME, NOTES

COURSE = "the course"  # owner of the instruments that fill a group up


def plan_groups(
    submitted, folder, settings=None, shape=None, fill=None, assignment=None, progress=None
):
    """Ingest a class's sets, and give everyone with a complete set a place in a group.

    Existing groups stay as they are: handing in later, or again, changes none of them.

    Args:
        submitted: a folder with one folder per student, see `take`.
        folder: of the job; made if missing, open to its owner only: it names students.
        settings: Settings of new groups; None = those of the job's last group, or the defaults.
        shape: instruments down and across; (2, 2), or larger for a multigrid; None = those of
            the job's last group, or (2, 2).
        fill: a SoundFont; the course's own instruments from it complete the last group.
        assignment: see `take`.
        progress: see `render_notes`; only where a group is filled.

    Returns:
        Plan as written, and {student: sentences about the hand-in}, only of those who have some.

    Raises:
        StudioError: for a shape outside 2 x 2 to 8 x 8.
        CheckpointError: for a model that does not exist.
        AudioError: where nothing can be read at all.
        OSError: where nothing can be written, as on a full disk; then no group is made.
    """
    folder = Path(folder)
    old = Plan.read(folder) if (folder / "plan.json").is_file() else Plan()
    last = old.groups[-1] if old.groups else None
    shape = shape or (np.shape(last.rows)[:2] if last else (2, 2))
    if not all(2 <= side <= 8 for side in shape):
        raise StudioError(f"a group of {shape[0]} x {shape[1]}; expected 2 x 2 to 8 x 8.")
    settings = settings or last_settings(folder)
    about = model_metadata(settings.model)
    for name in ("temperature", "sampling"):
        if getattr(settings, name) is None:
            settings = replace(settings, **{name: about[f"recommended_{name}"]})
    if Path(settings.model).is_file():  # workers may start elsewhere
        settings = replace(settings, model=str(Path(settings.model).resolve()))
    taken = take(submitted, folder / "instruments", assignment)
    messages = {one.student: [str(problem) for problem in one.problems] for one in taken}
    sets = [Instrument(one.id, one.instrument, one.student) for one in taken if one.id]
    planned = {i.owner: (i, group) for group in old.groups for i in group.instruments}
    for one in sets:
        before, group = planned.get(one.owner, (one, None))
        if before.id != one.id:
            messages[one.owner].append(
                f"has handed in other sounds since group {group.id} was planned; the group keeps "
                "the first ones."
            )
    plan = add_groups(old, sets, settings, shape)
    if fill and plan.waiting:
        missing = shape[0] * shape[1] - len(plan.waiting)
        more = course_instruments(fill, folder / "instruments", missing, plan.planned, progress)
        plan = add_groups(plan, [*sets, *more], settings, shape)
    new = plan.groups[len(old.groups) :]
    apart = [with_names_apart(group) for group in new]
    for before, after in zip(new, apart, strict=True):
        for one, renamed in zip(before.instruments, after.instruments, strict=True):
            if one.name != renamed.name and one.owner in messages:
                messages[one.owner].append(
                    f"plays as {renamed.name}: another one of group {after.id} is called "
                    f"{one.name}, too."
                )
    plan = Plan((*old.groups, *apart), plan.waiting)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    plan.write(folder)
    return plan, {student: sentences for student, sentences in messages.items() if sentences}


def last_settings(folder, **changes):
    """Settings of a job's last group, with changes; the defaults where there is none yet."""
    groups = Plan.read(folder).groups if Path(folder, "plan.json").is_file() else ()
    return replace(groups[-1].settings if groups else Settings(), **changes)


def with_names_apart(group):
    """A group whose instruments all have different names: the second of a name gets a number."""
    names = set()

    def apart(instrument):
        name, number = instrument.name, 2
        while name in names:
            name = f"{instrument.name[: LONGEST_NAME - 2]}{number}"
            number += 1
        names.add(name)
        return replace(instrument, name=name)

    return Group(tuple(tuple(apart(one) for one in row) for row in group.rows), group.settings)


def course_instruments(soundfont, to, count, taken=(), progress=None):
    """The course's own sets, seven notes each, from a SoundFont.

    Args:
        soundfont: an .sf2 or .sf3 file. to: as for `take`. count: how many are wanted.
        taken: owners who have a place already; their instruments are passed over.

    Returns:
        list of Instrument, owned by the course.
    """
    programs = {f"{COURSE}: {program(one).name}": program(one) for one in COURSE_PROGRAMS}
    free = [owner for owner in programs if owner not in taken][:count]
    names = [programs[owner].number for owner in free]
    sets = {}
    with tempfile.TemporaryDirectory() as folder:
        for note in render_notes(soundfont, folder, names, NOTES, [100], progress=progress):
            sets.setdefault(note.instrument_str, {})[note.pitch] = to_int16(note.load())
    made = []
    for owner in free:
        samples = sets.get(programs[owner].instrument_str, {})
        if set(samples) == set(NOTES):
            word = programs[owner].name.replace("_", "")[:LONGEST_NAME]
            made.append(Instrument(keep(samples, Path(to)), word, owner))
    return made
