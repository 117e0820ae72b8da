"""Make every sound of lesson 00 again: originals, reconstructions, morph, line and pad."""

from pathlib import Path

import numpy as np

from nsynth_edu.generation import generate
from nsynth_edu.play import Grid, interpolate, save_plane
from nsynth_edu.sound import SAMPLE_RATE, fit_length, program, read_notes, save_audio
from nsynth_edu.studio.credits import COURSE_SOURCE, write_credits
from nsynth_edu.studio.plan import StudioError

CORNERS = ("trumpet", "flute", "nylon_guitar", "church_organ")  # of the pad: NW NE SW SE
ENDS = ("flute", "nylon_guitar")  # of the line and the morph
PITCH = 60  # MIDI, of everything but the pad
PAD_PITCHES = (60, 65, 70)  # the keys between them are at most two semitones away
PAD_POINTS, LINE_POINTS = 5, 9
OTHER_NOTES = (("nylon_guitar", 67),)  # a second pitch, for the chord
LOOP = 32_000  # samples of a point: 2 s
VELOCITY = 90


def render_course_sounds(model, notes, media, *, seed=0, temperature=1.0, progress=None):
    """Write all sounds of lesson 00 into `media`, and their lines into its CREDITS.csv.

    Run it again and the same files come out; lines of other sounds are kept.

    Args:
        model: a pitch-conditioned WaveNetAutoencoder.
        notes: an NSynth folder with the instruments named above, of the SoundFont credited.
        media: the folder to fill, `media/` of the course.
        seed, temperature: as for `generation.generate`; temperature None = as recommended.
        progress: called as progress(frames done, frames) for each of the two batches.

    Returns:
        the files written, below `media`.

    Raises:
        StudioError: if a note is missing, with the command that renders it.
    """
    media = Path(media)
    names = dict.fromkeys([*CORNERS, *ENDS])
    shown = [*((name, PITCH) for name in names), *OTHER_NOTES]
    originals = course_notes(notes)
    z = {key: model.encode(waveform) for key, waveform in originals.items()}

    def decode(encodings, pitches):
        return generate(
            model, np.stack(encodings), pitch=np.array(pitches, float),
            seed=seed, temperature=temperature, progress=progress,
        )  # fmt: skip

    a, b = (z[name, PITCH] for name in ENDS)
    long = [*(z[name, PITCH] for name in names), interpolate(a, b, 0.5)]
    *again, morph = decode(long, [PITCH] * len(long))

    frames = -(-LOOP // model.config.hop_length)
    line = [interpolate(a, b, mix) for mix in np.linspace(0, 1, LINE_POINTS)]
    pads = [Grid([z[name, p] for name in CORNERS], PAD_POINTS).encodings for p in PAD_PITCHES]
    points = [*line, *np.concatenate([pad.reshape(-1, *a.shape) for pad in pads])]
    pitches = [PITCH] * LINE_POINTS + list(np.repeat(PAD_PITCHES, PAD_POINTS**2))
    loops = fit_length(decode([point[:frames] for point in points], pitches), LOOP, fade=800)

    written = {}
    for name, pitch in shown:
        path = media / "notes" / f"{name}_{pitch}.wav"
        save_audio(path, originals[name, pitch])
        written[path] = "played by FluidSynth, mixed to mono, 16 kHz, 4 s"
    for name, waveform in zip(names, again, strict=True):
        path = media / "reconstructions" / f"{name}_{PITCH}.wav"
        save_audio(path, waveform)
        written[path] = f"encoded and decoded by the pocket model, from notes/{name}_{PITCH}.wav"
    path = media / "morphs" / f"{'_'.join(ENDS)}_{PITCH}.wav"
    save_audio(path, morph)
    written[path] = f"half of each encoding of {' and '.join(ENDS)}, decoded by the pocket model"
    shape = (1, 1, LINE_POINTS, LOOP)
    for path in save_plane(media / "line", loops[:LINE_POINTS].reshape(shape), [PITCH], _say(ENDS)):
        written[path] = f"mixed encodings of {' and '.join(ENDS)}, decoded by the pocket model"
    shape = (len(PAD_PITCHES), PAD_POINTS, PAD_POINTS, LOOP)
    pad = loops[LINE_POINTS:].reshape(shape)
    for path in save_plane(media / "pad", pad, PAD_PITCHES, _say(CORNERS)):
        written[path] = f"mixed encodings of {', '.join(CORNERS)}, decoded by the pocket model"
    write_credits(media, {path: (*COURSE_SOURCE, changes) for path, changes in written.items()})
    return list(written)


def course_notes(notes):
    """The notes that the course's sounds are made from.

    Args:
        notes: as for `render_course_sounds`.

    Returns:
        dict (name, pitch) -> waveform, 4 s.

    Raises:
        StudioError: if a note is missing, with the command that renders it.
    """
    single = {(name, PITCH) for name in (*CORNERS, *ENDS)} | set(OTHER_NOTES)
    pads = {(name, pitch) for name in CORNERS for pitch in PAD_PITCHES}
    return {key: _note(notes, *key) for key in sorted(single | pads)}


def _note(folder, name, pitch):
    wanted = f"{program(name).instrument_str}-{pitch:03d}-{VELOCITY:03d}"
    found = next((note for note in read_notes(folder) if note.note_str == wanted), None)
    if found is None:
        raise StudioError(
            f"{folder} lacks the note {wanted} ({name}); render it first with "
            f"`nsynth-edu notes render -o {folder} --programs {program(name).number}`."
        )
    return fit_length(found.load(SAMPLE_RATE))


def _say(names):
    return [name.replace("_", " ") for name in names]
