"""Sound from networks that a lesson has trained or changed, and what each channel of z moves.

Notebooks: course/04, course/05 and course/06.
"""

import numpy as np
import torch

from nsynth_edu.generation.generate import generate
from nsynth_edu.generation.stream import Voice, Weights, one_voice
from nsynth_edu.models.likelihood import distribution
from nsynth_edu.models.small_networks import next_logits
from nsynth_edu.models.threads import one_thread
from nsynth_edu.sound import decibels, mu_law_decode, spectral_centroid

ONSET = 1_024  # samples of a held tone that are not measured: it has to settle


def continue_sound(decoder, past, samples, temperature=1.0, seed=0):
    """Let an unconditional WaveNet go on from a piece of sound, with the compiled engine.

    Args:
        decoder: WaveNet without conditioning.
        past: (time,) classes 0..255 that it reads first.
        samples: how many it makes.
        temperature, seed: as in `generate`.

    Returns:
        waveform (samples,), float32, without the past.

    Notebook: course/05.
    """
    voice, uniforms = Voice(Weights(decoder, "float32")), _draws(len(past) + samples, seed)
    given = decoder.conditioning(samples=len(uniforms))

    def run(draws, forced=None):
        clock = one_voice(given, 0, len(draws))
        return voice.run(voice.weights.biases(None), clock, draws, temperature, forced)

    run(uniforms[: len(past)], np.asarray(past, np.int64))
    return mu_law_decode(run(uniforms[len(past) :]))


def _draws(count, seed):
    return torch.rand(count, generator=torch.Generator().manual_seed(seed)).numpy()


@one_thread()
@torch.inference_mode()
def continue_in_windows(network, past, samples, temperature=1.0, seed=1):
    """Let any network go on from a piece of sound: guess, draw, take it for granted, repeat.

    Args:
        network: (batch, 1, time) -> logits (batch, 256, time).
        past: (time,) tensor of classes it starts from, and as many as it is shown at a time.

    Returns:
        waveform, (samples,) float.

    Notebook: course/04.
    """
    rng, classes, memory = np.random.default_rng(seed), past.tolist(), len(past)
    for _ in range(samples):
        logits = next_logits(network, torch.tensor([classes[-memory:]]))[0].numpy()
        classes.append(int(rng.choice(256, p=distribution(logits, temperature))))
    return mu_law_decode(np.array(classes[-samples:]))


def turn_channels(model, z, step, pitch, seeds=8):
    """Turn each channel of z alone, up and down, and measure what the decoder then generates.

    Classes are drawn at temperature 0.2, since the yardstick is what another seed changes.

    Args:
        model: WaveNetAutoencoder.
        z: (frames, channels), some frames of a held tone, more than two.
        step: (channels,) how far each channel is turned.
        pitch: MIDI number.
        seeds: takes of the unchanged z, the yardstick.

    Returns:
        effects: (channels, 2), octaves of spectral centroid and dB of level, up against down.
        by_seed: (2,), the span of both over takes that differ by their seed alone.

    Notebook: course/06.
    """
    turns = np.diag(np.asarray(step))
    voices = [*(z - turn for turn in turns), *(z + turn for turn in turns), *([z] * seeds)]
    sounds = generate(
        model, np.stack(voices), pitch=pitch, engine="stream-int8",
        sampling="random", temperature=0.2, seed=range(len(voices)),
    )  # fmt: skip
    found = [(np.log2(spectral_centroid(sound)), decibels(sound)) for sound in sounds[:, ONSET:]]
    down, up, takes = np.split(np.array(found), [len(turns), 2 * len(turns)])
    return up - down, np.ptp(takes, axis=0)
