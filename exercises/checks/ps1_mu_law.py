"""Hidden tests of `ps1_mu_law`: each question again, on random numbers of this grading."""

import numpy as np

from nsynth_edu.classroom import load_note, verdict
from nsynth_edu.classroom.grading import attempt, require
from nsynth_edu.sound import mu_law_decode, mu_law_encode, quantize, signal_to_noise

from . import answer, fresh, hidden

RATE = 16_000


def curve(x, mu=255):
    return np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu)


def tone(level, hertz):
    return 10 ** (level / 20) * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)


hand_curve = answer(curve(-0.1), [-0.1, -3.277, -0.584, 0.591], tolerance=6e-4)
hand_class = answer(52, [53, -76, 203, 115])


@hidden
def squeeze(function):
    random = fresh("squeeze")
    x, mu = random.uniform(-1, 1, (2, 50)), int(random.integers(20, 200))
    known = [
        (curve(x), f"It bends for mu = 255 where mu = {mu} was asked: a number in place of `mu`."),
        (np.abs(curve(x, mu)), "The sign is lost."),
        (x, "It has not been bent."),
    ]
    look = f"`mu` is an argument; it was {mu} here, and x had two rows."
    got = attempt(function, x, mu)
    require(verdict(got, curve(x, mu), tolerance=1e-5, known=known, look=look))


@hidden
def classes(function):
    x = fresh("classes").uniform(-0.98, 0.98, 200)
    bent = 128 * curve(x)
    known = [
        (np.trunc(bent) + 128, "This cuts towards zero, so negative ones land a class high."),
        (np.round(bent) + 128, "This rounds to the nearest; the law takes the floor."),
        (np.floor(bent), "These are signed values: add 128."),
        (np.floor(128 * x) + 128, "These are even steps: bend x before you cut."),
    ]
    look = "The floor of 128 f(x), plus 128."
    require(verdict(attempt(function, x), np.floor(bent) + 128, known=known, look=look))


@hidden
def edges(function):
    inside = fresh("edges").uniform(-0.9, 0.9, 5)
    x = np.concatenate([[-1, 1], inside, [1, -1]])
    expected = np.clip(np.floor(128 * curve(x)) + 128, 0, 255)
    bare = np.floor(128 * curve(x)) + 128
    known = [
        (bare, "+1 gets class 256, which no table of 256 has: hold the classes within 0..255."),
        (bare % 256, "The loudest peak has wrapped round to class 0."),
    ]
    got = np.asarray(attempt(function, x))
    require(verdict(got[[0, 1, -2, -1]], expected[[0, 1, -2, -1]], known=_ends(known), look="±1."))


def _ends(known):
    return [(wrong[[0, 1, -2, -1]], why) for wrong, why in known]


@hidden
def amplitudes(function):
    q = fresh("amplitudes").permutation(np.delete(np.arange(256), 128))[:60]
    edge = (q - 128) / 128
    known = [
        (_unbend(edge), "Those are the edges of the steps: half a step is missing."),
        (edge + 0.5 / 128, "The bend has not been undone."),
        (np.abs(mu_law_decode(q)), "The sign is lost."),
    ]
    look = "The middle of a step: (q - 128 + 1/2) / 128."
    got = attempt(function, q)
    require(verdict(got, mu_law_decode(q), tolerance=2e-5, known=known, look=look))


def _unbend(c, mu=255):
    return np.sign(c) * np.expm1(np.abs(c) * np.log1p(mu)) / mu


@hidden
def silence(function):
    random = fresh("silence")
    q = np.full((2, int(random.integers(3, 9))), 128)
    known = [(_unbend((q - 127.5) / 128), "That is the middle of the step above 0.")]
    require(verdict(attempt(function, q), q * 0.0, tolerance=0, known=known, look="Class 128."))


@hidden
def ratio(function):
    random = fresh("ratio")
    sound = random.normal(size=4000)
    rounded = sound + random.uniform(0.001, 0.1) * random.normal(size=4000)
    true = signal_to_noise(sound, rounded)
    known = [
        (2 * true, "20 log10 belongs to amplitudes; sums of squares are energies already."),
        (true / 2, "10 log10 of amplitudes: square before you sum."),
        (-true, "Upside down: the sound's energy belongs above the line."),
        (true * np.log(10), "That is the natural logarithm."),
        (10 ** (true / 10), "That is the quotient itself, not yet in dB."),
        (_energies(sound, rounded), "The error is the difference, rounded minus sound."),
    ]
    got = attempt(function, sound, rounded)
    require(verdict(got, true, tolerance=0.05, unit="dB", known=known, look="Two sums of squares."))


def _energies(sound, rounded):
    return 10 * np.log10(np.sum(sound**2) / np.sum(rounded**2))


@hidden
def level(function):
    random = fresh("level")
    for law in ("linear", "mu-law"):
        level, hertz = -random.uniform(5, 45), random.uniform(150, 900)
        true, full = (_noise(one, law, hertz) for one in (level, 0))
        other = _noise(level, "mu-law" if law == "linear" else "linear", hertz)
        known = [(full, "That is a tone at 0 dBFS."), (other, "That is the other law.")]
        look = f"The call was noise_at({level:.1f}, {law!r}, {hertz:.0f})."
        got = attempt(function, level, law, hertz)
        require(verdict(got, true, tolerance=0.3, unit="dB", known=known, look=look))


def _noise(level, law, hertz):
    sound = tone(level, hertz)
    return signal_to_noise(sound, quantize(sound, 8, law))


crossing = answer(-12, [12, 0, -20, 38], tolerance=1, unit="dBFS")
writers = answer(["torchaudio", "librosa", "NSynth"], [["NSynth", "librosa", "torchaudio"]])


def torchaudio_classes(x):
    return np.floor((curve(x) + 1) / 2 * 255 + 0.5)


@hidden
def torchaudio(function):
    x = fresh("torchaudio").uniform(-1, 1, 300)
    known = [
        (mu_law_encode(x), "That is NSynth's convention."),
        (np.floor((curve(x) + 1) / 2 * 255), "The half before the floor is missing."),
        (np.floor((curve(x) + 1) / 2 * 256), "256 steps where torchaudio has 255."),
    ]
    got = attempt(function, x)
    require(verdict(got, torchaudio_classes(x), known=known, look="floor((f + 1) / 2 · 255 + ½)."))


def loss():
    note = load_note("notes/flute_60")
    ours = signal_to_noise(note, mu_law_decode(mu_law_encode(note)))
    return ours - signal_to_noise(note, mu_law_decode(torchaudio_classes(note).astype(int)))


lost = answer(loss, [37.84, 34.04, -3.79], tolerance=0.1, unit="dB")


@hidden
def own(mu):
    from librosa import mu_compress, mu_expand

    hertz = fresh("own").uniform(150, 900)
    for level, least, why in ((-50, 32, "Bend more."), (0, 33, "Bend less.")):
        sound = tone(level, hertz)
        bent = quantize(mu_compress(sound, mu=mu, quantize=False), 8)
        db = signal_to_noise(sound, mu_expand(bent, mu=mu, quantize=False))
        got, look = min(db, least), f"A tone of {hertz:.0f} Hz at {level} dBFS."
        require(verdict(got, least, tolerance=0.4, unit="dB", known=[(got, why)], look=look))
