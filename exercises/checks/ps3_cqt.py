"""Hidden tests of `ps3_cqt`: each question again, on random sounds and numbers."""

import numpy as np
from librosa import istft

from nsynth_edu.classroom import load_note, verdict
from nsynth_edu.classroom.grading import attempt, attempts, require
from nsynth_edu.sound import stft

from . import answer, fresh, hidden

RATE = 16_000
COLUMNS = 62.5  # per second, at a hop of 256 samples


def q(bins_per_octave):
    return 1 / (2 ** (1 / bins_per_octave) - 1)


hand_bin = answer(
    65.41 * 2**2.5,
    [65.41 * 100, 65.41 * 2 ** (100 / 12), 65.41 * 2**3.5],
    tolerance=0.5,
    unit="Hz",
)
hand_partial = answer(40 * np.log2(3), [120, 80, 60, 12 * np.log2(3)], tolerance=0.5, unit="bins")


@hidden
def bins(function):
    random = fresh("bins")
    k = random.integers(1, 200, 20)
    per_octave, lowest = int(random.choice([12, 24, 36, 48])), random.uniform(30, 60)
    known = [
        (lowest * 2 ** (k / 40), f"{per_octave} bins per octave were asked for, these are 40."),
        (65.41 * 2 ** (k / per_octave), f"The lowest bin was {lowest:.1f} Hz, not 65.41."),
        (lowest * 2 ** (k // per_octave), "Whole octaves only: divide with `/`."),
    ]
    expected = lowest * 2 ** (k / per_octave)
    got = attempt(function, k, per_octave, lowest)
    look = "All three arguments."
    require(verdict(got, expected, tolerance=0.05, unit="Hz", known=known, look=look))


@hidden
def window(function):
    random = fresh("window")
    hertz, scale = random.uniform(60, 4000, 20), random.uniform(0.4, 1.5)
    per_octave = int(random.choice([12, 24, 36, 60]))
    expected = scale * q(per_octave) / hertz
    known = [
        (expected / scale, "The filter scale is missing."),
        (scale * q(40) / hertz, f"{per_octave} bins per octave were asked for, this is for 40."),
        (expected * RATE, "Those are samples; seconds were asked for."),
    ]
    got = attempt(function, hertz, per_octave, scale)
    look = f"{per_octave} bins per octave, filter scale {scale:.2f}."
    require(verdict(got, expected, tolerance=0.0005, known=known, look=look))


sharp = answer(0.8 * q(40) / 0.05, [q(40) / 0.05, 0.8 * q(40), 0.05], tolerance=15, unit="Hz")
octaves = answer(6, [7, 8, 6.93], unit="octaves")


@hidden
def turn(function):
    random = fresh("turn")
    hertz, hop = random.uniform(60, 4000, 30), int(random.choice([128, 192, 512]))
    fraction = hertz * hop / RATE % 1
    clear = np.abs(fraction - 0.5) > 0.01  # near half a turn both ways are equally short
    hertz, fraction = hertz[clear], fraction[clear]
    expected = np.where(fraction < 0.5, fraction, fraction - 1)
    known = [
        (hertz * hop / RATE, "Whole turns are still in it."),
        (fraction, "More than half a turn forward is less than half a turn back."),
        (2 * expected, "Those are half turns."),
    ]
    got = attempt(function, hertz, hop)
    look = f"The hop was {hop} samples here."
    require(verdict(got, expected, tolerance=1e-3, unit="turns", known=known, look=look))


@hidden
def back(function):
    random = fresh("back")
    hertz = random.uniform(100, 4000, 30)
    near = hertz + random.uniform(-28, 28, 30)
    seen = (hertz / COLUMNS + 0.5) % 1 - 0.5
    known = [
        (near + seen * COLUMNS, "The turn is not the distance from the bin's frequency."),
        ((np.floor(near / COLUMNS) + seen) * COLUMNS, "Down to whole turns; nearest is wanted."),
        ((np.round(near / COLUMNS) + seen) * COLUMNS, "Rounded before the turn was taken away."),
    ]
    got = attempt(function, seen, near)
    look = "The tones are up to 28 Hz away from `near`."
    require(verdict(got, hertz, tolerance=0.01, unit="Hz", known=known, look=look))


def _transform(random):
    """Rows of complex numbers that turn by known steps."""
    turns = np.cumsum(random.uniform(-0.45, 0.45, (5, 12)), axis=1)
    return turns, 10 ** random.uniform(-2, 1, (5, 12)) * np.exp(2j * np.pi * turns)


@hidden
def brightness(function):
    random = fresh("brightness")
    _, transform = _transform(random)
    transform = transform * random.uniform(3, 30)
    transform[0, 0] = 0
    level = 20 * np.log10(np.maximum(np.abs(transform), 1e-12))
    expected = np.clip(1 + (level - level.max()) / 70, 0, 1)
    known = [
        (np.clip(1 + level / 70, 0, 1), "It is not taken against the loudest point."),
        (np.clip(1 + level / 70, 0, None), "It is not taken against the loudest point."),
        (np.clip(1 + (level - level.max()) / 140, 0, 1), "20 log10 belongs to amplitudes."),
        (1 + (level - level.max()) / 70, "Nothing holds it at 0 where it is darker."),
    ]
    got = attempt(function, transform)
    look = "Once more with another loudest point, and a zero."
    require(verdict(got, expected, tolerance=2e-3, known=known, look=look))


@hidden
def hue(function):
    turns, transform = _transform(fresh("hue"))
    step = np.diff(turns, axis=1) * 2
    expected = np.concatenate([step[:, :1], step], axis=1)
    raw = np.diff(np.angle(transform), axis=1) / np.pi
    known = [
        (np.concatenate([raw[:, :1], raw], axis=1), "A jump where the angle wraps."),
        (expected / 2, "Those are turns; half turns were asked for."),
        (-expected, "Backwards: this column minus the one before."),
        (np.concatenate([0 * step[:, :1], step], axis=1), "The first column repeats the second."),
    ]
    got = attempt(function, transform)
    require(verdict(got, expected, tolerance=1e-3, known=known, look="Steps of up to 0.45 turns."))


def _tone(hertz, seconds=2.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


@hidden
def partial(function):
    random = fresh("partial")
    # at most a quarter of a bin from its middle, so that the loudest bin is unambiguous
    bins_, offset = random.integers(60, 150, 2), random.uniform(-0.25, 0.25, 2)
    middles, hertz = 65.40639 * 2 ** (bins_ / 40), 65.40639 * 2 ** ((bins_ + offset) / 40)
    both = 0.6 * _tone(hertz[0]) + 0.1 * _tone(3 * hertz[0])
    both[RATE:] = 0.6 * _tone(hertz[1])[RATE:]
    known = [
        (middles, "Those are the bins; the turn gives the tone's distance from them."),
        ([hertz[0]] * 2, "The same at both moments: is `seconds` used?"),
    ]
    got = attempts(function, [(both, 0.5), (both, 1.5)])
    look = "Two tones, one after the other, the first with a soft third partial."
    require(verdict(got, hertz, tolerance=0.7, unit="Hz", known=known, look=look))


def _note(random, fall):
    """A synthetic note of 4 s whose partials lose `fall` dB per second."""
    time = np.arange(4 * RATE) / RATE
    partials = sum(_tone(k * random.uniform(200, 500), 4) / k for k in (1, 2, 3))
    return 0.3 * partials * 10 ** (-fall * time / 20) * np.minimum(1, time / 0.02)


@hidden
def fades(function):
    random = fresh("fades")
    struck = [load_note("notes/glockenspiel_60"), _note(random, random.uniform(8, 20))]
    held = [load_note("notes/church_organ_60"), _note(random, random.uniform(0, 0.5))]
    asked = "Of a glockenspiel, an organ, a fading and a steady tone"
    for gain, words in ((1, "as they are"), (0.02, "the struck ones turned down by 34 dB")):
        numbers = attempts(function, [(note * gain,) for note in struck] + [(n,) for n in held])
        got = numbers
        if numbers is not ...:
            got = sum(bool(a > b) for a in numbers[:2] for b in numbers[2:])
        quiet = [(got, "It depends on loudness: gain must cancel.")] if gain < 1 else ()
        look = f"{asked}, {words}."
        require(verdict(got, 4, unit="pairs in order", known=quiet, look=look))


nearest = answer(
    [4, 1, 3, 1], [[4, 2, 6, 1], [4, 0, 6, 1], [4, 0, 0, 1], [4, 2, 3, 1], [2, 1, 3, 0.5]]
)


@hidden
def repaint(function):
    random = fresh("repaint")
    start, other = random.normal(0, 0.1, (2, 8192))
    goal, now = np.abs(stft(other)), stft(start)
    part, phases = random.random(goal.shape) < 0.5, now / np.abs(now)
    known = [
        (istft(goal * phases), "`known` is not used."),
        (istft(np.where(part, now, goal * phases)), "The wrong part was painted."),
        (istft(np.where(part, goal * phases, 0)), "What is not known was set to 0."),
        (start, "Nothing was painted."),
    ]
    got, look = attempt(function, start, goal, part), "Half of the points, here and there."
    right = istft(now + part * (goal * phases - now))
    require(verdict(got, right, tolerance=1e-4, known=known, look=look))
