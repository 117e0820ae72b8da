"""Problem set 2, receptive fields."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "field": Prediction(
        "Four layers with dilations 1, 2, 4 and 8 reach 16 samples with two taps. With three taps "
        "they reach ...",
        {
            "24 samples": "Half as much again is too little: compare 8 with 15 in the table, both "
            "with dilations 1, 2 and 4.",
            "31 samples": "The table's 8 becomes 15 in the same way: everything behind the newest "
            "sample has doubled.",
            "32 samples": "Twice as much counts the newest sample twice.",
            "81 samples": "Three taps reach 81 with dilations 1, 3, 9 and 27, not with doublings.",
        },
        right="31 samples",
    ),
}
HINTS = {
    "measure": (
        "Two runs: zeros, and zeros with a 1 at the start. Where do the outputs differ?",
        "np.nonzero(...)[0][-1] is the last place; counting starts at 0.",
        "difference = np.abs(stack(poke) - stack(...))",
    ),
    "layer": (
        "How far back does the oldest tap read?",
        "Between k taps lie k - 1 gaps, each as wide as the dilation.",
        "zeros = (len(taps) - ...) * ...",
    ),
    "future": (
        "Run the layer twice, on inputs that are equal up to some sample.",
        "Compare the outputs before that moment only; a rounding difference, such as "
        "1e-16, does not count.",
        "np.any(np.abs(difference[: length // 2]) > ...)",
    ),
    "formula": (
        "Begin with one sample, the newest; what does each layer add to it?",
        "A layer adds its number of gaps between taps, times its dilation; the first layer "
        "has dilation 1.",
        "1 + (first_kernel_size - 1) + (kernel_size - 1) * ...",
    ),
    "cost": (
        "One layer first: every tap reads all input channels for every output channel.",
        "Then as many times as there are layers. Does the dilation appear in it?",
        "len(dilations) * ... * channels ** 2",
    ),
    "design": (
        "Without holes: the next dilation is at most as large as the field of the stack before it.",
        "The field of a stack of k taps can grow by the factor k from layer to layer.",
        "Write the field down after each layer, and let the last dilation fill up what is missing.",
    ),
}
FIGURES = {
    "target": "One poke at the first input reaches 16 outputs, all alike, and none of the later "
    "ones.",
    "listen": "Both spectrograms have dark gaps at equal distances, from bottom to top; B has "
    "about twice as many of them as A.",
}
GRADED = {
    "hand_outputs": Graded(
        seal="dd50ee00e1f0",
        between=(0, 10),
        known={
            "10cd990f4bc4": "That is dilation 1 again: go two samples back.",
            "4a7623848654": "Those are three samples back; dilation 2 goes two back.",
            "68e6e12e3312": "The taps are swapped: the last tap is for the newest sample.",
            "68fdefd95a9a": "That looks ahead: causal layers add *past* inputs.",
        },
        look="The first two outputs have no past at this distance.",
    ),
    "hand_zeros": Graded(
        seal="9f6a851d52a9",
        between=(0, 50),
        unit="zeros",
        known={
            "25788e7bf2bb": "That serves one earlier tap. How far back is the other?",
            "93f06086971b": "That is for dilation 1: two earlier taps, but further apart.",
            "bf3711537782": "One tap too many: the newest sample needs no zero.",
            "271d0e8f47d1": "That is how many samples the layer spans, the newest among them.",
        },
        look="How far behind the newest sample is the oldest tap?",
    ),
    "ms": Graded(
        seal="3749765f058d",
        tolerance=0.4,
        between=(1, 5000),
        unit="ms",
        known={
            "d111dcbac664": "Those are samples; 16 of them last a millisecond.",
            "c9491e6fe7af": "Those are microseconds.",
            "41e9e20ee146": "That is with two taps; this stack has three.",
            "b527b3f534c5": "Those are seconds.",
            "c5a7c01864e0": "That is NSynth itself, with dilations up to 512.",
        },
        look="The field in samples first, by your formula.",
    ),
    "periods": Graded(
        seal="9708d87b311e",
        tolerance=0.3,
        between=(1, 1000),
        unit="periods",
        known={
            "0929ec9f26f2": "The time in ms times Hz is a thousand times too many: take seconds.",
            "5feec045507d": "That is how many samples one period has.",
            "718af334af1b": "That is the field over 220. How many samples has a period?",
        },
        look="Seconds times periods per second.",
    ),
    "plain": Graded(
        seal="38ac39ee5748",
        between=(1, 100_000),
        unit="layers",
        known={
            "04f49e001f68": "Each layer of three taps adds two samples, not one.",
            "7bcb11644554": "Three taps add two samples: the newest is there already.",
            "8baf954ea580": "The newest sample is there without any layer.",
        },
        look="The field without a layer, and what each layer adds.",
    ),
}
