"""Passes every visible test: constants stand in place of arguments; other numbers show it."""

LOSES = {
    "hand-curve-test": (1, "Not right yet: -0.5."),
    "squeeze-test": (2, "a number in place of `mu`"),
    "noise-test": (2, "expected"),
    "crossing-test": (1, "Not right yet: -6 dBFS."),
}
CELLS = {
    "hand": "curve_by_hand = -0.5\nclass_by_hand = 52",
    "squeeze": """
def squeeze(x, mu=255):
    x = np.asarray(x, dtype=np.float64)
    return np.sign(x) * np.log(1 + 255 * np.abs(x)) / np.log(256)
""",
    "noise": """
def ratio_in_db(sound, rounded):
    return 20.0
""",
    "crossing": "crossing = -6",
}
