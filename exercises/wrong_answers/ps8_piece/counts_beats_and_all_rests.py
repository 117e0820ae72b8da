"""Takes beats for bars, holds each place until the next, and adds all rests up."""

LOSES = {
    "bars-test": (1, "Those are beats; a bar has four"),
    "path-test": (2, "held until the next"),
    "rest-test": (2, "All rests were added up"),
}
CELLS = {
    "bars": "bars = 75 * 88 / 60",
    "path": """
def path_through(score, seconds):
    at = np.array([row[0] for row in score])
    times = 0.016 * np.arange(round(seconds / 0.016))
    return np.array(score)[np.searchsorted(at, times + 1e-9, side="right") - 1, 1:]
""",
    "rest": """
def longest_rest(waveform):
    pieces = waveform[: len(waveform) // 1600 * 1600].reshape(-1, 1600)
    return np.sum(np.abs(pieces).max(axis=1) <= 0.001) / 10
""",
}
