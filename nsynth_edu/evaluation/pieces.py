"""The scores of a Mel2Mel: its mel spectrograms, and their sound, against those of true pieces."""

import librosa
import numpy as np

from nsynth_edu.evaluation.fidelity import mean
from nsynth_edu.sound.audio import SAMPLE_RATE
from nsynth_edu.sound.griffin_lim import mel_griffin_lim
from nsynth_edu.sound.midi import KEYS
from nsynth_edu.sound.spectral import MEL_HOP, mel_spectrogram

AUDIBLE = (
    50 * np.log(10) / 20
)  # 50 dB, below the loudest point; onsets are sought in what is louder
TOLERANCE = 2  # frames, 16 ms, that an onset may be off
CHROMA_N_FFT, CHROMA_HOP = 4096, 2048  # samples: semitones apart from 200 Hz on
SOUNDED = 12  # takes of each part that are made to sound


def score_pieces(model, takes, seconds=2.0, seeds=(0,)):
    """The scores of a Mel2Mel on one list of takes; see `table.ROWS`.

    Args:
        model: Mel2Mel. takes: list of Take.
        seconds: of the takes that sound, by Griffin-Lim. seeds: the first is that of its phases.

    Returns:
        dict. "mel_correlation" is taken over all frames and bands of a take, and is a mean over
        takes, then by instrument; "..._wrong" is what the next take's true mel would get.
    """
    true = [mel_spectrogram(take.load()) for take in takes]
    rolls = [take.roll[: len(mel)] for take, mel in zip(takes, true, strict=True)]
    made = [model.mel(roll, take.instrument_str) for roll, take in zip(rolls, takes, strict=True)]
    found = [correlation(*pair) for pair in zip(made, true, strict=True)]
    scores = {
        "notes": len(takes),
        "mel_correlation": mean(found),
        "mel_correlation_wrong": mean(
            correlation(a, b) for a, b in zip(true, true[1:] + true[:1], strict=True)
        ),
        "onsets": mean(map(onset_agreement, made, rolls)),
        "onsets_original": mean(map(onset_agreement, true, rolls)),
        "chroma": mean(
            chroma_correlation(mel, take.load(), seconds, seeds[0])
            for mel, take in list(zip(made, takes, strict=True))[:SOUNDED]
        ),
    }
    for name in sorted({take.instrument_str for take in takes}):
        own = [each for each, take in zip(found, takes, strict=True) if take.instrument_str == name]
        scores[f"mel_correlation_{name}"] = mean(own)
    return scores


def correlation(a, b):
    """Pearson's correlation of two tables of one shape."""
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])


def onset_agreement(mel, roll):
    """How well the rises of a mel spectrogram agree with a score's onsets, to within 16 ms.

    Args:
        mel: (frames, 80) natural-log magnitude. roll: (frames, 176), as `piano_roll`.

    Returns:
        float, F-measure: 1 where each onset has a rise and each rise an onset.
    """
    audible = np.maximum(mel, mel.max() - AUDIBLE)
    rise = np.maximum(np.diff(audible, axis=0, prepend=audible[:1]), 0).mean(axis=1)
    found = librosa.onset.onset_detect(
        onset_envelope=rise, sr=SAMPLE_RATE, hop_length=MEL_HOP, units="frames"
    )
    written = np.flatnonzero(roll[:, :KEYS].any(axis=1))
    if not len(found):
        return 0.0
    apart = np.abs(written[:, None] - found[None])
    hits = mean(apart.min(axis=0) <= TOLERANCE), mean(apart.min(axis=1) <= TOLERANCE)
    return 2 * hits[0] * hits[1] / max(sum(hits), 1e-9)


def chroma_correlation(mel, waveform, seconds, seed=0):
    """How alike the pitch classes are of a true sound and of a mel spectrogram's, by Griffin-Lim.

    Args:
        mel: (frames, 80). waveform: (time,), of the same piece. seconds: of it.

    Returns:
        float, the correlation over pitch classes and frames.
    """
    frames = int(seconds * SAMPLE_RATE) // MEL_HOP
    made = mel_griffin_lim(mel[:frames], seed=seed)
    return correlation(chroma(made), chroma(waveform[: len(made)]))


def chroma(waveform):
    """The energy of the twelve pitch classes, (12, frames) every 128 ms."""
    return librosa.feature.chroma_stft(
        y=waveform, sr=SAMPLE_RATE, n_fft=CHROMA_N_FFT, hop_length=CHROMA_HOP, norm=None, tuning=0
    )
