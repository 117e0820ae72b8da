"""Has 12 bins per octave in mind, forgets the filter scale, and rounds octaves up."""

LOSES = {
    "hand-bin-test": (1, "12 bins per octave are semitones"),
    "hand-partial-test": (1, "Those are semitones"),
    "window-test": (1, "The filter scale is missing"),
    "limits-sharp-test": (1, "That is with filter scale 1"),
    "limits-octaves-test": (1, "The last of these would end above the Nyquist"),
}
CELLS = {
    "hand": "hundredth = 65.41 * 2 ** (100 / 12)\nthird_partial = 19.02",
    "window": """
def window_seconds(frequency, bins_per_octave=40, filter_scale=0.8):
    return 1 / (2 ** (1 / bins_per_octave) - 1) / frequency
""",
    "limits": "sharp_from = window_seconds(1.0) / 0.05\noctaves = 7",
}
