"""Goes round the long way, mixes turns with half turns, and lets an angle jump where it wraps."""

LOSES = {
    "turn-test": (2, "the shorter way"),
    "back-test": (1, "The turn is not the distance from the bin's frequency"),
    "hue-test": (2, "A jump where the angle wraps"),
    "partial-test": (2, "The hue is in half turns"),
    "nearest-test": (1, "Some samples are in two windows"),
    "repaint-test": (2, "All points were painted anew"),
}
CELLS = {
    "nearest": "nearest_sound = [4, 0, 6, 1]",
    "repaint": """
from librosa import istft

from nsynth_edu.sound import stft


def repainted(waveform, magnitude, known):
    return istft(magnitude * np.exp(1j * np.angle(stft(waveform))))
""",
    "turn": """
def seen_turn(frequency, hop_length=256, sample_rate=16_000):
    return np.asarray(frequency) * hop_length / sample_rate % 1
""",
    "back": """
def frequency_near(turn, near):
    return near + turn * 62.5
""",
    "hue": """
def hue(transform):
    turn = np.diff(np.angle(transform), axis=1) / np.pi
    return np.concatenate([turn[:, :1], turn], axis=1)
""",
    "partial": """
def partial_at(waveform, seconds):
    seen = rainbowgram(waveform)
    column = np.argmin(np.abs(seen.times - seconds))
    row = np.argmax(seen.magnitude[:, column])
    return instantaneous_frequency(seen.hue[row, column], seen.frequencies[row])
""",
}
