"""Hands in 44.1 kHz in stereo, cuts hard, and cuts towards zero."""

LOSES = {
    "size-samples-test": (1, "That is at 44,100 samples per second"),
    "fit-test": (2, "the fade is missing"),
    "bits-test": (2, "Cut towards zero"),
    "set-format-test": (2, "has 44,100 samples per second; expected 16,000"),
}
CELLS = {
    "size": "samples_of_a_note = 176_400\nbytes_of_a_set = 896_000",
    "fit": """
def fit(waveform, length=64_000, fade=1600):
    return np.pad(waveform[:length], (0, max(0, length - len(waveform))))
""",
    "bits": """
def to_int16(waveform):
    return np.clip(np.asarray(waveform) * 32768, -32768, 32767).astype(np.int16)
""",
    "name": """
instrument = "squarelead"
box = TemporaryDirectory()
my_set = Path(box.name)
""",
    "make": """
import soundfile

time = np.arange(4 * 44_100) / 44_100
for note in NOTES:
    wave = 0.5 * np.exp(-time) * np.sign(np.sin(2 * np.pi * midi_to_hz(note) * time))
    both = np.stack([wave, 0.8 * wave], axis=1)
    soundfile.write(my_set / f"squarelead_{note}.wav", both, 44_100)
""",
}
