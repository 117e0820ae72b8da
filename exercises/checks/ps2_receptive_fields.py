"""Hidden tests of `ps2_receptive_fields`: each question again, on random layers."""

import numpy as np

from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import attempt, attempts, require

from . import answer, fresh, hidden


def layer(x, taps, dilation):
    """A causal layer by its definition, one output after another; the last tap is the newest."""
    y = np.zeros(len(x))
    for t in range(len(x)):
        for back, tap in enumerate(reversed(taps)):
            if t >= back * dilation:
                y[t] += tap * x[t - back * dilation]
    return y


def random_stack(random, bias=0.0):
    """A stack with a bias and a bend, as networks have; and its receptive field."""
    dilations = [int(d) for d in random.integers(1, 12, 3)]
    taps = [random.uniform(0.2, 1, int(random.integers(2, 4))) for _ in dilations]

    def stack(x):
        for weights, dilation in zip(taps, dilations, strict=True):
            x = np.tanh(layer(x, weights, dilation) * 0.5 + bias)
        return x

    reach = sum((len(t) - 1) * d for t, d in zip(taps, dilations, strict=True))
    return stack, 1 + reach


hand_outputs = answer(
    [1, 2, 3.5, 5], [[1, 2.5, 4, 5.5], [1, 2, 3, 4.5], [0.5, 1, 2.5, 4], [2.5, 4, 3, 4]]
)
hand_zeros = answer(8, [4, 2, 12, 9], unit="zeros")


@hidden
def layer_test(function):
    random = fresh("layer")
    x = random.normal(size=60)
    for count in (2, 3, 4):
        taps, dilation = random.uniform(0.1, 1, count), int(random.integers(2, 9))
        known = [
            (layer(x, taps, 1), "That is dilation 1."),
            (layer(x, taps[::-1], dilation), "The taps are the wrong way round."),
            (layer(np.append(0, x[:-1]), taps, dilation), "One sample late: a zero too many."),
            (layer(_late(x, dilation), taps, dilation), "Zeros for one tap too many."),
        ]
        look = f"{count} taps, dilation {dilation}: the oldest lies {(count - 1) * dilation} back."
        got = attempt(function, x, list(taps), dilation)
        require(verdict(got, layer(x, taps, dilation), tolerance=1e-6, known=known, look=look))


def _late(x, samples):
    return np.concatenate([np.zeros(samples), x])[: len(x)]


@hidden
def future(function):
    random = fresh("future")
    stack, _ = random_stack(random, bias=0.2)
    shift = int(random.integers(1, 4))

    def early(x):
        return np.append(stack(x)[shift:], np.zeros(shift))

    known = [
        ([True, False, True], "The answers are swapped."),
        ([True, True, True], "Every layer changes somewhere: look before the change only."),
        ([False, False, False], "A stack that comes too early was not caught."),
    ]
    got = attempts(function, [(stack,), (early,), (lambda x: 0 * x + 0.5,)])
    look = f"A causal stack, the same {shift} samples early, and a constant."
    require(verdict(got, [False, True, False], known=known, look=look))


@hidden
def measure(function):
    random = fresh("measure")
    for bias in (0.0, 0.3):
        stack, reach = random_stack(random, bias)
        known = [
            (reach - 1, "The newest sample counts, too: one more."),
            (reach + 1, "One too many: the poke itself is counted twice."),
            (500, "A bias sounds without any poke: compare with the answer to silence."),
        ]
        look = f"Three layers, a bend, a bias of {bias:.1f}."
        got = attempt(function, stack)
        require(verdict(got, reach, tolerance=0, unit="samples", known=known, look=look))


@hidden
def formula(function):
    random = fresh("formula")
    for _ in range(3):
        dilations = [int(d) for d in random.integers(1, 300, 6)]
        taps, first = int(random.integers(2, 6)), int(random.integers(2, 6))
        reach = 1 + (first - 1) + (taps - 1) * sum(dilations)
        known = [
            (reach - 1, "The newest sample itself is missing."),
            (reach - first + 1, "`first_kernel_size` is not used."),
            (reach + 1, "The first layer reaches one less than its taps further back."),
            (first + taps * sum(dilations), "kernel_size - 1 belongs there."),
            (first + (taps - 1) * (2 ** len(dilations) - 1), "Dilations need not be doublings."),
        ]
        got = attempt(function, taps, dilations, first)
        look = f"{taps} taps, dilations {dilations}, {first} taps in front."
        require(verdict(got, reach, tolerance=0, unit="samples", known=known, look=look))


SMALLER = 1 + 2 + 2 * 3 * 511  # samples, of 3 taps, dilations 1 to 256 three times, 3 taps in front
ms = answer(
    SMALLER / 16, [SMALLER, SMALLER / 16e-3, 96, SMALLER / 16e3, 383.8], tolerance=0.4, unit="ms"
)
periods = answer(
    SMALLER / 16e3 * 220, [SMALLER / 16 * 220, 72.7, SMALLER / 220], tolerance=0.3, unit="periods"
)


@hidden
def cost(function):
    random = fresh("cost")
    dilations = [int(d) for d in random.integers(1, 300, int(random.integers(3, 9)))]
    taps, width = int(random.integers(2, 6)), int(random.integers(3, 90))
    true = len(dilations) * taps * width**2
    known = [
        (true // width, "Every output channel reads every input channel: R · R."),
        (sum(dilations) * taps * width**2, "The dilation costs nothing."),
        (true // taps, "The taps are missing."),
        (true // len(dilations), "That is one layer."),
    ]
    got = attempt(function, taps, dilations, width)
    look = f"{len(dilations)} layers of {taps} taps, {width} channels."
    require(verdict(got, true, tolerance=0, known=known, look=look))


plain = answer(8000, [16_000, 5334, 8000.5], unit="layers")


def _paths(kernel_size, dilations):
    """From how many samples ago an input arrives: the set of all distances."""
    distances = {0}
    for dilation in dilations:
        distances = {d + i * dilation for d in distances for i in range(kernel_size)}
    return distances


@hidden
def design_field(kernel_size, dilations):
    reach = 1 + max(_paths(kernel_size, dilations))
    wanted = min(max(reach, 2446), 2700)
    require(verdict(reach, wanted, tolerance=0, unit="samples", known=[], look="2,446 to 2,700."))


@hidden
def design_cost(kernel_size, dilations):
    taps = kernel_size * len(dilations)
    known = [(taps, "Too many taps.")]
    require(verdict(taps, min(taps, 24), tolerance=0, unit="taps", known=known, look="At most 24."))


@hidden
def design_holes(kernel_size, dilations):
    paths = _paths(kernel_size, [int(d) for d in dilations])
    missing = len(set(range(max(2446, 1 + max(paths)))) - paths)
    known = [(missing, "That is the number of inputs that never arrive.")]
    require(verdict(missing, 0, unit="holes", known=known, look="Small distances first."))
