"""What one sample costs: everything again, only what is needed, or only what is new.

Notebook: course/09.
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.wavenet import WaveNet

WAYS = ("whole window", "tree", "queues")  # to make a sample, see `Work`
SHOWN = 32  # moments in the picture of a small stack


@dataclass(frozen=True)
class Stage:
    """One layer as it is counted here."""

    name: str
    dilation: int  # samples between two taps
    reach: int  # samples from the newest tap to the oldest: slots of its queue
    channels: int  # numbers in each slot
    everywhere: int  # multiplications at each moment at which its result is wanted
    once: int = 0  # multiplications that only the newest moment needs (skip, logits)


def stages(model):
    """A model's layers, with the multiplications of their real weights.

    What is done once per frame of z, and the interpolation of period taps, is left out.

    Args:
        model: WaveNetAutoencoder, WaveNet, or some Convolution in a row.

    Returns:
        list of Stage, the first layer first.

    Notebook: course/09.
    """
    decoder = getattr(model, "decoder", model)
    if not isinstance(decoder, WaveNet):
        return [_stage(f"layer {n}", module) for n, module in enumerate(decoder, 1)]
    extra = [decoder.phase, decoder.periods and decoder.periods.taps]
    found = [_stage("first", decoder.start, *filter(None, extra), once=[decoder.skip_start])]
    for number, layer in enumerate(decoder.layers, 1):
        last = [decoder.out, decoder.logits] if number == len(decoder.layers) else []
        stage = _stage(f"layer {number}", layer.dilated, layer.residual, once=[layer.skip, *last])
        found.append(stage)
    return found


def _stage(name, dilated, *others, once=()):
    weights = sum(module.weight.numel() for module in (dilated, *others))
    last = sum(module.weight.numel() for module in once)
    return Stage(name, dilated.dilation[0], dilated.reach, dilated.in_channels, weights, last)


def small_stack(layers=4):
    """The smallest stack worth drawing: kernel size 2, one channel, dilations 1, 2, 4 ..."""
    return [Convolution(1, 1, 2, 2**n) for n in range(layers)]


def published():
    """The published NSynth as a shape alone: its weights have sizes and no memory."""
    with torch.device("meta"):
        return WaveNetAutoencoder(NSynthConfig.nsynth())


@dataclass
class Work:
    """Counts multiplications, sample by sample from the start of a sound.

    Three ways to make a sample: "whole window" works out every layer at all samples of the
    receptive field, "tree" at those that reach the newest one, "queues" at the newest alone.
    """

    stages: list
    steps: int = 0  # samples counted; 0 = until the receptive field has been full for a while
    wanted: list = field(init=False)  # per stage: is its result of n samples ago used?
    inputs: np.ndarray = field(init=False)  # the same of the input

    def __post_init__(self):
        self.steps = self.steps or -(-int(1.05 * self.receptive_field) // 32) * 32
        self.wanted, mask = [], np.ones(1, bool)
        for stage in reversed(self.stages):
            self.wanted.insert(0, mask)
            longer = np.zeros(len(mask) + stage.reach, bool)
            for delay in range(0, stage.reach + 1, stage.dilation):
                longer[delay : delay + len(mask)] |= mask
            mask = longer
        self.inputs = mask

    @property
    def receptive_field(self):
        """Samples that can change the next one."""
        return 1 + sum(stage.reach for stage in self.stages)

    @property
    def weights(self):
        """Weights that are read for every sample: as many as queues leave multiplications."""
        return sum(stage.everywhere + stage.once for stage in self.stages)

    @property
    def kept(self):
        """Numbers that full queues hold."""
        return sum(stage.reach * stage.channels for stage in self.stages)

    def moments(self, step, view):
        """At how many moments each layer is worked out for sample `step` (0 = the first).

        Raises:
            ValueError: for a view that is not one of `WAYS`.
        """
        if view == "whole window":
            return [min(step + 1, self.receptive_field)] * len(self.stages)
        if view == "tree":
            return [int(mask[: step + 1].sum()) for mask in self.wanted]
        if view == "queues":
            return [1] * len(self.stages)
        raise ValueError(f"view is {view!r}; expected one of {', '.join(WAYS)}.")

    def filled(self, step):
        """Slots of each queue that hold sound when sample `step` is made."""
        return [min(step, stage.reach) for stage in self.stages]

    def multiplications(self, step, view):
        """For sample `step` alone."""
        again = view == "whole window"
        return sum(
            count * stage.everywhere + (count if again else 1) * stage.once
            for count, stage in zip(self.moments(step, view), self.stages, strict=True)
        )

    def curve(self, view):
        """`multiplications` of the samples 0 to `steps` - 1, int64 array."""
        step = np.arange(self.steps)
        if view == "whole window":
            return np.minimum(step + 1, self.receptive_field) * self.weights
        if view == "queues":
            return np.full(self.steps, self.weights)
        total = np.full(self.steps, sum(stage.once for stage in self.stages))
        for mask, stage in zip(self.wanted, self.stages, strict=True):
            counted = np.cumsum(mask)
            total += stage.everywhere * counted[np.minimum(step, len(mask) - 1)]
        return total

    def grid(self, step, view):
        """What happens at each moment in each row of a small stack, for sample `step`.

        Returns:
            one string of `SHOWN` letters per row, the input's first: "n" worked out now (in the
            input: read now), "k" kept in a queue, "p" past and not looked at, "." still to come.
        """
        found = []
        for row in range(len(self.stages) + 1):
            letters = ["p"] * step + ["n"] + ["."] * (SHOWN - step - 1)
            if view == "queues":
                kept = self.stages[row].reach if row < len(self.stages) else 0
                letters[max(0, step - kept) : step] = "k" * min(step, kept)
            elif view == "tree":
                used = self.wanted[row - 1] if row else self.inputs
                for back in np.flatnonzero(used[: step + 1]):
                    letters[step - back] = "n"
            else:
                first = max(0, step + 1 - self.receptive_field)
                letters[first : step + 1] = "n" * (step + 1 - first)
            found.append("".join(letters))
        return found
