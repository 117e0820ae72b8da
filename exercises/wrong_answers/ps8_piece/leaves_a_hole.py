"""Turns a quiet mix up, and forgets twelve seconds in the middle of the piece."""

LOSES = {
    "mix-test": (2, "The quiet mix was turned up"),
    "silent-test": (1, "expected 0 to 8 s"),
}
CELLS = {
    "mix": """
def mix(voices):
    ends = [round(start * 16_000) + len(wave) for start, wave in voices]
    total = np.zeros(max(ends))
    for end, (_, wave) in zip(ends, voices):
        total[end - len(wave) : end] += wave
    return 0.9 / np.abs(total).max() * total
""",
    "piece": """
score = [(0, 0, 1), (20, 0.5, 0.5), (70, 1, 0)]
credits = [("the course's pad", "Frank Wen, FluidR3", "MIT")]
starts = [i for i in range(70) if not 30 <= i < 43]
song = Song([Key(i, i + 0.9, 60 + i % 5, 90) for i in starts], {})
piece, _ = play_song(song, course["sounds"], course["notes"], path_through(score, 72))
keep(piece, credits)
""",
}
