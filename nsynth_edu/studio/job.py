"""The work of a group job: which points are wanted, which exist, and making the missing ones.

The files are the state. A point is made when its file is complete; wherever and whenever a worker
was killed, running again makes exactly the missing points. On the line between two instruments
only these two are mixed: groups that share them there, as those of a card do, share the files.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import soundfile
import torch

from nsynth_edu.generation import choose_engine, generate
from nsynth_edu.models.threads import one_thread
from nsynth_edu.play import Multigrid, load_autoencoder
from nsynth_edu.sound import NOTE_LENGTH, load_audio, save_audio
from nsynth_edu.sound.files import write_text
from nsynth_edu.studio.locks import at_work
from nsynth_edu.studio.plan import Group, Plan, StudioError

BATCH_SIZE = 256  # points that the batch engine makes at once; the other engines make one
HEADER = 44  # bytes of a WAV file of `save_audio` before the samples


@dataclass(frozen=True)
class Point:
    """One note at one place of one group."""

    group: Group
    note: int
    row: int
    column: int

    @property
    def name(self):
        """Unique within a job; also its path below `points/` and `problems/`."""
        return f"{self.group.id}/{self.note:03d}_{self.row:02d}_{self.column:02d}"

    @property
    def seed(self):
        """Its own seed, so that its sound does not depend on the other points of a batch."""
        text = f"{self.group.settings.seed} {self.name}".encode()
        return int.from_bytes(hashlib.sha256(text).digest()[:7])


class Job:
    """A job folder.

    Args:
        folder: with a plan.json, see `Plan`.

    Raises:
        StudioError: if it holds no valid plan.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.plan = Plan.read(folder)

    @cached_property
    def points(self):
        """All points wanted, each mixture once, in the order they are made."""
        points = (point for group in self.plan.groups for point in self.points_of(group))
        return [point for point in points if self.made_as(point) == point]

    @staticmethod
    def points_of(group):
        """List the points of one group: note by note, row by row."""
        return [
            Point(group, note, row, column)
            for note in group.settings.notes
            for row, column in np.ndindex(group.shape)
        ]

    def made_as(self, point):
        """The point whose file holds this one's sound: itself, or one of an earlier group."""
        key = _mixture(point.group, point.row, point.column)
        group, row, column = self._lines.get(key, (point.group, point.row, point.column))
        return Point(group, point.note, row, column)

    @cached_property
    def _lines(self):
        """For each mixture on a line between instruments: the first group with it, and where."""
        found = {}
        for group in self.plan.groups:
            for row, column in np.ndindex(group.shape):
                if key := _mixture(group, row, column):
                    found.setdefault(key, (group, row, column))
        return found

    def path(self, point):
        """Path of a point's sound."""
        return self.folder / "points" / f"{self.made_as(point).name}.wav"

    def problem(self, point):
        """Path of the sentence that explains why a point could not be made."""
        return self.folder / "problems" / f"{point.name}.txt"

    def is_made(self, point):
        """Whether its file exists and has the length that the plan names."""
        try:
            size = self.path(point).stat().st_size
        except OSError:
            return False
        return size == HEADER + 2 * point.group.settings.samples

    @property
    def stop(self):
        """Path of a file whose presence asks all workers to end after their current points."""
        return self.folder / "stop"

    def missing(self, worker=0, workers=1):
        """List the points that one of several workers still has to make.

        Args:
            worker: number of the worker, from 0.
            workers: how many there are; each makes every `workers`-th point.
        """
        return [point for point in self.points[worker::workers] if not self.is_made(point)]

    def sound(self, point):
        """Read a point's sound as the network made it.

        Returns:
            float32 (time,) in [-1, 1].

        Raises:
            StudioError: if it is not made yet, or damaged.
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
        """Read an instrument's canonical sample.

        Returns:
            float32 (64000,) in [-1, 1].

        Raises:
            StudioError: if its file is missing.
        """
        path = self.folder / "instruments" / instrument.id / f"{note}.wav"
        if not path.is_file():
            raise StudioError(f"{path} is missing; run `group plan` again with the same sounds.")
        return load_audio(path)[:NOTE_LENGTH]


def _mixture(group, row, column):
    """What a point is mixed of, if it lies on the line between two instruments; else None."""
    step = group.settings.resolution - 1
    (top, down), (left, across) = divmod(row, step), divmod(column, step)
    if down and across:
        return None
    one, other = group.rows[top][left], group.rows[top + (down > 0)][left + (across > 0)]
    return group.settings, one, other, down or across


class Maker:
    """Makes points with one model.

    Args:
        job: Job.
        model: name or path of a WaveNetAutoencoder.

    Raises:
        StudioError: if the model cannot be loaded or has no encoder.
    """

    def __init__(self, job, model):
        self.job = job
        try:
            self.model = load_autoencoder(model).to("cuda" if torch.cuda.is_available() else "cpu")
        except (OSError, ValueError) as problem:
            raise StudioError(f"the model {model} cannot be loaded: {problem}") from problem
        self.last_grid = None, None  # (group, note) and its z: points come note by note
        self.corner = cache(self._corner)  # groups share instruments

    def make(self, points, engine="auto"):
        """Make some points in one batch, and write each file atomically.

        A point that cannot be made leaves a sentence in `problems/` and does not stop the others.

        Args:
            points: list of Point with the same settings.
            engine: see `generate`.

        Returns:
            number of points written.
        """
        ready, encodings = [], []
        for point in points:
            try:
                encodings.append(self.encoding(point))
                ready.append(point)
            except ValueError as problem:  # StudioError, AudioError
                write_text(self.job.problem(point), f"{problem}\n")
        if not ready:
            return 0
        pitches = [float(point.note) for point in ready]
        sounds = generate(
            self.model,
            encodings,
            pitch=pitches if self.model.config.pitch_conditioned else None,
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
        """Mix the encodings of the point's instruments.

        Returns:
            z (frames, 16).

        Raises:
            StudioError, AudioError: if a sample is missing or cannot be read.
        """
        key = point.group.id, point.note
        if self.last_grid[0] != key:
            rows = [
                [self.corner(instrument, point.note) for instrument in row]
                for row in point.group.rows
            ]
            grid = Multigrid(rows, point.group.settings.resolution)
            self.last_grid = key, grid.encodings
        return self.last_grid[1][point.row, point.column][: point.group.settings.frames]

    def _corner(self, instrument, note):
        return self.model.encode(self.job.sample(instrument, note))


class Worker:
    """One of the workers of a job, run by submitit or a job array: makes its missing points.

    Args:
        folder: of the job.
        worker: number of this worker, from 0.
        workers: how many there are; each makes every `workers`-th point.
        engine: see `generate`.
    """

    def __init__(self, folder, worker=0, workers=1, engine="auto"):
        self.folder, self.worker, self.workers, self.engine = str(folder), worker, workers, engine

    def __call__(self, progress=None):
        """Make the missing points.

        Args:
            progress: called as progress(points made, points missing at the start) after each batch.

        Returns:
            number of points made; 0 if the same worker is running on this machine already.
        """
        name = f"{self.worker + 1}-of-{self.workers}"
        with one_thread(), at_work(self.folder, name) as alone:
            return self._work(Job(self.folder), progress) if alone else 0

    def _work(self, job, progress):
        missing, made = job.missing(self.worker, self.workers), 0
        alike = {}  # what is generated together needs one model, temperature and sampling
        for point in missing:
            settings = point.group.settings
            key = settings.model, settings.temperature, settings.sampling
            alike.setdefault(key, []).append(point)
        for (model, *_), points in alike.items():
            maker, engine = Maker(job, model), self.engine
            if engine == "auto":
                engine = choose_engine(maker.model, len(points))
            size = BATCH_SIZE if engine == "batch" else 1
            for first in range(0, len(points), size):
                if job.stop.exists():
                    return made
                batch = points[first : first + size]
                made += maker.make([point for point in batch if not job.is_made(point)], engine)
                if progress is not None:
                    progress(made, len(missing))
        return made

    def checkpoint(self, *arguments, **named):
        """Ask submitit to queue the worker again at its time limit: the folder is the state."""

        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, *arguments, **named)
