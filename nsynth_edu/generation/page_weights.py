"""The weights file of a web page in which the pocket decoder plays: what `page/decoder.c` reads."""

import json

import numpy as np

from nsynth_edu.generation.matrices import Matrices, array
from nsynth_edu.generation.packing import rounded

FORMAT = 1  # raised when the layout changes; engine.js checks it
BLOCK = 32  # outputs that decoder.c sums at once
INPUTS = 48  # of its first product, the last one empty
ALIGNMENT = 16  # bytes, of what follows the header
SIZES = {  # for which decoder.c is compiled
    "residual_channels": 64, "skip_channels": 128, "layers": 20, "cycle": 10,
    "kernel_size": 2, "first_kernel_size": 3, "phase_channels": 32, "period_taps": 4,
    "quantization_channels": 256,
}  # fmt: skip


def page_weights(model, name, exact=False):
    """Write a model's decoder as one file for a web page.

    Args:
        model: WaveNetAutoencoder with the pocket decoder's sizes.
        name: what the model is called, such as "pocket".
        exact: float32 throughout, for tests; else 8 bits (the last matrix and what z adds: 16).

    Returns:
        bytes, about 0.9 MB: the header's length (uint32), the header (JSON, filled up with spaces
        to a multiple of 16 bytes) and the numbers in the order of `W` in decoder.c.

    Raises:
        ValueError: if the decoder has other sizes.
    """
    config = model.decoder.config
    _check_sizes(config, model)
    matrices, width = Matrices.of(model.decoder), config.residual_channels
    level_map = getattr(model, "level_map", None)
    header = {
        "format": FORMAT, "model": name, "exact": exact,
        "sample_rate": config.sample_rate, "hop_length": config.hop_length,
        "temperature": model.recommended_temperature, "sampling": model.recommended_sampling,
        "preemphasis": float(getattr(model.config, "preemphasis", 0.0)),
        "level_map": None if level_map is None else np.asarray(level_map).tolist(),
    }  # fmt: skip
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 4) % ALIGNMENT)
    numbers = _numbers(matrices, width, array(model.pitch.weight), exact)
    return len(text).to_bytes(4, "little") + text + b"".join(part.tobytes() for part in numbers)


def _check_sizes(config, model):
    """Raise where decoder.c is compiled for other sizes."""
    for key, expected in SIZES.items():
        found = getattr(config, key)
        if found != expected:
            raise ValueError(
                f"the decoder's {key} is {found}; the page's engine is made for {expected}. "
                "Take a model of the pocket preset."
            )
    channels = model.frame_channels, getattr(model.pitch, "embedding_dim", 0)
    if channels != (16, 16):
        raise ValueError(
            f"z and the pitch have {channels[0]} and {channels[1]} channels; the page's engine is "
            "made for 16 and 16. Take a model of the pocket preset."
        )


def _numbers(matrices, width, pitch, exact):
    """All arrays in the order of decoder.c: biases, scales, embedding, weights."""
    first = np.pad(matrices.first, ((0, INPUTS - len(matrices.first)), (0, 0)))
    mixed, mixed_bias = matrices.mixed, matrices.mixed_bias
    stacks = [  # (n, inputs, outputs), all of 8 bits
        matrices.skip_start[None], matrices.dilated.reshape(-1, width, 2 * width),
        mixed[:, :, :width], mixed[:, :, width:], matrices.out[None],
    ]  # fmt: skip
    condition, condition_scale = _rounded(matrices.condition, "float32" if exact else "int16")
    last, last_scale = _blocks(matrices.logits[None], "float32" if exact else "int16")
    coarse = [_blocks(stack, "float32" if exact else "int8") for stack in stacks]
    skip_bias = matrices.skip_start_bias + mixed_bias[:, width:].sum(0)
    floats = [
        _blocks(first[None], "float32")[0], matrices.start, skip_bias, mixed_bias[:, :width],
        matrices.dilated_bias, matrices.out_bias, matrices.logits_bias, condition_scale,
        *(scale for _, scale in coarse), last_scale, pitch,
    ]  # fmt: skip
    floats = [np.ascontiguousarray(part, np.float32) for part in floats]
    return [*floats, condition, last, *(weights for weights, _ in coarse)]


def _rounded(matrix, dtype):
    """A matrix in another type, and the scale of each output."""
    if dtype == "float32":
        return matrix, np.ones(matrix.shape[1], np.float32)
    integers, scale = rounded(matrix, dtype)
    return integers.astype(dtype), scale


def _blocks(stack, dtype):
    """Matrices (n, inputs, outputs) as [n][block][group of inputs][32][inputs of the group]."""
    group = 1 if dtype == "float32" else 2
    matrices, scales = zip(*(_rounded(matrix, dtype) for matrix in stack), strict=True)
    count, inputs, outputs = stack.shape
    parts = np.stack(matrices).reshape(count, inputs // group, group, outputs // BLOCK, BLOCK)
    return np.ascontiguousarray(parts.transpose(0, 3, 1, 4, 2)), np.stack(scales)
