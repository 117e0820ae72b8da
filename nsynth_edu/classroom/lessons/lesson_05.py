"""Lesson 05, inside a WaveNet layer."""

from ..questions import Check, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "compute what passes a gate, say what it adds to a tone, and count the weights of a layer": [
        "one",
        "octave",
        "weights",
    ],
    "say what the gates of a trained network do, and what it costs to hold them open": [
        "open",
        "gates",
    ],
    "say what residual and skip connections are for, each with a measurement": [
        "gradient",
        "skip",
        "together",
    ],
    "say what z and the pitch each tell the decoder": ["given"],
    "tell an experiment on a trained network from one on training": ["learn", "depth"],
}

PREDICTIONS = {
    "octave": Prediction(
        "A gated unit gets a pure tone. What has to be turned up for the octave to appear?",
        {
            "the weight of the filter": "tanh bends both halves of the wave alike. A symmetric "
            "bend adds odd overtones only: the twelfth, not the octave.",
            "the bias of the gate": "With its weight at 0 the gate stays where the bias puts it: a "
            "volume knob. It changes the level and adds nothing.",
            "the weight of the gate": "Now the gate moves with the tone, and a product of two "
            "tones holds their sum: twice the frequency. Only one half of the wave passes.",
        },
        right="the weight of the gate",
    ),
    "open": Prediction(
        "On average over all its gates, how far open is the trained model?",
        {
            "nearly shut, about one seventh": "Most channels pass little most of the time: a gate "
            "opens for its moment.",
            "half": "Half is where a gate starts before training, at sigmoid(0). Training shut "
            "most of them.",
            "nearly wide open": "Then the gates would do nothing. Some gates are open while "
            "the note sounds; most wait for a moment of their own.",
        },
        right="nearly shut, about one seventh",
    ),
    "gates": Prediction(
        "The whole model needs just under 4 bits for this trumpet. With all its gates wide open it "
        "needs ...",
        {
            "hardly more: everything passes": "Everything passes, and that is the harm: each layer "
            "adds what its gate would have kept out.",
            "more than 8, worse than knowing nothing": "That happens with other notes, such as a "
            "flute. The trumpet stays just below 8.",
            "7 to 8, nearly like knowing nothing": "A gate keeps things out. Held at its mean, the "
            "right amount passes, but at the wrong moments.",
        },
        right="7 to 8, nearly like knowing nothing",
    ),
    "gradient": Prediction(
        "30 new layers without residual connections, and only the last one's skip output counts. "
        "The first layer's gradient is ...",
        {
            "as large as the last one's": "It is, with residual and skip connections. Without, "
            "the gradient has to pass through all the layers between.",
            "less than a billionth of a billionth of it": "New layers of this kind, with PyTorch's "
            "default weights, pass on about a tenth each, and thirty such factors multiply.",
            "a thousandth of it": "That is three layers' work: each passes on about a tenth.",
        },
        right="less than a billionth of a billionth of it",
    ),
    "skip": Prediction(
        "Whose skip output is missed most by the trained model?",
        {
            "the first layers'": "They read the newest samples undiluted, and sound is smooth: "
            "the sample before is the best clue.",
            "all are missed alike": "The bars of most layers are near zero, those of the first "
            "are not.",
            "the last layers', nearest to the output": "By way of the skip connection all layers "
            "are equally near to the output.",
        },
        right="the first layers'",
    ),
    "together": Prediction(
        "Layers 2 to 19, muted one by one, cost less than a bit if you add up their bars. Muted "
        "together they cost ...",
        {
            "that sum: costs add up": "They would if each layer had a job of its own. They share "
            "theirs: when one is missing, others cover for it.",
            "several bits": "They stand in for each other: one missing voice is covered, a missing "
            "choir is not.",
            "nothing: layers 0 and 1 do the work": "Those two see only a few samples. What came "
            "earlier reaches the output through the others.",
        },
        right="several bits",
    ),
    "given": Prediction(
        "A flute is read with its true past, but with the z of the trumpet. It costs ...",
        {
            "more than 8 bits": "To know nothing costs 8. To be sure, and wrong, costs more: it "
            "expects a trumpet.",
            "a little more than with its own z": "The true past does help, but z acts in every "
            "layer: with the wrong one the model is sure of the wrong classes.",
            "8 bits: it knows nothing": "To know nothing costs 8. This model believes that it "
            "knows something, and pays more.",
        },
        right="more than 8 bits",
    ),
    "learn": Prediction(
        "Which of the three falls behind while it learns the note?",
        {
            "the one without gates": "The trained model was nearly lost without its gates, because "
            "it had learned to rely on them. This one never had any, and learns even a little "
            "faster.",
            "the one without residual connections": "The gradient has no short way back through "
            "its 18 layers; the skip connections alone carry it.",
            "neither: both learn to do without": "The one without gates does. Without residual "
            "connections the loss falls later and stays above.",
        },
        right="the one without residual connections",
    ),
    "depth": Prediction(
        "Which one predicts this note best?",
        {
            "36 layers, 50 steps": "50 steps are too few to make use of 36 layers.",
            "18 layers, 100 steps": "Twice as deep, half the steps: at equal work it lies "
            "between the others.",
            "9 layers, 200 steps": "It took the most steps, and at equal work steps counted for "
            "more than depth. This says nothing about long training.",
        },
        right="9 layers, 200 steps",
    ),
}


def _weights():
    from nsynth_edu.models.convolution import Convolution

    return Convolution(64, 2 * 64, kernel_size=3).weight.numel()


CHECKS = {
    "one": Check(
        0.38,
        tolerance=0.006,
        known=(
            (0, "That is a shut gate. But the sigmoid of 0 is one half: it shuts far below 0."),
            (0.76, "That is a gate wide open. What is the sigmoid of 0?"),
            (0.5, "The gate is right, but the filter goes through tanh first."),
            (0.73, "That is the sigmoid of the filter's input; the two have changed places."),
        ),
        look="The example by hand: tanh of one input, times the sigmoid of the other.",
        hints=("The sigmoid of 0 is 1 / (1 + 1).", "0.76 x ..."),
    ),
    "weights": Check(
        _weights,
        unit="weights",
        known=(
            (12_288, "That is the filter alone. The gate has just as many."),
            (8_192, "That is one tap. A kernel of 3 has three."),
            (4_096, "That is one tap of the filter alone: 64 x 64."),
            (24_704, "That includes one bias for each of the 128 outputs."),
        ),
        look="The text above: one convolution gives twice as many channels as it reads.",
        hints=("Taps, times inputs, times outputs.", "3 x 64 x ..."),
    ),
}
HINTS = {
    "yours": (
        "Some layers only: hold_gates(model, layers=range(10, 20)).",
        "A part of z: copy it, z = z_trumpet.copy(), then z[10:] = ...",
        "To hear it: generate(..., z_trumpet[:32], **given) with your model in place of the dots.",
    ),
}
FIGURES = {
    "unit": "The filter jumps between -1 and 1; the gate opens and shuts several times in each "
    "period of the note and cuts pieces out: there the product is 0.",
    "story": "One gate is open most as the note begins and as it ends, one while it sounds, one "
    "after.",
    "gradients": "With both, all layers get gradients of one size; with skip only, about ten times "
    "less; with neither they fall to a tenth from layer to layer, from 1e-3 to 1e-27.",
    "skip": "Layers 0 and 1 have the strongest skip outputs and are missed most; without any one "
    "of the last fifteen hardly anything is lost.",
    "swap": "After one second the lowest overtones grow and the upper ones fade, while all keep "
    "their heights; given G, all lines lie higher.",
    "learn": "Without gates the loss falls even a little faster than with them; without residual "
    "connections it falls later and stays above.",
}
DESCRIPTIONS = {
    "copy": {
        "trumpet": "A steady, brassy tone that stops after 3 s.",
        "its copy": "The same pitch and length, as bright and brassy, with a faint hiss over it.",
    },
    "gates": {
        "whole": "A bright, brassy tone.",
        "gates open": "The same bright tone, in loud noise.",
        "gates held": "The same pitch, dull: most of the brightness is gone.",
    },
    "swap": {
        "trumpet's z, then flute's": "A bright tone that turns round and dark after one second, "
        "without a break and at the same pitch.",
        "trumpet's z, given G": "The bright tone, a fifth higher.",
    },
    "memorised": {
        "trumpet": "A steady, brassy tone.",
        "18 layers": "The same tone, as bright and to the end, a little noisier.",
        "18 without gates": "Hardly different: the same tone to the end, a little noisier.",
    },
}
