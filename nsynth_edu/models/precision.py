"""The floating-point type that this machine multiplies fastest."""

import torch


def fast_dtype(device):
    """Choose bfloat16 where the device multiplies it faster than float32, else float32.

    Args:
        device: torch.device.

    Returns:
        torch.dtype.
    """
    if device.type == "cuda":
        return torch.bfloat16
    try:  # x86: AVX512-BF16 or AMX; other builds of torch lack these functions
        supported = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    except AttributeError:
        supported = False
    return torch.bfloat16 if supported else torch.float32
