"""A sound from magnitudes alone: find phases that fit, by going back and forth.

Magnitudes of overlapping windows are not free: most sets of magnitudes and phases belong to no
sound. Each iteration takes the sound nearest to the present guess, reads off its phases, and puts
the wanted magnitudes back.
"""

import librosa
import numpy as np

from nsynth_edu.sound.arrays import as_array, like
from nsynth_edu.sound.audio import AudioError
from nsynth_edu.sound.spectral import HOP_LENGTH, MEL_HOP, mel_to_magnitude, stft

MOMENTUM = 0.99  # as Perraudin et al. recommend; 0 is the method of Griffin and Lim
TINY = 1e-12


def griffin_lim(
    magnitude, iterations=100, seed=0, *, momentum=MOMENTUM, hop_length=HOP_LENGTH, length=None,
    progress=None,
):  # fmt: skip
    """Find a sound whose short-time Fourier transform has the given magnitudes.

    Args:
        magnitude: (n_fft // 2 + 1, frames), 0 or more, linear (not dB), as ``abs(stft(...))``;
            array or tensor.
        iterations: 1 or more. 4 s take about 1 s per 100.
        seed: of the random phases at the start.
        momentum: how far each step overshoots. 0: the classic method (Griffin and Lim 1984),
            which never gets worse. 0.99: the fast one (Perraudin et al. 2013), which ends nearer.
        hop_length: samples between windows.
        length: samples of the result; None = hop_length * (frames - 1).
        progress: called as progress(iterations_done, iterations), or None.

    Returns:
        waveform, float32 (length,), as loud as the magnitudes say; array or tensor as given. The
        sign is as random as the start: a sound and its negative have the same magnitudes.

    Raises:
        AudioError: if the magnitudes are not a table of finite numbers of at least 0, or there
            are fewer than one iteration.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu.sound import estimate_pitch, griffin_lim, stft
        >>> time = np.arange(16_000) / 16_000
        >>> magnitude = np.abs(stft(0.5 * np.sin(2 * np.pi * 440 * time)))
        >>> round(estimate_pitch(griffin_lim(magnitude, iterations=30)), 1)
        69.0
    """
    if iterations < 1:
        raise AudioError(f"iterations is {iterations}; expected 1 or more.")
    steps = griffin_lim_steps(
        magnitude, seed, momentum=momentum, hop_length=hop_length, length=length
    )
    for done in range(iterations):
        waveform = next(steps)
        if progress is not None:
            progress(done + 1, iterations)
    return like(waveform, magnitude)


def mel_griffin_lim(mel, iterations=60, seed=0, progress=None):
    """Make a mel spectrogram sound without a trained vocoder.

    Args:
        mel: (frames, 80) natural-log magnitude, as `mel_spectrogram`; array or tensor.
        iterations, seed, progress: as in `griffin_lim`.

    Returns:
        waveform, float32 (128 * frames,), array or tensor as given.

    Raises:
        AudioError: as `griffin_lim` and `mel_to_magnitude`.
    """
    length, late = len(mel) * MEL_HOP, MEL_HOP // 2  # the window of frame 0 is centred on sample 64
    waveform = griffin_lim(
        mel_to_magnitude(as_array(mel)), iterations, seed, hop_length=MEL_HOP, length=length,
        progress=progress,
    )  # fmt: skip
    return like(np.pad(waveform, (late, 0))[:length], mel)


def griffin_lim_steps(
    magnitude, seed=0, *, momentum=MOMENTUM, hop_length=HOP_LENGTH, length=None
):  # fmt: skip
    """The same, one iteration after another, without an end: for looking and listening on the way.

    Args:
        as `griffin_lim`.

    Yields:
        float32 array (length,): the sound after 1, 2, 3 ... iterations. With momentum 0 each is at
        least as consistent as the one before, see `spectral_convergence`.

    Raises:
        AudioError: as `griffin_lim`.
    """
    wanted = _checked(magnitude)
    shape = {"hop_length": hop_length, "n_fft": 2 * (len(wanted) - 1)}
    turns = np.random.default_rng(seed).random(wanted.shape)
    before = np.zeros_like(wanted, np.complex64)
    waveform = librosa.istft(wanted * np.exp(2j * np.pi * turns).astype(np.complex64), **shape)
    while True:
        consistent = stft(waveform, **shape)
        ahead = consistent + momentum * (consistent - before)  # on in the last step's direction
        before = consistent
        waveform = librosa.istft(wanted * (ahead / (np.abs(ahead) + TINY)), **shape)
        yield waveform if length is None else librosa.util.fix_length(waveform, size=length)


def spectral_convergence(waveform, magnitude, *, hop_length=HOP_LENGTH):
    """How far a sound's magnitudes are from the wanted ones, as a share of these.

    Args:
        waveform: (time,) float. magnitude: (n_fft // 2 + 1, frames), linear.
        hop_length: samples between windows.

    Returns:
        float: 0 where they agree; 0.1 = 20 dB below the sound.

    Source: Sturmel and Daudet 2011, sec. 2 (without their logarithm).
    """
    wanted = _checked(magnitude)
    reached = np.abs(stft(waveform, 2 * (len(wanted) - 1), hop_length))[:, : wanted.shape[1]]
    return float(np.linalg.norm(reached - wanted) / (np.linalg.norm(wanted) + TINY))


def _checked(magnitude):
    wanted = as_array(magnitude)
    if wanted.ndim != 2 or len(wanted) < 2 or not (np.isfinite(wanted) & (wanted >= 0)).all():
        raise AudioError(
            f"the magnitudes have the shape {wanted.shape} or hold negative or infinite numbers; "
            "expected (n_fft // 2 + 1, frames), linear and not in dB, as abs(stft(sound)) is."
        )
    return wanted
