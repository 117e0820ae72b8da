"""What a group job is to make: instruments, groups of them, and settings; kept as one JSON file.

::

    JOB/plan.json                            the plan; groups are added, never changed
    JOB/instruments/<id>/<note>.wav          the canonical samples of an instrument
    JOB/points/<group>/<note>_<row>_<column>.wav    what is made, one file per point
    JOB/problems/...                         why a point could not be made, one sentence each

A group is a rectangle of instruments, 2 x 2 unless a multigrid is wanted. Its rows lie as on the
screen and on the device: NW NE, then SW SE.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nsynth_edu.sound.files import write_text
from nsynth_edu.studio.samples import NOTES

RESOLUTION = 9  # points per side between four instruments


class StudioError(ValueError):
    """A group job that cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Instrument:
    """Someone's seven notes."""

    id: str  # of the canonical samples: equal sounds, equal id
    name: str  # the word its player gave it
    owner: str  # whose it is: the name of the folder it came in


@dataclass(frozen=True)
class Settings:
    """How points are made; part of every group's id."""

    model: str = "pocket"
    resolution: int = RESOLUTION
    notes: tuple[int, ...] = NOTES
    frames: int = 125  # of z: 4 s
    temperature: float | None = None  # None = recommended for the model; plan_groups names it
    seed: int = 0
    sampling: str | None = None  # as temperature


@dataclass(frozen=True)
class Group:
    """A rectangle of instruments and what lies between them."""

    rows: tuple[tuple[Instrument, ...], ...]  # north to south, each west to east
    settings: Settings

    @property
    def id(self):
        """Sixteen hexadecimal digits of instruments, their places, and settings."""
        settings = asdict(self.settings)
        if settings["sampling"] == "random":  # the only one at first, and not written down
            del settings["sampling"]
        told = json.dumps([asdict(self)["rows"], settings], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def instruments(self):
        """All of them, as one reads."""
        return [instrument for row in self.rows for instrument in row]

    @property
    def shape(self):
        """Points down and across."""
        step = self.settings.resolution - 1
        return (len(self.rows) - 1) * step + 1, (len(self.rows[0]) - 1) * step + 1


@dataclass(frozen=True)
class Plan:
    """All groups of a job, and who is left over."""

    groups: tuple[Group, ...] = ()
    waiting: dict[str, str] = field(default_factory=dict)  # owner -> why

    @property
    def planned(self):
        """Owners who have a place."""
        return {i.owner for group in self.groups for i in group.instruments if i.owner}

    def write(self, folder):
        """Into a job folder, whole or not at all."""
        path = Path(folder, "plan.json")
        groups = [{"id": group.id} | asdict(group) for group in self.groups]
        text = json.dumps({"groups": groups, "waiting": self.waiting}, indent=1) + "\n"
        write_text(path, text)

    @classmethod
    def read(cls, folder):
        """From a job folder.

        Raises:
            StudioError: where there is no plan, or one that has been damaged or changed by hand.
        """
        path = Path(folder, "plan.json")
        if not path.is_file():
            raise StudioError(f"{folder} holds no plan.json; make one with `group plan`.")
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            groups = tuple(_group(one) for one in told["groups"])
            ids = [one["id"] for one in told["groups"]]
        except (KeyError, TypeError, ValueError) as problem:
            raise StudioError(
                f"{path} is damaged ({problem!r}); restore it, or plan anew into an empty folder."
            ) from problem
        for group, old in zip(groups, ids, strict=True):
            if group.id != old:
                raise StudioError(
                    f"group {old} in {path} was changed by hand, its sounds no longer fit; undo "
                    "the change, or plan anew into an empty folder."
                )
        return cls(groups, told.get("waiting", {}))


def _group(told):
    rows = tuple(tuple(Instrument(**one) for one in row) for row in told["rows"])
    settings = {"sampling": "random"} | told["settings"]
    return Group(rows, Settings(**settings | {"notes": tuple(settings["notes"])}))


def add_groups(plan, instruments, settings, shape=(2, 2)):
    """Put instruments that have no place yet into new groups; groups that exist stay as they are.

    The order is drawn from the settings' seed and the owners' names, so that it does not depend
    on who came first, and is the same on every machine.

    Args:
        plan: Plan. instruments: list of Instrument, complete sets only.
        settings: of the new groups. shape: instruments down and across.

    Returns:
        Plan; owners left without a group are in `waiting`, with a reason.
    """
    down, across = shape
    new = [one for one in instruments if one.owner not in plan.planned]
    new.sort(key=lambda one: _drawn(f"{settings.seed}:{one.owner}"))
    size = down * across
    full, rest = len(new) // size * size, len(new) % size
    groups = []
    for first in range(0, full, size):
        members = new[first : first + size]
        rows = tuple(tuple(members[r * across : (r + 1) * across]) for r in range(down))
        groups.append(Group(rows, settings))
    why = f"complete, but a group takes {size} and {rest} are left"
    waiting = {one.owner: why for one in new[full:]}
    return Plan(plan.groups + tuple(groups), waiting)


def _drawn(word):
    """A place in a random order, the same on every machine; folders may have names of any bytes."""
    return hashlib.sha256(word.encode(errors="surrogateescape")).digest()
