"""What one sample costs: everything again, only what is needed, or only what is new.

Notebook: course/09.
"""

import time
from dataclasses import dataclass, field

import numpy as np
import torch
import traitlets
from torch.overrides import TorchFunctionMode

from nsynth_edu.generation import bench
from nsynth_edu.generation.reference import at
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.wavenet import WaveNet
from nsynth_edu.sound import SAMPLE_RATE

from ..markup import Markup, escape, static_text
from ..plotting import figure
from .base import Explorer
from .clock_figures import plot_work

VIEWS = ("whole window", "tree", "queues")
SHOWN = 32  # moments in the picture of a small stack
SMALL = 64  # samples; a stack that reaches no further is drawn moment by moment


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
    """
    decoder = getattr(model, "decoder", model)
    if not isinstance(decoder, WaveNet):
        return [_stage(f"layer {n}", module) for n, module in enumerate(decoder, 1)]
    beside = [decoder.phase, decoder.periods and decoder.periods.taps]
    found = [_stage("first", decoder.start, *filter(None, beside), once=[decoder.skip_start])]
    for number, layer in enumerate(decoder.layers, 1):
        last = [decoder.out, decoder.logits] if number == len(decoder.layers) else []
        stage = _stage(f"layer {number}", layer.dilated, layer.residual, once=[layer.skip, *last])
        found.append(stage)
    return found


def _stage(name, heard, *beside, once=()):
    weights = sum(module.weight.numel() for module in (heard, *beside))
    last = sum(module.weight.numel() for module in once)
    return Stage(name, heard.dilation[0], heard.reach, heard.in_channels, weights, last)


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
    wanted: list = field(init=False)  # per stage: is its result of so many samples ago used?
    heard: np.ndarray = field(init=False)  # the same of the input

    def __post_init__(self):
        self.steps = self.steps or -(-int(1.05 * self.receptive_field) // 32) * 32
        self.wanted, mask = [], np.ones(1, bool)
        for stage in reversed(self.stages):
            self.wanted.insert(0, mask)
            longer = np.zeros(len(mask) + stage.reach, bool)
            for delay in range(0, stage.reach + 1, stage.dilation):
                longer[delay : delay + len(mask)] |= mask
            mask = longer
        self.heard = mask

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
            ValueError: for a view that is not one of `VIEWS`.
        """
        if view == "whole window":
            return [min(step + 1, self.receptive_field)] * len(self.stages)
        if view == "tree":
            return [int(mask[: step + 1].sum()) for mask in self.wanted]
        if view == "queues":
            return [1] * len(self.stages)
        raise ValueError(f"view is {view!r}; expected one of {', '.join(VIEWS)}.")

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
                used = self.wanted[row - 1] if row else self.heard
                for back in np.flatnonzero(used[: step + 1]):
                    letters[step - back] = "n"
            else:
                first = max(0, step + 1 - self.receptive_field)
                letters[first : step + 1] = "n" * (step + 1 - first)
            found.append("".join(letters))
        return found


# --- how long things take ---------------------------------------------------------------------


def seconds(function, turns=5):
    """How long a call takes at best: the quickest of some turns, in s.

    Whatever else the machine does can only make a turn longer.
    """
    taken = []
    for _ in range(turns):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)


@torch.inference_mode()
def plain_step(model, z_frame, pitch=None, voices=1):
    """One step of the plain layers, ready to be called: queues, conditioning and clock are there.

    Args:
        model: WaveNetAutoencoder. z_frame: (16,). pitch: MIDI number or None.
        voices: how many go side by side.
    """
    decoder = model.decoder
    z = torch.as_tensor(np.asarray(z_frame, np.float32)).expand(voices, 1, -1)
    given = model.conditioning(z, pitch)
    biases, queues = decoder.project(given.frame(0)), decoder.queues(voices)
    sample = torch.zeros(voices, 1)
    waves, lags = (at(read(0, 1), 0) for read in (given.waves, given.lags))
    return torch.inference_mode()(lambda: decoder.step(sample, biases, queues, waves, lags))


class _Calls(TorchFunctionMode):
    def __init__(self):
        self.count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.count += getattr(function, "__name__", "") != "__get__"  # no mere look-up
        return function(*args, **(kwargs or {}))


def count_calls(function):
    """How many times a function calls torch."""
    with _Calls() as calls:
        function()
    return calls.count


def measure(engines, sizes=()):
    """Each engine once to warm up and once on the watch, beside what the machine allows.

    Args:
        engines: `generation.bench.Contender`, the plain one first.
        sizes: bytes of further memory whose reading is timed.

    Returns:
        dict with "limits" and "rows" as `generation.bench.run` returns them.
    """
    with bench.one_core(), torch.inference_mode():
        engines = list(engines)
        for engine in engines:
            engine.play()
            engine.take_turn()
        reading = {*sizes, *(engine.bytes_read for engine in engines)}
        limits = {
            "gemm": {"float32": bench.gemm_rate(torch.float32)},
            "read": {size: bench.read_rate(size) for size in sorted(reading)},
        }
    return {"limits": limits, "rows": bench.rows(engines, limits)}


def gaps(durations, ahead, frame=512 / SAMPLE_RATE):
    """How often a loudspeaker runs dry that is fed a frame at a time.

    Args:
        durations: (frames,) s, how long each frame took to make.
        ahead: s of sound in store at the start; no more is made ahead than this.
        frame: s of sound in each.
    """
    now, end, dry = 0.0, ahead, 0
    for duration in durations:
        now = max(now, end - ahead) + duration
        if now > end:
            dry, end = dry + 1, now
        end += frame
    return dry


# --- the explorer -----------------------------------------------------------------------------


class GenerationClock(Explorer):
    """One sample at a time: what each layer works out, and what its queue has kept.

    Args:
        models: {name: WaveNetAutoencoder, WaveNet, or some Convolution in a row}.
    """

    _esm = static_text("explorer.js") + static_text("clock.js")
    _css = static_text("explorer.css") + static_text("clock.css")
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    views = traitlets.List(traitlets.Unicode(), default_value=list(VIEWS)).tag(sync=True)
    last = traitlets.Int().tag(sync=True)  # the last sample of these layers
    sample = traitlets.Int(0, min=0).tag(sync=True)
    layers = traitlets.Unicode().tag(sync=True)  # one of the names
    view = traitlets.Unicode(VIEWS[0]).tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)  # see `read`

    def __init__(self, models, **traits):
        self.works = {name: Work(stages(model)) for name, model in models.items()}
        for work in self.works.values():
            if work.receptive_field <= SMALL:
                work.steps = SHOWN
        names = list(self.works)
        super().__init__(names=names, **{"layers": names[0]} | traits)
        self.observe(self._compute, ["sample", "layers", "view"])
        self._compute()

    @traitlets.validate("layers", "view")
    def _is_known(self, proposal):
        known = list(self.works) if proposal.trait.name == "layers" else list(VIEWS)
        if proposal.value not in known:
            raise traitlets.TraitError(
                f"{proposal.trait.name} is {proposal.value!r}; expected one of {', '.join(known)}."
            )
        return proposal.value

    def read(self, layers=None, sample=None, view=None):
        """What the clock shows for one sample.

        Returns:
            dict: sample, time (s), multiplications "now", "queues" (with them), "times" (their
            ratio), "total" from the first sample to this one, slots "filled" of "slots", "rows"
            [name, moments worked out, slots filled, slots], and all of it in a sentence.
        """
        layers = self.layers if layers is None else layers
        view = self.view if view is None else view
        work = self.works[layers]
        sample = min(self.sample if sample is None else sample, work.steps - 1)
        now, filled = work.multiplications(sample, view), work.filled(sample)
        rows = zip(work.stages, work.moments(sample, view), filled, strict=True)
        found = {
            "sample": sample,
            "time": sample / SAMPLE_RATE,
            "view": view,
            "now": now,
            "queues": work.weights,
            "times": now / work.weights,
            "total": int(work.curve(view)[: sample + 1].sum()),
            "filled": sum(filled),
            "slots": work.receptive_field - 1,
            "rows": [[stage.name, count, full, stage.reach] for stage, count, full in rows],
            "dilations": [stage.dilation for stage in work.stages],
            "grid": work.grid(sample, view) if work.steps == SHOWN else [],
        }
        return found | {"said": self._said(layers, found)}

    def _said(self, layers, found):
        start = f"Sample {found['sample']:,} of {layers}, {found['view']}:"
        if found["view"] == "queues":
            return (
                f"{start} {found['now']:,} multiplications, as for every other sample; "
                f"{found['filled']:,} of {found['slots']:,} slots hold sound."
            )
        return (
            f"{start} {found['now']:,} multiplications, {found['times']:,.1f} times as many as "
            "with queues."
        )

    def _compute(self, _=None):
        self.last = self.works[self.layers].steps - 1
        if self.sample > self.last:
            self.sample = self.last  # and the answer follows
        self.answer = self.read()

    def summary(self):
        return f"An instrument that counts what a sample costs, layer by layer; it needs a \
browser with widgets and a running kernel. {self.read()['said']} The table below has more."

    def twin(self):
        """The same on paper: a table once the past is full, and the cost as the sound goes on."""
        rows, lines = "", []
        for name, work in self.works.items():
            for view in VIEWS:
                found = self.read(name, work.steps - 1, view)
                rows += _row(name, found, work)
                lines.append(found["said"])
        heads = "".join(
            f'<th scope="col">{escape(head)}</th>'
            for head in ("layers", "view", "multiplications for one sample", "times the queues'",
                         "numbers kept in queues")
        )  # fmt: skip
        caption = "What one sample costs once the receptive field is full of sound."
        table = (
            f'<table class="twin"><caption>{escape(caption)}</caption><thead><tr>{heads}</tr>'
            f"</thead><tbody>{rows}</tbody></table>"
        )
        picture = figure(plot_work(self.works), alt=self._alt())
        return Markup(table + picture.body, "\n".join([caption, *lines, picture.text]))

    def _alt(self):
        told = (
            f"{name}: from {work.weights:,} to {work.multiplications(work.steps - 1, VIEWS[0]):,}"
            for name, work in self.works.items()
        )
        return (
            "With queues every sample costs the same; without, the cost climbs until the "
            f"receptive field is full. Multiplications per sample of {'; '.join(told)}."
        )


def _row(name, found, work):
    kept = f"{work.kept:,}" if found["view"] == "queues" else "none"
    cells = (found["view"], f"{found['now']:,}", f"{found['times']:,.1f}", kept)
    return f'<tr><th scope="row">{escape(name)}</th>' + "".join(
        f"<td>{escape(cell)}</td>" for cell in cells
    ) + "</tr>"  # fmt: skip
