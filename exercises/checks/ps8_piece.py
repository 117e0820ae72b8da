"""Hidden tests of `ps8_piece`: tools on random music, and the form of the piece that lies there."""

import numpy as np

from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import attempt, require
from nsynth_edu.play import bilinear_weights
from nsynth_edu.sound import decibels, load_audio
from nsynth_edu.sound.cleaning import clipped_fraction

from . import answer, fresh, hidden

STEP = 0.016  # s between two places of a path
TENTH = 1600  # samples

bars = answer(27, [110, 27.5, 28, 22], unit="bars")
rights = answer("B", ["A", "C"])


def _path(score, seconds):
    at, x, y = np.transpose(score)
    times = STEP * np.arange(round(seconds / STEP))
    return np.stack([np.interp(times, at, x), np.interp(times, at, y)], axis=-1)


@hidden
def path(function):
    random = fresh("path")
    at = [0, *np.cumsum(random.uniform(0.2, 1, 5))]
    score = [(float(s), *random.uniform(0, 1, 2).tolist()) for s in at]
    seconds = float(at[-1] + 0.5)
    expected = _path(score, seconds)
    place = np.searchsorted(at, STEP * np.arange(len(expected)), side="right") - 1
    known = [
        (expected[:, ::-1], "x and y are swapped."),
        (np.array(score)[place, 1:], "Each place was held until the next."),
        (np.array(score)[:, 1:], "Those are the rows; a place is wanted for every 16 ms."),
    ]
    got = attempt(function, score, seconds)
    look = "Six random rows, and half a second after the last."
    require(verdict(got, expected, tolerance=1e-6, known=known, look=look))


@hidden
def between(function):
    places = fresh("between").uniform(0, 1, (400, 2))
    places[:100] = places[:100].round()  # corners
    places[100:200, 0] = places[100:200, 0].round()  # edges
    largest = bilinear_weights(*places.T).max(axis=-1)
    inside = ((places > 0.2) & (places < 0.8)).all(axis=1)
    known = [
        (np.mean(largest > 0.8), "That is the share near the corners."),
        (int((largest <= 0.8).sum()), "That is how many; divide by the number of places."),
        (np.mean(inside), "x and y alone do not tell; an edge is in between, too."),
    ]
    got, look = attempt(function, places), "400 random places, corners and edges among them."
    require(verdict(got, np.mean(largest <= 0.8), tolerance=1e-6, known=known, look=look))


@hidden
def mix(function):
    random = fresh("mix")
    starts = random.integers(0, 300, 3)
    waves = [random.uniform(-1, 1, int(length)) for length in random.integers(200, 500, 3)]
    for gain in (0.05, 0.8):
        total = np.zeros(max(s + len(wave) for s, wave in zip(starts, waves, strict=True)))
        for start, wave in zip(starts, waves, strict=True):
            total[start : start + len(wave)] += gain * wave
        full = 0.9 / np.abs(total).max()
        known = [
            (total, "The loud mix goes beyond 0.9."),
            (np.clip(total, -0.9, 0.9), "Cut off, not turned down: that distorts."),
            (full * total, "The quiet mix was turned up."),
        ]
        voices = [(float(s) / 16_000, gain * w) for s, w in zip(starts, waves, strict=True)]
        got, look = attempt(function, voices), f"Three noises of peak {gain:g}."
        expected = min(1, full) * total
        require(verdict(got, expected, tolerance=1e-6, known=known, look=look))


def _longest_rest(waveform):
    pieces = waveform[: len(waveform) // TENTH * TENTH].reshape(-1, TENTH)
    rests = np.abs(pieces).max(axis=1) <= 0.001
    edges = np.flatnonzero(np.diff([0, *rests, 0]))
    return max(edges[1::2] - edges[::2], default=0) / 10


@hidden
def rest(function):
    random = fresh("rest")
    runs = random.permutation([2, 3, 4, 6])
    rests = [0] + [rest for run in runs for rest in [1] * int(run) + [0]][:-1]
    waves = random.uniform(0.01, 0.5, (len(rests), TENTH)) * random.choice([-1, 1], (len(rests), 1))
    waveform = np.append((waves * (1 - np.array(rests))[:, None]).ravel(), np.zeros(700))
    known = [
        (sum(rests) / 10, "All rests were added up."),
        (6, "Those are pieces of a tenth of a second."),
        (max(runs[:-1]) / 10, "A run at the very end was not counted."),
        ((runs[-1] + 1) / 10, "The incomplete piece at the end does not count."),
    ]
    got, look = attempt(function, waveform), "Four rests; the last one goes to the end."
    require(verdict(got, 0.6, tolerance=1e-6, unit="s", known=known, look=look))


# --- the piece that was handed in -----------------------------------------------------------------


def _heard(folder):
    return attempt(load_audio, folder / "piece.wav", 16_000, 120)


def _there(folder):
    """The piece in a folder; rows about one that is not there earn nothing."""
    sound = _heard(folder)
    seconds = len(sound) / 16_000 if decibels(sound) > -60 else 0
    known = [(seconds, "Rows count once there is music that they tell of.")]
    require(verdict(seconds, max(seconds, 20), unit="s", known=known, look="piece.wav."))
    return sound


def _within(value, least, most, unit, known, look):
    """Ask for a number in a range; what lies outside is compared with the nearer end."""
    require(verdict(value, np.clip(value, least, most), unit=unit, known=known, look=look))


@hidden
def length(folder):
    seconds = len(_heard(folder)) / 16_000
    known = [(seconds, "A piece has 60 to 90 s.")]
    _within(seconds, 60, 90, "s", known, "The file piece.wav in my_piece.")


@hidden
def peak(folder):
    sound = _heard(folder)
    size = 20 * np.log10(max(np.abs(sound).max(), 1e-9))
    known = [(size, "The peak of a piece lies between -12 and -0.3 dBFS.")]
    _within(size, -12, -0.3, "dBFS", known, "The largest sample.")
    flat = clipped_fraction(sound)
    known = [(flat, "Tops are cut off: the mix was too loud before it was written.")]
    require(verdict(flat, 0, tolerance=0.001, known=known, look="The loudest moment."))


@hidden
def level(folder):
    found = decibels(_heard(folder))
    known = [(found, "On average a piece lies between -35 and -6 dBFS.")]
    _within(found, -35, -6, "dBFS", known, "The level of the whole.")


@hidden
def silent(folder):
    found = _longest_rest(_heard(folder))
    known = [(found, "No rest lasts longer than 8 s.")]
    _within(found, 0, 8, "s", known, "The longest rest.")


@hidden
def score(rows, folder):
    seconds = len(_there(folder)) / 16_000
    at, x, y = np.transpose([[float(part) for part in row] for row in rows])
    faults = {
        "The first row is not at 0 s.": at[0] != 0,
        "Rows are not in the order of time.": np.any(np.diff(at) < 0),
        "A place lies outside the pad.": np.ptp([0, 1, *x, *y]) > 1,
        "The last row is more than 10 s from the end.": abs(seconds - at[-1]) > 10,
    }
    found = [sentence for sentence, wrong in faults.items() if wrong]
    known = [(len(found), sentence) for sentence in found[:1]]
    require(verdict(len(found), 0, unit="faults", known=known, look="The rows of the score."))


@hidden
def inbetween(rows, folder):
    places = _path(rows, len(_there(folder)) / 16_000)
    share = float(np.mean(bilinear_weights(*places.T).max(axis=-1) <= 0.8))
    known = [(share, "At least three tenths of the path are to be in between.")]
    _within(share, 0.3, 1, "", known, "The way between the rows, not the rows alone.")


@hidden
def sources(rows, folder):
    _there(folder)
    filled = [sum(bool(str(part).strip()) for part in row) for row in rows]
    known = [([2] * len(filled), "A row has three entries: what, by whom, licence or leave.")]
    require(verdict(filled, [3] * max(len(filled), 1), known=known, look="The rows of credits."))
