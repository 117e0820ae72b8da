"""Which kind of numbers this machine multiplies fastest."""

import torch


def fast_dtype(device):
    """bfloat16 where the device multiplies it faster than float32, else float32.

    Args:
        device: torch.device.
    """
    if device.type == "cuda":
        return torch.bfloat16
    try:  # x86: AVX512-BF16 or AMX; old or other builds of torch do not say
        able = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    except AttributeError:
        able = False
    return torch.bfloat16 if able else torch.float32
