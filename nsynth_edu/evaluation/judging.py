"""Table 1 of the paper, here: does a copy keep the pitch, the family and the qualities of a note?

Two judges, as what one cannot hear it cannot miss: a network trained on originals
(`PitchQualityJudge`), and measures without a network (`estimate_pitch`, `computed_qualities`).

Source: Engel et al. 2017, sec. 4.2. Notebook: course/07.
"""

from collections import Counter

import numpy as np
import torch

from nsynth_edu.evaluation.reconstruction import load_notes, replay
from nsynth_edu.sound.notes import QUALITIES, read_notes
from nsynth_edu.sound.pitch import estimate_pitch
from nsynth_edu.sound.qualities import COMPUTED, computed_qualities

ORIGINALS = "originals"
RESAMPLES = 2000  # of the bootstrap
LEVEL = 95  # per cent of the resampled means within an interval
AT_ONCE = 8  # copies that are generated together
SECONDS = 4.0
ROWS = {
    "network_exact": "pitch, network, exact",
    "network_semitone": "... within a semitone",
    "ear_exact": "pitch, estimated, exact",
    "ear_semitone": "... within a semitone",
    "family": "family, network",
}
PUBLISHED = (
    "Published (Engel et al. 2017, in the text): the pitch of copies by the paper's WaveNet was "
    "heard right about 70 % more often than by its spectral baseline. Other notes, other networks, "
    "another judge: compare the order, not the numbers."
)


@torch.inference_mode()
def copies_of(model, notes, seed=0, progress=None):
    """What a model makes of notes: each is encoded and decoded at its own pitch.

    Args:
        model: WaveNetAutoencoder, WaveNet conditioned on mel frames, or SpectralAutoencoder.
        notes: list of Note. seed: of what is drawn.
        progress: called as progress(notes_done, notes), or None.

    Returns:
        list of waveforms (64000,) float32.

    Raises:
        ValueError: for a model of another kind.
    """
    made = []
    for first in range(0, len(notes), AT_ONCE):
        some = notes[first : first + AT_ONCE]
        made += list(replay(model, load_notes(model, some, SECONDS), some, seed))
        if progress is not None:
            progress(len(made), len(notes))
    return made


def copies_in(folder, notes):
    """Read copies that lie in a folder, one for each note, of the same name.

    Args:
        folder: of notes in NSynth's schema. notes: list of Note, the originals.

    Returns:
        list of waveforms.

    Raises:
        ValueError: if a note has no copy there.
    """
    found = {note.note_str: note for note in read_notes(folder)}
    if missing := [note.note_str for note in notes if note.note_str not in found]:
        raise ValueError(
            f"{folder} lacks the copies of {len(missing)} of {len(notes)} notes, the first is "
            f"{missing[0]}; expected notes of the same names as the originals."
        )
    return [found[note.note_str].load() for note in notes]


def table_1(judge, notes, copies, seed=0, progress=None):
    """Judge originals and copies.

    Args:
        judge: PitchQualityJudge. notes: list of Note, the originals.
        copies: dict name -> list of waveforms, one per note, in their order.
        seed: of the bootstrap. progress: called as progress(sounds_done, sounds), or None.

    Returns:
        dict: "notes", how many; "columns", dict name -> dict score -> (mean, low, high), shares of
        the notes with their 95 % bootstrap interval: the keys of `ROWS`, and
        "quality <name>" and "rule <name>" for the qualities that the network or the rules of
        `sound.qualities` know, and "qualities" and "rules", the means over these;
        "majority", dict score -> what always giving the most frequent answer would score on these
        notes; "truth", where the qualities come from.
    """
    sounds = {ORIGINALS: [note.load() for note in notes]} | copies
    known = known_qualities(judge, notes, sounds[ORIGINALS])
    total, answers = len(sounds) * len(notes), {}
    for name, column in sounds.items():
        rows = []
        for note, sound, truth in zip(notes, column, known["truth"], strict=True):
            rows.append(judged(judge, note, sound, truth))
            if progress is not None:
                progress(len(answers) * len(notes) + len(rows), total)
        answers[name] = rows
    columns = {name: shares(rows, seed) for name, rows in answers.items()}
    return {
        "notes": len(notes),
        "columns": columns,
        "majority": majority(notes, known["truth"]),
        "truth": known["source"],
    }


def known_qualities(judge, notes, sounds):
    """The qualities that originals are said to have: as annotated, else as computed.

    Args:
        judge: PitchQualityJudge. notes: list of Note. sounds: list of their waveforms.

    Returns:
        dict: "truth", per note a dict quality -> bool; "source", in words.
    """
    if any(note.qualities_str for note in notes):
        names = judge.config.known_qualities
        truth = [{name: name in note.qualities_str for name in names} for note in notes]
        return {"truth": truth, "source": "as annotated in the data set"}
    truth = [computed_qualities(sound) for sound in sounds]
    return {"truth": truth, "source": "computed from the originals, see nsynth_edu.sound.qualities"}


def judged(judge, note, sound, truth):
    """What both judges hear right in one sound: dict of bool, see `table_1`."""
    heard, estimated = judge.judge(sound), estimate_pitch(sound)
    off = abs(heard["pitch"] - note.pitch)
    ear = np.inf if estimated is None else abs(round(estimated) - note.pitch)
    rule = computed_qualities(sound)
    right = {
        "network_exact": off == 0,
        "network_semitone": off <= 1,
        "ear_exact": ear == 0,
        "ear_semitone": ear <= 1,
        "family": heard["family"] == note.instrument_family_str,
    }
    for name, present in truth.items():
        if name in judge.config.known_qualities:
            right[f"quality {name}"] = (name in heard["qualities"]) == present
        if name in rule:
            right[f"rule {name}"] = rule[name] == present
    return right


def shares(rows, seed=0):
    """Means over notes with their bootstrap intervals: dict score -> (mean, low, high)."""
    table = {name: np.array([row[name] for row in rows], float) for name in rows[0]}
    for mean, prefix in (("qualities", "quality "), ("rules", "rule ")):
        members = [values for name, values in table.items() if name.startswith(prefix)]
        if members:
            table[mean] = np.mean(members, axis=0)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(len(rows), size=(RESAMPLES, len(rows)))
    ends = (50 - LEVEL / 2, 50 + LEVEL / 2)
    return {
        name: (float(values.mean()), *map(float, np.percentile(values[drawn].mean(1), ends)))
        for name, values in table.items()
    }


def majority(notes, truth):
    """What the most frequent answer alone would score: dict score -> share."""
    count = Counter(note.instrument_family_str for note in notes)
    pitches = Counter(note.pitch for note in notes)
    found = {"family": max(count.values()) / len(notes)}
    found["network_exact"] = found["ear_exact"] = max(pitches.values()) / len(notes)
    each = {}
    for name in truth[0]:
        present = float(np.mean([row[name] for row in truth]))
        each[name] = found[f"quality {name}"] = max(present, 1 - present)
        if name in COMPUTED:
            found[f"rule {name}"] = each[name]
    found["qualities"] = found["rules"] = float(np.mean(list(each.values())))
    return found


def report_table_1(result):
    """The result of `table_1` as Markdown: shares in per cent, with their intervals.

    Returns:
        str.
    """
    columns, majority_of = result["columns"], result["majority"]
    present = columns[ORIGINALS]
    rows = dict(ROWS)
    for prefix, word, mean in (
        ("quality ", "network", "qualities"),
        ("rule ", "rule", "rules"),
    ):
        if mean in present:
            rows[mean] = f"qualities, {word}, all together"
            names = [name for name in QUALITIES if f"{prefix}{name}" in present]
            rows |= {f"{prefix}{name}": f"... {name}" for name in names}
    lines = [
        f"| % of {result['notes']} notes | {' | '.join(columns)} | most frequent answer |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for key, title in rows.items():
        cells = [percent(column[key]) for column in columns.values()]
        base = f"{100 * majority_of[key]:.1f}" if key in majority_of else ""
        lines.append(f"| {title} | {' | '.join(cells)} | {base} |")
    return "\n".join(
        [
            *lines,
            "",
            f"In brackets: {LEVEL} % bootstrap interval over the notes. Qualities are bitwise: "
            f"present or absent, each as in the original ({result['truth']}). Where every note is "
            f"right the interval is no proof: up to {300 / result['notes']:.1f} % could be wrong. "
            "A model that is conditioned on pitch is told it.",
            PUBLISHED,
        ]
    )


def percent(share):
    """A (mean, low, high) of `shares` in per cent, as text."""
    mean, low, high = (100 * each for each in share)
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"
