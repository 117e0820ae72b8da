"""Simulated listeners, of whom it is known what they hear: they test a test before people take it.

Notebook: course/13.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy

from .listening_files import FORMAT


@dataclass(frozen=True)
class Listener:
    """What is true of a listener, before luck.

    Attributes:
        right: of an ABX, the probability of a right answer in a trial, 0.5 = guessing.
        likes: of a preference, {system: how good it seems}, 0 where it is not named. With a
            difference d, the better one is chosen with the probability that a standard normal
            number lies below d: 0.5 gives 69 %, 1 gives 84 %.
        first: the same, added to whichever sound plays first.
        rates: of a rating, {system: (mean, standard deviation of a trial)}, cut off at 0 and 100.
    """

    right: float = 0.5
    likes: dict = field(default_factory=dict)
    first: float = 0.0
    rates: dict = field(default_factory=dict)


def simulate(
    listeners, mode, systems, *, seed, trials=10, items=("sound",), title="Simulated",
    test="simulated", shuffled=True,
):  # fmt: skip
    """The files of a class that took a listening test, as the page of the test would save them.

    Args:
        listeners: list of `Listener`.
        mode, systems, trials, items, title, test: those of the `ListeningTest`.
        seed: of everything that is drawn.
        shuffled: of a preference, whether each sound plays first equally often; else the first
            system always does.

    Returns:
        list of dict, ready for JSON or for `listening_files.checked`.
    """
    rng = np.random.default_rng(seed)
    about = {"format": FORMAT, "test": test, "title": title, "mode": mode, "attempt": 1}
    about |= {"planned": trials, "systems": list(systems)}
    answer = {"abx": _abx, "preference": _preference, "rating": _rating}[mode]
    found = []
    for number, listener in enumerate(listeners):
        order = rng.permutation(trials)
        rows = [
            {"item": items[place % len(items)]}
            | answer(listener, systems, bool(shuffled and place // len(items) % 2), rng)
            for place in order
        ]
        name = f"{rng.integers(2**24):06x}{number:02x}"
        found.append(about | {"listener": name, "seed": int(rng.integers(2**32)), "trials": rows})
    return found


def _abx(listener, systems, _, rng):
    x = int(rng.integers(2))
    return {"x": systems[x], "answer": systems[x if rng.random() < listener.right else 1 - x]}


def _preference(listener, systems, swapped, rng):
    first, second = systems[::-1] if swapped else systems
    better = listener.likes.get(first, 0) + listener.first - listener.likes.get(second, 0)
    chosen = first if rng.random() < scipy.special.ndtr(better) else second
    return {"first": first, "answer": chosen}


def _rating(listener, systems, _, rng):
    drawn = {system: rng.normal(*listener.rates[system]) for system in systems}
    return {"ratings": {name: int(np.clip(round(x), 0, 100)) for name, x in drawn.items()}}
