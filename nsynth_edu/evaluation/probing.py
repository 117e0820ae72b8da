"""What does z know? Linear classifiers read pitch and family from it; where do registers begin?

Source: Engel et al. 2017, Table 2 (pitch from z by a linear classifier) and figure 5 (correlation
of mean embeddings over pitches). Classifiers, folds, scaling and the rule for registers are ours.
"""

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nsynth_edu.evaluation.judging import SECONDS, percent, shares
from nsynth_edu.evaluation.reconstruction import load_notes
from nsynth_edu.models.nsynth import WaveNetAutoencoder
from nsynth_edu.models.spectral import SpectralAutoencoder
from nsynth_edu.sound.audio import NOTE_LENGTH
from nsynth_edu.sound.spectral import mel_spectrogram

FOLDS = 5  # parts of the instruments; each is tested once, by what the others taught
INVERSE_PENALTY = 0.1  # of the classifiers' squared weights, the same for all that is read
RAW_FRAMES = 25  # x 80 mel channels = 2000 numbers, as many as z has
RAW_START = 8000  # samples, 0.5 s: past the attack
SAME_REGISTER = 0.5  # correlation
QUESTIONS = {"pitch": "pitch", "semitone": "... within a semitone", "family": "family"}


def encodings(model, notes, progress=None):
    """Encode the first 4 s of notes.

    Args:
        model: WaveNetAutoencoder or SpectralAutoencoder. notes: list of Note.
        progress: called as progress(notes_done, notes), or None.

    Returns:
        z, (notes, frames, channels) float32 array; one frame where z is one vector per note.

    Raises:
        ValueError: for a model of another kind.
    """
    if not isinstance(model, WaveNetAutoencoder | SpectralAutoencoder):
        raise ValueError(
            f"a {type(model).__name__} makes no encodings; expected a WaveNetAutoencoder, such as "
            "pocket, or a SpectralAutoencoder."
        )
    found = []
    for note in notes:
        found.append(np.atleast_2d(model.encode(load_notes(model, [note], SECONDS)[0].numpy())))
        if progress is not None:
            progress(len(found), len(notes))
    return np.stack(found)


def probe(z, notes, seed=0, progress=None):
    """Read pitch and family from z with linear classifiers, from raw sound beside it.

    Each classifier (multinomial logistic regression, inputs standardised) is tested on instruments
    that it was not trained on.

    Args:
        z: (notes, frames, channels) of `encodings`. notes: list of Note.
        seed: of the bootstrap. progress: called as progress(rows_done, rows), or None.

    Returns:
        dict: "notes" and "instruments", how many; "rows", dict of what is read -> dict:
        "numbers", how many it has, and for each key of `QUESTIONS` the share named right
        (mean, low, high) with its 95 % bootstrap interval over the notes. The last row always
        gives the most frequent answer. A question is left out where some classifier would see
        one answer only.

    Raises:
        ValueError: for notes of fewer than two instruments, or that allow neither question.
    """
    instruments = _instruments(notes)
    numbers, at = np.unique(instruments, return_inverse=True)
    read = {"z": z.reshape(len(z), -1)}
    if z.shape[1] > 1:
        read["z, mean over time"] = z.mean(axis=1)
    read |= _raw(notes)
    folds = list(GroupKFold(min(FOLDS, len(numbers))).split(at, groups=at))
    truth = {
        "pitch": np.array([note.pitch for note in notes]),
        "family": np.array([note.instrument_family_str for note in notes]),
    }
    truth = {name: true for name, true in truth.items() if _varied(true, folds)}
    if not truth:
        raise ValueError(
            f"the {len(notes)} notes leave some classifier one pitch and one family to learn; "
            "expected two or more of either among those of any few instruments left out."
        )
    classifiers = dict.fromkeys(read, _linear) | {"most frequent answer": _most_frequent}
    read["most frequent answer"] = np.zeros((len(notes), 0))
    rows = {}
    for name, values in read.items():
        answers = {
            question: _answers(classifiers[name], values, true, folds)
            for question, true in truth.items()
        }
        scores = shares(_right(answers, truth), seed)
        rows[name] = {"numbers": values.shape[1]} | scores
        if progress is not None:
            progress(len(rows), len(read))
    return {"notes": len(notes), "instruments": len(numbers), "rows": rows}


def _instruments(notes):
    names = [note.instrument_str for note in notes]
    if len(set(names)) < 2:
        raise ValueError(
            f"the {len(notes)} notes are of {len(set(names))} instrument; expected at least two, "
            "so that one can be compared with others."
        )
    return np.array(names)


def _raw(notes):
    """The rivals of z that no network made: dict name -> (notes, numbers)."""
    spectra, samples = [], []
    for note in notes:
        sound = note.load()
        sound = np.pad(sound, (0, max(0, NOTE_LENGTH - len(sound))))[:NOTE_LENGTH]
        mel = mel_spectrogram(sound)
        spectra.append([part.mean(axis=0) for part in np.array_split(mel, RAW_FRAMES)])
        samples.append(sound[RAW_START : RAW_START + RAW_FRAMES * mel.shape[1]])
    spectra = np.array(spectra)
    return {
        "mel spectrogram, 25 frames": spectra.reshape(len(notes), -1),
        "mel spectrum, mean over time": spectra.mean(axis=1),
        "samples from 0.5 s on": np.array(samples),
    }


def _varied(true, folds):
    return all(len(set(true[train])) > 1 for train, _ in folds)


def _linear():
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=INVERSE_PENALTY, max_iter=1000, tol=1e-3)
    )


def _most_frequent():
    return DummyClassifier(strategy="most_frequent")


def _answers(classifier, values, true, folds):
    """What classifiers answer on the instruments that each was not trained on: (notes,)."""
    found = np.empty_like(true)
    for train, test in folds:
        found[test] = classifier().fit(values[train], true[train]).predict(values[test])
    return found


def _right(answers, truth):
    """Per note, dict question -> bool."""
    columns = {name: answers[name] == true for name, true in truth.items()}
    if "pitch" in truth:
        columns["semitone"] = np.abs(answers["pitch"] - truth["pitch"]) <= 1
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def report_probe(result):
    """The result of `probe` as Markdown: shares in per cent, with their intervals.

    Returns:
        str.
    """
    asked = [key for key in QUESTIONS if any(key in row for row in result["rows"].values())]
    lines = [
        f"| % of {result['notes']} notes, read from | numbers | "
        f"{' | '.join(QUESTIONS[key] for key in asked)} |",
        "|---" * (len(asked) + 2) + "|",
    ]
    for name, row in result["rows"].items():
        cells = [str(row["numbers"]), *(percent(row[key]) for key in asked)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(
        [
            *lines,
            "",
            f"Linear classifiers, each tested on instruments it was not trained on, of "
            f"{result['instruments']}. In brackets: 95 % bootstrap interval over the notes; notes "
            "of one instrument resemble each other, so it is rather too narrow.",
        ]
    )


def registers(z, notes):
    """Find the pitches at which the mean z of an instrument changes its kind.

    A register goes on for as long as the mean z of the next pitch correlates on average with at
    least 0.5 with those in it. Each channel is first standardised over all notes, so that what
    every note has in common makes no two of them alike.

    Args:
        z: (notes, frames, channels) of `encodings`. notes: list of Note, of two or more
            instruments.

    Returns:
        dict instrument -> dict: "pitches", MIDI numbers, ascending; "correlation", of their mean
        z, (pitches, pitches) nested lists; "begins", the first pitch of each register; and mean
        correlations: "within" and "between", over pairs of pitches of one register and of two;
        "neighbors" and "borders", over neighbouring pitches of one register and of two. What has
        no pairs is None. Instruments with a single pitch are left out.

    Raises:
        ValueError: for notes of fewer than two instruments, or none with two pitches.
    """
    instruments, pitches = _instruments(notes), np.array([note.pitch for note in notes])
    means = z.mean(axis=1)
    means = (means - means.mean(axis=0)) / np.maximum(means.std(axis=0), 1e-9)
    found = {}
    for name in sorted({*instruments}):
        played = sorted({*pitches[instruments == name].tolist()})
        if len(played) > 1:
            members = [means[(instruments == name) & (pitches == each)] for each in played]
            correlation = np.corrcoef([each.mean(axis=0) for each in members])
            found[name] = _registers(played, correlation)
    if not found:
        raise ValueError("no instrument has notes of two pitches; expected at least one that has.")
    return found


def _registers(pitches, correlation):
    starts = [0]
    for index in range(1, len(pitches)):
        if correlation[index, starts[-1] : index].mean() < SAME_REGISTER:
            starts.append(index)
    register = np.searchsorted(starts, range(len(pitches)), side="right")
    same = register[:, None] == register
    pairs = np.triu(np.ones_like(same), 1)
    next_to = np.eye(len(pitches), k=1, dtype=bool)
    chosen = {
        "within": pairs & same, "between": pairs & ~same,
        "neighbors": next_to & same, "borders": next_to & ~same,
    }  # fmt: skip
    return {
        "pitches": pitches,
        "correlation": correlation.tolist(),
        "begins": [pitches[start] for start in starts],
    } | {
        name: float(correlation[where].mean()) if where.any() else None
        for name, where in chosen.items()
    }


def report_registers(result):
    """The result of `registers` as Markdown: a line per instrument.

    Returns:
        str.
    """
    kinds = ("within", "between", "neighbors", "borders")
    lines = [
        "| mean z correlates | registers (MIDI) | within one | between two | neighbours within one "
        "| neighbours across a border |",
        "|---" * 6 + "|",
    ]
    for name, row in result.items():
        lines.append(f"| {name} | {_ranges(row)} | {' | '.join(_number(row[k]) for k in kinds)} |")
    counts = [len(row["begins"]) for row in result.values()]
    known = [[row[k] for row in result.values() if row[k] is not None] for k in kinds]
    means = [np.mean(each) if each else None for each in known]
    lines.append(
        f"| mean of {len(counts)} | {np.mean(counts):.1f} registers | "
        f"{' | '.join(map(_number, means))} |"
    )
    return "\n".join(
        [
            *lines,
            "",
            f"A register ends before the pitch whose mean z correlates on average with less than "
            f"{SAME_REGISTER} with those in it. Where neighbours across a border correlate as much "
            "as others, z drifts rather than jumps there.",
        ]
    )


def _ranges(row):
    ends = [*row["begins"][1:], np.inf]
    spans = [
        [pitch for pitch in row["pitches"] if first <= pitch < end]
        for first, end in zip(row["begins"], ends, strict=True)
    ]
    return ", ".join(f"{span[0]}-{span[-1]}" if len(span) > 1 else f"{span[0]}" for span in spans)


def _number(value):
    return "" if value is None else f"{value:.2f}"
