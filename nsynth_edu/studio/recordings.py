"""Turn a recording into one sample of a set."""

import warnings
from pathlib import Path

import numpy as np

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
    comma_separated,
)
from nsynth_edu.studio.wavfile import LARGEST, read_within_bounds

PEAK = 0.7  # of full scale, the peak of every sample


def prepare(source, instrument, note, folder):
    """Make one canonical sample of a recording: the first 4 s from its attack on.

    The waveform becomes mono at 16 kHz; a DC offset is removed; silence before the attack is cut to
    5 to 10 ms; the sound is cut or padded to 64,000 samples, with a fade at a cut; the peak is set
    to 0.7. Preparing a prepared sample does not change it.

    Args:
        source: sound file of any format that `load_audio` reads.
        instrument: as in `sandstormlead`, see `check_instrument`.
        note: one of `NOTES`, MIDI.
        folder: where `instrument_NN.wav` is written atomically; created if missing.

    Returns:
        The file's path, and a list of sentences, one for each repair.

    Raises:
        AudioError: if the source is not a sound, or is too short, silent or too large; if the
            instrument's name or the note is not valid; or if the sample would overwrite the source.
            Nothing is written then.
        OSError: if the sample cannot be written.
    """
    check_instrument(instrument)
    if note not in NOTES:
        raise AudioError(
            f"note {note} is not in a set; expected one of {comma_separated(NOTES)} (MIDI)."
        )
    source, path = Path(source), Path(folder) / f"{instrument}_{int(note)}.wav"
    if path.is_dir():
        raise AudioError(f"{path} is a folder; expected a free name. Rename the folder.")
    if path.exists() and source.exists() and path.samefile(source):
        raise AudioError(
            f"{path} is the recording itself and would be overwritten; choose another folder."
        )
    waveform, messages = _load(source)
    waveform, repairs = _repair(waveform)
    if path.exists() or path.is_symlink():
        repairs.append(f"{path.name} existed already; it is replaced.")
    save_audio(path, waveform)
    return path, messages + repairs


def prepare_copy(source, instrument, note, work):
    """Make a sample of a file from an untrusted source: of a copy, with the limits of `read_wav`.

    Args:
        source: Path of the file; it is left as it is.
        instrument, note: as for `prepare`.
        work: Path of a folder for the copy and the sample.

    Returns:
        as `prepare`.

    Raises:
        RefusedError: for a link, a second name of a file, or what is no file or cannot be read.
        AudioError: as `prepare`, and for a file that is too large.
    """
    data, size = read_within_bounds(source)
    if size > LARGEST:
        raise AudioError(
            f"{source.name} has {size:,} bytes; expected at most {LARGEST:,}. Cut it to the note."
        )
    copy = work / "recordings" / source.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(data)
    return prepare(copy, instrument, note, work / "samples")


def _load(source):
    """A recording as mono at 16 kHz, and the warnings of `load_audio`."""
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always", AudioWarning)
        waveform = load_audio(source)
    remarks = [str(each.message) for each in messages if each.category is AudioWarning]
    if is_silent(waveform - waveform.mean(), SILENT_PEAK / 10):
        silent = f"{source.name} is silent; expected a sound. Record it again."
        raise AudioError(" ".join([silent, *remarks]))
    return waveform, remarks


def _repair(waveform):
    """A sample (64000,) that passes the check, and a sentence for each repair."""
    messages = []
    start = 0
    while more := max(0, find_onset(waveform[start:] - waveform.mean()) - ONSET_STEP):
        start += more  # with less silence in front, the attack is found more precisely
    if start:
        messages.append(f"The first {start / SAMPLE_RATE:.2f} s are silent; they are cut off.")
    waveform = waveform[start:]
    if len(waveform) > NOTE_LENGTH:
        messages.append(
            f"It lasts {len(waveform) / SAMPLE_RATE:.1f} s; it is cut to 4 s and its end faded."
        )
    elif len(waveform) < NOTE_LENGTH:
        messages.append(
            f"It lasts {len(waveform) / SAMPLE_RATE:.2f} s; it is padded with silence to 4 s."
        )
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
