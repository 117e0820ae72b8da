"""Measure a group job: sounds per minute of `group run`, and its time outside generation.

The job is a real one, of the course's sounds in a temporary folder; its worker is a separate
process, as `group run` starts it. Then a worker in this process makes the same points again under
the profiler, which separates generation from everything else.
"""

import cProfile
import pstats
import tempfile
import time

from nsynth_edu.generation import choose_engine, generate
from nsynth_edu.models import load_model
from nsynth_edu.sound import NOTE_LENGTH, SAMPLE_RATE, save_audio
from nsynth_edu.studio.backend import submit, wait, working
from nsynth_edu.studio.job import Job, Maker, Worker
from nsynth_edu.studio.plan import Group, Instrument, Plan, Settings

WHOLE = Settings()  # of a group as `group plan` makes it: 9 x 9 points, seven notes, 4 s
NOTE = 60  # MIDI, of the sounds
POLL = 0.02  # s between two looks at whether the worker has begun


def group_row(sounds, rows, quick=False, progress=None):
    """Measure a group job with one worker, for the table of the engines.

    Args:
        sounds: {name: waveform (64000,)} of four instruments, at note 60.
        rows: of `generation.bench.run`, from the same run.
        quick: 4 sounds of half a second instead of 9 of 4 s.
        progress: called as progress(made, wanted), or None.

    Returns:
        dict with the keys of the other rows, and
        sounds_per_minute: sounds of 4 s, at the rate samples_per_second, measured from the
        worker's start to its last file.
        seconds_once: s for the worker to start and to end, whatever the number of points.
        outside_generation: fraction of the worker's time.
        outside_generation_of_567: the same fraction, extrapolated to a whole group, whose corners
        are encoded once for the 81 points of a note.
    """
    settings = Settings(notes=(NOTE,), resolution=2 if quick else 3, frames=16 if quick else 125)
    with tempfile.TemporaryDirectory() as folder:
        job = plan(folder, sounds, settings)
        work, once = run(job, progress)
        for point in job.points:
            job.path(point).unlink()
        generating, encoding, wall, quiet = profile(job)
        rate = len(job.points) * settings.samples / work
        engine = choose_engine(load_model(settings.model), len(job.points))
    notes, points = len(WHOLE.notes), len(WHOLE.notes) * WHOLE.resolution**2
    times = points / len(job.points)  # as many points
    inside = times * generating * WHOLE.frames / settings.frames
    outside = times * (wall - generating - encoding) + notes * encoding
    reference, alone = row_of(rows, "reference"), row_of(rows, engine)
    faster = rate / alone["samples_per_second"]
    return alone | {
        "engine": "group run",
        "samples_per_second": rate,
        "times_real_time": rate / SAMPLE_RATE,
        "ratio_to_reference": rate / reference["samples_per_second"],
        "operations_per_second": faster * alone["operations_per_second"],
        "share_of_limit": faster * alone["share_of_limit"],
        "quiet": quiet,
        "sounds_per_minute": 60 * rate / NOTE_LENGTH,
        "seconds_once": once,
        "outside_generation": 1 - generating / wall,
        f"outside_generation_of_{points}": outside / (inside + outside),
    }


def plan(folder, sounds, settings):
    """Write the plan and the samples of one group.

    Args:
        folder: of the job.
        sounds: {name: waveform (64000,)} of four instruments.
        settings: Settings.

    Returns:
        Job.
    """
    four = [Instrument(name, name.replace("_", ""), "the course") for name in sounds]
    Plan((Group((tuple(four[:2]), tuple(four[2:])), settings),)).write(folder)
    job = Job(folder)
    for name, waveform in sounds.items():
        save_audio(job.folder / "instruments" / name / f"{NOTE}.wav", waveform)
    return job


def run(job, progress=None):
    """Run a job as `group run` does, with one worker.

    Args:
        job: Job.
        progress: called as progress(made, wanted), or None.

    Returns:
        s from the worker's start to its last file; s for everything else; both wall time.
    """
    asked = time.time()
    jobs = submit(job.folder, workers=1)
    while not working(job.folder) and not jobs[0].done():
        time.sleep(POLL)
    began = time.time()
    wait(job.folder, jobs, progress)
    work = max(job.path(point).stat().st_mtime for point in job.points) - began
    return work, time.time() - asked - work


def profile(job):
    """Make a job's points in this process, under the profiler.

    Args:
        job: Job.

    Returns:
        s in `generate`, s of encoding the corners, s in total (wall time), and CPU time as a
        fraction of wall time.
    """
    profiler, cpu, wall = cProfile.Profile(), time.process_time(), time.perf_counter()
    profiler.runcall(Worker(job.folder))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    spent = pstats.Stats(profiler).stats  # (file, line, function): (..., cumulative s, ...)
    codes = generate.__code__, Maker.encoding.__code__
    inside = [spent[c.co_filename, c.co_firstlineno, c.co_name][3] for c in codes]
    return *inside, wall, cpu / wall


def row_of(rows, engine):
    """The engine's row for the pocket model, with the engine's default weights."""

    own = [row for row in rows if (row["engine"], row["preset"]) == (engine, "pocket")]
    return next((row for row in own if row["dtype"] == "int16"), own[0] if own else rows[0])
