"""Problem set 7, a WaveNet layer."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "far": Prediction(
        "In these eight new layers the oldest of the 256 samples changes the output ...",
        {
            "as much as the newest: it is in the field": "The field says that it can act, not how "
            "strongly. Many ways lead to the newest sample, one to the oldest.",
            "about a thousand times less": "That would be three layers' work: each passes on about "
            "a tenth, and the only way to the oldest sample goes through all eight.",
            "more than a million times less": "The only way to it goes through the older tap of "
            "all eight layers, and each passes on about a tenth. It is reached all the same.",
        },
        right="more than a million times less",
    ),
}
HINTS = {
    "causal": (
        "How far does the oldest tap lie behind the newest?",
        "Between k taps there are k - 1 distances.",
        "zeros = ((weight.shape[-1] - ...) * ..., 0)",
    ),
    "frame": (
        "Which frame does sample t of the crop belong to? Count from where frame 0 begins.",
        "Every hop samples a new frame begins: a whole-number division, //.",
        "condition[..., frame] with a tensor of T frame numbers gives T columns.",
    ),
    "layer": (
        "Three lines: what goes into the gate, y, the two outputs.",
        "V z is w['condition'] @ z; it has a column per frame.",
        "y = gate(add_per_frame(dilated(x, ..., dilation), ...))",
    ),
    "measure": (
        "Random inputs for a gradient: torch.randn(..., requires_grad=True).",
        "(slope,) = torch.autograd.grad(one output, x) has the shape of x.",
        "The first place of slope[0, 0].nonzero() is the oldest input that matters.",
    ),
    "queue": (
        "Before the sound begins the older tap reads zeros.",
        "What goes in now must come out `dilation` steps later.",
        "In each step one goes out at the left and one comes in at the right.",
    ),
    "loop": (
        "The likeliest class is the place of the largest logit.",
        "Two lines: chosen = logits..., and the sample for the next turn.",
        "sample = (chosen - ...) / ...",
    ),
    "star": (
        "The oldest tap reads (taps - 1) * dilation steps back.",
        "deque(..., maxlen=n) drops the oldest by itself when a new one goes in.",
        "With the newest already in it: tap i reads kept[i * ...].",
    ),
}
FIGURES = {
    "target": "Above, the trumpet's even note; below, the same note cut into six pieces of two "
    "lengths, with silence between them.",
    "far": "With residual connections the gradient stays near a hundredth for most of the field, "
    "with peaks 5, 9, 17, 33, 65 and 129 samples back, and falls to 1e-8 at the end, at 256; "
    "without them it falls steadily to the same size.",
}
GRADED = {
    "hand_on": Graded(
        seal="c08d845fca0e",
        tolerance=0.01,
        between=(-10, 10),
        known={
            "5b128006f998": "That is what the layer adds. Its input goes on, too.",
            "a4723dec3462": "W_r is missing: y goes through it before it is added.",
            "831042691081": "Gate and filter have changed places: the gate goes through the "
            "sigmoid.",
            "920a6c8a42ab": "The sign is lost: tanh of a negative number is negative.",
        },
        look="The worked line, with these numbers: tanh, sigmoid, product; then W_r; then the sum.",
    ),
    "hand_skip": Graded(
        seal="49c3a6880372",
        tolerance=0.01,
        between=(-20, 20),
        known={
            "94b20027be93": "A sign is lost: both W_s and y are negative.",
            "26f80d260dd3": "That is taken from what is handed on; the skip output comes from y.",
            "2e6dad53ee88": "Gate and filter have changed places: the gate goes through the "
            "sigmoid.",
            "a6dc64cf5265": "That is y itself; W_s is missing.",
        },
        look="What does W_s multiply in the worked line?",
    ),
    "shape_gate": Graded(
        seal="2515711a04d2",
        between=(1, 10_000),
        known={
            "948fee6a618b": "That is after the gate, which halves the channels.",
            "ff6ddc9e2153": "Taps are added up; they make no channels of their own.",
            "d3fb57b0e131": "Taps are added up; gate and filter alone double the channels.",
            "4804788bf454": "The convolution is padded: the length stays.",
        },
        look="One convolution makes the inputs of gate and filter, one half each.",
    ),
    "shape_condition": Graded(
        seal="518366adc108",
        between=(1, 10_000),
        known={
            "7ea2db11abfd": "That is after the columns were repeated.",
            "716603c48ecf": "That is z itself, before it is multiplied by V.",
            "7329b5603315": "Gate and filter each have a V of their own.",
            "945eaa30909e": "A frame has that many samples. How many frames does the sound have?",
        },
        look="V z is added to what the gate function gets; but its time is counted in frames.",
    ),
    "field": Graded(
        seal="d56085fa32e3",
        between=(1, 100_000),
        unit="samples",
        known={
            "4c6c5851a06a": "The newest sample itself is missing: 1 more.",
            "efa282ab542a": "The first convolution is missing: it reaches two samples further.",
            "155415e7828a": "A first convolution of three taps reaches two further back.",
            "c6672465b33e": "That is with two taps; these layers have three.",
            "75cb25fd4ee2": "That is the first round of dilations alone; there are three.",
        },
        look="The newest sample, and what each layer adds: two times its dilation.",
    ),
    "memory": Graded(
        seal="0bcf98efe0aa",
        between=(1, 10_000_000),
        unit="numbers",
        known={
            "2373bfbd8b75": "Those are the inputs; each of them is a number per channel.",
            "a8eb56bbc0d0": "That is with two taps. The oldest of three lies twice as far back.",
            "c32c5f6d5c26": "That is the whole field; the newest input and the first convolution "
            "are not among them.",
            "630c7cac6609": "One input per layer; a queue holds as many as the layer reaches back.",
        },
        look="Inputs in the queue of one layer; all layers; numbers per input.",
    ),
}
