"""How far a stack of convolutions reaches, measured by gradient.

Notebook: course/04.
"""

import traitlets

from nsynth_edu.models.connections import VIEWS, connections, spans
from nsynth_edu.models.paths import A3, FIRST_TAPS, trace, trace_summary, unit_stack
from nsynth_edu.page import static_text, widget

from ..described import on_paper
from ..plotting import figure
from .base import Explorer
from .network_figures import plot_connections

MOST_LAYERS = 30
DRAWN = 72  # columns of which each connection is drawn; more are drawn as bars
KINDS = {
    "2 taps, causal": (2, True),
    "3 taps, causal": (3, True),
    "3 taps, centred": (3, False),
}


def row_names(rows, first=True):
    """What the rows of a trace are called; `first`: whether a first convolution is among them."""
    names = ["sound", *(f"dilation {row['dilation']}" for row in rows[1:])]
    return names[:1] + ["first"] + names[2:] if first else names


def plot_views(kernel_size, layers, first_kernel_size=FIRST_TAPS):
    """A small stack in the three views, for `figure`; arguments as for `unit_stack`."""
    rows = trace(unit_stack(kernel_size, layers, first_kernel_size=first_kernel_size))
    low, high = int(rows[0]["places"][0]) - 2, max(0, int(rows[0]["places"][-1])) + 2
    panels = {view: connections(rows, view, low, high) for view in VIEWS}
    return plot_connections(panels, row_names(rows, first_kernel_size > 1), low, high)


class Reach(Explorer):
    """A stack of convolutions and which samples reach one output of it, layer by layer.

    Args:
        frequency: Hz, of the note whose periods are counted. note: its name.
    """

    _esm = widget("reach.js")
    controls = "kind", "layers", "view"
    _css = static_text("theme.css", "explorer.css", "network.css")
    kinds = traitlets.List(list(KINDS)).tag(sync=True)
    views = traitlets.List(list(VIEWS)).tag(sync=True)
    most = traitlets.Int(MOST_LAYERS).tag(sync=True)
    note = traitlets.Unicode("A3").tag(sync=True)
    kind = traitlets.Enum(list(KINDS), "2 taps, causal").tag(sync=True)
    layers = traitlets.Int(3, min=1, max=MOST_LAYERS).tag(sync=True)
    view = traitlets.Enum(VIEWS, VIEWS[1]).tag(sync=True)

    def __init__(self, frequency=A3, note="A3", **traits):
        self.frequency, self.traces = frequency, {}
        super().__init__(note=note, **traits)

    def rows(self, kind=None, layers=None):
        """The trace of a stack, measured once."""
        key = kind or self.kind, layers or self.layers
        if key not in self.traces:
            kernel_size, causal = KINDS[key[0]]
            self.traces[key] = trace(unit_stack(kernel_size, key[1], causal))
        return self.traces[key]

    def read(self, kind=None, layers=None):
        """What the instrument shows of one stack, as `trace_summary`, with a sentence."""
        kind, layers = kind or self.kind, layers or self.layers
        found = trace_summary(self.rows(kind, layers), self.frequency)
        reached = f"{found['samples']:,} samples, {found['ms']:.1f} ms"
        sentence = (
            f"{layers} {'layer' if layers == 1 else 'layers'} of {kind}, after a first convolution "
            f"of {FIRST_TAPS} taps: the next sample is guessed from {reached}, or "
            f"{found['periods']:.1f} periods of {self.note}."
        )
        if found["future"]:
            sentence += f" {found['future']:,} of them have not come yet: it cannot play."
        return found | {"sentence": sentence}

    def _compute(self, _=None):
        rows = self.rows()
        first, last = int(rows[0]["places"][0]), max(0, int(rows[0]["places"][-1]))
        small = last - first < DRAWN
        low, high = (first - 2, last + 2) if small else (first, last)
        draw = connections if small else spans
        self.answer = self.read() | {
            "low": low,
            "high": high,
            "names": row_names(rows),
            "lines": draw(rows, self.view, low, high),
            "small": small,
        }

    def about(self):
        return "An instrument that shows which samples a stack of convolutions reads"

    def twin(self, layers=(1, 2, 3, 5, 10, 20, 30)):
        """The same on paper: a table of stacks, and three views of a small one.

        Args:
            layers: one row of the table for each, and each kind.
        """
        stacks = [(kind, count) for kind in KINDS for count in layers]
        rows = [_row(kind, n, self.read(kind, n)) for kind, n in stacks]
        caption = "What stacks read, each after a first convolution of 3 taps; dilations 1 to 512."
        heads = [
            "taps", "layers", "samples", "not yet come", "time", f"periods of {self.note}",
            "multiplies, all again", "with queues",
        ]  # fmt: skip
        found = self.read("2 taps, causal", 3)
        alt = (
            f"Three layers of two taps: {found['samples']} samples reach one output through a "
            f"tree; with queues only the newest value of each layer is computed, "
            f"{found['queued']} instead of {found['naive']} multiplications."
        )
        picture = figure(plot_views(2, 3), alt=alt)
        lines = [self.read(kind, n)["sentence"] for kind, n in stacks]
        return on_paper(caption, heads, rows, lines, picture)


def _row(kind, layers, found):
    return [
        kind, f"{layers}", f"{found['samples']:,}", f"{found['future']:,}", f"{found['ms']:.1f} ms",
        f"{found['periods']:.1f}", f"{found['naive']:,}", f"{found['queued']}",
    ]  # fmt: skip
