"""How good is a model? Numbers for its card, each next to what a guesser would get.

The loss alone says little about the sound, so the decoder also runs free, and what it plays is
measured like any recording.
"""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from nsynth_edu.evaluation.fidelity import (
    distances_of,
    free_running,
    mean,
    measured_contour,
    over_takes,
)
from nsynth_edu.generation import generate, stream
from nsynth_edu.generation.sampling import choose_sampling
from nsynth_edu.models.likelihood import bits_per_sample
from nsynth_edu.models.nsynth import WaveNetAutoencoder
from nsynth_edu.models.spectral import SpectralAutoencoder
from nsynth_edu.models.wavenet import WaveNet
from nsynth_edu.sound import companding, measures
from nsynth_edu.sound.audio import normalize_peak
from nsynth_edu.sound.notes import read_notes
from nsynth_edu.sound.pieces import Take, read_pieces
from nsynth_edu.sound.spectral import MEL_CHANNELS, MEL_HOP, mel_spectrogram
from nsynth_edu.training.crops import contour_from, sounding_pitch, split_notes
from nsynth_edu.training.mel2mel import split_pieces

SCORED = 4096  # samples of each piece that is predicted from its true past


def scored_notes(notes, training=None, count=24):
    """The notes that are scored, by part, and the notes that guessers count in.

    Args:
        notes, training, count: as for `evaluate`.

    Returns:
        dict part -> list of Note, parts without notes left out; list of Note.
    """
    everything = notes if isinstance(notes, list) else read_examples(notes)
    parts = split_as_trained(everything, training)
    known = spread(everything if training is None else parts["train"], 60)
    return {name: spread(members, count) for name, members in parts.items() if members}, known


def read_examples(folder, subset=False):
    """List what a model is scored on: the notes of a folder, or the pieces of one.

    Args:
        folder: of notes in NSynth's schema, or of `render_pieces`. subset: see `read_notes`.

    Returns:
        list of Note, or of Take.

    Raises:
        AudioError: as `read_notes` and `read_pieces`.
    """
    pieces = any(Path(folder).glob("[0-9]*.mid"))
    return read_pieces(folder) if pieces else read_notes(folder, subset)


def split_as_trained(notes, training=None):
    """Divide notes as a training did: {"train": list, "pairs": list, "instruments": list}.

    Args:
        notes: list of Note; instruments that the training held out may be missing. Or of Take,
            which are divided into "train" and "pieces".
        training: as for `evaluate`.
    """
    if isinstance(notes[0], Take):
        held_out_every = training.get("held_out_every", 0) if training else 1
        return split_pieces(notes, held_out_every)
    if training is None:
        return {"train": [], "pairs": [], "instruments": notes}
    present = {note.instrument_str for note in notes}
    held_out = present & {*training.get("held_out_instruments", ())}
    if "instruments" in training:
        held_out |= present - {*training["instruments"]}
    return split_notes(notes, held_out, training.get("held_out_every", 0))


@torch.inference_mode()
def score(model, notes, guess, seconds=2.0, temperature=None, seeds=(0, 1, 2)):
    """The scores of a WaveNet on one list of notes, means over them; see `table.ROWS`."""
    originals = load_notes(model, notes, seconds)
    given = conditions(model, originals)
    pitch = conditioned_pitch(model, notes, given.shape[1])
    classes = model.classes(originals)
    scores = {
        "notes": len(notes),
        "bits": bits_with_true_past(model, originals, given, notes),
        "bits_shuffled": bits_with_true_past(model, originals, given.roll(1, 0), notes),
        "bits_unigram": guess.unigram_bits(classes),
        "bits_previous": guess.previous_bits(classes),
    }
    average = given.mean(0, keepdim=True).expand_as(given)
    made = generate(model, average, pitch=pitch, seed=seeds[0], temperature=temperature).numpy()
    true = originals.numpy()
    copied = companding.mu_law_decode(companding.mu_law_encode(true))
    rivals = {"floor": copied, "mean": made, "wrong": np.roll(true, 1, axis=0)}
    scores |= distances_of(rivals, true)
    contours = [measured_contour(note, sound) for note, sound in zip(notes, true, strict=True)]
    takes = []
    for seed in seeds if draws(model, pitch) else seeds[:1]:
        made = generate(model, given, pitch=pitch, seed=seed, temperature=temperature).numpy()
        takes.append(free_running(made, true, notes, contours))
    return scores | over_takes(takes, spread=len(seeds) > 1)


def draws(model, pitch):
    """Whether another seed makes another sound."""
    sampling, pitched = choose_sampling(model), pitch is not None and np.isfinite(pitch).all()
    return sampling == "random" or (sampling == "auto" and not pitched)


@torch.inference_mode()
def copies(models, note, seconds=2.0, seed=0):
    """One note, and what several models make of it, running free at their own temperatures.

    Args:
        models: dict name -> model. note: Note. seconds: of the note. seed: of the copies.

    Returns:
        waveform (time,); dict name -> waveform (time,).
    """
    made = {}
    for name, model in models.items():
        original = load_notes(model, [note], seconds)
        made[name] = replay(model, original, [note], seed)[0]
    return original[0].numpy(), made


def replay(model, originals, notes, seed=0):
    """What a model makes of notes: each is encoded, and decoded at its own pitch.

    Args:
        model: of any kind that makes sound. originals: (batch, time) tensor, see `load_notes`.
        notes: list of Note, for their pitch. seed: of what is drawn.

    Returns:
        (batch, time) float32 array. A SpectralAutoencoder knows no level; each of its copies is
        brought to the peak of its original.

    Raises:
        ValueError: for a model of another kind.
    """
    if isinstance(model, SpectralAutoencoder):
        pairs = zip(originals.numpy(), notes, strict=True)
        return np.stack([_spectral_copy(model, sound, note.pitch, seed) for sound, note in pairs])
    given = conditions(model, originals)
    pitch = conditioned_pitch(model, notes, given.shape[1])
    return generate(model, given, pitch=pitch, seed=seed).numpy()


def _spectral_copy(model, sound, pitch, seed):
    made = model.decode(model.encode(sound), pitch, seed=seed, length=len(sound))
    return normalize_peak(made, np.abs(sound).max())


def load_notes(model, notes, seconds):
    """The start of each note, whole frames of the model: (batch, time) tensor."""
    hop = model.config.hop_length
    length = int(seconds * model.config.sample_rate) // hop * hop
    return torch.from_numpy(np.stack([_fit(note.load(), length) for note in notes]))


def conditioned_pitch(model, notes, frames):
    """The notes' contours, (batch, frames), for a model conditioned on pitch; None for another."""
    if not getattr(model.config, "pitch_conditioned", False):
        return None
    rows = [np.array(note.contour or [note.pitch], float) for note in notes]
    return np.stack([contour_from(row, 0, frames, model.config.hop_length) for row in rows])


def conditions(model, waveforms):
    """What a model plays recordings from: their encodings, or their mel frames.

    Args:
        model: WaveNetAutoencoder, or WaveNet conditioned on mel frames.
        waveforms: (batch, time) tensor, whole frames.

    Returns:
        (batch, frames, channels) tensor.

    Raises:
        ValueError: for a model of another kind.
    """
    if isinstance(model, WaveNetAutoencoder):
        return torch.cat([model.encode(x[None]) for x in waveforms])
    shape = MEL_CHANNELS, MEL_HOP
    config = model.config
    if not isinstance(model, WaveNet) or (config.condition_channels, config.hop_length) != shape:
        raise ValueError(
            f"this {type(model).__name__} plays neither encodings nor mel frames; expected a "
            "WaveNetAutoencoder, or a WaveNet of the shape of WaveNetConfig.vocoder()."
        )
    return torch.stack([mel_spectrogram(x) for x in waveforms])


def bits_with_true_past(model, waveforms, given, notes, pieces=4):
    """Bits per sample over a few pieces of each note, every sample with its full past.

    Args:
        waveforms: (batch, time). given: (batch, frames, channels) of `conditions`.
        notes: list of Note, for their pitch.
        pieces: how many are spread over each note; each scores 4,096 samples.
    """
    hop, frames = model.config.hop_length, given.shape[1]
    before = -(-model.receptive_field // hop)  # frames of context, not scored
    length = min(before + SCORED // hop, frames)
    losses, pitch = [], conditioned_pitch(model, notes, frames)
    for voice, (waveform, frame) in enumerate(zip(waveforms, given, strict=True)):
        sounding = {}
        if pitch is not None and not notes[voice].contour:  # the clock follows what sounds
            pitch[voice] = sounding_pitch(waveform, notes[voice].pitch)
        for first in np.linspace(0, frames - length, pieces).astype(int):
            piece = waveform[None, first * hop : (first + length) * hop]
            if pitch is not None:
                sounding = {"pitch": pitch[voice : voice + 1, first : first + length]}
            logits = model.guess(piece, frame[None, first : first + length], **sounding)
            start = 0 if first == 0 else before * hop  # before the note there is silence
            losses.append(
                bits_per_sample(logits[..., start:], model.classes(piece)[:, start:]).item()
            )
    return mean(losses)


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
    notes = spread(notes, count)
    originals = load_notes(model, notes, seconds)
    z = conditions(model, originals)
    numbers, pitch = [note.pitch for note in notes], conditioned_pitch(model, notes, z.shape[1])
    classes = model.classes(originals)
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
            "right_pitch": mean(c is not None and abs(c) <= 50 for c in cents),
            "harmonic_energy": mean(map(measures.harmonic_energy, played.numpy(), numbers)),
        }
    return scores


class Guessers:
    """Two rivals without a network: they counted classes in trained notes, nothing else.

    Args:
        notes: list of Note. encode: waveform (1, time) to classes, such as a model's `classes`.
    """

    def __init__(self, notes, encode=companding.mu_law_encode):
        pairs = torch.zeros(256 * 256)
        for note in notes:
            classes = encode(torch.from_numpy(note.load())[None])[0]
            pairs += torch.bincount(classes[:-1] * 256 + classes[1:], minlength=256 * 256)
        counts = pairs.view(256, 256)
        # a little of the class frequencies in every row: an unseen pair is not impossible
        frequency = F.normalize(counts.sum(0) + 1, p=1, dim=0)
        self.unigram = -frequency.log2()
        self.previous = -F.normalize(counts + frequency, p=1, dim=1).log2()

    def unigram_bits(self, classes):
        """Bits per sample of (batch, time) classes, knowing how frequent each class is."""
        return self.unigram[classes].mean().item()

    def previous_bits(self, classes):
        """The same, knowing the class before."""
        return self.previous[classes[:, :-1], classes[:, 1:]].mean().item()


def spread(notes, count):
    """At most `count` of the notes, evenly spaced in a fixed shuffled order."""
    order = np.random.default_rng(0).permutation(len(notes))[:count]
    return [notes[index] for index in sorted(order)]


def _fit(waveform, length):
    return np.pad(waveform, (0, max(0, length - len(waveform))))[:length]
