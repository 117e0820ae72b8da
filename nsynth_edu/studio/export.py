"""Export finished groups: a pad or multigrid with its page, an .sfz, an Open NSynth Super card."""

from functools import partial
from pathlib import Path

import numpy as np

from nsynth_edu.page.instrument_page import write_page
from nsynth_edu.play import read_plane, save_plane, save_sfz
from nsynth_edu.play.sfz import POINTS
from nsynth_edu.sound import NOTE_LENGTH
from nsynth_edu.sound.bounds import MOST_PLANE_SAMPLES, printable
from nsynth_edu.sound.files import write_text
from nsynth_edu.studio.card import DEVICE_LENGTH, corners_of, write_pad, write_settings
from nsynth_edu.studio.clean import clean, common_gain
from nsynth_edu.studio.groups import COURSE_OWNERS
from nsynth_edu.studio.job import Job
from nsynth_edu.studio.plan import StudioError


def cleaned_group(job, group, length=NOTE_LENGTH):
    """Read and clean all points of a group.

    Args:
        job: Job.
        group: Group of its plan.
        length: samples of each point.

    Returns:
        sounds float32 (notes, rows, columns, length) at a common gain, the loudest at 0.9; and the
        number of clicks that were repaired.

    Raises:
        StudioError: if points are missing.
    """
    notes, clicks = cleaned_notes(job, group, length)
    return np.stack(list(notes)), clicks


def cleaned_notes(job, group, length=NOTE_LENGTH, level=None):
    """Read and clean a group note by note, as a whole multigrid would fill the memory.

    Args, Raises: as for `cleaned_group`; level: (gain, clicks) of `common_level`, if several groups
        share it.

    Returns:
        iterator of float32 (rows, columns, length), one per note; and the number of clicks.
    """
    points = job.points_of(group)
    gain, clicks = level or common_level(job, [group], length)
    size = int(np.prod(group.shape))
    notes = (
        gain
        * np.stack([clean(job.sound(each), length)[0] for each in points[first : first + size]])
        for first in range(0, len(points), size)
    )
    return (sounds.reshape(*group.shape, length) for sounds in notes), clicks


def common_level(job, groups, length=NOTE_LENGTH, progress=None):
    """Measure the one gain that all points of some groups get.

    Args:
        job: Job.
        groups: list of Group of its plan.
        length: samples of each point.
        progress: called as progress(points read, points), or None.

    Returns:
        gain, float, which brings the loudest point to 0.9; and the number of clicks in all points.

    Raises:
        StudioError: if points are missing.
    """
    points = {job.path(point): point for each in groups for point in job.points_of(each)}
    missing = sum(not job.is_made(point) for point in points.values())
    if missing:
        which = f"group {groups[0].id}" if len(groups) == 1 else f"{len(groups)} groups"
        raise StudioError(
            f"{missing} of {len(points)} points of {which} are not made yet; "
            f"`group run {job.folder}` makes them."
        )
    peaks, clicks = [], 0
    for number, point in enumerate(points.values(), 1):
        sound, repaired = clean(job.sound(point), length)
        peaks.append(np.abs(sound).max())
        clicks += repaired
        if progress is not None:
            progress(number, len(points))
    return common_gain([np.array(peaks)]), clicks


def export_plane(job, group, out, length=NOTE_LENGTH):
    """Write a folder that a browser plays without a kernel, and `Pad` or `MultigridPad` with one.

    Its index.html is the notebook's player; any static web server can serve it.

    Args:
        job, group, length: as for `cleaned_group`.
        out: folder to write; created if missing.

    Returns:
        list of paths: the page, its credits and plane.json, without the sounds of `save_plane`.

    Raises:
        StudioError: if points are missing.
        OSError: if a file cannot be written.
    """
    sounds, clicks = cleaned_notes(job, group, length)
    rows = [[instrument.name for instrument in row] for row in group.rows]
    names = [name for row in rows for name in row]
    files = save_plane(
        out, sounds, group.settings.notes, names, one_file_per_point=True, instruments=rows,
        group=group.id, model=Path(group.settings.model).stem, clicks_repaired=clicks,
    )  # fmt: skip
    return [*write_page(out, credits(group, len(files) - 1, clicks)), files[-1]]


def credits(group, sounds, clicks, others=()):
    """Describe where the sounds of a group come from, without naming students.

    Args:
        group: Group.
        sounds: number of sounds.
        clicks: number of clicks that were repaired.
        others: further groups of the same card, with the same settings.

    Returns:
        list of sentences.
    """
    recorded, own = "recorded by students of this group", "the course's own, from a SoundFont"
    makers = {recorded: {}, own: {}}  # of names, in the order of the corners
    for instrument in (one for each in (group, *others) for one in each.instruments):
        makers[own if instrument.owner in COURSE_OWNERS else recorded][instrument.name] = True
    settings = group.settings
    model = printable(Path(settings.model).stem)
    temperature = "as recommended" if settings.temperature is None else f"{settings.temperature:g}"
    return [
        *(f"{', '.join(names)}: {who}." for who, names in makers.items() if names),
        f"The {sounds} sounds of this instrument: generated by the model {model} of nsynth-edu "
        f"from encodings of these and their mixtures (temperature {temperature}, seed "
        f"{settings.seed}); clicks repaired: {clicks}." + ("" if others else f" Group {group.id}."),
    ]


def export_sfz(job, group, out, points):
    """Write samples and an .sfz for a sampler, see `save_sfz`, and credits.txt.

    Args:
        job, group: as for `cleaned_group`.
        out: folder to write; created if missing.
        points: how many per side are taken at most.

    Returns:
        list of paths: the credits and the .sfz, without the samples.

    Raises:
        StudioError: if points are missing.
        OSError: if a file cannot be written.
    """
    notes, clicks = cleaned_notes(job, group)
    names = [instrument.name for instrument in group.instruments]
    count = len(group.settings.notes) * int(np.prod(np.minimum(group.shape, points)))
    sentences = credits(group, count, clicks)
    files = save_sfz(out, notes, group.settings.notes, names, points, sentences)
    write_text(Path(out, "credits.txt"), "\n".join(sentences) + "\n")
    return [Path(out, "credits.txt"), files[-1]]


def export_card(job, groups, out, progress=None):
    """Write an Open NSynth Super's card: a pad for each group, settings.json and credits.txt.

    Args:
        job: Job.
        groups: list of Group, all combinations of the instruments of four corners, or one.
        out: folder to write; created if missing.
        progress: called as progress(points read, points) while levels are compared, or None.

    Returns:
        list of paths, the settings last.

    Raises:
        StudioError: if points are missing.
        OSError: if a file cannot be written.
    """
    level = common_level(job, groups, DEVICE_LENGTH, progress)
    sounds = sum(len(job.points_of(group)) for group in groups)
    files = [Path(out, "credits.txt")]
    write_text(files[0], "\n".join(credits(groups[0], sounds, level[1], groups[1:])) + "\n")
    for group in groups:
        name = "_".join(instrument.name for instrument in group.instruments)
        sounds = np.stack(list(cleaned_notes(job, group, DEVICE_LENGTH, level)[0]))
        files.append(write_pad(Path(out, "pads", f"{name}.bin"), sounds))
    settings = Path(out, "settings.json")
    return [*files, write_settings(settings, corners_of(groups), groups[0].settings)]


def _one_card(job, group, out):
    return export_card(job, [group], out)


def read_instrument(folder, group=None):
    """Read what an instrument plays: an exported pad or multigrid, or a finished group of a job.

    Args:
        folder: of `save_plane` or of the job.
        group: id of the job's group, or the first digits of it; None = the only finished one.

    Returns:
        dict of sounds float32 (notes, rows, columns, time), notes and corners, as `read_plane`.

    Raises:
        ValueError: if the folder is neither, or its files are damaged.
        StudioError: if not exactly one finished group is meant, or it is larger than a pad may be.
    """
    if Path(folder, "plane.json").is_file():
        if group is not None:
            raise StudioError(f"{folder} is one pad, without groups; leave out --group.")
        return read_plane(folder)
    if not Path(folder, "plan.json").is_file():
        raise StudioError(
            f"{folder} is not an instrument; expected the folder of a group job, which holds "
            "plan.json, or of one exported pad, which holds plane.json."
        )
    job = Job(folder)
    one = _finished(job, group)
    return {
        "sounds": cleaned_group(job, one)[0],
        "notes": list(one.settings.notes),
        "corners": [instrument.name for instrument in one.instruments],
    }


def _finished(job, group):
    """The one finished group of a job, or the one of several whose id begins with some digits."""
    done = [one for one in _chosen(job, group) if all(map(job.is_made, job.points_of(one)))]
    if not done:
        which = f" {group}" if group else ""
        raise StudioError(
            f"no group{which} of {job.folder} is finished; `group run {job.folder}` goes on."
        )
    if len(done) > 1:
        ids = ", ".join(one.id for one in done)
        raise StudioError(
            f"{job.folder} has {len(done)} finished groups, {ids}; name one (--group)."
        )
    samples = len(job.points_of(done[0])) * NOTE_LENGTH
    if samples > MOST_PLANE_SAMPLES:
        raise StudioError(
            f"group {done[0].id} has {samples:,} samples; expected at most {MOST_PLANE_SAMPLES:,}."
        )
    return done[0]


def _chosen(job, group):
    """The groups of a job whose ids begin with some digits; all of them for None."""
    groups = [one for one in job.plan.groups if group is None or one.id.startswith(group)]
    if not groups:
        known = ", ".join(one.id for one in job.plan.groups) or "none"
        raise StudioError(f"there is no group {group or ''} in {job.folder}; there are: {known}.")
    return groups


def export(folder, to, out, group=None, points=POINTS, progress=None):
    """Export a job, or one of its groups.

    Groups that are all combinations of some instruments, see `plan_card`, make one card for an Open
    NSynth Super. Other groups get a card each, as its app would offer combinations without a pad.

    Args:
        folder: of the job.
        to: "pad", "multigrid", "sfz" or "nsynth-super".
        out: folder; each group gets a folder in it, named by its id, a card of several "card".
        group: its id, or the first digits of it; None = all that are finished.
        points: per side, for "sfz" only, see `save_sfz`.
        progress: called as progress(points read, points) for a card, or None.

    Returns:
        list of the paths written, without the sounds of a pad, multigrid or sfz.

    Raises:
        StudioError: for unfinished or unknown groups, or if none has the shape that `to` needs.
        OSError: if a file cannot be written.
    """
    job = Job(folder)
    groups = _chosen(job, group)
    square = [one for one in groups if np.shape(one.rows)[:2] == (2, 2)]
    chosen = [one for one in groups if one not in square] if to == "multigrid" else square
    if not chosen:
        other = "pad" if to == "multigrid" else "multigrid"
        raise StudioError(f"{folder} holds no group for {to}; export to {other}.")
    if to == "nsynth-super" and group is None and len(square) > 1 and corners_of(square):
        return export_card(job, square, Path(out, "card"), progress)
    if group is None:  # an unfinished group does not hold up the others
        done = [one for one in chosen if all(map(job.is_made, job.points_of(one)))]
        chosen = done or chosen
    writers = {"nsynth-super": _one_card, "sfz": partial(export_sfz, points=points)}
    write = writers.get(to, export_plane)
    return [file for one in chosen for file in write(job, one, Path(out, one.id))]
