"""Hidden tests of `ps5_group_generation`: each step on random sounds, the set as at the intake."""

import numpy as np

from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import attempt, attempts, require
from nsynth_edu.sound import AudioError, load_audio, normalize_peak
from nsynth_edu.studio import KINDS, check_instrument, check_samples

from . import answer, fresh, hidden

size_samples = answer(64_000, [176_400, 128_000, 4000], unit="samples")
size_bytes = answer(896_000, [448_000, 7_168_000, 128_000], unit="bytes")


@hidden
def speed(function):
    notes = fresh("speed").integers(20, 100, (12, 2))
    semitones = notes[:, 1] - notes[:, 0]
    expected = 2.0 ** (semitones / 12)
    known = [
        (1 / expected, "Upside down: higher is faster."),
        (2.0 ** (semitones // 12), "Whole octaves only were counted."),
    ]
    got = attempts(function, [(int(a), int(b)) for a, b in notes])
    look = "Twelve random pairs of notes."
    require(verdict(got, expected, tolerance=2e-3, known=known, look=look))


long = answer(8, [2, 4, 16], tolerance=0.01, unit="s")


def _noise(random, length):
    return random.uniform(-1, 1, length) * 10 ** random.uniform(-2, 0)


@hidden
def level(function):
    random = fresh("level")
    waves = [_noise(random, 50) for _ in range(6)]
    sizes = np.array([np.abs(wave).max() for wave in waves])
    known = [
        (10 * np.log10(sizes), "10 log10 belongs to energies."),
        (20 * np.log10([wave.max() for wave in waves]), "The largest value, not the largest size."),
        (20 * np.log10([wave.std() for wave in waves]), "That is the average level, not the peak."),
    ]
    got = attempts(function, [(wave,) for wave in waves])
    look = "Six noises of different loudness."
    require(verdict(got, 20 * np.log10(sizes), tolerance=0.01, unit="dB", known=known, look=look))


@hidden
def trim(function):
    random = fresh("trim")
    gain, share = 10 ** random.uniform(-1.5, -1), random.uniform(0.1, 0.3)
    silence = random.uniform(-0.05, 0.05, int(random.integers(20, 40)))
    sound = random.uniform(-0.9, 0.9, 60)
    sound[:3], sound[30] = (-0.5, 0.5, 0.02), 1
    wave, expected = gain * np.concatenate([silence, sound]), gain * sound
    known = [
        (expected[1:], "It began upwards only; this sound begins downwards."),
        (wave[np.abs(wave) > share * gain], "Quiet samples within the sound are gone, too."),
        (wave[np.argmax(np.abs(wave) > 0.05 * gain) :], "`share` was another one here."),
        (wave[np.argmax(np.abs(wave) > share) :], "A soft sound: share of *its* peak, not of 1."),
    ]
    got = attempt(function, wave, share)
    look = f"A sound with peak {gain:.3f}, and share {share:.2f}."
    require(verdict(got, expected, tolerance=1e-6, known=known, look=look))


@hidden
def fit(function):
    random = fresh("fit")
    length, fade = int(random.integers(60, 90)), int(random.integers(10, 30))
    long, same, short = (_noise(random, size) for size in (length + 25, length, length - 20))
    line = np.ones(length)
    line[-fade:] = np.linspace(1, 0, fade)
    silent = np.zeros(20)
    expected = [long[:length] * line, same, np.concatenate([short, silent])]
    known = [
        ([long[:length], *expected[1:]], "The cut clicks: there is no fade."),
        ([long[-length:] * line, *expected[1:]], "The *end* was kept: the attack is gone."),
        ([expected[0], same * line, expected[2]], "What fits already was faded, too."),
        ([*expected[:2], np.concatenate([silent, short])], "Silence belongs after the sound."),
    ]
    got = attempts(function, [(wave, length, fade) for wave in (long, same, short)])
    look = "One sound too long, one that fits, one too short."
    require(verdict(got, expected, tolerance=1e-6, known=known, look=look))


@hidden
def bits(function):
    wave = np.concatenate([[1, -1, 1.2, -1.3], fresh("bits").uniform(-1, 1, 40)])
    whole = np.clip(np.round(wave * 32768), -32768, 32767)
    known = [
        (np.clip(np.trunc(wave * 32768), -32768, 32767), "Cut towards zero, not rounded."),
        (np.round(wave * 32768).astype(np.int64).astype(np.int16), "What is too loud wraps round."),
    ]
    got = attempt(function, wave)
    look = "Also beyond full scale, as an editor may give it."
    require(verdict(got, whole, tolerance=0, known=known, look=look))


hear = answer("C", ["A", "B"])


@hidden
def name(word):
    try:
        got = check_instrument(word)
    except AudioError as problem:
        got = str(problem)
    require(verdict(got, word, look="One word of a-z and digits."))


# --- the set, as the intake sees it -------------------------------------------------------------


def _problems(folder, first, last):
    asked = KINDS[KINDS.index(first) : KINDS.index(last) + 1]
    found = [str(each) for each in check_samples(folder) if each.kind in (*asked, "missing")]
    known = [(len(found), sentence) for sentence in found[:1]]
    require(verdict(len(found), 0, unit="problems of the set", known=known, look="The files."))


@hidden
def set_names(folder):
    _problems(folder, "folder", "name")


@hidden
def set_format(folder):
    _problems(folder, "link", "length")


@hidden
def set_sound(folder):
    _problems(folder, "nan", "quiet")


@hidden
def set_seven(folder):
    """The notes must differ; a copy at another gain counts as the same sound."""
    sounds = []
    for path in sorted(folder.glob("*.wav")):
        sound = normalize_peak(attempt(load_audio, path))  # without its warnings
        alike = [np.abs(sound - one).max() < 1e-2 for one in sounds if len(one) == len(sound)]
        if not any(alike):
            sounds.append(sound)
    known = [(1, "All are one sound, only louder or softer.")]
    require(verdict(len(sounds), 7, unit="sounds", known=known, look="Each at its pitch."))
