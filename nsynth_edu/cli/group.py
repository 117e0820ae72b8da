"""group plan, run, render, status, cancel, export: a class's sounds become instruments."""

import shutil

from nsynth_edu import studio
from nsynth_edu.cli.console import check_output, counted, progress, say
from nsynth_edu.cli.notes import installed_soundfont
from nsynth_edu.sound.bounds import printable

# by default as in `last_settings`
SETTINGS = ("model", "resolution", "temperature", "sampling", "seed")


def plan(arguments):
    """Ingest all sets; print the groups, and everyone without a group with the reason."""
    check_output(arguments.output, folder=True)
    given = {name: getattr(arguments, name) for name in SETTINGS}
    given = {name: value for name, value in given.items() if value is not None}
    soundfont = arguments.soundfont or installed_soundfont()
    if arguments.course_instruments:
        return _plan_card(arguments, given, soundfont)
    if arguments.pitches:
        raise studio.StudioError("a class's notes are given; leave out --pitches.")
    with progress("notes") as report:
        made, messages = studio.plan_groups(
            arguments.submitted,
            arguments.output,
            studio.last_settings(arguments.output, **given),
            arguments.multigrid,
            soundfont if arguments.fill else None,
            arguments.assignment,
            report,
            arguments.prepare,
        )
    for group in made.groups:
        places = "; ".join(
            ", ".join(f"{one.name} ({printable(one.owner)})" for one in row) for row in group.rows
        )
        print(f"{group.id}: {places}")
    out = [student for student in messages if student not in made.planned]
    for student in sorted(messages, key=out.__contains__):  # those without a group come last
        for sentence in messages[student]:
            say(f"{printable(student)}: {sentence}")
    for student, reason in made.waiting.items():
        say(f"{printable(student)} waits: {reason}.")
    points, without = len(studio.Job(arguments.output).points), len({*out, *made.waiting})
    groups = counted(len(made.groups), "group")
    say(f"{groups}, {counted(points, 'point')} in all; {without} without a place.")


def _plan_card(arguments, given, soundfont):
    """Plan a card of the course's instruments; print its corners, and what making it will cost."""
    if arguments.fill or arguments.multigrid or arguments.assignment or arguments.prepare:
        raise studio.StudioError(
            "a card holds groups of four of the course's own instruments; leave out --fill, "
            "--multigrid, --assignment and --prepare."
        )
    if arguments.pitches:
        given["notes"] = tuple(sorted(set(arguments.pitches)))
    job = arguments.output
    with progress("notes") as report:
        settings = studio.last_settings(job, **given)
        made = studio.plan_card(soundfont, job, arguments.course_instruments, settings, report)
    for corner, names in zip(("NW", "NE", "SW", "SE"), studio.corners_of(made.groups), strict=True):
        print(f"{corner}: {', '.join(names)}")
    card, free = studio.card_bytes(made.groups), shutil.disk_usage(job).free
    say(
        f"{counted(len(made.groups), 'combination')}: {studio.forecast(job)} in {job}, and "
        f"{studio.gigabytes(card)} more for the card; {studio.gigabytes(free)} are free here. "
        f"Nothing has begun: `nsynth-edu group run {job}` begins. With a smaller --resolution "
        "there are fewer points, in a new folder."
    )


def run(arguments):
    """Make the missing points, here or on a cluster."""
    if arguments.backend == "local" and studio.working(arguments.job):
        say("workers of an earlier run are still running; waiting for them.")
        with progress("points") as report:
            studio.wait(arguments.job, progress=report)
    jobs = studio.submit(
        arguments.job, arguments.backend, arguments.workers, arguments.site, arguments.engine
    )
    if jobs and arguments.backend == "slurm" and not arguments.wait:
        array = jobs[0].job_id.split("_")[0]
        say(f"in the cluster's queue as {array}; `group status` counts the finished points.")
        return
    if jobs:
        with progress("points") as report:
            studio.wait(arguments.job, jobs, report)
    end = studio.status(arguments.job)
    say(str(end))
    _complain(end)
    if end.missing:
        raise studio.StudioError(
            f"the workers ended before all points were made; `group run {arguments.job}` continues."
        )


def render(arguments):
    """Run one worker of several, as in a job array."""
    worker, workers = arguments.share
    if (stop := studio.Job(arguments.job).stop).exists():
        raise studio.StudioError(f"{arguments.job} was cancelled; remove {stop} to continue.")
    with progress("points") as report:
        made = studio.Worker(arguments.job, worker - 1, workers, arguments.engine)(report)
    say(f"made {made} points.")


def status(arguments):
    """Count the finished points."""
    now = studio.status(arguments.job)
    print(now)
    states = list(studio.queue(arguments.job).values())
    for state in sorted(set(states)):
        say(f"in the cluster's queue: {states.count(state)} {state.lower()}.")
    _complain(now)


def cancel(arguments):
    """End the workers; finished points stay, and `group run` continues."""
    studio.cancel(arguments.job)
    say("workers end after their current points; finished points stay.")


def export(arguments):
    """Write finished groups as instruments."""
    check_output(arguments.output, folder=True)
    job, to, out = arguments.job, arguments.to, arguments.output
    with progress("points") as report:
        files = studio.export(job, to, out, arguments.group, arguments.points, report)
    for file in files:
        print(printable(str(file)))
    now = studio.status(arguments.job)
    if now.missing and not arguments.group:
        say(f"unfinished groups were left out: {now}")


def _complain(now):
    for point, reason in list(now.problems.items())[:10]:
        say(f"{point}: {reason}")
    if now.problems:
        raise studio.StudioError(f"{counted(len(now.problems), 'point')} could not be made.")
