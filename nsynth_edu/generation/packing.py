"""Weights as the compiled engine reads them: in blocks of outputs, rounded to integers or not."""

import numpy as np

from nsynth_edu.generation.kernel import BLOCK, LENGTH, room


def pack(matrix, dtype):
    """Lay out weights as `add_product` reads them, rounded to integers unless they are float32.

    Every output has its own scale: its largest weight fills the range and, with 16 bits, its
    Euclidean norm stays below `LENGTH`. So does that of a 16-bit signal, and the sum of all
    products cannot overflow 32 bits (Cauchy-Schwarz inequality).

    Args:
        matrix: (inputs, outputs) float32.
        dtype: "float32", "int16" or "int8", of the weights and of the signal.

    Returns:
        packed: float32 (blocks, inputs, 64), or integers (blocks, groups, 64, inputs of a group);
            a group of inputs has 32 bits.
        scale: (blocks * 64,) float32: weight = packed * scale.
    """
    inputs, outputs = matrix.shape
    group = 4 // np.dtype(dtype).itemsize
    padded = np.zeros((inputs + -inputs % group, room.py_func(outputs)), np.float32)
    padded[:inputs, :outputs] = matrix
    blocks = padded.shape[1] // BLOCK
    if dtype == "float32":
        packed = padded.reshape(inputs, blocks, BLOCK).transpose(1, 0, 2)
        return np.ascontiguousarray(packed), np.ones(padded.shape[1], np.float32)
    integers, scale = rounded(padded, dtype)
    packed = integers.astype(dtype).reshape(-1, group, blocks, BLOCK)
    return np.ascontiguousarray(packed.transpose(2, 0, 3, 1)), scale


def rounded(matrix, dtype):
    """Weights (inputs, outputs) as integers (still float32), and the scale of each output."""
    scale = np.abs(matrix).max(0) / np.iinfo(dtype).max
    if dtype == "int16":
        scale = np.maximum(scale, np.sqrt(np.square(matrix).sum(0)) / LENGTH)
    scale = np.maximum(scale, 1e-12).astype(np.float32)  # an output may have no weights
    return np.rint(matrix / scale), scale


def pack_stack(matrices, dtype):
    """Pack several matrices of one shape.

    Args:
        matrices: (..., inputs, outputs). dtype: as for `pack`.

    Returns:
        packed and scale of `pack`, each with one more axis in front.
    """
    matrices = np.reshape(matrices, (-1, *np.shape(matrices)[-2:]))
    return tuple(map(np.stack, zip(*(pack(matrix, dtype) for matrix in matrices), strict=True)))
