"""A set of samples, seven notes of one instrument: what is wrong with it?

Four sets become one group instrument. What would break that is a problem, and so is what would
disturb the three other people: a sound that is too quiet, begins late, has a DC offset or is
clipped. `prepare` repairs each of those in one step. What may be intended (a transposed
instrument, noise, an abrupt end) is only a remark. A check never writes, never follows a link,
accepts no file that has a second name elsewhere (a hard link may be anybody's), unpacks no archive,
and reads at most 1 MiB of a file.
"""

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsynth_edu.play import pitch_name
from nsynth_edu.sound import NOTE_LENGTH, SAMPLE_RATE, AudioError, estimate_pitch
from nsynth_edu.sound.cleaning import CLIPPED_SHARE, clipped_share, find_onset, is_silent
from nsynth_edu.studio.wavfile import LARGEST, RefusedError, read_wav

NOTES = (24, 28, 32, 36, 40, 44, 48)  # MIDI: C1 to C3 where 60 is C4, C2 to C4 where 60 is C5
LONGEST_NAME = 20  # characters of an instrument
RESERVED = ("gen", "pitch")  # words that the files of a finished group begin with
MOST_ENTRIES = 200  # files and folders of one hand-in that are looked at

QUIET = 0.0316  # peak: -30 dB of full scale
OFFSET = 0.05  # mean, as a share of the peak
LATE = 0.25  # s before the first sound
END = 16  # samples: the last millisecond
ABRUPT = 0.05  # its level, as a share of the peak
IN_TUNE = 0.5  # semitones
_PREPARE = "nsynth-edu sample prepare turns it into a valid one"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a set; as text, a sentence: value, expectation, remedy."""

    file: str  # the file's name as it lies there; empty if the whole folder is meant
    kind: str  # one of KINDS
    sentence: str

    def __str__(self):
        return self.sentence

    @property
    def remark(self):
        """Whether the set can be used all the same."""
        return self.kind in REMARKS


# Kinds that speak of the folder, of a name, of a file, of its format, of its sound
KINDS = (
    "folder", "crowded", "missing", "instruments", "name",
    "link", "hard_link", "not_a_file", "unreadable", "empty", "large", "not_wav", "header",
    "rate", "width", "channels", "length",
    "nan", "silence", "clipped", "offset", "late", "quiet",
)  # fmt: skip
REMARKS = ("pitch", "end", "ignored")


def check_samples(folder, remarks=False):
    """Say what is wrong with a set of samples; nothing is written, no link is followed.

    Args:
        folder: with `instrument_NN.wav` for each of the seven notes, 16 kHz, 16-bit PCM, mono,
            64,000 samples.
        remarks: whether to add what does not keep the set from being used: a pitch that is not
            the name's, an abrupt end, files that are passed over.

    Returns:
        list of `Problem`; empty means fine. It never raises for anything in the folder.
    """
    problems, _, _ = inspect(folder)
    return [each for each in problems if remarks or not each.remark]


def check_instrument(name):
    """Return an instrument's name if files may carry it: a letter a-z, then a-z and 0-9.

    Raises:
        AudioError: if not, with a name that would do.
    """
    reason = _instrument_problem(name)
    if reason:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        plain = re.sub(r"^[0-9]+|[^a-z0-9]", "", re.sub(r"[^a-z0-9]", "", plain))[:LONGEST_NAME]
        better = f"{plain} would do" if not _instrument_problem(plain) else "such as sandstormlead"
        raise AudioError(
            f"the instrument's name {shown(name)} {reason}; expected 1 to {LONGEST_NAME} letters "
            f"a-z and digits, a letter first: {better}."
        )
    return name


# --- checking -----------------------------------------------------------------------------------


def inspect(folder):
    """(problems with remarks, instrument or None, {note: int16 samples} of files without any)."""
    try:
        entries = entries_of(folder)
    except (OSError, ValueError) as problem:  # ValueError: a name with a zero byte
        reason = getattr(problem, "strerror", None) or problem
        sentence = f"the folder {shown(str(folder))} cannot be read ({reason}); check its name."
        return [Problem("", "folder", sentence)], None, {}
    if len(entries) > MOST_ENTRIES:
        sentence = (
            f"the folder holds more than {MOST_ENTRIES} files; expected the {len(NOTES)} of a set. "
            "Put these into a folder of their own."
        )
        return [Problem("", "crowded", sentence)], None, {}
    problems, notes = [], {}
    for name, is_folder in entries:
        remark = _passed_over(name, is_folder)
        reason = None if remark else _name_problem(name)
        if remark:
            problems.append(Problem(name, "ignored", f"{shown(name)} is passed over: {remark}."))
        elif reason:
            problems.append(
                Problem(
                    name, "name",
                    f"{shown(name)} {reason}; expected instrument_NN.wav as in "
                    f"sandstormlead_24.wav, with NN of {listed(NOTES)}. Rename it.",
                )
            )  # fmt: skip
        else:
            instrument, note = name.removesuffix(".wav").split("_")
            notes.setdefault(instrument, {})[int(note)] = name
    instrument = max(sorted(notes), key=lambda each: len(notes[each]), default=None)
    problems += _set_problems(notes, instrument)
    samples = {}
    for each in sorted(notes):
        for note, name in sorted(notes[each].items()):
            found, samples[note] = _file_problems(Path(folder) / name, note)
            problems += found
    return problems, instrument, samples


def entries_of(folder):
    """(name, whether it is a folder) of what lies there, by name; one too many at the most."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            found.append((entry.name, entry.is_dir(follow_symlinks=False)))
            if len(found) > MOST_ENTRIES:
                break
    return sorted(found)


def _passed_over(name, is_folder):
    """Why an entry is not a sample and does no harm, or None."""
    if name.startswith("."):
        return "hidden files are ignored"
    if name.lower() in ("thumbs.db", "desktop.ini", "__macosx"):
        return "the system's own files are ignored"
    sound = re.search(r"\.(wave?|flac|ogg|mp3|m4a|aiff?|caf|webm)$", name, re.IGNORECASE)
    if not sound:
        return f"a {'folder' if is_folder else 'file'} without .wav at its end is not a sample"
    return None


def _name_problem(name):
    """Why a file's name is not instrument_NN.wav, or None."""
    stem, ending = os.path.splitext(name)
    instrument, _, note = stem.rpartition("_")
    if ending != ".wav":
        return f"ends in {shown(ending)}" + (", not in lower case" * (ending.lower() == ".wav"))
    if "." in stem:
        return "has more than one ending"
    if not instrument:
        return "does not say instrument, underscore, note"
    if re.fullmatch(r"[a-gA-G][#bs]?-?[0-9]", note):
        return f"calls its note {note}, which other programs count otherwise"
    if note not in map(str, NOTES):
        return f"calls its note {shown(note)}"
    reason = _instrument_problem(instrument)
    return reason and f"names an instrument that {reason}"


def _instrument_problem(name):
    """Why a word cannot name an instrument in files ("holds ..."), or None."""
    if not name:
        return "is empty"
    if re.fullmatch(r"[a-z][a-z0-9]*", name):
        if name in RESERVED:
            return f"is {name}, which finished groups use for their own files"
        return f"has {len(name)} characters" if len(name) > LONGEST_NAME else None
    for pattern, what in (
        (r"_", "an underscore"),
        (r"\s", "a space"),
        (r"[A-Z]", "upper case"),
        (r"[^\x00-\x7f]", "letters other than a-z"),
        (r"[^a-z0-9]", "signs other than letters and digits"),
    ):
        if re.search(pattern, name):
            return f"holds {what}"
    return "begins with a digit"


def _set_problems(notes, instrument):
    """What is wrong with the set as such: notes by instrument -> problems."""
    if len(notes) > 1:
        sentence = (
            f"the folder holds {len(notes)} instruments ({listed(sorted(notes))}); expected one. "
            "Give each a folder of its own."
        )
        yield Problem("", "instruments", sentence)
    missing = [note for note in NOTES if note not in notes.get(instrument, {})]
    if missing:
        of = f" of {instrument}" if instrument else ""
        sentence = (
            f"{len(missing)} of {len(NOTES)} notes{of} are missing: {listed(missing)}; expected a "
            f"file for each of {listed(NOTES)}. nsynth-edu sample prepare makes one of a recording."
        )
        yield Problem("", "missing", sentence)


def _file_problems(path, note):
    """Problems of one well-named file, and its int16 samples if there is none but remarks."""

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
        kind = refused.kind
        return [problem(kind, refused, "a WAV file", remedies.get(kind, _PREPARE))], None
    found = [problem(*each) for each in _format_problems(wav)]
    sound = wav.samples()
    if sound is not None and len(sound):
        found += [problem(*each) for each in _sound_problems(sound, note)]
    if any(not each.remark for each in found):
        return found, None
    return found, wav.pcm()[:, 0]


def _format_problems(wav):
    """(kind, reason, expectation) of each thing that is not as the group job reads it."""
    if wav.size > LARGEST:
        yield "large", f"has {wav.size:,} bytes", f"128,044 and at most {LARGEST:,}"
    if wav.sample_rate != SAMPLE_RATE:
        yield "rate", f"has {wav.sample_rate:,} samples per second", f"{SAMPLE_RATE:,}"
    if (wav.encoding, wav.bits) != ("PCM", 16):
        yield "width", f"holds {wav.bits}-bit {wav.encoding} samples", "16-bit PCM"
    if wav.channels != 1:
        yield "channels", f"has {wav.channels} channels", "1 (mono)"
    if wav.promised != wav.present:
        reason = f"promises {wav.promised:,} samples in its header and holds {wav.present:,}"
        yield "header", reason, "as many as promised"
    elif wav.encoding in ("PCM", "float") and wav.present != NOTE_LENGTH:
        yield "length", f"has {wav.present:,} samples", f"exactly {NOTE_LENGTH:,} (4 s)"


def _sound_problems(sound, note):
    """(kind, reason, expectation[, remedy]) of what would be heard as a fault, or as a surprise."""
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
    if (share := clipped_share(sound)) > CLIPPED_SHARE:
        yield (
            "clipped",
            f"is clipped ({share:.1%} of it is cut off flat)",
            "round tops",
            "Record it with less gain",
        )
    if abs(mean := sound.mean()) > OFFSET * peak:
        yield "offset", f"has a DC offset (mean {mean:+.3f})", "a mean near 0"
    if (onset := find_onset(sound - mean)) > LATE * SAMPLE_RATE:
        reason = f"begins to sound only after {onset / SAMPLE_RATE:.2f} s"
        yield "late", reason, f"a sound within {LATE} s"
    if (last := np.abs(sound[-END:]).max()) > ABRUPT * peak:
        reason = f"ends abruptly, at {last / peak:.0%} of its peak, which clicks"
        yield "end", reason, "a fade to silence"
    found = estimate_pitch(sound)
    if found is not None and abs(found - note) > IN_TUNE:
        reason = f"sounds at {pitch_name(found)} (MIDI {found:.1f})"
        yield (
            "pitch",
            reason,
            f"{pitch_name(note)} (MIDI {note}), as its name says",
            "Check the name; an instrument that is meant to be so (transposed, noise) is fine",
        )


def shown(name):
    """A name for a sentence: quoted, cut to 60 characters, without signs that do things."""
    name = name if len(name) <= 60 else f"{name[:57]}..."
    return f"'{name}'" if name.isprintable() else ascii(name)


def listed(words):
    return ", ".join(map(str, words))
