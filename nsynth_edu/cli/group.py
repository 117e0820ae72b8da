"""group plan, run, render, status, cancel, export: a class's sounds become instruments."""

from nsynth_edu.cli.console import check_output, progress, say
from nsynth_edu.cli.notes import installed_soundfont
from nsynth_edu.studio import backend
from nsynth_edu.studio import export as export_job
from nsynth_edu.studio.groups import plan_groups
from nsynth_edu.studio.job import Job, Worker
from nsynth_edu.studio.plan import Settings, StudioError


def plan(arguments):
    """Take everybody's sounds in; print who plays with whom, and who has to wait and why."""
    check_output(arguments.output, folder=True)
    settings = Settings(
        model=arguments.model,
        resolution=arguments.resolution,
        temperature=arguments.temperature,
        seed=arguments.seed,
    )
    with progress("notes") as report:
        made, said = plan_groups(
            arguments.submitted,
            arguments.output,
            settings,
            arguments.multigrid or (2, 2),
            installed_soundfont() if arguments.fill else None,
            arguments.assignment,
            report,
        )
    for group in made.groups:
        places = "; ".join(
            ", ".join(f"{one.name} ({one.owner})" for one in row) for row in group.rows
        )
        print(f"{group.id}: {places}")
    for student, why in made.waiting.items():
        say(f"{student} waits: {why}.")
    for student, sentences in said.items():
        for sentence in sentences:
            say(f"{student}: {sentence}")
    say(f"{len(made.groups)} groups, {len(Job(arguments.output).points)} points to be made in all.")


def run(arguments):
    """Make what is missing, here or on a cluster."""
    jobs = backend.submit(
        arguments.job, arguments.backend, arguments.workers, arguments.site, arguments.engine
    )
    if not jobs:
        say(str(backend.status(arguments.job)))
    elif arguments.backend == "slurm" and not arguments.wait:
        say(f"submitted as {jobs[0].job_id.split('_')[0]}; `group status` counts what is made.")
    else:
        with progress("points") as report:
            end = backend.wait(arguments.job, jobs, report)
        say(str(end))
        _complain(end)


def render(arguments):
    """Be one worker, as in a job array: make every so many-th point."""
    share, shares = arguments.share
    with progress("points") as report:
        made = Worker(arguments.job, share - 1, shares, arguments.engine)(report)
    say(f"made {made} points.")


def status(arguments):
    """Count what is made."""
    now = backend.status(arguments.job)
    print(now)
    _complain(now)


def cancel(arguments):
    """End the workers; what is made stays, and `group run` goes on."""
    backend.cancel(arguments.job)
    say("workers end after the points at hand; what is made stays.")


def export(arguments):
    """Write finished groups as instruments."""
    check_output(arguments.output, folder=True)
    for file in export_job(arguments.job, arguments.to, arguments.output, arguments.group):
        print(file)
    now = backend.status(arguments.job)
    if now.missing and not arguments.group:
        say(f"groups that are not finished were left out: {now}")


def _complain(now):
    for point, why in list(now.problems.items())[:10]:
        say(f"{point}: {why}")
    if now.problems:
        raise StudioError(f"{len(now.problems)} points could not be made.")
