"""Scores as a table, of one model or of two side by side, and which of them got worse."""

from nsynth_edu.sound.soundfont import MEL2MEL_PROGRAMS, program

PARTS = {
    "train": "trained notes",
    "pairs": "held-out pairs",
    "instruments": "held-out instrument",
    "pieces": "held-out pieces",
}
ROWS = [
    ("bits", "bits per sample, true past"),
    ("bits_unigram", "... guessing by class frequency"),
    ("bits_previous", "... guessing from the previous sample"),
    ("bits_shuffled", "... with the z or mel of another note"),
    ("harmonic_energy", "energy at the harmonics, free running"),
    ("harmonic_energy_original", "... of the originals"),
    ("harmonics_to_noise", "harmonics to noise, against the original's (dB)"),
    ("right_pitch", "share of notes within 50 cents"),
    ("followed", "share of pitched frames within 50 cents"),
    ("vibrato", "depth of vibrato, share of the original's"),
    ("tone", "strongest tone in what is not pitched, share of energy"),
    ("tone_original", "... of the originals"),
    ("envelope", "envelope correlation"),
    ("level", "level against the original (dB)"),
    ("attack", "attack time, off by (ms)"),
    ("distance", "spectral distance to the original"),
    ("distance_floor", "... of its mu-law copy"),
    ("distance_mean", "... of the decoded mean z or mel"),
    ("distance_wrong", "... of another original note"),
    ("log_spectral", "log spectra, difference from the original's (dB)"),
    ("log_spectral_floor", "... of its mu-law copy"),
    ("log_spectral_mean", "... of the decoded mean z or mel"),
    ("log_spectral_wrong", "... of another original note"),
    ("judged_pitch", "share of pitches named right"),
    ("judged_pitch_ear", "... by the estimate without a network"),
    ("judged_family", "share of families named right"),
    ("judged_family_majority", "... always naming the most frequent one"),
    ("judged_qualities", "share of qualities named right, bitwise"),
    ("judged_qualities_majority", "... always giving each its most frequent answer"),
    ("mel_correlation", "correlation of the log mel spectrogram"),
    ("mel_correlation_wrong", "... of another true one"),
    *(
        (f"mel_correlation_{program(which).name}", f"... on {program(which).name}")
        for which in MEL2MEL_PROGRAMS
    ),
    ("onsets", "onsets of the score and rises of the mel within 16 ms, F-measure"),
    ("onsets_original", "... of the originals"),
    ("chroma", "correlation of pitch classes, sound by Griffin-Lim"),
    ("clicks", "clicks per second"),
    ("clicks_original", "... of the originals"),
]
JUDGED = {  # score -> how far from the best value, for `worse`
    "bits": float,
    "distance": float,
    "envelope": lambda value: -value,
    "right_pitch": lambda value: -value,
    "followed": lambda value: -value,
    "harmonics_to_noise": lambda value: max(-value, 0),
    "log_spectral": float,
    "level": abs,
    "clicks": float,
    "mel_correlation": lambda value: -value,
    "judged_pitch": lambda value: -value,
    "judged_family": lambda value: -value,
    "judged_qualities": lambda value: -value,
}
ROUNDING = 0.005  # of the table's two decimals


def report(scores, before=None, names=("before", "now")):
    """The scores as a Markdown table: one column per part, or two where models are compared.

    Args:
        scores: of `evaluate`.
        before: scores of an earlier model on the same notes, or None.
        names: of the earlier and the present model.

    Returns:
        str; where there were several seeds, +- half the range over them follows a score.
    """
    both = [scores] if before is None else [before, scores]
    columns = [(part, each) for part in PARTS if part in scores for each in range(len(both))]
    titles = [PARTS[p] + (f", {names[each]}" if before else "") for p, each in columns]
    cells = [both[each][part] for part, each in columns]
    lines = [
        _line("score", titles),
        "|---" * (len(columns) + 1) + "|",
        _line("notes", [str(cell["notes"]) for cell in cells]),
    ]
    lines += [
        _line(meaning, [_value(cell, key) for cell in cells])
        for key, meaning in ROWS
        if any(key in cell for cell in cells)
    ]
    return "\n".join(lines)


def worse(scores, before):
    """The scores that got worse by more than the spread over seeds.

    Args:
        scores, before: of `evaluate`, on the same notes.

    Returns:
        list of str, such as "bits per sample, true past, trained notes: 3.20 before, 3.41 now".
    """
    found, meanings = [], dict(ROWS)
    for part in (part for part in PARTS if part in scores):
        now, then = scores[part], before[part]
        for key, badness in ((k, b) for k, b in JUDGED.items() if k in now and k in then):
            margin = sum(each.get(f"{key}_spread", ROUNDING) for each in (now, then))
            if badness(now[key]) - badness(then[key]) > max(margin, ROUNDING):
                found.append(
                    f"{meanings[key]}, {PARTS[part]}: {then[key]:.2f} before, {now[key]:.2f} now"
                )
    return found


def _line(name, cells):
    return f"| {name} | {' | '.join(cells)} |"


def _value(scores, key):
    if key not in scores:
        return ""
    spread = scores.get(f"{key}_spread")
    return f"{scores[key]:.2f}" + ("" if spread is None else f" ± {spread:.2f}")
