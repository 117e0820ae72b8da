"""Hidden tests of `ps7_wavenet_layer`: each part of the layer again, with random weights."""

import numpy as np
import torch
import torch.nn.functional as F

from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import attempt, require
from nsynth_edu.models.convolution import receptive_field
from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig

from . import answer, fresh, hidden

Y = -0.5 * 0.75  # tanh times sigmoid
EXCHANGED = 0.366 * 0.8  # sigmoid(-0.5493) * tanh(1.0986)
hand_on = answer(2 + 4 * Y, [4 * Y, 2 + Y, 2 + 4 * EXCHANGED, 2 - 4 * Y], tolerance=0.01)
hand_skip = answer(-3 * Y, [3 * Y, -3 * (2 + 4 * Y), -3 * EXCHANGED, Y], tolerance=0.01)
shape_gate = answer([1, 48, 4096], [[1, 24, 4096], [1, 72, 4096], [1, 144, 4096], [1, 48, 4094]])
shape_condition = answer([1, 48, 8], [[1, 48, 4096], [1, 6, 8], [1, 24, 8], [1, 48, 512]])


def normal(random, *shape):
    """Random numbers as a float32 tensor, large enough for each of them to count."""
    return torch.from_numpy(random.normal(0, 1, shape)).float()


def convolved(x, weight, dilation, left=None, bias=None):
    """PyTorch's convolution, as long as x: zeros on the left, or `left` of them there."""
    zeros = (weight.shape[-1] - 1) * dilation
    left = zeros if left is None else left
    return F.conv1d(F.pad(x, (left, zeros - left)), weight, bias, dilation=dilation)


@hidden
def causal(function):
    random = fresh("causal")
    for taps in (2, 3, 4):
        dilation = int(random.integers(2, 8))
        x, bias = normal(random, 2, 3, 50), normal(random, 4)
        weight, reach = normal(random, 4, 3, taps), (taps - 1) * dilation
        known = [
            (convolved(x, weight, dilation, 0, bias), "It reads the future: zeros on the right."),
            (convolved(x, weight, dilation, reach // 2, bias), "Half of the zeros on the right."),
            (convolved(x, weight, dilation, reach - dilation, bias), "One tap reads the future."),
        ]
        look = f"{taps} taps, dilation {dilation}: {reach} zeros, all of them in front."
        got = attempt(function, x, weight, bias, dilation)
        expected = convolved(x, weight, dilation, bias=bias)
        require(verdict(got, expected, tolerance=1e-4, known=known, look=look))


@hidden
def frame(function):
    random = fresh("frame")
    frames, samples = int(random.integers(3, 7)), int(random.integers(8, 15))
    hop, first = samples + 1, int(random.integers(1, frames + 1))
    y, condition = normal(random, 2, 3, frames * samples), normal(random, 2, 3, frames)
    known = [
        (y + condition.repeat(1, 1, samples), "The columns follow each other sample by sample."),
        (y + condition[..., :1], "The first column for the whole sound."),
        (y + condition.mean(-1, keepdim=True), "The mean of all columns; each frame has its own."),
        (
            y + F.interpolate(condition, size=y.shape[-1], mode="nearest"),
            "Equal shares of the crop; a frame is as long as the hop.",
        ),
        (
            y + condition.repeat_interleave(hop, -1)[..., : y.shape[-1]],
            "The crop does not begin with the first sample of its frame.",
        ),
    ]
    held = condition.repeat_interleave(hop, -1)[..., first : first + y.shape[-1]]
    got = attempt(function, y, condition, hop, first)
    look = f"A hop of {hop}; the crop begins {first} samples within a frame."
    require(verdict(got, y + held, tolerance=1e-5, known=known, look=look))


@hidden
def gate(function):
    y = normal(fresh("gate"), 2, 12, 12)  # as many samples as channels: a wrong axis fits, too
    first, second = y[:, :6], y[:, 6:]
    even, odd = y[:, ::2], y[:, 1::2]
    known = [
        (torch.sigmoid(first) * torch.tanh(second), "Gate and filter are exchanged."),
        (torch.sigmoid(first) * torch.sigmoid(second), "Sigmoid twice."),
        (torch.tanh(first) * torch.tanh(second), "Tanh twice."),
        (
            torch.tanh(even) * torch.sigmoid(odd),
            "Every second channel; halves were asked for.",
        ),
        (torch.tanh(y[..., :6]) * torch.sigmoid(y[..., 6:]), "That halves time."),
    ]
    # a gated linear unit is its first half times the sigmoid of the second
    expected = F.glu(torch.cat([torch.tanh(first), second], dim=1), dim=1)
    got = attempt(function, y)
    require(verdict(got, expected, tolerance=1e-5, known=known, look="Six channels of each."))


def _joined(parts):
    """Both outputs of a layer in one array; dots where one is blank."""
    if parts is None or parts is ... or any(part is None or part is ... for part in parts):
        return ...
    return np.concatenate([np.asarray(part) for part in parts], axis=1)


@hidden
def layer(function):
    random = fresh("layer")
    dilation, width, skips = int(random.integers(2, 6)), 4, int(random.integers(5, 9))
    w = {
        "dilated": normal(random, 2 * width, width, 2),
        "condition": normal(random, 2 * width, 3),
        "residual": normal(random, width, width),
        "skip": normal(random, skips, width),
    }
    x, z = normal(random, 2, width, 24), normal(random, 2, 3, 4)

    def parts(x, z):
        """Channel by channel, as the drawing of the paper shows it."""
        held = F.interpolate(z, size=24, mode="nearest")
        y = convolved(x, w["dilated"], dilation) + torch.einsum("cz,bzt->bct", w["condition"], held)
        y = torch.sigmoid(y[:, :width]) * torch.tanh(y[:, width:])
        added = torch.einsum("rc,bct->brt", w["residual"], y)
        return x + added, torch.einsum("sc,bct->bst", w["skip"], y)

    on, skip = parts(x, z)
    late = torch.einsum("sc,bct->bst", w["skip"], on)
    known = [
        (_joined([on, late]), "Skip is taken after the sum, not from y."),
        (_joined([on - x, skip]), "The residual connection is missing."),
        (_joined(parts(x, 0 * z)), "z is not used."),
        (_joined([skip, on]), "The two outputs have changed places."),
    ]
    got = _joined(attempt(function, x, z, w, dilation))
    look = f"Dilation {dilation}, four frames of z, {skips} skip channels."
    require(verdict(got, _joined([on, skip]), tolerance=1e-4, known=known, look=look))


TRIPLE = 3 * [2**i for i in range(7)]
FIELD = receptive_field(3, TRIPLE, 3)
field = answer(
    FIELD, [FIELD - 1, FIELD - 2, FIELD + 1, receptive_field(2, TRIPLE, 3), FIELD // 3 + 2],
    unit="samples",
)  # fmt: skip


@hidden
def measure(function):
    random = fresh("measure")
    dilations = [int(d) for d in random.integers(4, 20, 3)]
    weights = [normal(random, 1, 1, 2).abs() + 0.3 for _ in dilations]

    def stack(x):
        for weight, dilation in zip(weights, dilations, strict=True):
            x = torch.tanh(0.3 * convolved(x, weight.to(x), dilation) + 0.2)
        return x

    reach = receptive_field(2, dilations)
    known = [
        (reach - 1, "The newest sample counts, too."),
        (8, "Those are the inputs that matter: count those between them, too."),
        (300, "That is the gradient of all outputs, not of the last."),
        (300 - reach, "That is where the oldest one lies."),
    ]
    got = attempt(function, stack)
    look = f"Dilations {dilations}, two taps each, a bend and a bias."
    require(verdict(got, reach, tolerance=0, unit="samples", known=known, look=look))


def player(x):
    """Asked with an output (O,), it gives the next input: a column of x, some of that output."""
    columns = iter(x.T)
    return lambda output: next(columns) + 0.1 * output[: len(x)]


def in_a_loop(x, weight, dilation, read=None):
    """Each output (O, T) from all inputs so far, of which the newest knows the output before it."""
    ask, inputs, outputs = player(x), [], [torch.zeros(len(weight))]
    read = read or (lambda past: convolved(past[None], weight, dilation)[0, :, -1])
    for _ in range(x.shape[1]):
        inputs.append(ask(outputs[-1]))
        outputs.append(read(torch.stack(inputs, dim=1)))
    return torch.stack(outputs[1:], dim=-1)


@hidden
def queue(function):
    random = fresh("queue")
    for dilation in (1, int(random.integers(3, 9))):
        x, weight = normal(random, 4, 30), normal(random, 5, 4, 2)
        both, newest = weight.sum(-1), weight[..., 1]
        known = [
            (in_a_loop(x, weight, dilation + 1), "One step late: one input too many in the queue."),
            (
                in_a_loop(x, weight, 1, lambda past, both=both: both @ past[:, -1]),
                "Both taps read the newest input.",
            ),
            (
                in_a_loop(x, weight, 1, lambda past, newest=newest: newest @ past[:, -1]),
                "The queue stays full of zeros.",
            ),
        ]
        if dilation > 1:
            early = in_a_loop(x, weight, dilation - 1)
            known.append((early, "One step early: one input too few."))
        got = attempt(function, player(x), weight, dilation, 30)
        right = in_a_loop(x, weight, dilation)
        look = f"Four channels to five, dilation {dilation}."
        require(verdict(got, right, tolerance=1e-3, known=known, look=look))


MEMORY = 32 * (FIELD - 3)
memory = answer(
    MEMORY, [MEMORY // 32, MEMORY // 2, 32 * FIELD, 32 * 21], unit="numbers",
)  # fmt: skip


@hidden
def loop(function):
    random, count = fresh("loop"), 40
    sizes = {"residual_channels": 4, "skip_channels": 8, "kernel_size": 2, "first_kernel_size": 2}
    decoder = WaveNet(WaveNetConfig(layers=4, cycle=4, **sizes)).requires_grad_(False)
    for weight in decoder.parameters():
        weight.copy_(normal(random, *weight.shape))

    def step():
        queues, biases = decoder.queues(1), decoder.project(None)
        return lambda sample: decoder.step(torch.tensor([[float(sample)]]), biases, queues)[0]

    def grown(heard):
        """The crop, one class longer each time, read by the whole decoder; `heard` feeds it."""
        row = []
        for _ in range(count):
            crop = torch.tensor([[[*map(heard, row), 0.0]]])
            row.append(int(decoder(crop)[0, :, -1].argmax()))
        return row

    known = [
        (grown(lambda q: 0.0), "The decoder never gets its own output: `sample` is 0."),
        (grown(float), "Classes are fed, not (q - 128) / 128."),
        (grown(lambda q: q / 128 - 127 / 128), "Not quite (q - 128) / 128."),
    ]
    got = attempt(function, step(), count)
    look = f"A decoder with random weights, {count} samples."
    expected = grown(lambda q: (q - 128) / 128)
    require(verdict(got, expected, tolerance=0, known=known, look=look))


@hidden
def star(function):
    random = fresh("star")
    for taps in (2, 3, 5):
        dilation = int(random.integers(2, 6))
        x, weight = normal(random, 3, 40), normal(random, 4, 3, taps)
        known = [
            (in_a_loop(x, weight.flip(-1), dilation), "The taps are the wrong way round."),
            (in_a_loop(x, weight, dilation + 1), "The taps lie one step too far apart."),
            (in_a_loop(x, weight, 1), "That is dilation 1."),
        ]
        got = attempt(function, player(x), weight, dilation, 40)
        look = f"{taps} taps, dilation {dilation}."
        right = in_a_loop(x, weight, dilation)
        require(verdict(got, right, tolerance=1e-3, known=known, look=look))
