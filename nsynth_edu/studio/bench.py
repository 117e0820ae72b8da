"""How fast is a group job: sounds per minute of `group run`, and the time it spends beside singing.

The job is a real one, of the course's sounds in a folder that is gone afterwards; its worker is a
process of its own, as `group run` starts it. Then a worker in this process makes the same points
once more under the profiler, which tells generation from the rest.
"""

import cProfile
import pstats
import tempfile
import time

from nsynth_edu.generation import choose_engine, generate
from nsynth_edu.models import load_model
from nsynth_edu.sound import NOTE_LENGTH, SAMPLE_RATE, save_audio
from nsynth_edu.studio.backend import submit, wait, working
from nsynth_edu.studio.job import HOP_LENGTH, Job, Maker, Worker
from nsynth_edu.studio.plan import Group, Instrument, Plan, Settings

WHOLE = Settings()  # of a group as `group plan` makes it: 9 x 9 points, seven notes, 4 s
NOTE = 60  # MIDI, of the sounds
POLL = 0.02  # s between two looks at whether the worker has begun


def group_row(sounds, rows, quick=False, progress=None):
    """Measure a group job with one worker, beside the engines.

    Args:
        sounds: {name: waveform (64000,)} of four instruments, at note 60.
        rows: of `generation.bench.run`, from the same run.
        quick: 4 sounds of half a second in place of 9 of 4 s.
        progress: called as progress(made, wanted), or None.

    Returns:
        dict with the keys of the other rows, and
        sounds_per_minute: of 4 s, at the rate of samples_per_second, which is that of the worker
        from its first moment to its last file.
        seconds_once: for the worker to start and to end, however much there is to do.
        outside_generation: share of the worker's time.
        outside_generation_of_567: the same, reckoned from it for a whole group, whose corners are
        encoded once for the 81 points of a note.
    """
    settings = Settings(notes=(NOTE,), resolution=2 if quick else 3, frames=16 if quick else 125)
    with tempfile.TemporaryDirectory() as folder:
        job = plan(folder, sounds, settings)
        work, once = run(job, progress)
        for point in job.points:
            job.path(point).unlink()
        singing, encoding, wall, quiet = look_inside(job)
        rate = len(job.points) * settings.frames * HOP_LENGTH / work
        engine = choose_engine(load_model(settings.model), len(job.points))
    notes, points = len(WHOLE.notes), len(WHOLE.notes) * WHOLE.resolution**2
    times = points / len(job.points)  # as many of them
    sung = times * singing * WHOLE.frames / settings.frames
    beside = times * (wall - singing - encoding) + notes * encoding
    plain, like = row_of(rows, "reference"), row_of(rows, engine)
    faster = rate / like["samples_per_second"]
    return like | {
        "engine": "group run",
        "samples_per_second": rate,
        "times_real_time": rate / SAMPLE_RATE,
        "ratio_to_reference": rate / plain["samples_per_second"],
        "operations_per_second": faster * like["operations_per_second"],
        "share_of_limit": faster * like["share_of_limit"],
        "quiet": quiet,
        "sounds_per_minute": 60 * rate / NOTE_LENGTH,
        "seconds_once": once,
        "outside_generation": 1 - singing / wall,
        f"outside_generation_of_{points}": beside / (sung + beside),
    }


def plan(folder, sounds, settings):
    """A job of one group of these four sounds -> Job."""
    four = [Instrument(name, name.replace("_", ""), "the course") for name in sounds]
    Plan((Group((tuple(four[:2]), tuple(four[2:])), settings),)).write(folder)
    job = Job(folder)
    for name, waveform in sounds.items():
        save_audio(job.folder / "instruments" / name / f"{NOTE}.wav", waveform)
    return job


def run(job, progress=None):
    """Run a job as `group run` does, one worker -> s of work, s beside it, by the wall's clock."""
    asked = time.time()
    jobs = submit(job.folder, workers=1)
    while not working(job.folder) and not jobs[0].done():
        time.sleep(POLL)
    began = time.time()
    wait(job.folder, jobs, progress)
    work = max(job.path(point).stat().st_mtime for point in job.points) - began
    return work, time.time() - asked - work


def look_inside(job):
    """Work here, under the profiler.

    Returns:
        s within `generate`, s of encoding the corners, s in all, share of a core that it had.
    """
    profile, own, wall = cProfile.Profile(), time.process_time(), time.perf_counter()
    profile.runcall(Worker(job.folder))
    own, wall = time.process_time() - own, time.perf_counter() - wall
    spent = pstats.Stats(profile).stats  # (file, line, function): (..., s in it and below, ...)
    codes = generate.__code__, Maker.encoding.__code__
    inside = [spent[c.co_filename, c.co_firstlineno, c.co_name][3] for c in codes]
    return *inside, wall, own / wall


def row_of(rows, engine):
    """The engine's row for the pocket model, with the weights that it takes by default."""
    own = [row for row in rows if (row["engine"], row["preset"]) == (engine, "pocket")]
    return next((row for row in own if row["dtype"] == "int16"), own[0] if own else rows[0])
