"""Models that are quick."""

import pytest
import torch

from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, load_model
from nsynth_edu.training import train


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


def whole_and_resumed(training, stop=3):
    """Weights of a run to its end, and of one that is stopped after some steps and resumed.

    Args:
        training: function of a name, gives a training with its own folder. stop: steps.
    """

    def weights(name, stop=None, resume=False):
        def progress(done, total, loss):
            if done == stop:
                raise KeyboardInterrupt

        return load_model(train(training(name), resume, progress)).state_dict()

    with pytest.raises(KeyboardInterrupt):
        weights("halves", stop)
    return weights("whole"), weights("halves", resume=True)
