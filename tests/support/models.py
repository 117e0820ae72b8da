"""Models that are quick."""

import torch

from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder


def small_autoencoder(**more):
    """An untrained autoencoder that generates 4 s in about a second, logits that differ."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = WaveNetAutoencoder(
            NSynthConfig(
                encoder_channels=8, encoder_layers=2, layers=2, residual_channels=8,
                skip_channels=8, kernel_size=2, first_kernel_size=2, **more,
            )
        )  # fmt: skip
        torch.nn.init.normal_(model.decoder.logits.weight)
    return model
