"""Lesson 01, sound as numbers."""

from functools import cache

from ..questions import Check, Listening, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "predict where a tone above half the sample rate is heard": ["alias", "whistle"],
    "say what one bit is worth in decibels, and listen to an error alone": ["bits"],
    "choose between equal steps and mu-law for a quiet sound and for a loud one": ["law", "ring"],
    "measure how much more one sound was damaged than another": ["ratio"],
}

PREDICTIONS = {
    "alias": Prediction(
        "5,000 Hz, sampled 8,000 times per second, sounds like ...",
        {
            "5,000 Hz, a little rough": "The samples are exact, nothing is rough. But they fit a "
            "lower wave just as well, and that is what is played.",
            "3,000 Hz": "Its samples and those of 3,000 Hz differ in sign alone: their sum is 0. "
            "The false tone is called an alias.",
            "silence": "The samples are far from zero, as the figure below shows.",
            "noise": "The samples form a perfectly regular pattern, that of a lower tone.",
        },
        right="3,000 Hz",
    ),
    "bits": Prediction(
        "One bit more makes the error's amplitude ...",
        {
            "half as large: 6 dB less": "There are twice as many steps, each half as wide. 8 bits "
            "give about 50 dB, 16 bits nearly 100 dB.",
            "a quarter: 12 dB less": "Only if one bit gave four times the steps. It gives twice "
            "as many.",
            "a tenth: 20 dB less": "That is what one more decimal digit does. A bit is a digit "
            "with two values.",
        },
        right="half as large: 6 dB less",
    ),
    "law": Prediction(
        "A tone at full scale is turned down to a hundredth (-40 dBFS), always in 8 bits. By how "
        "much does mu-law's signal-to-noise ratio fall?",
        {
            "about 40 dB, as with equal steps": "With equal steps it falls by 39 dB, as the error "
            "stays and the tone shrinks. Mu-law's error shrinks with the tone.",
            "about 20 dB": "It falls far less: at a hundredth of full scale the steps are small, "
            "too.",
            "less than 5 dB": "It falls from 37 dB to 34 dB, with equal steps from 50 dB to 11 dB: "
            "the steps are small where the wave is.",
        },
        right="less than 5 dB",
    ),
}
LISTENING = {
    "ring": Listening(
        "The ring of a quiet guitar, in 8 bits",
        task="One sound has equal steps, the other mu-law's. Listen for how long the string rings.",
        found="The linear guitar has three amplitudes left and falls silent after a quarter of a "
        "second. Mu-law hisses a little and lets the string ring for more than 3 s.",
    ),
}


@cache
def _ratio():
    from nsynth_edu.classroom.media import load_note
    from nsynth_edu.sound import quantize, signal_to_noise

    flute = load_note("notes/flute_60")
    return signal_to_noise(flute, quantize(flute, 6))


def _ratios():
    from math import log

    true = _ratio()
    return [
        (true / 2, "10 log10 belongs to energies (sums of squares), 20 log10 to amplitudes."),
        (2 * true, "20 log10 of energies counts the square twice: use 10 log10."),
        (true * log(10), "That is the natural logarithm: use np.log10."),
        (10 ** (true / 10), "That is the ratio itself. The dB value is 10 times its logarithm."),
        (-true, "The fraction is upside down: the flute's energy goes on top."),
    ]


STEPS = (
    "Two sums: np.sum(flute**2) and the same for the error.",
    "Energy of the flute divided by energy of the error; then 10 times the log10.",
    "10 * np.log10(np.sum(flute**2) / np.sum((... - flute) ** 2))",
)
CHECKS = {
    "whistle": Check(
        5_000,
        unit="Hz",
        known=(
            (11_000, "That is above 8,000 Hz, half the sample rate: no samples can hold it."),
            (3_000, "That is how far it lies above the mirror. Go just as far below it."),
            (8_000, "That is the mirror itself."),
            (27_000, "It has the same samples, but nobody hears it: look for one below 8,000 Hz."),
        ),
        look="The glide at 2.75 s, where it should have reached 11,000 Hz.",
        hints=(
            "How far above half the sample rate does the whistle lie?",
            "The mirror is at 8,000 Hz: 8,000 - (11,000 - ...).",
        ),
    ),
    "ratio": Check(
        _ratio,
        tolerance=0.05,
        unit="dB",
        known=_ratios,
        look="The formula above the flute in 4 bits; the error is rounded minus original.",
        hints=STEPS,
        success="The sine above had 36.4 dB with 6 bits, at full scale. The flute is softer, the "
        "steps are the same.",
    ),
}
HINTS = {"ratio": STEPS}
FIGURES = {
    "samples": "17 dots 0.0625 ms apart go up and down twice: 0, then 0.71, then 1, then down "
    "again; 8 of them make one period of 2,000 Hz.",
    "alias": "Two waves, of 5,000 Hz and of 3,000 Hz upside down, go through the same 17 dots.",
    "glide": "A line rises evenly to 8,000 Hz at 2 s, turns round, and falls to 0 Hz at 4 s.",
    "rounding": "The rounded tone climbs in steps of 0.25. The error alone zigzags within half a "
    "step, except at the crests, where it is a little larger.",
}
DESCRIPTIONS = {
    "tone": "A plain, steady tone without any edge or hiss.",
    "asked": "A clean, steady whistle, neither rough nor noisy, and lower than 5,000 Hz.",
    "pair": {
        "5,000 Hz": "The whistle again.",
        "3,000 Hz": "A whistle of the same pitch: nothing tells the two apart.",
    },
    "glide": "A tone rises for 2 s to a very high whistle, turns round, and falls for 2 s.",
    "alone": {
        "flute": "A round tone with a vibrato.",
        "4 bits": "The flute in gravel; its end breaks off.",
        "the error alone": "A rough buzz that follows the flute and its vibrato: no steady hiss.",
    },
    "dither": {
        "original": "A plain, low, steady tone.",
        "with noise": "The same tone, in a hiss somewhat louder than the tone.",
    },
}
