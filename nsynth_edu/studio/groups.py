"""From a class's submissions to a plan: sets are ingested, and four of them make a group."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from nsynth_edu.models import WaveNetAutoencoder, load_model
from nsynth_edu.sound import COURSE_PROGRAMS, program, render_notes
from nsynth_edu.sound.pcm import to_int16
from nsynth_edu.studio.intake import ingest, store_set
from nsynth_edu.studio.plan import (
    Group,
    Instrument,
    Plan,
    Settings,
    StudioError,
    add_groups,
    combinations,
)
from nsynth_edu.studio.samples import LONGEST_NAME, NOTES

MOST_COURSE = 16  # instruments of a card: four per corner, as the source's own pipeline makes them
COURSE = "the course"
PROGRAM_OF = {f"{COURSE}: {program(one).name}": program(one) for one in COURSE_PROGRAMS}
COURSE_OWNERS = frozenset(PROGRAM_OF)  # of the instruments that complete a group


def plan_groups(
    submitted, folder, settings=None, shape=None, fill=None, assignment=None, progress=None,
    prepare=False,
):  # fmt: skip
    """Ingest a class's sets, and assign everyone with a complete set to a group.

    Existing groups stay as they are: submitting later, or again, changes none of them.

    Args:
        submitted: a folder with one folder per student, see `ingest`.
        folder: of the job; created if missing, accessible to its owner only: it names students.
        settings: Settings of new groups; None = those of the job's last group, or the defaults.
        shape: instruments down and across; (2, 2), or larger for a multigrid; None = those of
            the job's last group, or (2, 2).
        fill: a SoundFont; the course's own instruments from it complete the last group.
        assignment, prepare: see `ingest`.
        progress: see `render_notes`; used only with `fill`.

    Returns:
        Plan as written, and {student: sentences about the submission} of those with any.

    Raises:
        StudioError: for a shape outside 2 x 2 to 8 x 8, or a model without an encoder.
        CheckpointError: for a model that does not exist or is damaged.
        AudioError: if the submitted folder cannot be read.
        OSError: if the job folder cannot be written, as on a full disk; then no group is made.
    """
    folder = Path(folder)
    old = Plan.read(folder) if (folder / "plan.json").is_file() else Plan()
    last = old.groups[-1] if old.groups else None
    shape = shape or (np.shape(last.rows)[:2] if last else (2, 2))
    if not all(2 <= side <= 8 for side in shape):
        raise StudioError(f"a group of {shape[0]} x {shape[1]}; expected 2 x 2 to 8 x 8.")
    settings = fit_model(settings or last_settings(folder))
    results = ingest(submitted, folder / "instruments", assignment, prepare)
    messages = {one.student: [*one.repairs, *map(str, one.problems)] for one in results}
    for student in messages.keys() & COURSE_OWNERS:
        messages[student].append("is the name of the course's own instrument; rename the folder.")
    sets = [
        Instrument(one.id, one.instrument, one.student)
        for one in results
        if one.id and one.student not in COURSE_OWNERS
    ]
    for owner, sentence in _replaced_sets(sets, old.groups):
        messages[owner].append(sentence)
    plan = add_groups(old, sets, settings, shape)
    if fill and plan.waiting:
        missing = shape[0] * shape[1] - len(plan.waiting)
        more = course_instruments(fill, folder / "instruments", missing, plan.planned, progress)
        plan = add_groups(plan, [*sets, *more], settings, shape)
    groups = list(old.groups)
    for group in plan.groups[len(old.groups) :]:
        groups.append(with_unique_names(group))
        for owner, sentence in _renamed_instruments(group, groups[-1]):
            messages.get(owner, []).append(sentence)  # the course's instruments have no messages
    plan = Plan(tuple(groups), plan.waiting)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    plan.write(folder)
    return plan, {student: sentences for student, sentences in messages.items() if sentences}


def _replaced_sets(sets, groups):
    """(owner, sentence) for each set that differs from the one in its owner's group."""
    planned = {i.owner: (i, group) for group in groups for i in group.instruments}
    for one in sets:
        before, group = planned.get(one.owner, (one, None))
        if before.id != one.id:
            sentence = (
                f"has submitted other sounds since group {group.id} was planned; the group keeps "
                "the first ones."
            )
            yield one.owner, sentence


def _renamed_instruments(before, after):
    """(owner, sentence) for each instrument whose name has changed."""
    for one, other in zip(before.instruments, after.instruments, strict=True):
        if one.name != other.name:
            sentence = (
                f"plays as {other.name}: another instrument of group {after.id} is called "
                f"{one.name}, too."
            )
            yield one.owner, sentence


def fit_model(settings):
    """Complete settings with what follows from their model.

    Args:
        settings: Settings; the duration of a point stays, in the frames of the model.

    Returns:
        Settings with the model's absolute path, hop, frames, a temperature and a sampling.

    Raises:
        StudioError: if the model has no encoder.
        CheckpointError: if there is no such model, or its file is damaged.
    """
    model = load_model(settings.model)
    if not isinstance(model, WaveNetAutoencoder):
        raise StudioError(
            f"{settings.model} is a {type(model).__name__}, which has no encoder; expected a "
            "WaveNetAutoencoder such as pocket."
        )
    hop, temperature, sampling = model.config.hop_length, settings.temperature, settings.sampling
    path = Path(settings.model)
    return replace(
        settings,
        model=str(path.resolve()) if path.is_file() else settings.model,  # workers start elsewhere
        frames=max(1, settings.samples // hop),
        temperature=model.recommended_temperature if temperature is None else temperature,
        sampling=model.recommended_sampling if sampling is None else sampling,
        hop_length=hop,
    )


def last_settings(folder, **changes):
    """Settings for new groups of a job: those of its last group, or the defaults.

    Args:
        folder: of the job; may be missing.
        changes: fields of Settings to replace.

    Returns:
        Settings.

    Raises:
        StudioError: if its plan is damaged.
    """
    groups = Plan.read(folder).groups if Path(folder, "plan.json").is_file() else ()
    return replace(groups[-1].settings if groups else Settings(), **changes)


def with_unique_names(group):
    """Rename instruments of equal name: the second one gets the number 2, and so on.

    Args:
        group: Group.

    Returns:
        Group.
    """
    names = set()

    def unique(instrument):
        name, number = instrument.name, 2
        while name in names:
            name = f"{instrument.name[: LONGEST_NAME - 2]}{number}"
            number += 1
        names.add(name)
        return replace(instrument, name=name)

    return Group(tuple(tuple(unique(one) for one in row) for row in group.rows), group.settings)


def course_instruments(soundfont, to, count, used=(), progress=None, notes=NOTES):
    """Render the course's own sets from a SoundFont.

    Args:
        soundfont: an .sf2 or .sf3 file.
        to: as for `ingest`.
        count: number of instruments.
        used: owners who have a place already; their instruments are skipped.
        progress: see `render_notes`.
        notes: of each set, MIDI numbers.

    Returns:
        list of Instrument, owned by the course.

    Raises:
        AudioError: if FluidSynth or the SoundFont is missing.
    """
    free = [owner for owner in PROGRAM_OF if owner not in used][:count]
    names = [PROGRAM_OF[owner].number for owner in free]
    sets = {}
    with tempfile.TemporaryDirectory() as folder:
        for note in render_notes(soundfont, folder, names, notes, [100], progress=progress):
            sets.setdefault(note.instrument_str, {})[note.pitch] = to_int16(note.load())
    made = []
    for owner in free:
        samples = sets.get(PROGRAM_OF[owner].instrument_str, {})
        if set(samples) == set(notes):
            name = PROGRAM_OF[owner].name.replace("_", "")[:LONGEST_NAME]
            made.append(Instrument(store_set(samples, Path(to)), name, owner))
    return made


def plan_card(soundfont, folder, count=MOST_COURSE, settings=None, progress=None):
    """Plan all combinations of the course's own instruments: what an Open NSynth Super asks for.

    Args:
        soundfont: an .sf2 or .sf3 file that the instruments are rendered from.
        folder: of the job; created if missing. It may hold the same plan already.
        count: of instruments, 4, 8, 12 or 16: a quarter of them for each corner.
        settings: Settings; its notes are those of the card.
        progress: see `render_notes`.

    Returns:
        Plan as written.

    Raises:
        StudioError: for another count, a model without an encoder, instruments without some of the
            notes, or a folder with other groups.
        CheckpointError: for a model that does not exist or is damaged.
        AudioError: if FluidSynth or the SoundFont is missing.
        OSError: if the job folder cannot be written.
    """
    folder = Path(folder)
    if count not in range(4, MOST_COURSE + 1, 4):
        raise StudioError(f"{count} instruments for four corners; expected 4, 8, 12 or 16.")
    old = Plan.read(folder).groups if (folder / "plan.json").is_file() else ()
    settings = fit_model(settings or last_settings(folder))
    notes = settings.notes
    sets = course_instruments(soundfont, folder / "instruments", count, (), progress, notes)
    if len(sets) < count:
        raise StudioError(
            f"only {len(sets)} of {count} instruments of {soundfont} sound at all of the notes "
            f"{', '.join(map(str, notes))}; expected notes that all of them have, like 48 to 72."
        )
    plan = Plan(combinations(sets, settings))
    if old and old != plan.groups:
        raise StudioError(f"{folder} holds other groups; plan the card into a folder of its own.")
    plan.write(folder)
    return plan
