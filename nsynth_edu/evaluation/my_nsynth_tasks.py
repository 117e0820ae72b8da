"""What each function of `course/my_nsynth.py` is asked, and what the course's network answers."""

import copy
import math
from collections import deque
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from nsynth_edu.generation import reference
from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.nsynth import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.models.wavenet import add_per_frame, gate
from nsynth_edu.sound import mu_law_decode, mu_law_encode

SMALL = NSynthConfig(
    hop_length=16, bottleneck_channels=4, encoder_channels=6, encoder_layers=4, layers=5, cycle=3,
    residual_channels=6, skip_channels=7,
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One function of the file.

    Attributes:
        lesson: that builds it.
        run: called with the learner's module, returns what is compared, a tensor or several.
        expected: the same from the course's network.
        known: (wrong value, or a function that computes it; cause) pairs, the mistakes that happen.
    """

    lesson: str
    run: object
    expected: object
    known: tuple = ()


def small_model():
    """The course's network with random weights, the same ones each time, and all of them at work.

    Returns:
        WaveNetAutoencoder without any part marked "ours".
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = WaveNetAutoencoder(SMALL).requires_grad_(False)
        for weight in model.parameters():  # larger than new ones: each part shows in the result
            weight.copy_(torch.randn(weight.shape) / math.sqrt(max(1, weight[0].numel())))
    return model


def tasks(model):
    """What each function of the file is asked, and what the course's network answers.

    Args:
        model: of `small_model`.

    Returns:
        {name of the function: Task}, in the order of the lessons.
    """
    draw = torch.Generator().manual_seed(1)
    hop, net = model.config.hop_length, model.decoder

    def normal(*shape):
        return torch.randn(shape, generator=draw)

    def weights(module):
        state = {name: weight.clone() for name, weight in model.state_dict().items()}
        return module.weights_from(state, model.config.cycle)

    wave = (normal(2, 3 * hop) * 0.3).clamp(-1, 1)
    classes = mu_law_encode(wave)
    signal = (classes[:, None] - 128) / 128
    z = normal(2, model.config.bottleneck_channels, 3)
    return {
        **_law_tasks(),
        "loss": _loss_task(normal(2, 256, 9), classes[:, :9]),
        "convolution": _convolution_task(model, normal(2, 6, 40)),
        **_layer_tasks(net, normal(2, 6, 3 * hop), z, weights),
        "encode": _encode_task(model, wave, weights),
        "logits": _logits_task(net, classes, signal, z, weights),
        "convolution_step": _queue_task(net.layers[1].dilated, normal(2, 6, 20)),
        "step": _step_task(net, signal, z, hop, weights),
        "generate": _generate_task(model, z, torch.rand(2, 3 * hop, generator=draw), weights),
    }


def _law_tasks():
    # a quarter of a step above and below the middle of each: rounding differs from the floor
    fine = (
        torch.arange(-128, 128).repeat_interleave(2) + torch.tensor([0.25, 0.75]).repeat(256)
    ) / 128
    wave = torch.cat([fine.sign() * (256 ** fine.abs() - 1) / 255, torch.tensor([-1.0, 0, 1])])
    curve = torch.cat([fine, torch.tensor([-1.0, 0, 1])])
    classes = torch.arange(256)
    signed = classes - 128.0

    def undone(curve):
        return curve.sign() * (256 ** curve.abs() - 1) / 255

    return {
        "mu_law_encode": Task(
            "01",
            lambda my: my.mu_law_encode(wave.clone()),
            mu_law_encode(wave),
            (
                (
                    (128 * curve).round().clamp(-128, 127) + 128,
                    "rounded to the nearest step; the course takes the floor.",
                ),
                (mu_law_encode(wave) - 128, "128 is missing: classes begin at 0."),
                ((128 * wave).floor().clamp(-128, 127) + 128, "even steps: f(x) is not used."),
                ((128 * curve).floor() + 128, "1 itself becomes class 256: the largest is 255."),
            ),
        ),
        "mu_law_decode": Task(
            "01",
            lambda my: my.mu_law_decode(classes.clone()),
            mu_law_decode(classes),
            (
                (
                    undone(signed / 128),
                    "the lower edge of each step; its middle is half a step up.",
                ),
                (
                    undone((signed + 0.5) / 128),
                    "class 128 must give exactly 0: silence stays silent.",
                ),
                (signed / 128, "the curve is not undone."),
            ),
        ),
    }


def _loss_task(scores, classes):
    nats = F.cross_entropy(scores, classes)
    return Task(
        "03",
        lambda my: my.loss(scores.clone(), classes.clone()),
        nats / math.log(2),
        (
            (nats, "in nats: divide by the logarithm of 2."),
            (
                F.cross_entropy(scores, classes, reduction="sum") / math.log(2),
                "a sum; the mean was asked for.",
            ),
            (
                F.cross_entropy(scores.softmax(1), classes) / math.log(2),
                "softmax twice: cross_entropy takes logits.",
            ),
        ),
    )


def _padded(x, layer, left):
    """A convolution with `left` zeros on its left, the others on its right."""
    zeros = F.pad(x, (left, layer.reach - left))
    return F.conv1d(zeros, layer.weight, layer.bias, dilation=layer.dilation)[..., : x.shape[-1]]


def _part(layer):
    return layer.weight.clone(), layer.bias.clone()


def _convolution_task(model, x):
    causal, centred = model.decoder.layers[2].dilated, model.encoder.dilated[1]

    def run(my):
        first = my.convolution(x.clone(), *_part(causal), 4)
        return first, my.convolution(x.clone(), *_part(centred), 2, causal=False)

    right = causal(x), centred(x)
    return Task(
        "04",
        run,
        right,
        (
            ((_padded(x, causal, 0), right[1]), "all zeros on the right: it reads the future."),
            (
                (_padded(x, causal, causal.reach // 2), right[1]),
                "zeros on both sides: a causal tap reads the future.",
            ),
            (
                (right[0], _padded(x, centred, centred.reach)),
                "`causal` is not used: the encoder is centred.",
            ),
        ),
    )


def _layer_tasks(net, x, z, weights):
    one, y = net.layers[1], torch.cat([x, x.flip(-1)], dim=1)
    first, second = y.chunk(2, dim=1)
    on, skip = one(x, z)
    told = one.condition(z)
    swapped = add_per_frame(one.dilated(x), told).roll(6, dims=1)
    over_and_over = gate(one.dilated(x) + told.repeat(1, 1, x.shape[-1] // z.shape[-1]))

    def outputs(passed):
        return x + one.residual(passed), one.skip(passed)

    last, total, skips = x, 0, []
    for part in net.layers:
        last, more = part(last, z)
        skips.append(more)
        total = total + more
    return {
        "gate": Task(
            "05",
            lambda my: my.gate(y.clone()),
            gate(y),
            (
                (torch.tanh(first) * torch.sigmoid(second), "the halves have changed places."),
                (torch.sigmoid(first) * torch.sigmoid(second), "sigmoid twice."),
            ),
        ),
        "layer": Task(
            "05",
            lambda my: my.layer(x.clone(), z.clone(), weights(my)[1]["layers"][1]),
            (on, skip),
            (
                ((on, one.skip(on)), "skip is taken after the sum, not from what passed the gate."),
                ((on - x, skip), "the residual connection is missing: x is added."),
                (one(x), "z is not used."),
                (outputs(gate(swapped)), "gate and filter have changed places."),
                (
                    outputs(over_and_over),
                    "z's columns follow each other sample by sample; each holds for a frame.",
                ),
            ),
        ),
        "stack": Task(
            "05",
            lambda my: my.stack(x.clone(), z.clone(), weights(my)[1]["layers"]),
            total,
            (
                (skips[-1], "the last layer's skip output alone: add them all up."),
                (last, "what is handed on; the skip outputs were asked for."),
                (
                    sum(part(x, z)[1] for part in net.layers),
                    "every layer reads the same x: hand it on.",
                ),
            ),
        ),
    }


def _encode_task(model, wave, weights):
    hop, encoder = model.config.hop_length, model.encoder
    signal = (mu_law_encode(wave)[:, None] - 128) / 128
    causal = copy.deepcopy(encoder)
    for layer in causal.modules():
        if isinstance(layer, Convolution):
            layer.padding_left = layer.reach
    fine = copy.deepcopy(encoder)
    fine.hop_length = 1
    every = fine(signal)  # not pooled
    return Task(
        "06",
        lambda my: my.encode(wave.clone(), weights(my)[0], hop),
        model.encode(wave).transpose(1, 2),
        (
            (encoder(wave[:, None]), "it reads the waveform; the network reads (q - 128) / 128."),
            (causal(signal), "its convolutions are causal; the encoder's are centred."),
            (
                every.unflatten(-1, (-1, hop)).amax(-1),
                "the maximum of each frame; its mean was asked for.",
            ),
            (every[..., ::hop], "one sample of each frame; the mean of all was asked for."),
            (model.encode(wave), "(B, frames, Z); here z is (B, Z, frames)."),
        ),
    )


def _logits(net, past, z, skip_start=True, out_condition=True):
    """`WaveNet.forward` of a signal that is late already, or with a part left out."""
    x = net.start(past)
    skip = net.skip_start(x) if skip_start else 0
    for layer in net.layers:
        x, more = layer(x, z)
        skip = skip + more
    y = net.out(F.relu(skip))
    y = add_per_frame(y, net.out_condition(z)) if out_condition else y
    return net.logits(F.relu(y))


def _logits_task(net, classes, signal, z, weights):
    late = F.pad(signal, (1, -1))
    return Task(
        "06",
        lambda my: my.logits(classes.clone(), z.clone(), weights(my)[1]),
        net(signal, z),
        (
            (_logits(net, signal, z), "the signal is not late: sample t is predicted from itself."),
            (_logits(net, F.pad(late, (1, -1)), z), "the signal is two samples late."),
            (_logits(net, late, z, skip_start=False), "`skip_start` is missing."),
            (_logits(net, late, z, out_condition=False), "`out_condition` is missing."),
        ),
    )


def _queue_task(layer, x):
    dilation = layer.dilation[0]

    def run(my):
        queue = deque([torch.zeros(len(x), x.shape[1])] * layer.reach)
        rows = [
            my.convolution_step(newest.clone(), queue, *_part(layer), dilation)
            for newest in x.permute(2, 0, 1)
        ]
        return ... if any(row is None or row is ... for row in rows) else torch.stack(rows, -1)

    newest = _padded(x, layer, layer.reach)
    frozen = torch.einsum("oi,bit->bot", layer.weight[..., -1], x) + layer.bias[:, None]
    reversed_taps = copy.deepcopy(layer)
    reversed_taps.weight.copy_(layer.weight.flip(-1))
    earlier = F.pad(x, (layer.reach - 1, 0))
    early = F.conv1d(earlier, layer.weight[..., :-1], dilation=dilation)[..., :20] + frozen
    return Task(
        "09",
        run,
        newest,
        (
            (early, "the queue is one step early: x enters it before the oldest is read."),
            (frozen, "x never enters the queue."),
            (reversed_taps(x), "the taps are the wrong way round: tap 0 is for the oldest input."),
            (newest - layer.bias[:, None], "the bias is missing."),
        ),
    )


def _step_task(net, signal, z, hop, weights):
    past = F.pad(signal, (1, -1))[:, 0]

    def run(my):
        decoder = weights(my)[1]
        queues = my.empty_queues(decoder, len(z))
        rows = [
            my.step(past[:, now, None], z[..., now // hop], queues, decoder)
            for now in range(past.shape[1])
        ]
        return ... if any(row is None or row is ... for row in rows) else torch.stack(rows, -1)

    late = past[:, None]
    return Task(
        "09",
        run,
        net(signal, z),
        (
            (_logits(net, late, z, skip_start=False), "`skip_start` is missing."),
            (_logits(net, late, z, out_condition=False), "`out_condition` is missing."),
        ),
    )


def _generated(net, z, uniforms, temperature, fed):
    """What it generates if `fed`, called with classes (B, 1), makes the next input of them."""
    queues, sample, rows = net.queues(len(z)), torch.zeros(len(z), 1), []
    hop = uniforms.shape[1] // z.shape[-1]
    for now in range(uniforms.shape[1]):
        scores = net.step(sample, net.project(z[..., now // hop]), queues)
        rows.append(reference.sample_classes(scores, uniforms[:, now], temperature))
        sample = fed(rows[-1][:, None])
    return torch.stack(rows, dim=1)


def _generate_task(model, z, uniforms, weights):
    net, hop = model.decoder, model.config.hop_length
    given = model.conditioning(z.transpose(1, 2))

    def run(my):
        decoder = weights(my)[1]
        drawn = my.generate(z.clone(), decoder, uniforms.clone(), hop)
        return drawn if drawn is None else (drawn, my.generate(z.clone(), decoder, None, hop))

    def both(make):
        return make(1), make(0)  # drawn, and the likeliest

    def wrong(fed):
        return lambda: both(lambda heat: _generated(net, z, uniforms, heat, fed))

    return Task(
        "09",
        run,
        both(lambda heat: mu_law_encode(reference.run(net, given, uniforms, heat))),
        (
            (wrong(torch.Tensor.float), "classes are fed back; the network reads (q - 128) / 128."),
            (wrong(mu_law_decode), "the waveform is fed back; the network reads (q - 128) / 128."),
            (wrong(lambda q: 0.0 * q), "nothing is fed back: the newest sample stays 0."),
        ),
    )
