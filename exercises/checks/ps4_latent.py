"""Hidden tests of `ps4_latent`: each move again, on random encodings."""

import numpy as np

from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import attempt, attempts, require

from . import answer, fresh, hidden

hand_quarter = answer(-0.5, [0.1, -0.1, -0.2], tolerance=1e-3)
hand_beyond = answer(1.0, [0.2, 0.4, -1.4, 0.6], tolerance=1e-3)


@hidden
def mix(function):
    random = fresh("mix")
    a, b = random.normal(0, 1, (2, 16, 16))  # as many rows as channels: a wrong axis fits, too
    weight, line = random.uniform(-0.5, 1.5), random.uniform(0, 1, 16)
    mixed, rows = (1 - weight) * a + weight * b, a + line[:, None] * (b - a)
    known = [
        ([mixed, a + line * (b - a)], "One weight per channel; per row was asked for."),
        ([weight * a + (1 - weight) * b, b + line[:, None] * (a - b)], "A and B are exchanged."),
        ([mixed, mixed], "The weights of rows are not used."),
        ([mixed, a + line.mean() * (b - a)], "One weight for all rows: their average."),
    ]
    got = attempts(function, [(a, b, weight), (a, b, line)])
    look = f"A mix of {weight:.2f}, and then one per row."
    require(verdict(got, [mixed, rows], tolerance=1e-4, known=known, look=look))


@hidden
def rise(function):
    rows = int(fresh("rise").integers(20, 120))
    expected = (1 - np.cos(np.linspace(0, np.pi, rows))) / 2
    known = [
        (np.linspace(0, 1, rows), "That is a straight line."),
        ((1 - np.cos(np.pi * np.arange(rows) / rows)) / 2, "It stops short of 1."),
    ]
    got = attempt(function, rows)
    require(verdict(got, expected, tolerance=1e-4, known=known, look=f"For {rows} rows."))


sway_fastest = answer(15.625, [31.25, 8000, 62.5], tolerance=0.1, unit="Hz")
sway_seen = answer(1.25, [30, 14.375, 15.625], tolerance=0.01, unit="Hz")


@hidden
def mean(function):
    notes = fresh("mean").normal(0, 1, (5, 9, 16))
    expected = notes.mean(axis=0)
    known = [
        (np.broadcast_to(expected.mean(axis=0), (9, 16)), "Time is averaged, too."),
        (notes.mean(axis=1), "That goes over time; each note kept its own."),
        (np.median(notes, axis=0), "That is the median."),
        (notes[:2].mean(axis=0), "Of two notes only; there were five."),
        (notes.sum(axis=0) / 2, "Divided by two; there were five notes."),
    ]
    got = attempt(function, notes)
    require(verdict(got, expected, tolerance=1e-4, known=known, look="Five notes of nine rows."))


@hidden
def strange(function):
    random = fresh("strange")
    notes = random.normal(0, 1, (6, 8, 16))
    middle, spread = random.normal(0, 1, (8, 16)), random.uniform(0.2, 2, (8, 16))
    away = (notes - middle) / spread
    expected = np.sqrt((away**2).mean(axis=(1, 2)))
    unscaled = np.sqrt(((notes - middle) ** 2).mean(axis=(1, 2)))
    known = [
        (expected**2, "The root is missing."),
        (np.abs(away).mean(axis=(1, 2)), "Sizes, not squares."),
        (unscaled, "Not divided by the spread."),
        (
            unscaled / spread.mean(),
            "Each channel and row has its own spread; divide before squaring.",
        ),
    ]
    got = attempt(function, notes, middle, spread)
    look = "Each number of z with a spread of its own."
    require(verdict(got, expected, tolerance=5e-4, known=known, look=look))


hand_caricature = answer(0.1, [0.6, 0.9, -0.4], tolerance=1e-3)


@hidden
def draw(function):
    random = fresh("draw")
    one, middle = random.normal(0, 1, (2, 12, 16))
    scaling = random.uniform(-1, 0.5)
    known = [
        (middle + 2 * (one - middle), "`scaling` is not used: that is 2."),
        (scaling * one, "z itself was scaled."),
        (one + scaling * (one - middle), "Added to z; from the average it starts."),
        (2 * one - middle, "`scaling` is not used: that is 2."),
    ]
    got = attempt(function, one, middle, scaling)
    look = f"A scaling of {scaling:.2f}."
    expected = middle + scaling * (one - middle)
    require(verdict(got, expected, tolerance=1e-4, known=known, look=look))


def _tone(hertz, turn, seconds=0.3, size=0.4):
    time = np.arange(int(seconds * 16_000)) / 16_000
    return size * sum(np.sin(2 * np.pi * k * hertz * time + turn * k) / k for k in (1, 2, 3))


@hidden
def nearest(function):
    random = fresh("nearest")
    hertz = random.uniform(200, 260)
    target = _tone(hertz, 0)
    sounds = {
        "high": _tone(1.5 * hertz, 0),
        "same": _tone(hertz * 1.002, random.uniform(1, 2)),
        "low": _tone(0.7 * hertz, 0),
        "silence": np.zeros_like(target),
    }
    known = [
        ("silence", "In samples silence is near to anything; compare spectra."),
        ("high", "Not that one: choose the smallest distance."),
        ("low", "Not that one: choose the smallest distance."),
    ]
    got = attempt(function, target, sounds)
    look = "The same note with another phase, two others, and silence."
    require(verdict(got, "same", known=known, look=look))


@hidden
def clear(function):
    random = fresh("clear")
    low, high = random.uniform(0, 0.4, 5).tolist(), random.uniform(0.6, 1, 4).tolist()
    calls = [(low, high), (high, low), ([*low, 0.7], [*high, 0.5]), (high, [*high, 2.0])]
    known = [
        ([1, 0, 0, 0], "One order only."),
        ([0, 1, 0, 0], "One order only."),
        ([1, 1, 1, 1], "Averages differ nearly always; ranges were asked for."),
    ]
    got = attempts(function, calls)
    look = "Two pairs without overlap, and two that overlap."
    require(verdict(got, [True, True, False, False], tolerance=0, known=known, look=look))


which_guitar = answer(2, [0, 1])
which_trumpet = answer(1, [0, 2])


@hidden
def own(got):
    rows = list(got.values()) if isinstance(got, dict) else []
    fine = sum(len(row) >= 3 and bool(np.isfinite(np.asarray(row, float)).all()) for row in rows)
    look = "Two conditions, three takes of each, all of them numbers."
    require(verdict(min(fine, 2), 2, tolerance=0, unit="conditions", look=look))
