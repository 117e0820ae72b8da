"""A model's card: what it is, how it was trained, its scores next to those of the one before."""

import json
from dataclasses import asdict

from nsynth_edu.evaluation.reconstruction import split_as_trained
from nsynth_edu.evaluation.table import report, worse
from nsynth_edu.models.judge import PitchQualityJudge
from nsynth_edu.models.mel2mel import Mel2Mel
from nsynth_edu.models.nsynth import WaveNetAutoencoder
from nsynth_edu.models.wavenet import WaveNet

COUNTED = {
    "train": "trained on",
    "pairs": "of held-out instrument-pitch pairs",
    "instruments": "of held-out instruments",
    "pieces": "of held-out pieces",
}
LOG_LINES = 6  # of a run's log, evenly spread
PRECISION = [
    ("megabytes", "MB", ".2f"),
    ("bits", "bits per sample", ".3f"),
    ("divergence", "divergence from float32 (bits per sample)", ".2g"),
    ("right_pitch", "within 50 cents", ".2f"),
    ("harmonic_energy", "energy at the harmonics", ".2f"),
]

CARD = """\
# Model card: {name}

{note}`load_model("{name}")`, or `load_model("{title}")` whatever comes after it.{earlier}

## Shape

{shape}

```toml
{config}
```

## Training

{data}

```toml
{training}
```

{log}

## Scores

{how}

{scores}

{verdict}
{precision}{figure}"""

WAVENET = """\
{kind}: {weights:,} weights, receptive field {receptive_field:,} samples, \
{channels} numbers per frame of {hop} samples. Recommended: sampling "{sampling}", \
temperature {temperature:g}."""

SCORED = """\
At most {count} notes per part, the first {seconds:g} s of each; seeds {seeds}, ± half the range \
over them."""
TRUE_PAST = " True past: the clock, where there is one, is set to each piece by ear."
PIECES = """\
At most {count} pieces per part, each whole; the first {seconds:g} s of twelve of them for the \
sound."""
WHOLE = "At most {count} notes per part, the whole 4 s of each."


def card(release, run, scores, before, notes, *, alt, precision=None, note=""):
    """Write a model's card.

    Args:
        release: `shipping.Release`. run: `shipping.Run`.
        scores: of `evaluate`; before: the earlier weights' on the same notes, or None.
        notes: list of Note, those that were scored belong to.
        alt: what the figure NAME.png shows, as a finding; None = there is no figure.
        precision: of `compare_weights`, or None.
        note: Markdown written by hand: what the model is for, its limits, its history.

    Returns:
        str, Markdown.
    """
    model, names = run.model, (release.earlier_title, release.title)
    settings = scores["settings"]
    return CARD.format(
        name=release.name,
        title=release.title,
        note=f"{note.strip()}\n\n" if note.strip() else "",
        earlier=_earlier(release),
        shape=_shape(model),
        config=toml(asdict(model.config)),
        data=_data(run.learnt, notes),
        training=toml(run.training),
        log=_log(run.log),
        how=_how(model, settings),
        scores=report(scores, before, names),
        verdict=_verdict(scores, before, release),
        precision=_precision(precision),
        figure=f"\n![{alt}]({release.name}.png)\n" if alt else "",
    )


def _shape(model):
    weights, kind = sum(weight.numel() for weight in model.parameters()), type(model).__name__
    if not isinstance(model, WaveNet | WaveNetAutoencoder):
        return f"{kind}: {weights:,} weights."
    return WAVENET.format(
        kind=kind,
        weights=weights,
        receptive_field=model.receptive_field,
        channels=model.frame_channels,
        hop=model.config.hop_length,
        temperature=model.recommended_temperature,
        sampling=model.recommended_sampling,
    )


def _how(model, settings):
    """What the scores were taken on, in words."""
    if isinstance(model, PitchQualityJudge):
        return WHOLE.format(count=settings["count"])
    if isinstance(model, Mel2Mel):
        return PIECES.format(**settings)
    text = SCORED.format(**settings | {"seeds": ", ".join(map(str, settings["seeds"]))})
    return text + TRUE_PAST * isinstance(model, WaveNet | WaveNetAutoencoder)


def toml(values):
    """A flat dict as lines of TOML; None is left out."""
    return "\n".join(
        f"{key} = {_toml(value)}" for key, value in values.items() if value is not None
    )


def _toml(value):
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_toml(each)}" for key, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return json.dumps(value, ensure_ascii=False)  # text, numbers and lists look alike in both


def _earlier(release):
    if not release.earlier:
        return ""
    title = release.earlier_title
    return f' Earlier weights stay: `load_model("{title}")`, [card]({title}.md).'


def _data(training, notes):
    """The notes of the scores, counted by part, and the instruments that were trained on."""
    parts = split_as_trained(notes, training)
    instruments = sorted({note.instrument_str for note in parts["train"]})
    counts = ", ".join(
        f"{len(parts[part])} {title}" for part, title in COUNTED.items() if part in parts
    )
    what = "Pieces" if "pieces" in parts else "Notes"
    return (
        f"{what} to score on: {counts}. {len(instruments)} trained instruments among them: "
        f"{', '.join(f'`{name}`' for name in instruments)}."
    )


def _log(log):
    """The run's validation losses as a table, a few evenly spread lines of it."""
    loss = next((key for key in log[-1] if key.startswith("loss_")), "loss_bits")
    unit = loss.removeprefix("loss_")
    columns = [key for key in log[-1] if key.endswith(f"_{unit}") and key != loss]
    if not columns:
        return f"{log[-1]['step']:,} steps; the log holds no validation losses."
    step = max(1, -(-len(log) // LOG_LINES))
    lines = log[::-1][::step][::-1]
    titles = [f"{name.removesuffix(f'_{unit}')}, {unit}" for name in columns]
    rows = [f"| step | {' | '.join(titles)} |", "|---" * (len(columns) + 1) + "|"]
    for line in lines:
        values = " | ".join(f"{line[name]:.3g}" if name in line else "" for name in columns)
        rows.append(f"| {line['step']} | {values} |")
    return "\n".join(rows)


def _verdict(scores, before, release):
    if before is None:
        return "These are the first weights of this name."
    found = worse(scores, before)
    if not found:
        return f"No judged score is worse than {release.earlier_title}'s beyond the spread."
    return f"Worse than {release.earlier_title} beyond the spread:\n\n" + "\n".join(
        f"- {each}" for each in found
    )


def _precision(scores):
    """The table of `compare_weights`, with its heading."""
    if scores is None:
        return ""
    rows = [
        "| weights | " + " | ".join(title for _, title, _ in PRECISION) + " |",
        "|---" * (len(PRECISION) + 1) + "|",
    ]
    for dtype, values in scores.items():
        cells = " | ".join(format(values[key], form) for key, _, form in PRECISION)
        rows.append(f"| {dtype} | {cells} |")
    return "\n## With fewer bytes per weight\n\n" + "\n".join(rows) + "\n"
