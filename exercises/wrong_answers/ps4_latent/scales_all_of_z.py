"""Scales z itself, averages over time, and takes the row rate for the limit of a sway."""

LOSES = {
    "sway-fastest-test": (1, "Then each row falls on the same point"),
    "sway-seen-test": (1, "Not the distance from the limit"),
    "mean-test": (2, "over the *notes* it should go"),
    "strange-test": (2, "The standard deviation is missing"),
    "hand-caricature-test": (1, "That scales z itself"),
    "draw-test": (2, "That scales z itself"),
    "own-test": (1, "compares with nothing"),
}
CELLS = {
    "sway": "fastest = 31.25\nseen_instead = 30 - 15.625",
    "mean": """
def average(notes):
    return np.mean(notes, axis=1)
""",
    "strange": """
def strangeness(notes, z_mean, z_std):
    return np.sqrt(np.mean((notes - z_mean) ** 2, axis=(1, 2)))
""",
    "hand-caricature": "drawn = 2 * 0.3",
    "draw": """
def exaggerate(z, z_mean, scaling):
    return scaling * z
""",
    "own": 'own = {"only one": [0.9, 0.8, 0.9]}',
}
