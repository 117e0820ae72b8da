"""Check a set of samples: seven notes of one instrument.

Four sets become one group instrument. Whatever would break that is a problem, and so is a sound
that would spoil the group's: too quiet, late, with a DC offset, or clipped. `prepare` repairs all
but clipping. What may be intended (a transposed instrument, noise, an abrupt end) is only a remark.
A check writes nothing, follows no link, refuses hard links (the other name may be another
student's), unpacks no archive, and reads at most 1 MiB of a file.
"""

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsynth_edu.play import pitch_name
from nsynth_edu.sound import NOTE_LENGTH, SAMPLE_RATE, AudioError, estimate_pitch
from nsynth_edu.sound.cleaning import CLIPPED_FRACTION, clipped_fraction, find_onset, is_silent
from nsynth_edu.studio.wavfile import LARGEST, RefusedError, read_wav

NOTES = (24, 28, 32, 36, 40, 44, 48)  # MIDI: C1 to C3 where 60 is C4, C2 to C4 where 60 is C5
LONGEST_NAME = 20  # characters of an instrument
RESERVED = ("gen", "pitch")  # prefixes of the files of a finished group
MOST_ENTRIES = 200  # files and folders of one submission that are read

QUIET = 0.0316  # peak: -30 dB of full scale
OFFSET = 0.05  # mean, as a fraction of the peak
LATE = 0.25  # s before the first sound
END = 16  # samples: the last millisecond
ABRUPT = 0.05  # its level, as a fraction of the peak

IN_TUNE = 0.5  # semitones
_EXPECTED_NAME = "instrument_NN.wav as in sandstormlead_24.wav, with NN one of " + ", ".join(
    map(str, NOTES)
)
_PREPARE = "nsynth-edu sample prepare turns it into a valid one"
_TRY = "If it holds a sound, nsynth-edu sample prepare makes a valid one from it"


@dataclass(frozen=True)
class Problem:
    """One problem of a set; as text, a sentence: value, expectation, remedy."""

    file: str  # name of the file; empty for a problem of the whole folder
    kind: str  # one of KINDS, or of REMARKS
    sentence: str

    def __str__(self):
        return self.sentence

    @property
    def remark(self):
        """Whether the set can be used nevertheless."""
        return self.kind in REMARKS


# Kinds of problems: of the folder and names, of a file, of its format, of its sound
KINDS = (
    "folder", "crowded", "missing", "instruments", "name",
    "link", "hard_link", "not_a_file", "unreadable", "empty", "large", "not_wav", "header",
    "rate", "width", "channels", "length",
    "nan", "silence", "clipped", "offset", "late", "quiet",
)  # fmt: skip
REMARKS = ("pitch", "end", "ignored", "prepared")
SOUND = re.compile(  # what a recording's name ends in
    r"\.(wave?|flac|og[ga]|opus|mp[34]|m4a|aac|amr|3gp|aiff?|caf|webm)$", re.IGNORECASE
)


def check_samples(folder, remarks=False):
    """List the problems of a set of samples; nothing is written, no link is followed.

    Args:
        folder: with `instrument_NN.wav` for each of the seven notes, 16 kHz, 16-bit PCM, mono,
            64,000 samples.
        remarks: whether to add remarks, with which the set can be used: a pitch other than the
            name's, an abrupt end, ignored files.

    Returns:
        list of `Problem`; empty if the set is fine. Nothing in the folder makes it raise.
    """
    problems, _, _ = inspect(folder)
    return [each for each in problems if remarks or not each.remark]


def check_instrument(name):
    """Check an instrument's name: 1 to 20 letters a-z and digits, beginning with a letter.

    Returns:
        the name.

    Raises:
        AudioError: if it is not valid; the message suggests a valid one.
    """
    reason = _instrument_problem(name)
    if reason:
        valid = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        valid = re.sub(r"^[0-9]+|[^a-z0-9]", "", re.sub(r"[^a-z0-9]", "", valid))[:LONGEST_NAME]
        better = f"{valid} would do" if not _instrument_problem(valid) else "such as sandstormlead"
        raise AudioError(
            f"the instrument's name {quoted(name)} {reason}; expected 1 to {LONGEST_NAME} letters "
            f"a-z and digits, a letter first: {better}."
        )
    return name


# --- checking -----------------------------------------------------------------------------------


def inspect(folder, repair=None):
    """Check a set, and read its samples.

    Args:
        folder: as for `check_samples`.
        repair: function (path, instrument, note) to a sample's path and sentences, tried on every
            sound whose name is that of a sample but for its ending, and which is none.

    Returns:
        list of Problem with remarks; the instrument's name or None; {note: int16 (64000,)}, None
        for a file with a problem.
    """
    try:
        entries = list_folder(folder)
    except (OSError, ValueError) as problem:  # ValueError: a name with a zero byte
        reason = getattr(problem, "strerror", None) or problem
        sentence = f"the folder {quoted(str(folder))} cannot be read ({reason}); check its name."
        return [Problem("", "folder", sentence)], None, {}
    if len(entries) > MOST_ENTRIES:
        sentence = (
            f"the folder holds more than {MOST_ENTRIES} files; expected the {len(NOTES)} of a set. "
            "Put these into a folder of their own."
        )
        return [Problem("", "crowded", sentence)], None, {}
    problems, notes = _by_note(entries, repair is not None)
    instrument = max(sorted(notes), key=lambda each: len(notes[each]), default=None)
    problems += _set_problems(notes, instrument)
    samples = {}
    for each in sorted(notes):
        for note, name in sorted(notes[each].items()):
            path = Path(folder) / name
            found, samples[note] = _file_problems(path, note)
            clipped = any(problem.kind == "clipped" for problem in found)  # nothing mends that
            if samples[note] is None and repair is not None and not clipped:
                found, samples[note] = _repaired(path, each, note, found, repair)
            problems += found
    return problems, instrument, samples


def _by_note(entries, with_recordings):
    """Problems of the names in a folder, and {instrument: {note: name}} of its samples.

    Args:
        entries: of `list_folder`.
        with_recordings: whether a name may end as that of another sound where no .wav has it.
    """
    problems, notes, recordings = [], {}, []
    for name, is_folder in entries:
        remark = _reason_to_ignore(name, is_folder)
        reason = None if remark else _name_problem(name)
        if remark:
            problems.append(Problem(name, "ignored", f"{quoted(name)} is ignored: {remark}."))
        elif reason and SOUND.search(name) and not name.endswith(".wav"):
            recordings.append(name)
        elif reason:
            problems.append(_wrong_name(name, reason))
        else:
            instrument, note = name.removesuffix(".wav").split("_")
            notes.setdefault(instrument, {})[int(note)] = name
    if with_recordings:
        problems += _take_recordings(recordings, notes)
    upper_case = [name for name in recordings if name.lower().endswith(".wav")]
    problems += [_wrong_name(name, _name_problem(name)) for name in upper_case]
    problems += _recordings_problem([name for name in recordings if name not in upper_case])
    return problems, notes


def _wrong_name(name, reason):
    sentence = f"{quoted(name)} {reason}; expected {_EXPECTED_NAME}. Rename it."
    return Problem(name, "name", sentence)


def _take_recordings(recordings, notes):
    """Move those that are named as samples, but for the ending, to {instrument: {note: name}}."""
    for name in list(recordings):
        stem = os.path.splitext(name)[0]
        if not _name_problem(f"{stem}.wav"):
            instrument, note = stem.split("_")
            taken = notes.setdefault(instrument, {}).setdefault(int(note), name)
            recordings.remove(name)
            if taken != name:
                yield Problem(name, "prepared", f"{name} was left out, as {taken} is there.")


def _recordings_problem(names):
    """The problem of sounds whose names do not end in .wav; one for all, none without any."""
    if len(names) == 1:
        reason = f"{quoted(names[0])} {_name_problem(names[0])}"
    elif names:
        more = f" and {len(names) - 9} more" if len(names) > 9 else ""
        reason = f"{comma_separated(map(quoted, names[:9]))}{more} do not end in '.wav'"
    else:
        return
    sentence = (
        f"{reason}; expected {_EXPECTED_NAME}. `nsynth-edu sample prepare FILE --instrument NAME "
        "--note NN -o FOLDER` makes a sample from a recording."
    )
    yield Problem(names[0] if len(names) == 1 else "", "name", sentence)


def _repaired(path, instrument, note, found, repair):
    """What is left of a file's problems after a repair, and its samples; see `inspect`."""
    try:
        made, sentences = repair(path, instrument, note)
    except RefusedError:
        return found, None
    except AudioError as problem:
        wav = path.suffix.lower() == ".wav"
        return found if wav else [Problem(path.name, "unreadable", str(problem))], None
    left, samples = _file_problems(made, note)
    words = f"{path.name} was prepared: {' '.join(sentences)}"
    return [*left, Problem(path.name, "prepared", words)], samples


def list_folder(folder):
    """List a folder's entries, sorted, at most `MOST_ENTRIES` + 1 of them.

    Returns:
        list of (name, whether it is a folder).

    Raises:
        OSError: if it cannot be read.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            found.append((entry.name, entry.is_dir(follow_symlinks=False)))
            if len(found) > MOST_ENTRIES:
                break
    return sorted(found)


def _reason_to_ignore(name, is_folder):
    """Why an entry is not meant as a sample, or None."""
    if name.startswith("."):
        return "it is hidden"
    if name.lower() in ("thumbs.db", "desktop.ini", "__macosx"):
        return "it belongs to the operating system"
    if not SOUND.search(name):
        return f"a {'folder' if is_folder else 'file'} whose name does not end in .wav"
    return None


def _name_problem(name):
    """Why a file's name is not instrument_NN.wav, or None."""
    stem, ending = os.path.splitext(name)
    instrument, _, note = stem.rpartition("_")
    if ending != ".wav":
        return f"ends in {quoted(ending)}" + (", not in lower case" * (ending.lower() == ".wav"))
    if "." in stem:
        return "has more than one ending"
    if not instrument:
        return "lacks an underscore between instrument and note"
    if re.fullmatch(r"[a-gA-G][#bs]?-?[0-9]", note):
        return f"names its note {note}, whose octave other programs number differently"
    if note not in map(str, NOTES):
        return f"names its note {quoted(note)}"
    reason = _instrument_problem(instrument)
    return reason and f"names an instrument that {reason}"


def _instrument_problem(name):
    """Why an instrument's name is not valid ("holds ..."), or None."""
    if not name:
        return "is empty"
    if re.fullmatch(r"[a-z][a-z0-9]*", name):
        if name in RESERVED:
            return f"is {name}, a word that the files of finished groups use"
        return f"has {len(name)} characters" if len(name) > LONGEST_NAME else None
    for pattern, what in (
        (r"_", "an underscore"),
        (r"\s", "a space"),
        (r"[A-Z]", "upper case"),
        (r"[^\x00-\x7f]", "letters other than a-z"),
        (r"[^a-z0-9]", "characters other than letters and digits"),
    ):
        if re.search(pattern, name):
            return f"holds {what}"
    return "begins with a digit"


def _set_problems(notes, instrument):
    """Problems of the set as a whole; notes is {instrument: {note: file name}}."""
    if len(notes) > 1:
        names = comma_separated(sorted(notes))
        sentence = (
            f"the folder holds {len(notes)} instruments ({names}); expected one. "
            "Give each a folder of its own."
        )
        yield Problem("", "instruments", sentence)
    missing = [note for note in NOTES if note not in notes.get(instrument, {})]
    if missing:
        of = f" of {instrument}" if instrument else ""
        sentence = (
            f"{len(missing)} of {len(NOTES)} notes{of} are missing: {comma_separated(missing)}; "
            f"expected a file for each of {comma_separated(NOTES)}. "
            "nsynth-edu sample prepare makes one from a recording."
        )
        yield Problem("", "missing", sentence)


def _file_problems(path, note):
    """Problems of one well-named file, and its int16 samples if there are only remarks."""

    def problem(kind, reason, expected, remedy=_PREPARE):
        return Problem(path.name, kind, f"{path.name} {reason}; expected {expected}. {remedy}.")

    remedies = {
        "link": "Put the file itself there",
        "hard_link": "Copy the sound to a file of its own",
        "not_a_file": "Rename or remove it",
        "unreadable": "Allow reading it",
        "empty": "Record or save it again",
    }
    try:
        wav = read_wav(path)
    except RefusedError as refused:
        kind, remedy = refused.kind, refused.remedy or remedies.get(refused.kind, _TRY)
        return [problem(kind, refused, "a WAV file", remedy)], None
    found = [problem(*each) for each in _format_problems(wav)]
    sound = wav.samples()
    if sound is not None and len(sound):
        found += [problem(*each) for each in _sound_problems(sound, note)]
    if any(not each.remark for each in found):
        return found, None
    return found, wav.pcm()[:, 0]


def _format_problems(wav):
    """(kind, reason, expectation) of each deviation from the format of a set."""
    if wav.size > LARGEST:
        yield "large", f"has {wav.size:,} bytes", f"128,044 and at most {LARGEST:,}"
    if wav.sample_rate != SAMPLE_RATE:
        yield "rate", f"has {wav.sample_rate:,} samples per second", f"{SAMPLE_RATE:,}"
    if (wav.encoding, wav.bits) != ("PCM", 16):
        bits = f"{wav.bits}-bit " if wav.bits else ""
        yield "width", f"holds {bits}{wav.encoding} samples", "16-bit PCM"
    if wav.channels != 1:
        yield "channels", f"has {wav.channels} channels", "1 (mono)"
    if wav.promised != wav.present:
        reason = f"promises {wav.promised:,} samples in its header and holds {wav.present:,}"
        yield "header", reason, "as many as promised"
    elif wav.encoding in ("PCM", "float") and wav.present != NOTE_LENGTH:
        yield "length", f"has {wav.present:,} samples", f"exactly {NOTE_LENGTH:,} (4 s)"


def _sound_problems(sound, note):
    """(kind, reason, expectation[, remedy]) of each audible fault or surprise."""
    broken = ~np.isfinite(sound)
    if broken.any():
        yield "nan", f"holds {broken.sum():,} NaN or infinite samples", "numbers within [-1, 1]"
        return
    sound = sound.mean(axis=1)
    peak = np.abs(sound).max()
    if is_silent(sound):
        reason = f"is silent (peak {peak:.5f} of full scale)"
        yield "silence", reason, "a sound", "Record it again"
        return
    if peak < QUIET:
        reason = f"peaks at {20 * np.log10(peak):.0f} dB of full scale"
        yield "quiet", reason, f"{20 * np.log10(QUIET):.0f} dB or more"
    if (clipped := clipped_fraction(sound)) > CLIPPED_FRACTION:
        reason = f"is clipped ({clipped:.1%} of its samples lie in flat tops)"
        yield "clipped", reason, "round tops", "Record it with less gain"
    if abs(mean := sound.mean()) > OFFSET * peak:
        yield "offset", f"has a DC offset (mean {mean:+.3f})", "a mean near 0"
    if (onset := find_onset(sound - mean)) > LATE * SAMPLE_RATE:
        reason = f"begins to sound only after {onset / SAMPLE_RATE:.2f} s"
        yield "late", reason, f"a sound that begins within {LATE} s"
    if (last := np.abs(sound[-END:]).max()) > ABRUPT * peak:
        reason = f"ends abruptly, at {last / peak:.0%} of its peak, which clicks"
        yield "end", reason, "a fade to silence"
    found = estimate_pitch(sound)
    if found is not None and abs(found - note) > IN_TUNE:
        reason = f"sounds at {pitch_name(found)} (MIDI {found:.1f})"
        yield (
            "pitch",
            reason,
            f"{pitch_name(note)} (MIDI {note}), as in its name",
            "Check the name; a transposed or noisy instrument is fine",
        )


def quoted(name):
    """Quote a name for a message: cut to 60 characters, control characters escaped."""
    name = name if len(name) <= 60 else f"{name[:57]}..."
    return f"'{name}'" if name.isprintable() else ascii(name)


def comma_separated(words):
    """Join words, or numbers, with commas."""
    return ", ".join(map(str, words))
