"""Lesson 02, seeing timbre."""

from ..questions import Check, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "choose a window, and say what it costs in time or in frequency": ["window"],
    "read intervals and partials off a constant-Q transform": ["fifth"],
    "say what phase tells that magnitude does not": ["same", "fold"],
    "compute an instantaneous frequency from two phases": ["frequency", "turn"],
}

PREDICTIONS = {
    "window": Prediction(
        "A window four times as long shows ...",
        {
            "lines sharper, onsets blurred": "256 samples: 16 ms, bins 62.5 Hz apart. 4,096 "
            "samples: 256 ms, bins 3.9 Hz apart. The product stays 1.",
            "onsets sharper, lines blurred": "The other way round: an onset is blurred over the "
            "whole window.",
            "onsets and lines both sharper": "No window does both: the loudness of a column does "
            "not say when, inside the window, a sound began.",
        },
        right="lines sharper, onsets blurred",
    ),
    "same": Prediction(
        "440 Hz and 442.5 Hz are 10 cents apart, bins 30 cents. Where in the CQT do you see which "
        "is which?",
        {
            "in the loudness": "Both tones are loudest in the same bin.",
            "in how far the phase advances per frame": "The fraction of a turn differs by 0.04, "
            "and from it the frequency can be computed to a hundredth of a hertz.",
            "in neither": "The loudest bin is the same, but the turns per frame are not.",
        },
        right="in how far the phase advances per frame",
    ),
    "fold": Prediction(
        "The hues of 440 Hz and of 502.5 Hz are ...",
        {
            "different by a little, as 62.5 Hz are not much": "To the ear it is more than two "
            "semitones; but between two flashes it makes one whole turn more, which the lamp does "
            "not show.",
            "opposite": "Opposite hues are half a turn apart, which is 31.25 Hz.",
            "equal": "502.5 Hz makes exactly one turn more between two flashes: an alias, in "
            "pictures. Lesson 01 had one in sound.",
        },
        right="equal",
    ),
}
CHECKS = {
    "fifth": Check(
        40 * 7 / 12,
        tolerance=0.5,
        unit="bins",
        known=(
            (7, "Those are semitones. An octave has 40 bins, not 12."),
            (40, "That is an octave, 12 semitones."),
            (20, "That is half an octave, 6 semitones."),
            (40 * 12 / 7, "The fraction is upside down: a fifth is less than an octave."),
        ),
        look="Bins per octave, in the text above the transform.",
        hints=(
            "What fraction of an octave is 7 semitones?",
            "40 * ... / 12",
        ),
        success="Overtones 1, 2, 3 and 4 lie 40 bins, then 23, then 17 apart: from the second to "
        "the third it is a fifth.",
    ),
    "frequency": Check(
        1015.625,
        tolerance=0.01,
        unit="Hz",
        known=(
            (15.625, "That is 0.25 of 62.5 Hz. Whole turns are missing: how many bring it near "
             "1,000?"),
            (1000, "That is the bin. The turn tells how far from it the partial lies."),
            (984.375, "Check the sign: +0.25 is a quarter turn more than whole turns."),
            (1062.5, "That is a whole turn too far."),
        ),
        look="The formula with r and δ; choose r so that r x 62.5 Hz is nearest to the bin.",
        hints=("16 whole turns per frame are 1,000 Hz.", "(16 + ...) * 62.5"),
    ),
    "turn": Check(
        0.08,
        tolerance=1e-4,
        unit="turns",
        known=(
            (14.08, "That counts whole turns, too. The lamp does not see those 14."),
            (14, "Those are the whole turns. What is left?"),
            (0.04, "That is 440 Hz. An octave doubles the frequency."),
            (0.16, "Those are half turns: the angle divided by pi. One turn is all the way round."),
        ),
        look="The pointer and the lamp, where it is done for 440 Hz.",
        hints=("Turns per frame are frequency x 256 / 16,000.", "(880 * 256 / 16_000) % ..."),
    ),
}  # fmt: skip
HINTS = {
    "turns": (
        "Turns between two frames: frequency times 256 / 16,000.",
        "Both ways: a frequency is (whole turns + turn) times 62.5 Hz.",
        "(16 + ...) * 62.5, and (880 * 256 / 16_000) % ...",
    ),
}
FIGURES = {
    "wave": "Electric piano: smooth, trumpet: pulses, every 3.8 ms; glockenspiel: a dense ripple.",
    "window": "The trumpet three times. With the short window lines merge and the end is "
    "sharp; with the long window thin lines lie 262 Hz apart and the end is smeared.",
    "loudness": "The trumpet has many rungs at multiples of 262 Hz until 3 s, the electric piano "
    "three; the glockenspiel one at 262 Hz and others far off the multiples, which die sooner.",
    "phase": "The phase of 437.5 Hz stands still; 440 Hz climbs 2 turns in 0.8 s, 442.5 Hz twice "
    "that.",
    "layers": "The raw phase is stripes and specks; its turn is one calm hue for a steady tone, "
    "another for the detuned one, and a rainbow for the glide. With loudness only the tone is "
    "left.",
    "three": "Glockenspiel: the lowest line outlives the high ones; electric piano: three last, "
    "calm in hue; trumpet: many lines, all of which flicker about three times per second.",
}
DESCRIPTIONS = {
    "notes": {
        "glockenspiel": "A hard, bright stroke and a chime that floats above the note; it dies "
        "away while its lowest tone rings on.",
        "electric piano": "A soft stroke, then a mellow, round tone that slowly gets softer.",
        "trumpet": "A brassy tone, as bright at the end as at the start, until it stops at 3 s.",
    },
}
