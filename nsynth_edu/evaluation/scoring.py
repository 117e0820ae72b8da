"""How good is a model? Scores for its card, on notes it was trained on and on others."""

import numpy as np

from nsynth_edu.evaluation.fidelity import (
    distances_of,
    free_running,
    mean,
    measured_contour,
    over_takes,
)
from nsynth_edu.evaluation.judging import judged, known_qualities
from nsynth_edu.evaluation.pieces import score_pieces
from nsynth_edu.evaluation.reconstruction import (
    Guessers,
    load_notes,
    replay,
    score,
    scored_notes,
)
from nsynth_edu.models.judge import PitchQualityJudge
from nsynth_edu.models.mel2mel import Mel2Mel
from nsynth_edu.models.spectral import SpectralAutoencoder
from nsynth_edu.sound import companding
from nsynth_edu.sound.pieces import Take


def evaluate(
    model, notes, training=None, count=24, seconds=2.0, temperature=None, seeds=(0, 1, 2),
    progress=None,
):  # fmt: skip
    """Score a model on notes it was trained on, and on notes it was not.

    Args:
        model: WaveNetAutoencoder, WaveNet conditioned on mel frames, SpectralAutoencoder,
            PitchQualityJudge, or Mel2Mel.
        notes: folder of notes in NSynth's schema, or a list of Note; for a Mel2Mel those of
            pieces, see `read_examples`.
        training: dict of the settings it was trained with (`model_metadata(...)["training"]`),
            which say what was held out. With "instruments", the names it was trained on, all
            others count as held out. None = all notes are of held-out instruments.
        count: notes per part, spread evenly over instruments and pitches.
        seconds: how much of each note is scored; a judge hears 4 s.
        temperature: of the free-running sound; None = the model's recommended one.
        seeds: of the free-running sound. With several, scores are means over them, and
            "<score>_spread" is half the range; 0 where nothing is drawn.
        progress: called as progress(parts_done, parts), or None.

    Returns:
        dict part -> dict of scores (see `table.ROWS` for their meaning), and "settings". What
        none of the notes allows to measure, such as the pitch of drums, is left out.

    Raises:
        ValueError: for a model of another kind, or notes that cannot be read.
    """
    parts, known = scored_notes(notes, training, count)
    members = next(iter(parts.values()))
    if isinstance(members[0], Take) != isinstance(model, Mel2Mel):
        raise ValueError(
            "a Mel2Mel is scored on pieces, as `nsynth-edu notes pieces` renders them, and every "
            "other model on notes; name another folder."
        )
    scored = SCORES.get(type(model))
    guess = None if scored else Guessers(known, model.classes)
    temperature = model.recommended_temperature if temperature is None else temperature
    settings = {"count": count, "seconds": seconds, "temperature": temperature}
    scores = {"settings": settings | {"seeds": list(seeds)}}
    for done, (name, members) in enumerate(parts.items()):
        if scored:
            scores[name] = scored(model, members, seconds, seeds)
        else:
            scores[name] = score(model, members, guess, seconds, temperature, seeds)
        if progress is not None:
            progress(done + 1, len(parts))
    return scores


def score_spectral(model, notes, seconds, seeds):
    """The scores of a SpectralAutoencoder on one list of notes; see `table.ROWS`."""
    originals = load_notes(model, notes, seconds)
    true = originals.numpy()
    copied = companding.mu_law_decode(companding.mu_law_encode(true))
    rivals = {"floor": copied, "wrong": np.roll(true, 1, axis=0)}
    contours = [measured_contour(note, sound) for note, sound in zip(notes, true, strict=True)]
    takes = [
        free_running(replay(model, originals, notes, seed), true, notes, contours) for seed in seeds
    ]
    scores = {"notes": len(notes)} | distances_of(rivals, true)
    scores |= over_takes(takes, spread=len(seeds) > 1)
    scores.pop("level", None)  # copies get the peak of their originals
    scores.pop("level_spread", None)
    return scores


def score_judge(model, notes, seconds, seeds):
    """The scores of a PitchQualityJudge on one list of notes; see `table.ROWS`."""
    sounds = [note.load() for note in notes]
    truth = known_qualities(model, notes, sounds)["truth"]
    rows = [judged(model, *each) for each in zip(notes, sounds, truth, strict=True)]
    families = [note.instrument_family_str for note in notes]
    present = np.array([list(row.values()) for row in truth], float).mean(axis=0)
    return {
        "notes": len(notes),
        "judged_pitch": mean(row["network_exact"] for row in rows),
        "judged_pitch_ear": mean(row["ear_exact"] for row in rows),
        "judged_family": mean(row["family"] for row in rows),
        "judged_family_majority": max(map(families.count, families)) / len(families),
        "judged_qualities": mean(
            right for row in rows for name, right in row.items() if name.startswith("quality ")
        ),
        "judged_qualities_majority": float(np.maximum(present, 1 - present).mean()),
    }


SCORES = {
    Mel2Mel: score_pieces,
    PitchQualityJudge: score_judge,
    SpectralAutoencoder: score_spectral,
}
