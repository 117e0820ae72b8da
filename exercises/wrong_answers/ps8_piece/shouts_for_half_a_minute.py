"""Cuts a loud mix off instead of turning it down; hands in half a minute at full scale."""

LOSES = {
    "mix-test": (2, "Cut off, not turned down"),
    "length-test": (2, "Got: 30.0; expected 60 to 90 s"),
    "peak-test": (1, "expected -12 to -0.3 dBFS"),
    "level-test": (1, "expected -35 to -6 dBFS"),
}
CELLS = {
    "mix": """
def mix(voices):
    ends = [round(start * 16_000) + len(wave) for start, wave in voices]
    total = np.zeros(max(ends))
    for end, (_, wave) in zip(ends, voices):
        total[end - len(wave) : end] += wave
    return np.clip(total, -0.9, 0.9)
""",
    "piece": """
score = [(0, 0, 1), (28, 1, 0)]
credits = [("an oscillator", "written here", "mine")]
time = np.arange(30 * 16_000) / 16_000
piece = np.clip(5 * np.sin(2 * np.pi * 110 * time), -1, 1)
keep(piece, credits)
""",
}
