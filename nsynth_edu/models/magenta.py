"""Magenta's NSynth as one of our models: the weights of its TensorFlow 1 checkpoint.

Source: Magenta's published model, magenta/models/nsynth/wavenet/h512_bo16.py.
"""

import re
from pathlib import Path

import torch

from nsynth_edu.models.bundle import read_bundle, read_variables
from nsynth_edu.models.checkpoint import CheckpointError, shape_of
from nsynth_edu.models.nsynth import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.sound.bounds import DAMAGE

__all__ = ["import_magenta", "read_bundle"]

EMA_SUFFIX = "/ExponentialMovingAverage"


def import_magenta(path_prefix, ema=False):
    """Copy the weights of Magenta's NSynth into our layers: the same weights, the same sound.

    Args:
        path_prefix: the checkpoint's path without suffix, such as "model.ckpt-200000"; the path of
            its .index or .data file works as well.
        ema: use the weights averaged over training (exponential moving average) instead of the
            last ones, which Magenta's own programs use.

    Returns:
        WaveNetAutoencoder in eval mode; its config is inferred from the shapes (cycle 10 and hop
        512 are the published ones).

    Raises:
        CheckpointError: if files are missing, truncated or damaged, if the checkpoint belongs to
            another model, or if `ema` is set and it holds no averaged weights.
    """
    variables = _Variables(path_prefix, ema)
    try:
        model = shape_of(WaveNetAutoencoder, _config(variables))
        found = [variables.of_layer(name, layer) for name, layer in _layers(model)]
    except CheckpointError:
        raise
    except DAMAGE as problem:
        raise CheckpointError(
            f"{variables.checkpoint} is the checkpoint of another model ({problem}). "
            "Choose Magenta's wavenet-ckpt."
        ) from problem
    with torch.random.fork_rng(devices=[]):  # the initial random weights are overwritten
        model = WaveNetAutoencoder(model.config)
    for (_, layer), (weight, bias) in zip(_layers(model), found, strict=True):
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.read()[0]).permute(2, 1, 0))
            layer.bias.copy_(torch.from_numpy(bias.read()))
    return model.eval()


class _Variables:
    """The last or the averaged variables of a checkpoint; raises what `import_magenta` does."""

    def __init__(self, path, ema):
        self.checkpoint = Path(path).name
        self.all = read_variables(path)
        self.suffix = EMA_SUFFIX if ema else ""
        if ema and not any(name.endswith(EMA_SUFFIX) for name in self.all):
            raise CheckpointError(
                f"{self.checkpoint} holds no averaged weights; import it with ema=False."
            )

    def find(self, name, shape=(1, None, None, None)):
        """The variable of this name; None in a shape stands for any number."""
        variable = self.all.get(name + self.suffix)
        if variable is None:
            raise CheckpointError(
                f"{self.checkpoint} is not an NSynth checkpoint: none of its {len(self.all)} "
                f"variables is called {name}{self.suffix}. Choose Magenta's wavenet-ckpt."
            )
        found = variable.shape
        if len(found) != len(shape) or any(
            wanted not in (None, size) for size, wanted in zip(found, shape, strict=True)
        ):
            raise CheckpointError(
                f"{self.checkpoint} is the checkpoint of another model: {variable.name} has shape "
                f"{found}, expected {str(shape).replace('None', 'any')}. "
                "Choose Magenta's wavenet-ckpt."
            )
        return variable

    def of_layer(self, name, layer):
        """The variables of weight and bias, in the shapes of one of our layers."""
        outputs, inputs, taps = layer.weight.shape
        weight = self.find(f"{name}/W", (1, taps, inputs, outputs))
        return weight, self.find(f"{name}/biases", (outputs,))

    def depth(self, kinds):
        """The highest layer number among these kinds; `find` reports a missing one below it."""
        numbers = (re.match(rf"(?:{kinds})_(\d+)/", name) for name in self.all)
        return max((int(number[1]) for number in numbers if number), default=1)


def _config(variables):
    """NSynthConfig from the shapes (1, taps, inputs, outputs) and the numbers of layers."""
    _, first_kernel_size, _, residual_channels = variables.find("startconv/W").shape
    _, kernel_size, _, _ = variables.find("dilatedconv_1/W").shape
    _, encoder_kernel_size, _, encoder_channels = variables.find("ae_dilatedconv_1/W").shape
    return NSynthConfig(
        quantization_channels=variables.find("logits/W").shape[-1],
        bottleneck_channels=variables.find("ae_bottleneck/W").shape[-1],
        encoder_channels=encoder_channels,
        encoder_layers=variables.depth("ae_dilatedconv|ae_res"),
        encoder_kernel_size=encoder_kernel_size,
        layers=variables.depth("dilatedconv|cond_map|res|skip"),
        residual_channels=residual_channels,
        skip_channels=variables.find("skip_start/W").shape[-1],
        kernel_size=kernel_size,
        first_kernel_size=first_kernel_size,
    )


def _layers(model):
    """(Magenta's name, our Convolution) of every layer."""

    encoder, decoder = model.encoder, model.decoder
    yield "ae_startconv", encoder.start
    for k, (dilated, residual) in enumerate(zip(encoder.dilated, encoder.residual, strict=True), 1):
        yield f"ae_dilatedconv_{k}", dilated
        yield f"ae_res_{k}", residual
    yield "ae_bottleneck", encoder.bottleneck
    yield "startconv", decoder.start
    yield "skip_start", decoder.skip_start
    for k, layer in enumerate(decoder.layers, 1):
        yield f"dilatedconv_{k}", layer.dilated
        yield f"cond_map_{k}", layer.condition
        yield f"res_{k}", layer.residual
        yield f"skip_{k}", layer.skip
    yield "out1", decoder.out
    yield "cond_map_out1", decoder.out_condition
    yield "logits", decoder.logits
