"""Problem set 1, mu-law."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "edge": Prediction(
        "The bare formula gives x = +1 the class ...",
        {
            "0": "Eight bits wrap round to that, but only after the formula: it knows no bits.",
            "255": "That is the last class there is, but f(1) is exactly 1, so 128 is added to "
            "128.",
            "256": "f(1) = 1, so q = 128 + 128: one class more than there are.",
            "128": "That is silence: f(0) = 0, and f(1) is not.",
        },
        right="256",
    ),
}
HINTS = {
    "squeeze": (
        "The worked line: what is inside the logarithm, and what was it divided by?",
        "Take the size of x with np.abs inside the logarithm; np.sign gives the sign back.",
        "curve = np.sign(x) * np.log(1 + mu * ...) / np.log(...)",
    ),
    "noise": (
        "Two sums: one over the sound, one over what was added to it.",
        "Square, then sum; the larger one above the line.",
        "10 * np.log10(np.sum(sound**2) / np.sum((... - sound) ** 2))",
    ),
    "classes": (
        "Bend first, then cut into steps, then count from 128.",
        "np.floor rounds down on both sides of zero; astype(int) cuts towards zero.",
        "np.floor(128 * bend(...)) + ...",
    ),
    "back": (
        "Undo the steps in the opposite order: first from classes to the middle of a step, "
        "then the bend.",
        "The bend is undone by a power with the base 1 + mu; np.sign and np.abs as on the way "
        "there.",
        "np.where(classes == ..., 0.0, amplitudes) treats one class differently.",
    ),
    "level": (
        "Three calls: a tone, its rounded copy, and how far the error lies below it.",
        "All three arguments have to be passed on: level and hertz to the tone, law to the "
        "rounding.",
        "signal_to_noise(sound, quantize(sound, 8, ...))",
    ),
    "crossing": (
        "Print both ratios for some levels: on which side is mu-law ahead?",
        "Halve the range between two levels with different winners until it is 1 dB wide.",
    ),
    "own": (
        "Measure both tones for one mu; which of the two conditions fails?",
        "A larger mu helps the quiet tone and harms the loud one: go up in factors of 2, then "
        "in smaller steps.",
    ),
    "torch": (
        "f goes from -1 to 1; the formula moves it to 0..1 before anything else.",
        "Adding a half before np.floor rounds to the nearest; the result is a whole number.",
        "np.floor((bend(x) + 1) / 2 * ... + ...)",
    ),
}
FIGURES = {
    "target": "Up to -20 dBFS linear rises evenly with the level, by 1 dB per dB; mu-law rises "
    "more and more slowly, and lies above it all the way.",
}
GRADED = {
    "hand_curve": Graded(
        seal="4ef13a5bc9c1",
        tolerance=0.0006,
        between=(-1, 1),
        known={
            "b3a7c085c3ba": "That is x itself: the logarithm has not bent it yet.",
            "202e79c032ee": "That is the logarithm. Divide it by ln 256, so that f(1) is 1.",
            "212f2dde1ac2": "The 1 inside the logarithm is missing, and f(0) would not be 0.",
            "16b75ce2ac01": "The size is right. The curve is odd: what is negative stays negative.",
        },
        look="The worked line above.",
    ),
    "hand_class": Graded(
        seal="f32808dee4d2",
        between=(0, 255),
        known={
            "dc3b8c79c7d2": "That cuts towards zero. The floor goes down: of -2.5 it is -3.",
            "a3bc5ea4cea1": "That is the signed value. Add 128, so that classes start at 0.",
            "fdae33214008": "The sign is lost: that is the class of a positive amplitude.",
            "42fe0094f1d3": "That is the class of even steps. Bend x first.",
        },
        look="The worked line: the factor of f(x), which way the floor goes, what is added.",
    ),
    "crossing": Graded(
        seal="3be31fedfd9b",
        tolerance=1,
        between=(-60, 0),
        unit="dBFS",
        known={
            "535e04353ea9": "Levels below full scale are negative.",
            "62688732f3fb": "There even steps win.",
            "4b6b81ca1cfd": "There mu-law leads by far: go up.",
            "ed2f44436a61": "That is the ratio at the crossing; the question asks for the level.",
        },
        look="Your `noise_at`: both laws at one level, then at the next.",
    ),
    "writers": Graded(
        seal="8aeafa149be5",
        options=("NSynth", "librosa", "torchaudio"),
        known={"1b8fbf39603c": "Work out -0.5 with both formulas: f is -0.876."},
        look="Amplitude -0.5, and the table.",
    ),
    "lost": Graded(
        seal="9ace4aec02fd",
        tolerance=0.1,
        between=(0, 60),
        unit="dB",
        known={
            "3b0695479afa": "That is the ratio with our own classes. How much lower is the other?",
            "8c4e632516e0": "That is the ratio of the mixed pair. How far is it below our own?",
            "8ce1357973c3": "The question asks for a loss: ours minus the mixed one.",
        },
        look="Ours minus mixed.",
    ),
    "own": Graded(between=(1, 1e6), look="The loop above, with more values."),
}
