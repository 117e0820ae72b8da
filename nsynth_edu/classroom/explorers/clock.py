"""The generation clock: what one sample costs, layer by layer, in three ways to make it.

Notebook: course/09.
"""

import traitlets

from nsynth_edu.generation.cost import SHOWN, WAYS, Work, stages
from nsynth_edu.page import static_text, widget
from nsynth_edu.sound import SAMPLE_RATE

from ..described import on_paper
from ..plotting import figure
from .base import Explorer
from .clock_figures import plot_work

SMALL = 64  # samples; a stack that reaches no further is drawn moment by moment


class GenerationClock(Explorer):
    """One sample at a time: what each layer works out, and what its queue has kept.

    Args:
        models: {name: WaveNetAutoencoder, WaveNet, or some Convolution in a row}.
    """

    _esm = widget("clock.js")
    controls = "sample", "layers", "view"
    _css = static_text("theme.css", "explorer.css", "clock.css")
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    views = traitlets.List(traitlets.Unicode(), default_value=list(WAYS)).tag(sync=True)
    last = traitlets.Int().tag(sync=True)  # the last sample of these layers
    sample = traitlets.Int(0, min=0).tag(sync=True)
    layers = traitlets.Unicode().tag(sync=True)  # one of the names
    view = traitlets.Unicode(WAYS[0]).tag(sync=True)

    def __init__(self, models, **traits):
        self.works = {name: Work(stages(model)) for name, model in models.items()}
        for work in self.works.values():
            if work.receptive_field <= SMALL:
                work.steps = SHOWN
        names = list(self.works)
        super().__init__(names=names, **{"layers": names[0]} | traits)

    @traitlets.validate("layers", "view")
    def _is_known(self, proposal):
        known = list(self.works) if proposal.trait.name == "layers" else list(WAYS)
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
        return found | {"sentence": self._sentence(layers, found)}

    def _sentence(self, layers, found):
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
        super()._compute()

    def about(self):
        return "An instrument that counts what a sample costs, layer by layer"

    def twin(self):
        """The same on paper: a table once the past is full, and the cost as the sound goes on."""
        rows, lines = [], []
        for name, work in self.works.items():
            for view in WAYS:
                found = self.read(name, work.steps - 1, view)
                rows.append(_row(name, found, work))
                lines.append(found["sentence"])
        heads = [
            "layers", "view", "multiplications for one sample", "times the queues'",
            "numbers kept in queues",
        ]  # fmt: skip
        caption = "What one sample costs once the receptive field is full of sound."
        picture = figure(plot_work(self.works), alt=self._alt())
        return on_paper(caption, heads, rows, lines, picture)

    def _alt(self):
        costs = (
            f"{name}: from {work.weights:,} to {work.multiplications(work.steps - 1, WAYS[0]):,}"
            for name, work in self.works.items()
        )
        return (
            "With queues every sample costs the same; without, the cost climbs until the "
            f"receptive field is full. Multiplications per sample of {'; '.join(costs)}."
        )


def _row(name, found, work):
    kept = f"{work.kept:,}" if found["view"] == "queues" else "none"
    return [name, found["view"], f"{found['now']:,}", f"{found['times']:,.1f}", kept]
