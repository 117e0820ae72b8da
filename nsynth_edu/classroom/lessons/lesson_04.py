"""Lesson 04, reaching back."""

from ..questions import Check, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "compute a causal convolution by hand, and say why zeros stand in front": ["by_hand"],
    "find the receptive field of a stack by drawing and by formula": ["reach", "published"],
    "catch a network that cheats: take its future away, then let it generate": ["cheat", "copied"],
    "say what depth gains over one flat layer that reads the same samples": ["folded"],
    "say how much of its receptive field a trained model uses": ["used"],
}

PREDICTIONS = {
    "cheat": Prediction(
        "After 150 steps of training, which stack has the lowest loss?",
        {
            "the honest one": "It may not see the sample that it guesses, so its task is harder: "
            "its loss ends about one bit above the others.",
            "all three are alike": "They have the same layers and see the same crops; only what "
            "each may see differs, and that makes about one bit.",
            "centred and unshifted": "Both see the very sample that they are to guess, and learn "
            "to copy it.",
        },
        right="centred and unshifted",
    ),
    "copied": Prediction(
        "What do the two cheats generate?",
        {
            "the trumpet, since they scored best": "They scored by copying a sample that was "
            "there. In generation it is not there yet.",
            "hiss, like the honest stack": "Hiss needs doubt: the honest stack draws from a broad "
            "guess. The cheats are sure of what they copy.",
            "silence": "They copy what stands where the future should be, and there stands 0.",
        },
        right="silence",
    ),
    "folded": Prediction(
        "On notes that neither has seen, compared with the flat network the folded one is ...",
        {
            "better": "With as many weights it needs fewer bits, with residual connections and "
            "without. What is left is depth, and weights that serve many places of the past.",
            "equal: same samples, about as many weights": "It is not only what a network sees and "
            "how many weights it has: how they are arranged decides what it can learn.",
            "worse: each layer reads only two values": "Two values each, but six layers on top of "
            "each other: together they read all 64.",
        },
        right="better",
    ),
    "used": Prediction(
        "Conditioned on pitch 60 it can use 2,293 samples. What share of the total gradient falls "
        "on the newest 64?",
        {
            "3 %, as 64 is of 2,293": "That would be so if all samples counted alike. The newest "
            "count far more.",
            "about half": "The newest count most, then those around one period back; beyond 1,024 "
            "about a thousandth is left.",
            "over nine tenths": "Nearly half of it lies further back, much of that around one "
            "period, 61 samples: there the period taps read.",
        },
        right="about half",
    ),
}


def _tree():
    from torch import nn

    from nsynth_edu.models import reached_samples
    from nsynth_edu.models.convolution import Convolution

    layers = (Convolution(1, 1, 2, dilation) for dilation in (1, 2, 4, 8))
    return len(reached_samples(nn.Sequential(*layers)))


CHECKS = {
    "by_hand": Check(
        [2, 5, 5, 4, 0],
        known=(
            (
                [-1, -1, 2, 4, 6],
                "The taps are swapped: 2 belongs to the newest sample, -1 to the older.",
            ),
            (
                [5, 5, 4, 0, -2],
                "You looked one ahead: the zero belongs before the sound, not behind it.",
            ),
            ([5, 5, 4, 0], "The first output is missing: with a zero in front there are five."),
            ([2, 7, 11, 12, 8], "That adds the sample before; its tap is -1."),
        ),
        look="The example: the older of two neighbours is multiplied by -1, the newer by 2.",
        hints=(
            "Slide one sample on: the second output uses the samples 1 and 3.",
            "The second output is -1 x 1 + 2 x 3 = 5; the third is -1 x 3 + 2 x ...",
        ),
    ),
    "reach": Check(
        _tree,
        unit="samples",
        known=(
            (15, "1 + 2 + 4 + 8 is how far it reaches back. The output's own sample counts, too."),
            (8, "That is the tree above, or two taps times four layers. Another layer doubles it."),
            (5, "That is without dilation: each layer would add one."),
            (9, "8 is the last layer's step alone. The steps of all layers add up."),
            (32, "That is one layer too many: dilations 1, 2, 4, 8, 16."),
        ),
        look="The base of the tree in the middle panel, for three layers. What does a fourth add?",
        hints=(
            "The new output combines two values of the layer below, 8 samples apart.",
            "Each of the two has a tree of its own, and the trees do not overlap.",
        ),
    ),
    "published": Check(
        6141,
        unit="samples",
        known=(
            (3070, "That is 2 taps per layer, as most drawings have it, and no first convolution."),
            (3072, "That is 2 taps per layer. NSynth has 3: each layer reaches 2 d back, not d."),
            (6138, "Those are the 30 layers. Add the first convolution and the output's own."),
            (6139, "The first convolution is missing: its 3 taps reach 2 samples further."),
            (6140, "That is how far it reaches back. The output's own sample counts, too: add 1."),
            (2049, "That is one cycle of ten layers. There are three."),
            (6144, "That is a training crop, 12 frames of 512; the receptive field is 3 less."),
            (9210, "Each layer adds (k - 1) d, not k d: the newest tap is at the output's place."),
        ),
        look="The formula, term by term. What do 1, 2, 4 ... 512 add up to?",
        hints=(
            "1 + 2 + 4 + ... + 512 is 1,023, and the cycle runs three times.",
            "With three taps, k - 1 is 2, in the layers and in the first convolution.",
            "1 + 2 + 2 x 3 x ...",
        ),
        success="At 16 kHz 6,141 samples are 383.8 ms, or 84.4 periods of A3.",
    ),
}
HINTS = {
    "yours": (
        "Where to change it: the list [1, 2, 4, 8, 16, 32]. With a longer reach, "
        "reached_samples(network, 300) must look further, too.",
        "A fair comparison: crops of 256 samples show little of so long a past. Train with "
        "train_briefly(network, seen, 400, crop=1_024), and give the flat one the same.",
        "Its past: it can only use what it is shown, "
        "continue_in_windows(network, later[0, :256], 4_000). Ours scored better and still lost "
        "the note.",
    ),
}
FIGURES = {
    "tree": "All places are connected alike, and one output reads a part of them: a tree with "
    "eight samples at its base. Only the newest value of each layer is not in a queue yet.",
    "cheat": "Two of the losses soon fall below the honest one and end about a bit lower.",
    "folded": "All three losses fall fast at first; the folded networks end lower than the flat "
    "one.",
    "gradients": "The folded network's gradient is largest on the newest samples and small one "
    "period back; the flat one's is smaller on the newest and larger one period back.",
    "used": "The gradient is largest at the newest samples, rises again one period back, and "
    "beyond a thousand samples falls by powers of ten.",
}
DESCRIPTIONS = {
    "memory": {
        "4 ms": "A click.",
        "64 ms": "A short blip; it has a pitch, the C.",
        "400 ms": "A short tone of a flute, in which its vibrato wavers once or twice.",
    },
    "cheats": {
        "honest": "Hiss.",
        "unshifted": "It falls silent at once.",
        "centred": "It falls silent at once.",
    },
    "folded": {
        "trumpet": "A steady, brassy tone.",
        "flat": "Middle C, rough and noisy.",
        "folded": "Noise, in which the C is lost.",
        "no residual": "Middle C, rough and noisy.",
    },
}
