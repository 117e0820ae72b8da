"""Copies one take, recorded too softly; passes visible tests with a threshold that is fixed."""

LOSES = {
    "level-test": (2, "10 log10 is for energies"),
    "trim-test": (2, "A soft sound: share of *its* peak"),
    "hear-test": (1, "the pads of all groups lie with the course's data"),
    "name-test": (1, "holds upper case"),
    "set-sound-test": (2, "dB of full scale; expected"),
    "set-seven-test": (1, "One sound, copied"),
}
CELLS = {
    "level": """
def peak_level(waveform):
    return 10 * np.log10(np.abs(waveform).max())
""",
    "trim": """
def trim(waveform, share=0.05):
    return waveform[np.argmax(np.abs(waveform) > share) :]
""",
    "hear": 'who_hears_it = "B"',
    "name": """
instrument = "MyGlass"
box = TemporaryDirectory()
my_set = Path(box.name)
""",
    "make": """
time = np.arange(64_000) / 16_000
for note in NOTES:
    take = 0.01 * np.exp(-time) * np.sin(2 * np.pi * 262 * time)
    save_audio(my_set / f"myglass_{note}.wav", take)
""",
}
