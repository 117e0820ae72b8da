"""Decodes to the edge of each step, takes 20 log10 of energies, leaves one answer blank."""

LOSES = {
    "back-test": (2, "Those are the edges of the steps"),
    "noise-test": (2, "20 belongs to amplitudes"),
    "crossing-test": (1, "Levels below full scale are negative"),
    "dialects-test": (1, "Replace the `...`"),
    "torch-test": (2, "The half is missing"),
    "lost-test": (1, "That is the ratio with our own classes"),
    "own-test": (2, "Bend more."),
}
CELLS = {
    "back": """
def to_amplitudes(classes):
    edge = (np.asarray(classes) - 128) / 128
    return np.sign(edge) * (256 ** np.abs(edge) - 1) / 255
""",
    "noise": """
def ratio_in_db(sound, rounded):
    error = rounded - sound
    return 20 * np.log10(np.sum(sound**2) / np.sum(error**2))
""",
    "crossing": "crossing = 12",
    "dialects": "writers = ...",
    "torch": """
def torchaudio_classes(x):
    return np.floor((bend(x) + 1) / 2 * 255).astype(int)


flute = load_note("notes/flute_60")
lost = signal_to_noise(flute, mu_law_decode(mu_law_encode(flute)))
""",
    "own": "best_mu = 255",
}
