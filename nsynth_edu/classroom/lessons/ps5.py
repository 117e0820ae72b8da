"""Problem set 5, an instrument of one's own."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "speed": Prediction(
        "A recording runs 1.26 times as fast. What happens to its decay?",
        {
            "it gets shorter by that factor": "All of it runs faster: attack, vibrato and decay. "
            "So distant notes sound like something else.",
            "it stays as long": "Pitch alone cannot be changed this way: everything in the "
            "recording runs faster.",
            "it gets shorter by half of it": "Each second is over after 1 / 1.26 s; there is only "
            "one factor.",
        },
        right="it gets shorter by that factor",
    ),
}
HINTS = {
    "trim": (
        "Three steps: sizes, a threshold, the first place above it.",
        "The threshold is share times the largest size of *this* sound, so gain does not matter.",
        "waveform[np.argmax(size > ...) :]",
    ),
    "speed": (
        "How many semitones lie between the two notes, and in which direction?",
        "Twelve semitones are the factor 2, one is its twelfth root.",
        "2 ** ((wanted - ...) / ...)",
    ),
    "long": (
        "Which of the seven notes is played fastest, and how much faster than recorded?",
        "Twice as fast means twice as much recording for the same 4 s.",
    ),
    "level": (
        "The largest sample may be negative: take sizes first.",
        "dB of amplitudes are 20 times the logarithm to base 10.",
        "20 * np.log10(np.max(np.abs(...)))",
    ),
    "fit": (
        "Two cases: longer than `length`, or not.",
        "Begin with zeros of the right length and copy into them what there is.",
        "fitted[length - fade :] *= np.linspace(1, ..., fade), only where something was cut",
    ),
    "bits": (
        "Four steps, in the order of the text; the type comes last.",
        "np.round, then np.clip with the two limits, then astype.",
        "np.clip(np.round(... * 32768), ..., ...).astype(np.int16)",
    ),
}
FIGURES = {
    "look": "The lowest note: its overtones, 33 Hz apart if it is in tune at MIDI 24.",
}
GRADED = {
    "size_samples": Graded(
        seal="7561d8288dff",
        between=(1, 1e6),
        unit="samples",
        known={
            "64b041067bb4": "That is at 44,100 samples per second; the course has 16,000.",
            "8fa8c9079643": "Those are bytes; the question asks for samples.",
            "e4423514d8cf": "4 s, not a quarter of one: multiply.",
        },
        look="The line on half a second.",
    ),
    "size_bytes": Graded(
        seal="6b5438f6f000",
        between=(1, 1e8),
        unit="bytes",
        known={
            "c0af465c444e": "Those are samples; each is 16 bits.",
            "2ecb6358ae0d": "Those are bits: eight of them are a byte.",
            "17c929d907dc": "That is one note of the set.",
        },
        look="One note first, in bytes; then the set.",
    ),
    "long": Graded(
        seal="b04bbffcf4da",
        tolerance=0.01,
        between=(0.1, 60),
        unit="s",
        known={
            "6a4293d993c1": "The other way round: it runs faster, so it is over sooner.",
            "17909f5ae1a0": "Played faster it would then last less than that.",
            "86d40793eebd": "That is for two octaves up.",
        },
        look="What happens to the length of a recording at this speed?",
    ),
    "hear": Graded(
        seal="8efa39bd11aa",
        options=("A", "B", "C"),
        known={
            "850dd0f4ab2a": "They hear your files; the pad that is made of them goes further.",
            "7fc399c3159d": "Further: the pads of all groups lie with the course's data.",
        },
        look="The text above.",
    ),
}
