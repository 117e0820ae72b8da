"""One rule for arrays and tensors: torch in, torch out; NumPy in, NumPy out.

A function computes in whichever suits it, `as_array` or `as_tensor`, and hands its result
through `like`. PyTorch takes a second to import and is imported where a tensor is asked for: until
somebody else has imported it, nothing can be one.
"""

import sys

import numpy as np


def is_tensor(x):
    """Whether `x` is a tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.is_tensor(x)


def as_array(x):
    """Convert an array, a list, or a tensor on any device to a float32 array."""
    if is_tensor(x):
        x = x.detach().cpu()
    return np.asarray(x, np.float32)


def as_tensor(x, device=None):
    """Convert to a float32 tensor, on `device` if one is given; a tensor keeps its gradient."""
    import torch

    if not torch.is_tensor(x):
        x = torch.from_numpy(np.array(x, np.float32))  # a copy: arrays may be read-only
    return x.to(device, torch.float32) if device is not None else x.float()


def as_like(x, given):
    """Convert to float32 of the same kind as `given`: a tensor on its device, or an array."""
    return as_tensor(x, given.device) if is_tensor(given) else as_array(x)


def like(result, given):
    """Convert a result to the kind of `given`: a tensor on its device, or an array.

    Args:
        result: array or tensor; its dtype stays.
        given: what the caller passed in; a list or a number counts as an array.

    Returns:
        tensor or array; a NumPy number where the result has no axes.
    """
    if is_tensor(given):
        import torch

        tensor = result if torch.is_tensor(result) else torch.from_numpy(np.asarray(result))
        return tensor.to(given.device)
    return (result.detach().cpu().numpy() if is_tensor(result) else np.asarray(result))[()]


def stack(each):
    """Stack arrays, or tensors, of one shape along a new first axis."""
    if is_tensor(each[0]):
        import torch

        return torch.stack(each)
    return np.stack(each)
