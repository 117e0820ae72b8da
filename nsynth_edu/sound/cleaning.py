"""Where a sound begins, whether it is clipped or silent, and fades that keep cuts from clicking."""

import numpy as np

SILENT_PEAK = 1e-3  # -60 dB of full scale
ATTACK_LEVEL = 0.1  # of the peak
ATTACK_SEARCH = 4000  # samples, 0.25 s
BEFORE_ATTACK = 16  # samples kept before the attack
FULL_SCALE = 0.99  # from here on a flat top counts as clipped
CLIPPED_FRACTION = 1e-3  # of all samples within flat tops: more than one or two
ONSET_STEP = 80  # samples, 5 ms: the step in which a level is followed


def find_onset(waveform):
    """Find where a sound rises above the hiss or silence that it begins with.

    Args:
        waveform: (time,) float, its mean removed.

    Returns:
        int, the sample, in steps of 5 ms, where the level passes twice that of the first 10 ms (a
        threshold held between -40 and -30 dB of the loudest 5 ms). 0 for silence.
    """
    pieces = np.pad(waveform, (0, -len(waveform) % ONSET_STEP)).reshape(-1, ONSET_STEP)
    level = np.sqrt(np.square(pieces).mean(axis=1))
    threshold = np.clip(2 * level[:2].mean(), 1e-2 * level.max(), 0.03 * level.max())
    return ONSET_STEP * int(np.argmax(level > threshold))


def find_attack(waveform):
    """Find the attack of a generated note as Open NSynth Super does.

    Unlike `find_onset` it is robust against hiss 40 dB below the peak, but it is late: measured on
    65 notes of five instruments 13 ms (median) after their first sound, up to 150 ms for slow
    attacks, where `find_onset` is at most 10 ms late.

    Args:
        waveform: (time,) float.

    Returns:
        int, the sample 1 ms before a tenth of the peak is reached within the first 0.25 s; 0 if it
        is reached later.

    Source: googlecreativelab/open-nsynth-super, audio/workdir.
    """
    size = np.abs(waveform)
    first = int(np.argmax(size[:ATTACK_SEARCH] >= ATTACK_LEVEL * size.max()))
    return max(0, first - BEFORE_ATTACK)


def clipped_fraction(waveform):
    """Compute the fraction of samples in flat tops at full scale, three or more long.

    Args:
        waveform: (time, ...) float. A top may sit at 32,767 above and at -32,768 below.

    Returns:
        float, 0 to 1. A round top has one or two such samples; from 0.001 on it is clipped.
    """
    size = np.abs(waveform)
    if len(size) < 3:
        return 0.0
    top = size >= max(FULL_SCALE, size.max() - 1 / 32768)
    return float((top[:-2] & top[1:-1] & top[2:]).mean())


def is_silent(waveform, peak=SILENT_PEAK):
    """Whether no sample is as large as `peak`."""
    return bool(np.abs(waveform).max(initial=0) < peak)


def fade(waveform, start=0, end=0):
    """Fade a sound in and out with raised cosines.

    Args:
        waveform: (..., time) float array.
        start, end: samples of the fade-in and of the fade-out; the outermost sample becomes 0.

    Returns:
        a copy, float32.
    """
    faded = np.array(waveform, np.float32)
    start, end = min(start, faded.shape[-1]), min(end, faded.shape[-1])
    faded[..., :start] *= _rise(start)
    faded[..., faded.shape[-1] - end :] *= _rise(end)[::-1]
    return faded


def _rise(length):
    """(length,) from 0 to 1 along half a cosine."""
    return 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, length, dtype=np.float32))
