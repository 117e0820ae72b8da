"""A recording becomes one sample of a set."""

import warnings
from pathlib import Path

import numpy as np
import soundfile

from nsynth_edu.sound import (
    NOTE_LENGTH,
    SAMPLE_RATE,
    AudioError,
    AudioWarning,
    fit_length,
    load_audio,
    normalize_peak,
    save_audio,
)
from nsynth_edu.sound.cleaning import ONSET_STEP, SILENT_PEAK, find_onset, is_silent
from nsynth_edu.studio.samples import (
    ABRUPT,
    END,
    NOTES,
    OFFSET,
    check_instrument,
    listed,
)

PEAK = 0.7  # of full scale, the peak of every sample
_LARGEST = 50_000_000  # numbers (time x channels) that are loaded: 200 MB


def prepare(source, instrument, note, folder):
    """Make one canonical sample of any recording: the first 4 s from its attack on.

    The waveform becomes mono at 16 kHz; its mean is removed if it is off zero; silence before
    the attack is cut, but for 5 to 10 ms; 64,000 samples are kept, with a fade where the sound is
    cut; the peak is set to 0.7. A sample that was prepared stays as it is.

    Args:
        source: sound file of any format libsndfile reads.
        instrument: as in `sandstormlead`, see `check_instrument`.
        note: one of `NOTES`, MIDI.
        folder: where `instrument_NN.wav` is written atomically; made if missing.

    Returns:
        The file's path, and a list of sentences: one for each repair.

    Raises:
        AudioError: if the source is not a sound, too short, silent or unreasonably large, if a name
            does not fit, or if the sample would take the source's place. Nothing is written then.
    """
    check_instrument(instrument)
    if note not in NOTES:
        raise AudioError(
            f"note {note} is not one of a set; expected one of {listed(NOTES)} (MIDI)."
        )
    source, path = Path(source), Path(folder) / f"{instrument}_{int(note)}.wav"
    if path.is_dir():
        raise AudioError(f"{path} is a folder; expected a free name. Rename the folder.")
    if path.exists() and source.exists() and path.samefile(source):
        raise AudioError(f"{path} is the recording itself and would be lost; name another folder.")
    waveform, messages = _load(source)
    waveform, repairs = _repair(waveform)
    if path.exists() or path.is_symlink():
        repairs.append(f"{path.name} was there before; it is replaced.")
    save_audio(path, waveform)
    return path, messages + repairs


def _load(source):
    """A recording as mono at 16 kHz, and what `load_audio` warned of."""
    try:
        info = soundfile.info(source) if source.is_file() else None
    except (soundfile.LibsndfileError, TypeError):  # load_audio says it better
        info = None
    if info and min(info.duration, 60) * info.samplerate * info.channels > _LARGEST:
        raise AudioError(
            f"{source.name} has {info.channels} channels of {info.samplerate:,} samples per "
            "second; expected a recording such as stereo at 44,100. Export it again."
        )
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always", AudioWarning)
        waveform = load_audio(source)
    if is_silent(waveform - waveform.mean(), SILENT_PEAK / 10):
        raise AudioError(f"{source.name} is silent; expected a sound. Record it again.")
    return waveform, [str(each.message) for each in messages if each.category is AudioWarning]


def _repair(waveform):
    """(64,000,) as a set needs it, and a sentence for each repair."""
    messages = []
    start = 0
    while more := max(0, find_onset(waveform[start:] - waveform.mean()) - ONSET_STEP):
        start += more  # with less silence before it, the attack is found more exactly
    if start:
        messages.append(f"The first {start / SAMPLE_RATE:.2f} s held no sound; they are cut off.")
    waveform = waveform[start:]
    if len(waveform) > NOTE_LENGTH:
        messages.append(
            f"It lasts {len(waveform) / SAMPLE_RATE:.1f} s; 4 s are kept, the end is faded."
        )
    elif len(waveform) < NOTE_LENGTH:
        messages.append(f"It lasts {len(waveform) / SAMPLE_RATE:.2f} s; silence follows up to 4 s.")
    mean, peak = waveform.mean(), np.abs(waveform).max()
    if len(waveform) != NOTE_LENGTH or np.abs(waveform[-END:] - mean).max() > ABRUPT * peak:
        waveform = waveform[: NOTE_LENGTH - 1]  # one sample less: fit_length fades what it changes
    if abs(mean) > OFFSET / 5 * peak:
        messages.append(f"It has a DC offset (mean {mean:+.3f}); it is removed.")
        waveform = waveform - mean
    waveform = fit_length(waveform, NOTE_LENGTH)
    peak = np.abs(waveform).max()
    messages.append(f"Peak normalised from {peak:.3f} to {PEAK} of full scale.")
    return normalize_peak(waveform, PEAK), messages
