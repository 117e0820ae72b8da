"""How far a stack of convolutions hears, measured by gradient: nothing here is a drawing.

Notebook: course/04.
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F
import traitlets
from torch import nn

from nsynth_edu.models.convolution import Convolution
from nsynth_edu.sound import SAMPLE_RATE, as_waveform, mu_law_encode

from ..markup import Markup, escape, static_text
from ..plotting import figure
from .base import Explorer
from .reach_figures import plot_connections

CYCLE = 10  # dilations double 1, 2, 4 ... 512, then start again at 1
FIRST_TAPS = 3  # of the undilated convolution in front, as in NSynth
MOST_LAYERS = 30
A3 = 220.0  # Hz
DRAWN = 72  # columns of which each connection is drawn; more are drawn as bars
TICKS = 64  # positions in a bar that are drawn one by one
KINDS = {
    "2 taps, causal": (2, True),
    "3 taps, causal": (3, True),
    "3 taps, centred": (3, False),
}
VIEWS = ("all connections", "those that reach it", "those in the queues")


def hearing(network, before=64, after=8, sounds=8):
    """How strongly each input sample can change one output: the size of its gradient.

    Args:
        network: (batch, 1, time) -> (batch, channels, time), module or function of float64.
            A module is copied; the copy computes in float64, where nothing vanishes too early.
        before, after: how many samples to look at before and after the output's own.
        sounds: random ones at which the gradient is taken; a mean over several misses less.

    Returns:
        (before + 1 + after,) float64: the output's own sample stands at index `before`. Where it
        is 0, the sample changes nothing.
    """
    if isinstance(network, nn.Module):
        network = copy.deepcopy(network).double().requires_grad_(False)
    chance = torch.Generator().manual_seed(0)
    signal = torch.randn(sounds, 1, before + 1 + after, generator=chance, dtype=torch.float64)
    output = network(signal.requires_grad_())[..., before]
    weights = torch.randn(output.shape, generator=chance, dtype=torch.float64)
    (gradient,) = torch.autograd.grad((output * weights).sum(), signal)
    return gradient[:, 0].abs().mean(0).numpy()


def heard(network, before=64, after=8, sounds=8):
    """Which input samples can change one output, by gradient.

    Args:
        network, before, after, sounds: as in :func:`hearing`; look at more than it can hear.

    Returns:
        integers, from the oldest: 0 is the output's own sample, -1 the one before, 1 the next.

    Raises:
        ValueError: if the oldest or newest sample looked at is heard: then there may be more.
    """
    places = np.flatnonzero(hearing(network, before, after, sounds)) - before
    if len(places) and (places[0] == -before < 0 or places[-1] == after > 0):
        raise ValueError(
            f"samples from {places[0]} to {places[-1]} are heard, up to the edge of what was "
            f"looked at; look further than before={before}, after={after}."
        )
    return places


def leaning(network, windows):
    """How strongly the guess of a last sample leans on each one before it.

    Where :func:`hearing` asks what can be heard, this asks what is: at real sounds, of the
    surprise at what came.

    Args:
        network: (batch, 1, time) companded -> logits (batch, 256, time); float32.
        windows: (batch, time) integer tensor of classes, true sounds.

    Returns:
        (time - 1,) size of the gradient, averaged over the windows; the nearest sample first.
    """
    signal = ((windows[:, None].float() - 128) / 128).requires_grad_()
    surprise = F.cross_entropy(network(signal)[..., -1], windows[:, -1].long(), reduction="sum")
    (gradient,) = torch.autograd.grad(surprise, signal)
    return gradient[:, 0, :-1].double().abs().mean(0).flip(0).numpy()


def decoder_in(model, waveform, pitch, starts, frames):
    """A decoder at several moments of a note, told the z and the clock that belong there.

    Args:
        model: WaveNetAutoencoder. waveform: (time,) float, one note.
        pitch: MIDI number it is told, or None = unknown.
        starts: first samples of the moments, multiples of the hop. frames: their length.

    Returns:
        network and windows for :func:`leaning`.
    """
    hop, starts = model.config.hop_length, torch.as_tensor(starts)
    sound = torch.from_numpy(as_waveform(waveform))[None]
    with torch.no_grad():
        z = model.encode(sound)[0].unfold(0, frames, 1)[starts // hop].transpose(1, 2)
        clock = model.conditioning(model.encode(sound), pitch).clock
    offset = clock.offset_of(sound) + clock.track(0, sound.shape[-1])[0][0, starts]
    windows = torch.from_numpy(mu_law_encode(sound[0].numpy())).unfold(0, frames * hop, 1)[starts]
    return lambda signal: model.logits(None, z, pitch, history=signal, clock_offset=offset), windows


def stack(kernel_size, layers, causal=True, first_kernel_size=FIRST_TAPS):
    """The convolutions of a WaveNet alone, one channel wide, every weight 1.

    With such weights the gradient counts the paths from a sample to the output.

    Args:
        kernel_size: taps of each dilated layer. layers: how many; dilations 1, 2 ... 512, 1 ...
        causal: whether each hears the past alone. first_kernel_size: taps of the one in front.

    Returns:
        list of Convolution, from the sound upwards.
    """
    shapes = [(first_kernel_size, 1)] if first_kernel_size > 1 else []
    shapes += [(kernel_size, 2 ** (i % CYCLE)) for i in range(layers)]
    convolutions = [Convolution(1, 1, k, dilation, causal) for k, dilation in shapes]
    for convolution in convolutions:
        nn.init.ones_(convolution.weight)
        nn.init.zeros_(convolution.bias)
        convolution.requires_grad_(False)
    return convolutions


def trace(convolutions):
    """Follow one output down through the layers to the sound, by gradient.

    Args:
        convolutions: from :func:`stack`.

    Returns:
        one dict per row, from the sound upwards: `places`, the positions that reach the output
        (0 = the newest sample known); `taps`, what the row hears of the row below; `dilation`
        (0 for the sound); `ahead`, how many samples after its own each value needs.
    """
    wide = sum(convolution.reach for convolution in convolutions)
    rows = [torch.zeros(1, 1, 2 * wide + 1, requires_grad=True)]
    for convolution in convolutions:
        rows.append(convolution(rows[-1]))
    gradients = torch.autograd.grad(rows[-1][0, 0, wide], rows)
    places = [np.flatnonzero(gradient[0, 0]) - wide for gradient in gradients]
    taps = [np.array([], int), *map(_taps, convolutions)]
    dilations = [0, *(convolution.dilation[0] for convolution in convolutions)]
    ahead = np.cumsum([max(tap, default=0) for tap in taps])
    return [
        {"places": p, "taps": t, "dilation": d, "ahead": int(a)}
        for p, t, d, a in zip(places, taps, dilations, ahead, strict=True)
    ]


def _taps(convolution):
    wide = convolution.reach
    x = torch.zeros(1, 1, 2 * wide + 1, requires_grad=True)
    (gradient,) = torch.autograd.grad(convolution(x)[0, 0, wide], x)
    return np.flatnonzero(gradient[0, 0]) - wide


def connections(rows, view, low, high):
    """The lines of the picture of a small stack.

    Args:
        rows: from :func:`trace`. view: one of VIEWS. low, high: first and last place shown.

    Returns:
        {kind: [(row of the upper end, its place, place of the lower end)]}; the kinds are
        "plain", "now" (what this output needs computed), "queued" (computed for an earlier
        output) and "unknown" (it needs samples that have not come).
    """
    lines = {"plain": [], "now": [], "queued": [], "unknown": []}
    for number, row in enumerate(rows):
        columns = range(low, high + 1) if view == VIEWS[0] else row["places"].tolist()
        for place in columns:
            for tap in row["taps"].tolist():
                if low <= place + tap <= high:
                    kind = _kind(view, place + row["ahead"])
                    lines[kind].append((number, place, place + tap))
    return lines


def spans(rows, view, low, high):
    """The bars of the picture of a large stack: which places of each row take part.

    Returns:
        {kind: [(row, first place, last place)]}, kinds as in :func:`connections`.
    """
    bars = {"plain": [], "now": [], "queued": [], "unknown": []}
    for number, row in enumerate(rows):
        places, ahead = row["places"], row["ahead"]
        if view == VIEWS[0]:
            bars["plain"].append((number, low, high))
            continue
        single = len(places) <= TICKS
        for kind in ("now", "queued", "unknown"):
            of_kind = [p for p in places.tolist() if _kind(view, p + ahead) == kind]
            if single:
                bars[kind] += [(number, p, p) for p in of_kind]
            elif of_kind:
                bars[kind].append((number, of_kind[0], of_kind[-1]))
    return bars


def _kind(view, newest):
    """What a value is to the output, when `newest` is the last sample that it needs."""
    if view != VIEWS[2]:
        return "plain" if view == VIEWS[0] else "now"
    return "queued" if newest < 0 else "now" if newest == 0 else "unknown"


def measure(rows, frequency=A3):
    """What a stack hears and what it costs, counted in its trace.

    Args:
        rows: from :func:`trace`. frequency: Hz of the note whose periods are counted.

    Returns:
        dict: samples, of these `future` (not yet come when the next sample is guessed), time
        (ms), periods; multiplications per sample and channel, with everything computed again
        (`naive`) and with queues (`queued`).
    """
    sound, layers = rows[0]["places"], rows[1:]
    return {
        "samples": len(sound),
        "future": int(np.sum(sound > 0)),
        "ms": 1000 * len(sound) / SAMPLE_RATE,
        "periods": len(sound) * frequency / SAMPLE_RATE,
        "naive": sum(len(row["places"]) * len(row["taps"]) for row in layers),
        "queued": sum(len(row["taps"]) for row in layers),
    }


def names(rows, first=True):
    """What the rows of a trace are called; `first`: whether a first convolution is among them."""
    called = ["sound", *(f"dilation {row['dilation']}" for row in rows[1:])]
    return called[:1] + ["first"] + called[2:] if first else called


def plot_views(kernel_size, layers, first_kernel_size=FIRST_TAPS):
    """A small stack in the three views, for :func:`figure`; arguments as for :func:`stack`."""
    rows = trace(stack(kernel_size, layers, first_kernel_size=first_kernel_size))
    low, high = int(rows[0]["places"][0]) - 2, max(0, int(rows[0]["places"][-1])) + 2
    panels = {view: connections(rows, view, low, high) for view in VIEWS}
    return plot_connections(panels, names(rows, first_kernel_size > 1), low, high)


class Reach(Explorer):
    """A stack of convolutions and what one output of it hears, layer by layer.

    Args:
        frequency: Hz, of the note whose periods are counted. note: its name.
    """

    _esm = static_text("explorer.js") + static_text("reach.js")
    _css = static_text("explorer.css") + static_text("network.css")
    kinds = traitlets.List(list(KINDS)).tag(sync=True)
    views = traitlets.List(list(VIEWS)).tag(sync=True)
    most = traitlets.Int(MOST_LAYERS).tag(sync=True)
    note = traitlets.Unicode("A3").tag(sync=True)
    kind = traitlets.Enum(list(KINDS), "2 taps, causal").tag(sync=True)
    layers = traitlets.Int(3, min=1, max=MOST_LAYERS).tag(sync=True)
    view = traitlets.Enum(VIEWS, VIEWS[1]).tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)  # see `_compute`

    def __init__(self, frequency=A3, note="A3", **traits):
        self.frequency, self.traces = frequency, {}
        super().__init__(note=note, **traits)
        self.observe(self._compute, ["kind", "layers", "view"])
        self._compute()

    def rows(self, kind=None, layers=None):
        """The trace of a stack, measured once."""
        key = kind or self.kind, layers or self.layers
        if key not in self.traces:
            kernel_size, causal = KINDS[key[0]]
            self.traces[key] = trace(stack(kernel_size, key[1], causal))
        return self.traces[key]

    def read(self, kind=None, layers=None):
        """What the instrument shows of one stack, as `measure`, with a sentence."""
        kind, layers = kind or self.kind, layers or self.layers
        found = measure(self.rows(kind, layers), self.frequency)
        heard = f"{found['samples']:,} samples, {found['ms']:.1f} ms"
        said = (
            f"{layers} {'layer' if layers == 1 else 'layers'} of {kind}, after a first convolution "
            f"of {FIRST_TAPS} taps: the next sample is guessed from {heard}, or "
            f"{found['periods']:.1f} periods of {self.note}."
        )
        if found["future"]:
            said += f" {found['future']:,} of them have not come yet: it cannot play."
        return found | {"said": said}

    def _compute(self, _=None):
        rows = self.rows()
        first, last = int(rows[0]["places"][0]), max(0, int(rows[0]["places"][-1]))
        small = last - first < DRAWN
        low, high = (first - 2, last + 2) if small else (first, last)
        draw = connections if small else spans
        self.answer = self.read() | {
            "low": low,
            "high": high,
            "names": names(rows),
            "lines": draw(rows, self.view, low, high),
            "small": small,
        }

    def summary(self):
        return f"An instrument that shows which samples a stack of convolutions hears; it needs a \
browser with widgets and a running kernel. {self.read()['said']} The table below has more."

    def twin(self, layers=(1, 2, 3, 5, 10, 20, 30)):
        """The same on paper: a table of stacks, and three views of a small one.

        Args:
            layers: one row of the table for each, and each kind.
        """
        stacks = [(kind, count) for kind in KINDS for count in layers]
        table_rows = "".join(_row(kind, n, self.read(kind, n)) for kind, n in stacks)
        caption = "What stacks hear, each after a first convolution of 3 taps; dilations 1 to 512."
        heads = "".join(
            f'<th scope="col">{escape(head)}</th>'
            for head in ("taps", "layers", "samples", "not yet come", "time",
                         f"periods of {self.note}", "multiplies, all again", "with queues")
        )  # fmt: skip
        table = (
            f'<table class="twin"><caption>{escape(caption)}</caption><thead><tr>{heads}</tr>'
            f"</thead><tbody>{table_rows}</tbody></table>"
        )
        found = self.read("2 taps, causal", 3)
        alt = (
            f"Three layers of two taps: {found['samples']} samples reach one output through a "
            f"tree; with queues only the newest value of each layer is computed, "
            f"{found['queued']} instead of {found['naive']} multiplications."
        )
        picture = figure(plot_views(2, 3), alt=alt)
        lines = [self.read(kind, n)["said"] for kind, n in stacks]
        return Markup(table + picture.body, "\n".join([caption, *lines, picture.text]))


def _row(kind, layers, found):
    cells = (
        f"{layers}", f"{found['samples']:,}", f"{found['future']:,}", f"{found['ms']:.1f} ms",
        f"{found['periods']:.1f}", f"{found['naive']:,}", f"{found['queued']}",
    )  # fmt: skip
    return f'<tr><th scope="row">{kind}</th>' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>"
