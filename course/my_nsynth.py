"""My NSynth: encoder, decoder and generation in plain PyTorch, one function per idea.

Each function waits for the lesson named above it: write your own lines in place of `raise ...`.
`%run my_nsynth.py` in a notebook, or `python my_nsynth.py` in a terminal, says which functions
agree with the course's own network, and where each of the others first differs from it.

Letters: B sounds, T samples, R channels between layers, S skip channels, Z channels of z. Tensors
are (B, channels, T), z is (B, Z, frames). A *part* is a convolution's (weight, bias), of the shapes
(outputs, inputs, taps) and (outputs,). The network's input is not q itself but (q - 128) / 128.
"""

import math
from collections import deque

import torch
import torch.nn.functional as F


# lesson 01: 256 steps, fine where the wave is quiet
def mu_law_encode(waveform):
    """Waveform in [-1, 1] -> classes q from 0 to 255, int64: floor(128 f(x)) + 128.

    f(x) = sign(x) log(1 + 255 |x|) / log(256); 1 itself gives 255.
    """
    raise NotImplementedError("not yet: lesson 01 builds it")


# lesson 01: and back
def mu_law_decode(classes):
    """Classes -> waveform: the middle of each step, (q - 128 + 0.5) / 128 on the curve f.

    Class 128 gives exactly 0. The curve is undone by sign(f) (256 ** |f| - 1) / 255.
    """
    raise NotImplementedError("not yet: lesson 01 builds it")


# lesson 03: how surprising the true samples are
def loss(logits, classes):
    """Mean surprise in bits per sample; logits (B, 256, T), true classes (B, T)."""
    raise NotImplementedError("not yet: lesson 03 builds it")


# lesson 04: taps with gaps; causal in the decoder, centred in the encoder
def convolution(x, weight, bias, dilation=1, causal=True):
    """(B, inputs, T) -> (B, outputs, T): zeros on the left, or half of them on either side."""
    raise NotImplementedError("not yet: lesson 04 builds it")


# lesson 05: how much of the wave passes
def gate(y):
    """(B, 2R, ...) -> (B, R, ...): sigmoid of the first channels, times tanh of the second half."""
    raise NotImplementedError("not yet: lesson 05 builds it")


# lesson 05: gate, residual, skip
def layer(x, z, part):
    """One layer: x (B, R, T), z (B, Z, frames) -> handed on (B, R, T), and skip (B, S, T).

    `part` holds the parts "dilated", "condition", "residual", "skip", and the number "dilation".
    Each column of the projected z is added to all samples of its frame, before the gate.
    """
    raise NotImplementedError("not yet: lesson 05 builds it")


# lesson 05: layer upon layer
def stack(x, z, layers):
    """x (B, R, T) through all layers -> the sum of their skip outputs (B, S, T)."""
    raise NotImplementedError("not yet: lesson 05 builds it")


# lesson 06: what is left of a sound in a few numbers per frame
def encode(waveform, encoder, hop=512):
    """Waveform (B, T) -> z (B, Z, T / hop), the mean of each frame.

    "start"; then in each layer x + residual(relu(dilated(relu(x)))); then "bottleneck", and the
    mean over each frame. All its convolutions are centred.
    """
    raise NotImplementedError("not yet: lesson 06 builds it")


# lesson 06: all samples at once, as in training
def logits(classes, z, decoder):
    """True classes (B, T), z -> (B, 256, T); what predicts sample t has read none from t on.

    "start" reads the signal one sample late, 0 before it. "skip_start" of that, plus the stack's
    sum; relu, "out", plus "out_condition" of z, frame by frame; relu, "logits".
    """
    raise NotImplementedError("not yet: lesson 06 builds it")


# lesson 09: one sample, and a queue of those before it
def convolution_step(x, queue, weight, bias, dilation=1):
    """The newest output of a causal convolution: x (B, inputs), the newest input -> (B, outputs).

    queue: a deque of the (taps - 1) * dilation inputs before x, the oldest first; afterwards x is
    its newest, and its oldest is gone. One tap needs no past: that queue stays empty.
    """
    raise NotImplementedError("not yet: lesson 09 builds it")


# lesson 09: the whole decoder, for one sample
def step(sample, z, queues, decoder):
    """The newest sample (B, 1), (q - 128) / 128, and its z (B, Z) -> logits of the next (B, 256).

    queues: as `empty_queues` makes them, one for "start", then one for each layer.
    """
    raise NotImplementedError("not yet: lesson 09 builds it")


# lesson 09: each sample from those generated before it
def generate(z, decoder, uniforms=None, hop=512):
    """z (B, Z, frames) -> classes (B, frames * hop), each from those before it; 0 before the first.

    uniforms: (B, frames * hop) random numbers from 0 to 1; the class is the first whose cumulative
    probability exceeds the number. None: always the likeliest class.
    """
    raise NotImplementedError("not yet: lesson 09 builds it")


# --- from here on nothing is missing --------------------------------------------------------------


def empty_queues(decoder, batch):
    """One deque for "start", one per layer, with the zeros that lie before the sound."""
    parts = [(decoder["start"], 1)] + [(p["dilated"], p["dilation"]) for p in decoder["layers"]]
    return [
        deque([torch.zeros(batch, weight.shape[1])] * ((weight.shape[-1] - 1) * dilation))
        for (weight, _), dilation in parts
    ]


def weights_from(state, cycle=10):
    """Sort the weights of one of the course's networks: `model.state_dict()`, or a saved file's.

    Returns:
        encoder and decoder, as `encode`, `logits` and `generate` want them; `cycle` layers have the
        dilations 1, 2, 4 ..., then they start again at 1.
    """

    def part(name):
        return state[f"{name}.weight"], state[f"{name}.bias"]

    def layers(pattern, names):
        found = []
        while pattern.format(names[0], len(found)) + ".weight" in state:
            parts = {name: part(pattern.format(name, len(found))) for name in names}
            found.append(parts | {"dilation": 2 ** (len(found) % cycle)})
        return found

    encoder = {name: part(f"encoder.{name}") for name in ("start", "bottleneck")}
    encoder["layers"] = layers("encoder.{0}.{1}", ("dilated", "residual"))
    ends = ("start", "skip_start", "out", "out_condition", "logits")
    decoder = {name: part(f"decoder.{name}") for name in ends}
    names = ("dilated", "condition", "residual", "skip")
    decoder["layers"] = layers("decoder.layers.{1}.{0}", names)
    return encoder, decoder


if __name__ == "__main__":  # python my_nsynth.py
    from nsynth_edu.classroom import check_my_nsynth

    print(check_my_nsynth(__file__))
