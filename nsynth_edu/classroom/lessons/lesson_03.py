"""Lesson 03, guess the next sample."""

from ..questions import Check, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "say how surprising an outcome is in bits, and compute a cross-entropy by hand": [
        "next",
        "four_classes",
    ],
    "say what a model gains by counting, and by knowing one sample of the past": ["count", "cold"],
    "explain why tables cannot remember more, and count the weights of a network that can": [
        "wall",
        "weights",
    ],
    "judge a model on sounds that hold no copy of what it was trained on": ["score"],
    "say where in a note a trained model is uncertain": ["low"],
}

FLAT = "That would need a picture with a few high peaks. Yours is broad."
PREDICTIONS = {
    "next": Prediction(
        "How far from the last class is the next one, most of the time?",
        {
            "within 16 classes": "Sound is mostly smooth; it leaps at zero, where mu-law has many "
            "fine steps.",
            "17 to 64 classes away": "That happens 13 % of the time, where the wave is steep.",
            "anywhere: all classes are alike": "Then only one jump in eight would stay within 16 "
            "classes.",
        },
        right="within 16 classes",
    ),
    "count": Prediction(
        "If you know how often each class occurs, the mean surprise is about ...",
        {
            "4 bits": FLAT,
            "6 bits": FLAT,
            "7.5 to 8 bits": "Notes use most classes about equally often, so counting them tells "
            "little.",
            "8 bits, no gain": "There is a gain, though a small one: a few tenths of a bit, "
            "except for the guitar.",
        },
        right="7.5 to 8 bits",
    ),
    "cold": Prediction(
        "The table of pairs, at temperature 0, always takes the likeliest class. It generates ...",
        {
            "the cleanest tone it can": "To keep a tone it would have to know which way the wave "
            "is heading. One sample does not say.",
            "silence, or a stuck whistle": "The likeliest next class is nearly the last one. "
            "Taken every time, it leads nowhere new.",
            "hiss": "Hiss needs chance, and at temperature 0 nothing is drawn.",
        },
        right="silence, or a stuck whistle",
    ),
    "score": Prediction(
        "On which of the three unseen sounds does the network guess worse than the table of pairs?",
        {
            "the guitar on G": "It costs more than knowing nothing would: the network has learned "
            "the shapes of waves of middle C, and trusts them at the wrong pitch.",
            "the organ's third second": "There the network gains nearly two bits: the stretch is "
            "new, but the waves are of a kind it was trained on.",
            "the flute": "Another instrument, but the same pitch: network and table are about "
            "equal.",
        },
        right="the guitar on G",
    ),
    "low": Prediction(
        "Where in the four seconds of this flute is the model least surprised?",
        {
            "in the held tone": "Steady as it is, it costs 3.3 bits per sample.",
            "after it has stopped": "Silence is easy to guess: 0.0 bits. Averaging over everything "
            "flatters recordings with long silences.",
            "while it starts": "That costs 3.1 bits, nearly as much as the held tone.",
        },
        right="after it has stopped",
    ),
}
CHECKS = {
    "four_classes": Check(
        1.75,
        unit="bits",
        known=(
            (2.25, "That is the plain mean of 1, 2, 3, 3. The surprise of 1 bit comes half of the "
             "time."),
            (2, "That is the price if all four are equally likely: log2 of 4."),
            (1, "That is the surprise of the commonest class alone."),
            (9, "That is the sum of the four surprises. Weigh each by its probability first."),
        ),
        look="The printed surprises of 1/2, 1/4 and 1/8.",
        hints=(
            "1/2 of the time 1 bit, 1/4 of the time 2 bits, ...",
            "1/2 * 1 + 1/4 * 2 + 1/8 * 3 + ...",
        ),
    ),
    "wall": Check(
        256**3,
        unit="probabilities",
        known=(
            (65_536, "That is one sample before: 256 rows of 256."),
            (512, "The rows multiply: each first class goes with each second class."),
            (131_072, "Two tables of pairs do not know about both samples together."),
            (768, "The three multiply, they do not add."),
        ),
        look="The table of pairs: how many rows, how many probabilities in each?",
        hints=(
            "How many different pasts of two samples are there? Each needs a row.",
            "256 for the first, times 256 for the second, times ... probabilities in each row.",
        ),
    ),
    "weights": Check(
        20_800,
        unit="weights",
        known=(
            (20_480, "The biases are missing: one for each of 64 + 256 neurons."),
            (4_160, "That is the first layer. The second has 64 inputs and 256 neurons."),
            (16_640, "That is the second layer. The first has 64 inputs and 64 neurons."),
        ),
        look="The two nn.Linear: each has (inputs, neurons).",
        hints=("64 x 64 + 64 for the first layer; now the second.", "64*64 + 64 + 64*256 + ..."),
    ),
}  # fmt: skip
FIGURES = {
    "riddle": "A wave of 64 dots from class 39 to class 224; the last have just fallen and level "
    "out.",
    "unigram": "All classes from 22 to 233 have a probability, each below 1.3 %; the ends have "
    "next to none.",
    "pairs": "Nearly all lies along the diagonal; thin arcs around it are steep parts of waves.",
    "losses": "The loss falls from 8 bits, fast at first, passes the table of pairs, and flattens.",
    "low": "The surprise stays high while the flute sounds, and falls when it falls silent.",
}
DESCRIPTIONS = {
    "flute": "A round tone that swells in, holds with a vibrato, and stops after 3 s.",
    "table": {
        "table, temperature 1": "Rough hiss, without a note.",
        "table, temperature 0": "Silence, after a click at most.",
    },
    "guessers": {
        "trumpet": "A steady, brassy tone.",
        "network, temperature 1": "The trumpet's note in a rough hiss.",
        "network, temperature 0.5": "The trumpet's note, with far less hiss.",
        "table": "Hiss, without a note.",
    },
}
