"""How good is a model? Numbers for its card, each beside what a guesser would get.

The loss alone says little about the sound, so the decoder is also left to itself (free running)
and what it plays is measured like any recording.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from nsynth_edu.generation import generate, stream
from nsynth_edu.models.likelihood import bits_per_sample
from nsynth_edu.sound import companding, measures
from nsynth_edu.sound.notes import read_notes
from nsynth_edu.training.crops import sounding_pitch, split_notes

PARTS = {
    "train": "trained notes",
    "pairs": "held-out pairs",
    "instruments": "held-out instrument",
}
ROWS = [
    ("bits", "bits per sample, true past"),
    ("bits_unigram", "... guessing by class frequency"),
    ("bits_previous", "... guessing from the previous sample"),
    ("bits_shuffled", "... with the z of another note"),
    ("harmonic_energy", "energy at the harmonics, free running"),
    ("harmonic_energy_original", "... of the originals"),
    ("right_pitch", "share of notes within 50 cents"),
    ("envelope", "envelope correlation"),
    ("level", "level against the original (dB)"),
    ("distance", "spectral distance to the original"),
    ("distance_mean", "... of the decoded mean z"),
    ("distance_wrong", "... of another original note"),
    ("clicks", "clicks per second"),
    ("clicks_original", "... of the originals"),
]


def evaluate(model, notes, training=None, count=8, seconds=2.0, temperature=None, progress=None):
    """Score an autoencoder on notes it was trained on, and on notes it was not.

    Args:
        model: WaveNetAutoencoder.
        notes: folder of notes in NSynth's schema.
        training: dict of the settings it was trained with (`model_metadata(...)["training"]`),
            which say what was held out; None = all notes count as held-out instruments.
        count: notes per part, spread evenly over instruments and pitches.
        seconds: how much of each note is scored.
        temperature: of the free-running sound; None = the model's recommended one.
        progress: called as progress(parts_done, parts), or None.

    Returns:
        dict part -> dict of scores (see `ROWS` for their meaning), and "settings".
    """
    everything = read_notes(notes)
    if training is None:
        parts = {"train": [], "pairs": [], "instruments": everything}
    else:
        present = {note.instrument_str for note in everything}
        held_out = [name for name in training.get("held_out_instruments", ()) if name in present]
        parts = split_notes(everything, held_out, training.get("held_out_every", 0))
    parts = {name: _spread(members, count) for name, members in parts.items() if members}
    guess = Guessers(_spread(everything if training is None else parts["train"], 60))
    temperature = model.recommended_temperature if temperature is None else temperature
    scores = {"settings": {"count": count, "seconds": seconds, "temperature": temperature}}
    for done, (name, members) in enumerate(parts.items()):
        scores[name] = score(model, members, guess, seconds, temperature)
        if progress is not None:
            progress(done + 1, len(parts))
    return scores


@torch.inference_mode()
def score(model, notes, guess, seconds=2.0, temperature=None):
    """The scores of one list of notes, means over the notes; see `ROWS`."""
    hop = model.config.hop_length
    length = int(seconds * model.config.sample_rate) // hop * hop
    originals = torch.from_numpy(np.stack([_fit(note.load(), length) for note in notes]))
    pitch = [float(note.pitch) for note in notes] if model.config.pitch_conditioned else None
    z = torch.cat([model.encode(x[None]) for x in originals])

    scores = {"notes": len(notes)}
    scores["bits"] = bits_with_true_past(model, originals, z, pitch)
    scores["bits_shuffled"] = bits_with_true_past(model, originals, z.roll(1, 0), pitch)
    classes = companding.mu_law_encode(originals)
    scores["bits_unigram"] = guess.unigram_bits(classes)
    scores["bits_previous"] = guess.previous_bits(classes)

    played = generate(model, z, pitch=pitch, seed=0, temperature=temperature).numpy()
    mean_z = z.mean(0, keepdim=True).expand(len(z), -1, -1)
    average = generate(model, mean_z, pitch=pitch, seed=0, temperature=temperature).numpy()
    true = originals.numpy()
    numbers = [note.pitch for note in notes]
    cents = [measures.cents_off(x, p) for x, p in zip(played, numbers, strict=True)]
    distance = measures.multi_scale_spectral_distance
    pairs = list(zip(played, true, strict=True))
    return scores | {
        "harmonic_energy": _mean(map(measures.harmonic_energy, played, numbers)),
        "harmonic_energy_original": _mean(map(measures.harmonic_energy, true, numbers)),
        "right_pitch": _mean(c is not None and abs(c) <= 50 for c in cents),
        "envelope": _mean(measures.envelope_correlation(a, b) for a, b in pairs),
        "level": _mean(10 * math.log10(np.square(a).mean() / np.square(b).mean() + 1e-9)
                       for a, b in pairs),
        "distance": _mean(distance(a, b) for a, b in pairs),
        "distance_mean": _mean(map(distance, average, true)),
        "distance_wrong": _mean(map(distance, np.roll(true, 1, axis=0), true)),
        "clicks": _mean(map(measures.clicks_per_second, played)),
        "clicks_original": _mean(map(measures.clicks_per_second, true)),
    }  # fmt: skip


def bits_with_true_past(model, waveforms, z, pitch, pieces=4):
    """Bits per sample over a few pieces of each note, every sample with its full past.

    Args:
        waveforms: (batch, time). z: (batch, frames, 16). pitch: (batch,) numbers or None.
        pieces: how many are spread over each note; each scores 4,096 samples.
    """
    hop, frames = model.config.hop_length, z.shape[1]
    before = -(-model.receptive_field // hop)  # frames of context, not scored
    length = min(before + 8, frames)
    losses = []
    for voice, (waveform, encoding) in enumerate(zip(waveforms, z, strict=True)):
        sounding = None if pitch is None else sounding_pitch(waveform, pitch[voice])
        for first in np.linspace(0, frames - length, pieces).astype(int):
            piece = waveform[None, first * hop : (first + length) * hop]
            logits = model.guess(piece, encoding[None, first : first + length], sounding)
            start = 0 if first == 0 else before * hop  # before the note there is silence
            losses.append(bits_per_sample(logits[..., start:], piece[:, start:]).item())
    return _mean(losses)


@torch.inference_mode()
def compare_weights(model, notes, count=8, seconds=1.0, temperature=None):
    """What fewer bytes per weight cost: the compiled engine with each kind of weights.

    Args:
        model: WaveNetAutoencoder. notes: list of Note.
        count: notes, spread evenly. seconds: of each. temperature: of the free-running sound.

    Returns:
        dict dtype -> dict: "megabytes" of weights, "bits" per sample with the true past and the
        clock set by ear, "divergence" (KL from the float32 layers, bits per sample),
        "right_pitch" and "harmonic_energy" (free running, shares).
    """
    notes = _spread(notes, count)
    hop = model.config.hop_length
    length = int(seconds * model.config.sample_rate) // hop * hop
    originals = torch.from_numpy(np.stack([_fit(note.load(), length) for note in notes]))
    numbers = [note.pitch for note in notes]
    pitch = [float(number) for number in numbers] if model.config.pitch_conditioned else None
    z = torch.cat([model.encode(x[None]) for x in originals])
    classes = companding.mu_law_encode(originals)
    given = model.conditioning(z, pitch, clock_offset=model.clock_offset(originals, pitch))
    nothing = torch.zeros(classes.shape)
    true = model.guess(originals, z, pitch).log_softmax(1)
    scores = {}
    for dtype in stream.DTYPES:
        forced = stream.run(model.decoder, given, nothing, 1.0, dtype=dtype, forced=classes.numpy())
        rounded = forced.transpose(1, 2).log_softmax(1)
        engine = "stream" if dtype == "int16" else f"stream-{dtype}"
        played = generate(model, z, pitch=pitch, seed=0, temperature=temperature, engine=engine)
        cents = [measures.cents_off(x, p) for x, p in zip(played.numpy(), numbers, strict=True)]
        divergence = (true.exp() * (true - rounded)).sum(1).mean().item() / math.log(2)
        scores[dtype] = {
            "megabytes": stream.Weights(model.decoder, dtype).nbytes / 1e6,
            "bits": F.nll_loss(rounded, classes).item() / math.log(2),
            "divergence": divergence,
            "right_pitch": _mean(c is not None and abs(c) <= 50 for c in cents),
            "harmonic_energy": _mean(map(measures.harmonic_energy, played.numpy(), numbers)),
        }
    return scores


class Guessers:
    """Two rivals that hear no note: they only counted classes in trained notes."""

    def __init__(self, notes):
        pairs = torch.zeros(256 * 256)
        for note in notes:
            classes = companding.mu_law_encode(torch.from_numpy(note.load()))
            pairs += torch.bincount(classes[:-1] * 256 + classes[1:], minlength=256 * 256)
        counts = pairs.view(256, 256)
        # a little of the class frequencies in every row: a pair never seen is not impossible
        frequency = F.normalize(counts.sum(0) + 1, p=1, dim=0)
        self.unigram = -frequency.log2()
        self.previous = -F.normalize(counts + frequency, p=1, dim=1).log2()

    def unigram_bits(self, classes):
        """Bits per sample of (batch, time) classes, knowing how frequent each class is."""
        return self.unigram[classes].mean().item()

    def previous_bits(self, classes):
        """The same, knowing the class before."""
        return self.previous[classes[:, :-1], classes[:, 1:]].mean().item()


def report(scores):
    """The scores as a Markdown table, one column per part."""
    parts = [name for name in PARTS if name in scores]
    lines = [
        "| score | " + " | ".join(PARTS[name] for name in parts) + " |",
        "|---" * (len(parts) + 1) + "|",
        "| notes | " + " | ".join(str(scores[name]["notes"]) for name in parts) + " |",
    ]
    for key, meaning in ROWS:
        values = " | ".join(f"{scores[name][key]:.2f}" for name in parts)
        lines.append(f"| {meaning} | {values} |")
    return "\n".join(lines)


def _spread(notes, count):
    """At most `count` of the notes, evenly spaced in a fixed shuffled order."""
    order = np.random.default_rng(0).permutation(len(notes))[:count]
    return [notes[index] for index in sorted(order)]


def _fit(waveform, length):
    return np.pad(waveform, (0, max(0, length - len(waveform))))[:length]


def _mean(values):
    return float(np.mean([float(value) for value in values]))
