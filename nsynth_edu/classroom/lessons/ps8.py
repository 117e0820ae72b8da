"""Problem set 8, a piece."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "away": Prediction(
        "A key is held for 2 s; the path goes from the trumpet to the organ and back. You hear ...",
        {
            "three notes, one after the other": "All points of a key begin together, when it is "
            "pressed. The path only turns some up and others down.",
            "one note that turns and comes back": "All points of a key run together from its "
            "start; the path fades between neighbours, so nothing begins anew.",
            "one note whose pitch goes up and back": "Every point of a key has the same pitch; "
            "the path changes colour and level.",
        },
        right="one note that turns and comes back",
    ),
}
HINTS = {
    "bars": (
        "How long is one beat, and so one bar, in seconds?",
        "Only whole bars count: what is left over at the end is cut off.",
    ),
    "path": (
        "Three columns: at, x, y = np.transpose(score). A straight line between rows is np.interp.",
        "Times are 0.016 * np.arange(round(seconds / 0.016)).",
        "np.stack([np.interp(times, at, x), ...], axis=-1)",
    ),
    "between": (
        "x, y = np.transpose(path), then bilinear_weights(x, y): four weights in each row.",
        "The largest of a row is .max(axis=-1); the mean of true and false is a share.",
    ),
    "mix": (
        "How long is it? The latest of all (start + length), in samples.",
        "Begin with np.zeros of that length, and add each voice to its own stretch of it.",
        "total *= min(1, 0.9 / ...)",
    ),
    "rest": (
        "waveform[: n * 1600].reshape(-1, 1600) has one piece in each row; n is a whole number.",
        "Count up while pieces rest, set the count to 0 when one sounds, keep the largest count.",
    ),
    "piece": (
        "No idea? Take one line of four to eight notes, and let only the place change when it "
        "comes back.",
        "All too even? Let the path stand still for ten seconds somewhere: what moves again after "
        "it is heard.",
        "Too thin? A second voice, lower and slower, at another place of the pad. Too full? Take "
        "out every third note.",
    ),
}
FIGURES = {
    "look": "The level of your piece over time, in dB below its loudest moment.",
}
GRADED = {
    "bars": Graded(
        seal="cdf4e1b94296",
        between=(1, 1000),
        unit="bars",
        known={
            "19754262475a": "Those are beats; a bar has four.",
            "aac57c83553b": "Whole bars: the last one does not fit.",
            "e2f868187405": "That takes longer than the time you have: round down.",
            "41c86573f19f": "Those fit into a minute; there is a quarter of a minute more.",
        },
        look="Beats in that time first, then bars.",
    ),
    "rights": Graded(
        seal="e360f98e7d66",
        options=("A", "B", "C"),
        known={
            "452015e6200d": "A record that you bought comes without leave to publish parts of it.",
            "09d67c66b3bd": "A voice is hers: ask first, and say in the credits that you did.",
        },
        look="Whose leave is needed, and is it there?",
    ),
    "length": Graded(between=(60, 90), unit="s", look="The end of the last note, or the export."),
    "peak": Graded(
        between=(-12, -0.3), unit="dBFS", look="Gains of the voices; `mix` gives at most -0.9 dBFS."
    ),
    "level": Graded(
        between=(-35, -6), unit="dBFS", look="Are the voices too soft, or cut off at full scale?"
    ),
    "silent": Graded(between=(0, 8), unit="s", look="The longest rest, or the end of the file."),
    "inbetween": Graded(
        between=(0.3, 1), look="Rows that stay away from the corners, or longer ways between them."
    ),
}
