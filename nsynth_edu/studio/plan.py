"""The plan of a group job: instruments, groups of them, and settings, stored as one JSON file.

::

    JOB/plan.json                            the plan; groups are added, never changed
    JOB/instruments/<id>/<note>.wav          the canonical samples of an instrument
    JOB/points/<group>/<note>_<row>_<column>.wav    the results, one file per point
    JOB/problems/...                         why a point could not be made, one sentence each

A group is a rectangle of instruments: 2 x 2, or more for a multigrid. Its rows are ordered as on
the screen and on the device: NW NE, then SW SE.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path

from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.bounds import DAMAGE, LONGEST_SOUND
from nsynth_edu.sound.files import write_text
from nsynth_edu.studio.samples import NOTES

RESOLUTION = 9  # points per side between four instruments
MOST_POINTS = 33  # likewise
MOST_INSTRUMENTS = 8  # per side of a multigrid


class StudioError(ValueError):
    """A group job cannot go on; the message names the remedy."""


@dataclass(frozen=True)
class Instrument:
    """One student's seven notes."""

    id: str  # hash of the canonical samples: equal sounds have equal ids
    name: str  # as in its files, instrument_NN.wav
    owner: str  # the student: name of the submitted folder


@dataclass(frozen=True)
class Settings:
    """How points are made; all but the hop, which follows from the model, enter the group's id."""

    model: str = "pocket"
    resolution: int = RESOLUTION  # points per side between four instruments
    notes: tuple[int, ...] = NOTES  # MIDI
    frames: int = 125  # of z per point; 125 * 512 samples = 4 s
    temperature: float | None = None  # None = recommended for the model; set by plan_groups
    seed: int = 0
    sampling: str | None = None  # likewise, see `generation.generate`
    hop_length: int = 512  # samples per frame of z, from the model's config; set by plan_groups

    @property
    def samples(self):
        """Length of each point in samples."""
        return self.frames * self.hop_length


@dataclass(frozen=True)
class Group:
    """A rectangle of instruments and the settings of the points between them."""

    rows: tuple[tuple[Instrument, ...], ...]  # north to south, each west to east
    settings: Settings

    @cached_property
    def id(self):
        """Sixteen hexadecimal digits: a hash of instruments, their positions, and settings."""
        settings = asdict(self.settings)
        del settings["hop_length"]  # older plans have none: their groups keep their ids
        if settings["sampling"] == "random":  # older plans have none: all was random then
            del settings["sampling"]
        text = json.dumps([asdict(self)["rows"], settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def instruments(self):
        """List of all instruments, row by row."""
        return [instrument for row in self.rows for instrument in row]

    @property
    def shape(self):
        """Number of points (down, across)."""
        step = self.settings.resolution - 1
        return (len(self.rows) - 1) * step + 1, (len(self.rows[0]) - 1) * step + 1


@dataclass(frozen=True)
class Plan:
    """All groups of a job, and the students without a group."""

    groups: tuple[Group, ...] = ()
    waiting: dict[str, str] = field(default_factory=dict)  # owner -> reason

    @property
    def planned(self):
        """Set of the owners who have a place in a group."""
        return {i.owner for group in self.groups for i in group.instruments if i.owner}

    def write(self, folder):
        """Write `plan.json` into a job folder, atomically.

        Raises:
            OSError: if it cannot be written.
        """
        path = Path(folder, "plan.json")
        groups = [{"id": group.id} | asdict(group) for group in self.groups]
        text = json.dumps({"groups": groups, "waiting": self.waiting}, indent=1) + "\n"
        write_text(path, text)

    @classmethod
    def read(cls, folder):
        """Read the plan of a job folder.

        Returns:
            Plan.

        Raises:
            StudioError: if there is no plan, or it is damaged or was edited by hand.
        """
        path = Path(folder, "plan.json")
        if not path.is_file():
            raise StudioError(f"{folder} holds no plan.json; make one with `group plan`.")
        content = path.read_bytes()
        try:
            content = json.loads(content)
            groups = tuple(_group(entry) for entry in content["groups"])
            ids = [entry["id"] for entry in content["groups"]]
        except DAMAGE as problem:
            raise StudioError(
                f"{path} is damaged ({problem!r}); restore it, or plan again into an empty folder."
            ) from problem
        for group, old in zip(groups, ids, strict=True):
            if group.id != old:
                raise StudioError(
                    f"group {old} in {path} was changed by hand, its sounds no longer fit; undo "
                    "the change, or plan again into an empty folder."
                )
        return cls(groups, content.get("waiting", {}))


def _group(entry):
    rows = tuple(tuple(Instrument(**one) for one in row) for row in entry["rows"])
    settings = {"sampling": "random"} | entry["settings"]
    group = Group(rows, Settings(**settings | {"notes": tuple(settings["notes"])}))
    _check_group(group)
    return group


def _check_group(group):
    """Refuse names that lead out of the job's folder, and numbers without end."""
    for one in group.instruments:
        for word in (one.id, one.name):
            if not re.fullmatch(r"[a-z0-9_]{1,20}", word):
                raise ValueError(f"{word!r:.40}; expected up to 20 of a-z, 0-9 and _")
    settings = group.settings
    shape = len(group.rows), *{len(row) for row in group.rows}
    if len(shape) != 2 or max(shape) > MOST_INSTRUMENTS:
        most = f"{MOST_INSTRUMENTS} x {MOST_INSTRUMENTS}"
        raise ValueError(f"rows of {shape[1:]} instruments; expected up to {most}")
    longest = LONGEST_SOUND * SAMPLE_RATE
    for name, numbers, most in (
        ("notes", settings.notes, 127),
        ("resolution", [settings.resolution], MOST_POINTS),
        ("frames and hop", [settings.frames, settings.hop_length], longest),
    ):
        if not all(type(number) is int and 0 <= number <= most for number in numbers):
            raise ValueError(f"{name} {numbers!r:.60}; expected 0 to {most:,}")
    if settings.samples > longest:
        raise ValueError(f"points of {settings.samples:,} samples; expected at most {longest:,}")


def add_groups(plan, instruments, settings, shape=(2, 2)):
    """Assign instruments without a group to new groups; existing groups stay as they are.

    The order depends only on the settings' seed and the owners' names: not on the order of
    submission, and not on the machine.

    Args:
        plan: Plan.
        instruments: list of Instrument, complete sets only.
        settings: Settings of the new groups.
        shape: instruments down and across.

    Returns:
        Plan; owners left without a group are in `waiting`, with a reason.
    """
    down, across = shape
    new = [one for one in instruments if one.owner not in plan.planned]
    new.sort(key=lambda one: _sort_key(f"{settings.seed}:{one.owner}"))
    size = down * across
    full, remaining = len(new) // size * size, len(new) % size
    groups = []
    for first in range(0, full, size):
        members = new[first : first + size]
        rows = tuple(tuple(members[r * across : (r + 1) * across]) for r in range(down))
        groups.append(Group(rows, settings))
    reason = f"complete, but a group takes {size} and {remaining} are left"
    waiting = {one.owner: reason for one in new[full:]}
    return Plan(plan.groups + tuple(groups), waiting)


def combinations(instruments, settings):
    """Make a group of every choice of one instrument per corner, as Open NSynth Super offers them.

    Instruments are dealt out to the corners NW, NE, SW and SE in turn, so that neighbours in the
    list, which are often of one family, never share a corner: those of a corner are never mixed.

    Args:
        instruments: list of Instrument, a multiple of four.
        settings: Settings.

    Returns:
        tuple of Group; 256 for 16 instruments.
    """
    corners = (instruments[corner::4] for corner in range(4))
    return tuple(Group(((a, b), (c, d)), settings) for a, b, c, d in product(*corners))


def _sort_key(text):
    """Hash for a random but reproducible order; folder names may hold any bytes."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).digest()
