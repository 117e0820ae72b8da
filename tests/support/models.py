"""Models that are quick."""

import torch

from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder


def awake(model, std=0.3):
    """The model with logits that say something: untrained, every class is equally likely."""
    decoder = getattr(model, "decoder", model)
    torch.nn.init.normal_(decoder.logits.weight, std=std)
    if decoder.periods is not None:  # these, too
        torch.nn.init.normal_(decoder.periods.taps.weight, std=std)
    return model.eval()


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
        return awake(model, std=1)
