"""Measures the wrong share, jumps from corner to corner, and takes what is not hers."""

LOSES = {
    "between-test": (2, "That is the share near the corners"),
    "rights-test": (1, "comes without leave to publish"),
    "score-test": (1, "The score does not begin at 0 s"),
    "inbetween-test": (2, "At least three tenths of the path are to be in between"),
    "sources-test": (1, "A row has three entries"),
}
CELLS = {
    "between": """
def share_between(path):
    return np.mean(bilinear_weights(*np.transpose(path)).max(axis=-1) > 0.8)
""",
    "rights": 'may_go_in = "A"',
    "piece": """
score = [(2, 0, 0), (30, 0, 0), (31, 1, 0), (50, 1, 0), (51, 1, 1), (66, 1, 1)]
credits = [("a record", "somebody", "")]
keys = [Key(i, i + 0.9, 60 + 5 * (i % 3), 90) for i in range(66)]
song = Song(keys, {})
piece, _ = play_song(song, course["sounds"], course["notes"], path_through(score, 70))
keep(piece, credits)
""",
}
