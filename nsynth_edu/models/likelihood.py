"""How well a network predicts: distributions, surprise, entropy, bits per sample, expectation."""

import math

import numpy as np
import scipy  # its parts are imported with their first use
import torch
import torch.nn.functional as F

from nsynth_edu.models.threads import one_thread
from nsynth_edu.sound.audio import as_waveform


def bits_per_sample(logits, classes):
    """Cross-entropy of the true classes in bits: 8 for a uniform guess, 0 for certainty.

    Args:
        logits: (batch, classes, time).
        classes: (batch, time) integers, such as the model's `classes` of a waveform.

    Returns:
        scalar tensor, the mean over all samples.
    """
    return F.cross_entropy(logits.float(), classes) / math.log(2)


def expected_signal(logits):
    """The mean of the predicted distribution, companded, as the networks read a signal.

    Args:
        logits: (batch, classes, time).

    Returns:
        float32 (batch, 1, time), in [-1, 1).
    """
    half = logits.shape[1] // 2
    values = (torch.arange(logits.shape[1], device=logits.device) - half) / half
    return (logits.float().softmax(1) * values[:, None]).sum(1, keepdim=True)


def distribution(logits, temperature=1.0):
    """Logits to probabilities (softmax), sharpened or flattened.

    Args:
        logits: (classes, ...) float.
        temperature: 1 believes the network; below 1 prefers the likely, above 1 flattens; 0 is
            sure of the likeliest.

    Returns:
        float64, same shape; sums to 1 over the classes.

    Raises:
        ValueError: for a temperature below 0.

    Notebook: course/03.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if not temperature >= 0:  # NaN, too
        raise ValueError(f"temperature is {temperature}; expected 0 or more (1 = as trained).")
    if temperature == 0:
        return (np.arange(len(logits)) == logits.argmax(0)[..., None]).astype(float).T
    return scipy.special.softmax((logits - logits.max(0)) / temperature, axis=0)


def surprise(probability):
    """How unexpected an outcome of this probability is: the negative logarithm to base 2.

    Args:
        probability: float in [0, 1], any shape.

    Returns:
        bits, same shape: 1 for a probability of a half, infinite for a probability of 0.

    Notebook: course/03.
    """
    with np.errstate(divide="ignore"):
        return 0.0 - np.log2(np.asarray(probability, dtype=np.float64))  # 0, not -0


def entropy(probabilities):
    """The surprise to expect where outcomes have these probabilities: how wide a guess is.

    Args:
        probabilities: (classes, ...) float, sums to 1.

    Returns:
        bits: 0 where all is certain, 8 where 256 classes are equally likely.

    Notebook: course/03.
    """
    return scipy.stats.entropy(probabilities, base=2, axis=0)


@one_thread()
def teacher_forced_logits(model, waveform, z=None, pitch=None):
    """What the decoder predicts for every sample of a note, each time from the true past.

    Torch gets one thread for it, so that it takes as long on a busy machine as on a quiet one.

    Args:
        model: WaveNetAutoencoder.
        waveform: (time,) float in [-1, 1]; a remainder of less than 512 samples is dropped where
            z is the waveform's own.
        z: (frames, 16), at least as long as the waveform; by default the waveform's own.
        pitch: MIDI number for pitch-conditioned models; None = unknown.

    Returns:
        (256, time) float32 array: column t holds the logits of sample t's class.

    Notebooks: course/03 and course/06.
    """
    samples = torch.from_numpy(as_waveform(waveform))[None]
    z = None if z is None else torch.from_numpy(np.array(z, np.float32))[None]
    with torch.inference_mode():
        return model.guess(samples, z, pitch)[0].float().numpy()


def teacher_forced_surprise(model, waveform, z=None, pitch=None):
    """How surprising each sample is to a decoder that knows all samples before it.

    Args:
        model, waveform, z, pitch: see `teacher_forced_logits`.

    Returns:
        (time,) float64, bits, of the whole frames in the waveform.

    Raises:
        ValueError: if z is shorter than the waveform.

    Notebooks: course/05 and course/06.
    """
    hop, samples = model.config.hop_length, as_waveform(waveform)
    frames = len(samples) // hop
    samples, z = samples[: frames * hop], None if z is None else z[:frames]
    logits = torch.from_numpy(teacher_forced_logits(model, samples, z, pitch))
    classes = model.classes(torch.from_numpy(samples)[None])
    nats = F.cross_entropy(logits[None], classes, reduction="none")
    return nats[0].double().numpy() / math.log(2)
