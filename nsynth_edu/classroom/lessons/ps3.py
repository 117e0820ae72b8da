"""Problem set 3, constant Q."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "turn": Prediction(
        "Tones of 440 Hz and of 502.5 Hz show ...",
        {
            "the same turn": "62.5 Hz more is exactly one more turn per column, and whole turns "
            "cannot be seen.",
            "opposite turns": "Opposite would be half a turn: 31.25 Hz.",
            "turns as far apart as the frequencies, 62.5 Hz": "That difference is one whole turn "
            "per column, which nobody sees.",
        },
        right="the same turn",
    ),
}
HINTS = {
    "window": (
        "First Q, from the bins per octave alone; then seconds.",
        "One period lasts 1 / frequency; the filter is filter_scale * Q of them long.",
        "1 / (2 ** (1 / ...) - 1)",
    ),
    "back": (
        "All candidates are (whole + turn) * 62.5, for whole = ..., 6, 7, 8, ...",
        "Solve near = (whole + turn) * 62.5 for whole, then round it.",
        "np.round(near / 62.5 - ...)",
    ),
    "partial": (
        "Three steps: which column, which row, what does its hue say?",
        "np.argmin(np.abs(seen.times - seconds)) is the column; np.argmax finds the row in it.",
        "instantaneous_frequency(seen.hue[row, column] / ..., seen.frequencies[row])",
    ),
    "limits": (
        "The window's length falls as the frequency rises: their product is the same everywhere.",
        "Compute that product once, at 1 Hz, and ask at which frequency the quotient is 0.05 s.",
        "Octaves: how often can 65.41 Hz be doubled before it passes the Nyquist frequency?",
    ),
    "turn": (
        "How many turns does the tone make from one column to the next, whole ones included?",
        "Only the remainder is seen; the remainder 0.88 is seen as -0.12.",
        "(turns + 0.5) % 1 - ...",
    ),
    "hue": (
        "The angle between two complex numbers is that of one times the conjugate of the other.",
        "np.angle gives radians: pi is half a turn.",
        "np.angle(transform[:, 1:] * np.conj(...)) / np.pi",
    ),
    "repaint": (
        "A complex number is its length times an arrow of length 1 that has its angle.",
        "np.where(known, one, other) takes one where known is true, and the other elsewhere.",
        "istft(np.where(known, ..., np.abs(transform)) * np.exp(1j * ...))",
    ),
    "fades": (
        "Which part of a struck note is loudest, and which of a held one?",
        "A quotient of two energies stays the same when the note is turned down.",
        "Compare the first half second with the third second, and keep the divisor above zero.",
    ),
}
FIGURES = {
    "target": "Loudness: rungs at the multiples of 262 Hz. Turn: calm bands of one hue on the "
    "rungs, specks between them. Rainbowgram: the specks are dark, and the bands flicker evenly.",
    "own": "Right answers give two equal pictures: rungs in calm hues on a dark ground.",
    "apart": "Two rainbowgrams, A and B. Both have a line at middle C; above it their lines lie "
    "at different places, and some fade sooner than others. The function rainbowgram gives the "
    "numbers.",
}
GRADED = {
    "hand_bin": Graded(
        seal="4b9c5de06c2d",
        tolerance=0.5,
        between=(65, 8000),
        unit="Hz",
        known={
            "e6e0df2a4365": "Those bins are even in hertz. Each bin *multiplies* by a factor.",
            "c6a240d62b99": "12 bins per octave are semitones; the course has 40.",
            "feee270b2fea": "An octave too high: bin 0 lies at 65.41 Hz itself.",
        },
        look="The worked line: how many octaves up is the bin?",
    ),
    "hand_partial": Graded(
        seal="507fb6782bfc",
        tolerance=0.5,
        between=(0, 240),
        unit="bins",
        known={
            "6fad33efdf0f": "Three times 40 bins are three octaves, eight times the frequency.",
            "db31aadd1410": "That is the fourth partial: two octaves.",
            "dddfaf9d28fa": "Halfway from second to fourth in bins is not halfway in hertz.",
            "68a18917a268": "Those are semitones. The course has 40 bins per octave.",
        },
        look="The worked line: what is inside the logarithm?",
    ),
    "sharp": Graded(
        seal="4c1d3bac3691",
        tolerance=15,
        between=(20, 8000),
        unit="Hz",
        known={
            "8570d0f7debc": "That is with filter scale 1; the course's is smaller.",
            "5fee6698c756": "Those are periods. They should last 50 ms.",
            "88ec1ca8428f": "50 ms are 0.05 s: seconds in, hertz out.",
        },
        look="Where `window_seconds` gives 0.05.",
    ),
    "octaves": Graded(
        seal="76e39a25172f",
        between=(1, 12),
        unit="octaves",
        known={
            "4f99eb0e799c": "The last of these would end above the Nyquist frequency.",
            "16b9433c5b16": "More than fits: half the sample rate is the end.",
            "a8e4a96d2be8": "Whole octaves: the last one must fit altogether.",
        },
        look="Double 65.41 until you pass the Nyquist frequency.",
    ),
    "nearest": Graded(
        seal="3ed1095ee1d7",
        between=(-20, 20),
        known={
            "92967e8dd7c0": "Those are what the middle window wants; its neighbours count, too.",
            "da7b87c861e5": "Some samples are in two windows: take the mean of both.",
            "4944ea8c9697": "The outer windows alone. The middle window counts as much.",
            "4b8710a6246f": "The second sample is in two windows as well.",
            "7c94a6d31801": "The first sample is in one window only, and so is the last.",
        },
        look="For each sample: which windows is it in, and what does each of them want?",
    ),
}
