"""Names files by pitch names, plays the wrong way round, and mistakes bits for bytes."""

LOSES = {
    "size-bytes-test": (1, "Those are bits"),
    "speed-test": (2, "The other way round: to sound higher it runs faster"),
    "long-test": (1, "it runs faster, so it is over sooner"),
    "set-names-test": (2, "octave other programs number differently"),
    "set-format-test": (2, "7 of 7 notes are missing"),
    "set-sound-test": (2, "7 of 7 notes are missing"),
}
CELLS = {
    "size": "samples_of_a_note = 64_000\nbytes_of_a_set = 7 * 64_000 * 16",
    "speed": """
def speed(recorded, wanted):
    return 2 ** ((recorded - wanted) / 12)
""",
    "long": "seconds_needed = 4 * speed(36, 48)",
    "name": """
instrument = "glass"
box = TemporaryDirectory()
my_set = Path(box.name)
""",
    "make": """
time = np.arange(64_000) / 16_000
for note in NOTES:
    wave = np.exp(-time) * np.sin(2 * np.pi * midi_to_hz(note) * time)
    save_audio(my_set / f"glass_{'CEG'[note // 4 % 3]}{note // 12}.wav", wave / 2)
""",
}
