"""group plan, run, render, status, cancel, export: a class's sounds become instruments."""

from nsynth_edu import studio
from nsynth_edu.cli.console import check_output, progress, say
from nsynth_edu.cli.notes import installed_soundfont

# what is not named here is as before, see `last_settings`
ASKED = ("model", "resolution", "temperature", "sampling", "seed")


def plan(arguments):
    """Take everybody's sounds in; print who plays with whom, and who has to wait and why."""
    check_output(arguments.output, folder=True)
    asked = {name: getattr(arguments, name) for name in ASKED}
    asked = {name: value for name, value in asked.items() if value is not None}
    with progress("notes") as report:
        made, said = studio.plan_groups(
            arguments.submitted,
            arguments.output,
            studio.last_settings(arguments.output, **asked),
            arguments.multigrid,
            installed_soundfont() if arguments.fill else None,
            arguments.assignment,
            report,
        )
    for group in made.groups:
        places = "; ".join(
            ", ".join(f"{one.name} ({plain(one.owner)})" for one in row) for row in group.rows
        )
        print(f"{group.id}: {places}")
    out = [student for student in said if student not in made.planned]
    for student in sorted(said, key=out.__contains__):  # who has no place comes last
        for sentence in said[student]:
            say(f"{plain(student)}: {sentence}")
    for student, why in made.waiting.items():
        say(f"{plain(student)} waits: {why}.")
    points, without = len(studio.Job(arguments.output).points), len({*out, *made.waiting})
    say(f"{len(made.groups)} groups, {points} points to be made in all; {without} without a place.")


def run(arguments):
    """Make what is missing, here or on a cluster."""
    if arguments.backend == "local" and studio.working(arguments.job):
        say("workers of an earlier run are still at work; waiting for them.")
        with progress("points") as report:
            studio.wait(arguments.job, progress=report)
    jobs = studio.submit(
        arguments.job, arguments.backend, arguments.workers, arguments.site, arguments.engine
    )
    if jobs and arguments.backend == "slurm" and not arguments.wait:
        array = jobs[0].job_id.split("_")[0]
        say(f"in the cluster's queue as {array}; `group status` counts what is made.")
        return
    if jobs:
        with progress("points") as report:
            studio.wait(arguments.job, jobs, report)
    end = studio.status(arguments.job)
    say(str(end))
    _complain(end)
    if end.missing:
        raise studio.StudioError(
            f"the workers ended, or were ended, before all was made; `group run {arguments.job}` "
            "goes on."
        )


def render(arguments):
    """Be one worker, as in a job array: make its share of the points."""
    share, shares = arguments.share
    if (stop := studio.Job(arguments.job).stop).exists():
        raise studio.StudioError(f"{arguments.job} was cancelled; remove {stop} to go on.")
    with progress("points") as report:
        made = studio.Worker(arguments.job, share - 1, shares, arguments.engine)(report)
    say(f"made {made} points.")


def status(arguments):
    """Count what is made."""
    now = studio.status(arguments.job)
    print(now)
    states = list(studio.queue(arguments.job).values())
    for state in sorted(set(states)):
        say(f"in the cluster's queue: {states.count(state)} {state.lower()}.")
    _complain(now)


def cancel(arguments):
    """End the workers; what is made stays, and `group run` goes on."""
    studio.cancel(arguments.job)
    say("workers end after the points at hand; what is made stays.")


def export(arguments):
    """Write finished groups as instruments."""
    check_output(arguments.output, folder=True)
    for file in studio.export(arguments.job, arguments.to, arguments.output, arguments.group):
        print(file)
    now = studio.status(arguments.job)
    if now.missing and not arguments.group:
        say(f"groups that are not finished were left out: {now}")


def plain(name):
    """A folder's name as it can be printed on any screen."""
    return name if name.isprintable() else ascii(name)


def _complain(now):
    for point, why in list(now.problems.items())[:10]:
        say(f"{point}: {why}")
    if now.problems:
        raise studio.StudioError(f"{len(now.problems)} points could not be made.")
