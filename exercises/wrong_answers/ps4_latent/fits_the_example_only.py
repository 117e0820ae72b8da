"""Passes most visible tests: halves for any number of notes, doubles for any scaling."""

LOSES = {
    "mean-test": (2, "Divided by two; there were five notes"),
    "draw-test": (2, "`scaling` is not used"),
    "nearest-test": (2, "Equal samples are not equal sounds"),
    "clear-test": (1, "The averages differ, but the ranges overlap"),
    "which-trumpet-test": (1, "Overdone"),
}
CELLS = {
    "mean": """
def average(notes):
    return np.sum(notes, axis=0) / 2
""",
    "draw": """
def exaggerate(z, z_mean, scaling):
    return 2 * z - z_mean
""",
    "nearest": """
def nearest(target, sounds):
    return min(sounds, key=lambda each: np.mean((target - sounds[each]) ** 2))
""",
    "clear": """
def clearly_different(first, second):
    return bool(abs(np.mean(first) - np.mean(second)) > 0.01)
""",
    "which-answer": "guitar_scaling = 2\ntrumpet_scaling = 2",
}
