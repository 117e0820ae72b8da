"""The work of a group job: which points are wanted, which are there, and making the rest.

Files are the truth. A point is made when its file is whole; whatever was killed, when and where,
running again makes what is missing and nothing else.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile
import torch

from nsynth_edu.generation import choose_engine, generate
from nsynth_edu.models import load_model
from nsynth_edu.models.threads import one_thread
from nsynth_edu.play import Multigrid
from nsynth_edu.sound import NOTE_LENGTH, load_audio, save_audio
from nsynth_edu.sound.files import write_text
from nsynth_edu.studio.locks import at_work
from nsynth_edu.studio.plan import Group, Plan, StudioError

TOGETHER = 256  # points that the batch engine makes at once; the others make one
HEADER = 44  # bytes of our wav files before the samples
HOP_LENGTH = 512  # samples per frame of z, in all models that make points


@dataclass(frozen=True)
class Point:
    """One note of one place of one group."""

    group: Group
    note: int
    row: int
    column: int

    @property
    def name(self):
        """Unique within a job; also its place below `points/` and `problems/`."""
        return f"{self.group.id}/{self.note:03d}_{self.row:02d}_{self.column:02d}"

    @property
    def seed(self):
        """Its own, so that its sound does not depend on what is made beside it."""
        told = f"{self.group.settings.seed} {self.name}".encode()
        return int.from_bytes(hashlib.sha256(told).digest()[:7])


class Job:
    """A job folder.

    Args:
        folder: with a plan.json, see `Plan`.

    Raises:
        StudioError: where there is none.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.plan = Plan.read(folder)

    @cached_property
    def points(self):
        """All points wanted, in the order they are made."""
        return [point for group in self.plan.groups for point in self.points_of(group)]

    @staticmethod
    def points_of(group):
        """All points of one group: note by note, row by row."""
        return [
            Point(group, note, row, column)
            for note in group.settings.notes
            for row, column in np.ndindex(group.shape)
        ]

    def path(self, point):
        """Where a point's sound lies."""
        return self.folder / "points" / f"{point.name}.wav"

    def problem(self, point):
        """Where it is written why a point could not be made."""
        return self.folder / "problems" / f"{point.name}.txt"

    def is_made(self, point):
        """Whether its file is there and whole."""
        try:
            size = self.path(point).stat().st_size
        except OSError:
            return False
        return size == HEADER + 2 * HOP_LENGTH * point.group.settings.frames

    @property
    def stop(self):
        """A file of this name asks all workers to end after the points at hand."""
        return self.folder / "stop"

    def missing(self, share=0, shares=1):
        """Points still to be made, of every so many-th one."""
        return [point for point in self.points[share::shares] if not self.is_made(point)]

    def sound(self, point):
        """What was made for a point, float32 (time,), as it came from the network.

        Raises:
            StudioError: if it is not there yet.
        """
        if not self.is_made(point):
            raise StudioError(
                f"the point {point.name} is not made yet; `group run {self.folder}` makes it."
            )
        try:
            return soundfile.read(self.path(point), dtype="float32")[0]
        except soundfile.LibsndfileError as problem:
            raise StudioError(
                f"{self.path(point)} is damaged; remove it, and `group run {self.folder}` makes "
                "it again."
            ) from problem

    def sample(self, instrument, note):
        """An instrument's canonical sample, float32 (64000,).

        Raises:
            StudioError: if it is gone.
        """
        path = self.folder / "instruments" / instrument.id / f"{note}.wav"
        if not path.is_file():
            raise StudioError(f"{path} is missing; run `group plan` again with the same sounds.")
        return load_audio(path)[:NOTE_LENGTH]


class Maker:
    """Makes points of one model.

    Args:
        job: Job. model: its name or path.

    Raises:
        StudioError: where the model cannot be loaded.
    """

    def __init__(self, job, model):
        self.job = job
        try:
            self.model = load_model(model).to("cuda" if torch.cuda.is_available() else "cpu")
        except (OSError, ValueError) as problem:
            raise StudioError(f"the model {model} cannot be loaded: {problem}") from problem
        self.kept = None, None  # the last grid: points come group by group and note by note

    def make(self, points, engine="auto"):
        """Make some points together, and write each beside, then renamed.

        A point that cannot be made leaves a sentence in `problems/` and does not stop the others.

        Returns:
            number of points written.
        """
        ready, encodings = [], []
        for point in points:
            try:
                encodings.append(self.encoding(point))
                ready.append(point)
            except ValueError as problem:  # StudioError, AudioError
                self._say(point, problem)
        if not ready:
            return 0
        told = self.model.config.pitch_conditioned
        sounds = generate(
            self.model,
            encodings,
            pitch=[float(point.note) for point in ready] if told else None,
            temperature=ready[0].group.settings.temperature,
            sampling=ready[0].group.settings.sampling,
            seed=[point.seed for point in ready],
            engine=engine,
        )
        for point, sound in zip(ready, sounds, strict=True):
            save_audio(self.job.path(point), sound)
            self.job.problem(point).unlink(missing_ok=True)
        return len(ready)

    def encoding(self, point):
        """z of a place, (frames, 16)."""
        key = point.group.id, point.note
        if self.kept[0] != key:
            rows = [
                [self.model.encode(self.job.sample(instrument, point.note)) for instrument in row]
                for row in point.group.rows
            ]
            grid = Multigrid(rows, point.group.settings.resolution)
            self.kept = key, grid.encodings
        return self.kept[1][point.row, point.column][: point.group.settings.frames]

    def _say(self, point, problem):
        write_text(self.job.problem(point), f"{problem}\n")


class Worker:
    """Makes points until none of its own is missing. What submitit runs, and `sbatch --array`.

    Args:
        folder: of the job. share, shares: it takes every so many-th point, from this one on.
        engine: see `generate`.
    """

    def __init__(self, folder, share=0, shares=1, engine="auto"):
        self.folder, self.share, self.shares, self.engine = str(folder), share, shares, engine

    def __call__(self, progress=None):
        """Work; call progress(points made, points missing at the start) after each batch.

        Returns:
            number of points made.
        """
        share = f"{self.share + 1}-of-{self.shares}"
        with one_thread(), at_work(self.folder, share) as alone:
            return self._work(Job(self.folder), progress) if alone else 0

    def _work(self, job, progress):
        todo, made = job.missing(self.share, self.shares), 0
        for name in dict.fromkeys(point.group.settings.model for point in todo):
            maker = Maker(job, name)
            its = [point for point in todo if point.group.settings.model == name]
            engine = self.engine
            if engine == "auto":
                engine = choose_engine(maker.model, len(its))
            together = TOGETHER if engine == "batch" else 1
            for first in range(0, len(its), together):
                if job.stop.exists():
                    return made
                batch = its[first : first + together]
                made += maker.make([point for point in batch if not job.is_made(point)], engine)
                if progress is not None:
                    progress(made, len(todo))
        return made

    def checkpoint(self, *arguments, **named):
        """At a time limit: be queued again. The folder is the state."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, *arguments, **named)
