"""Takes the mix for the share of the first sound, and the larger distance for the nearer sound."""

LOSES = {
    "hand-quarter-test": (1, "the mix is the share of the *second* sound"),
    "hand-beyond-test": (1, "That goes beyond A"),
    "mix-test": (2, "Three quarters of A"),
    "rise-test": (2, "It falls"),
    "nearest-test": (2, "The farthest one"),
    "which-guitar-test": (1, "That is the average note"),
}
CELLS = {
    "hand": "quarter = 0.25 * -0.8 + 0.75 * 0.4\nbeyond = 1.5 * -0.8 - 0.5 * 0.4",
    "mix": """
def mixed(z_a, z_b, mix):
    weight = np.asarray(mix)[..., None]
    return weight * z_a + (1 - weight) * z_b
""",
    "rise": """
def rise(rows):
    return (1 + np.cos(np.pi * np.arange(rows) / (rows - 1))) / 2
""",
    "nearest": """
def nearest(target, sounds):
    return max(sounds, key=lambda each: multi_scale_spectral_distance(target, sounds[each]))
""",
    "which-answer": "guitar_scaling = 0\ntrumpet_scaling = 1",
}
