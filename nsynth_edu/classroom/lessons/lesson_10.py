"""Lesson 10, from line to instrument."""

from ..questions import Check, Prediction

PREDICTIONS = {
    "line": Prediction(
        "The slider stands between two points that were generated. You hear ...",
        {
            "both points, faded into each other": "The two nearest points sound at once, and the "
            "slider moves their loudness.",
            "the nearer point alone": "So it is with the hardware instrument further down; the "
            "Sound Maker and this slider fade.",
            "z mixed there, and decoded": "That takes the network. It is not there: everything was "
            "generated beforehand.",
        },
        right="both points, faded into each other",
    ),
    "square": Prediction(
        "By distance, the 81 points of a 9 x 9 pad are ...",
        {
            "81 different mixtures": "That holds for the bilinear rule. By distance, four "
            "points have the mixture of a neighbour.",
            "fewer: some are the same": "At (0.5, 0) and (0.5, 1/8) both southern corners are 1 or "
            "more away: they count for nothing.",
            "not sure to hit the corners": "At a corner the others are 1 or more away, so it "
            "counts alone.",
        },
        right="fewer: some are the same",
    ),
    "run": Prediction(
        "The power fails after a third of the work. How much has to be redone after a restart?",
        {
            "everything": "What is on the disk stays: a point whose file is whole is done, "
            "whatever was killed after it.",
            "only what was in progress": "Files are the record: a point whose file is whole is "
            "done, and only the one that was being written has none.",
            "nothing at all": "The point that was being generated has no file yet: it is redone.",
        },
        right="only what was in progress",
    ),
    "memory": Prediction(
        "Reading a note from the card is faster than generating it, about ...",
        {
            "ten times": "A real-time engine would need 3.75 s for this note; the card answers in "
            "microseconds.",
            "a hundred times": "Even that would be tens of milliseconds: late for a key that is "
            "pressed.",
            "more than a thousand times": "Reading copies 120 kB. Generating goes through every "
            "weight 60,000 times.",
        },
        right="more than a thousand times",
    ),
}
CHECKS = {
    "east": Check(
        1 / 8,
        known=(
            (0, "That is the rule by distance: both eastern corners are just over 1 away."),
            (1 / 16, "That is one of the two."),
            (7 / 8, "Those are the western ones."),
            (1 / 2, "That is the share of the south, y."),
        ),
        look="The weights of NE and of SE, above.",
        hints=("NE gets x(1 - y). What does SE get?", "x(1 - y) + xy is ..."),
    ),
    "side": Check(
        25,
        unit="points",
        known=(
            (36, "Four times nine, as if each instrument had a square of its own. Count the gaps."),
            (27, "Three squares of nine, each with both of its edges: neighbours share one."),
            (26, "One too many. The published generator makes 26, and tells its player 25."),
            (32, "Four instruments have three gaps between them, and the last point is missing."),
            (24, "Those are the steps. A row of points has one more: both ends."),
            (33, "Four instruments have three gaps between them, not four."),
        ),
        look="Four posts and the gaps between them.",
        hints=(
            "Resolution 9 is 8 steps from one instrument to the next.",
            "3 gaps of 8 steps, and the first point.",
        ),
    ),
    "megabytes": Check(
        68.04,
        tolerance=0.1,
        unit="MB",
        known=(
            (34.02, "That is one byte per sample: 16 bits are two."),
            (136.08, "That is four bytes per sample, as in a float32 waveform."),
            (9.72, "That is one of the seven notes."),
            (68_040_000, "Those are bytes. A MB has a million of them."),
            (155.52, "That is for 16 notes, as the device's own pads have. Here it is seven."),
        ),
        look="567 sounds of 60,000 samples.",
        hints=("Sounds times samples times bytes.", "567 x 60,000 x 2 bytes are ... million."),
    ),
    "row": Check(
        205,
        known=(
            (149, "x and y are swapped: y counts whole rows of points."),
            (206, "Notes count from 0: 24 is 0, 28 is 1."),
            (29, "That is the point. Each point has 7 notes."),
            (31, "Each point has 7 rows of its own, before the note is counted."),
            (121, "With resolution 5. This card has 9."),
        ),
        look="The formula, from the inner bracket outwards.",
        hints=("Note 32 is the third of the seven: index 2.", "(3 * 9 + 2) * 7 + ..."),
    ),
}
HINTS = {
    "yours": (
        "Nothing is made? The plan was written before the sounds changed: run the cells from the "
        "plan on, in order.",
        "The work starts again from nothing? A group's id holds its instruments, their places and "
        "its settings. Others have another id, and other files.",
        "An error says that workers are still making points? Run `wait(job, jobs)`, or "
        "`cancel(job)` and then wait.",
    ),
}
FIGURES = {
    "square": "Bilinear mixtures are evenly spaced. By distance they crowd at the middles of the "
    "edges, where four points fall on their neighbours.",
}
