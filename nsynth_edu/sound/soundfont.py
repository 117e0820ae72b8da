"""Real recorded instruments, played note by note from a General MIDI SoundFont.

A SoundFont holds recordings and says how they map to keys; FluidSynth plays it. Debian's
`fluid-soundfont-gm` (FluidR3, MIT, Frank Wen) is a good one. A key held longer than its recording
repeats a short loop: within it the tone is the same each time round, and only `render_gestures`
makes such a note move as a player's does.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsynth_edu.sound.audio import NOTE_LENGTH, AudioError
from nsynth_edu.sound.bounds import printable
from nsynth_edu.sound.contour import CONTOUR_HOP
from nsynth_edu.sound.files import write_text
from nsynth_edu.sound.gestures import HIGHEST_KEY, LOWEST_KEY, draw_gesture, sounding_contour
from nsynth_edu.sound.notes import read_notes, read_records, write_notes
from nsynth_edu.sound.player import Player

LOUDEST_PEAK = 0.7  # peak of the loudest note of each instrument
UNPITCHED = np.full(NOTE_LENGTH // CONTOUR_HOP, np.nan)  # the contour of a drum

_NAMES = """
grand_piano bright_piano electric_grand honky_tonk electric_piano fm_piano harpsichord clavinet
celesta glockenspiel music_box vibraphone marimba xylophone tubular_bells dulcimer
drawbar_organ percussive_organ rock_organ church_organ reed_organ accordion harmonica bandoneon
nylon_guitar steel_guitar jazz_guitar clean_guitar muted_guitar overdriven_guitar
distortion_guitar guitar_harmonics
acoustic_bass finger_bass pick_bass fretless_bass slap_bass_1 slap_bass_2 synth_bass_1 synth_bass_2
violin viola cello contrabass tremolo_strings pizzicato_strings orchestral_harp timpani
string_ensemble slow_strings synth_strings_1 synth_strings_2 choir_aahs voice_oohs synth_voice
orchestra_hit
trumpet trombone tuba muted_trumpet french_horn brass_section synth_brass_1 synth_brass_2
soprano_sax alto_sax tenor_sax baritone_sax oboe english_horn bassoon clarinet
piccolo flute recorder pan_flute blown_bottle shakuhachi whistle ocarina
square_lead saw_lead calliope_lead chiff_lead charang_lead voice_lead fifths_lead bass_lead
new_age_pad warm_pad polysynth_pad choir_pad bowed_pad metallic_pad halo_pad sweep_pad
rain soundtrack crystal atmosphere brightness goblins echoes sci_fi
sitar banjo shamisen koto kalimba bagpipe fiddle shanai
tinkle_bell agogo steel_drums woodblock taiko melodic_tom synth_drum reverse_cymbal
fret_noise breath_noise seashore bird telephone helicopter applause gunshot
""".split()

# NSynth family of each group of eight programs, then the programs that differ from their group
_GROUPS = (
    "keyboard", "mallet", "organ", "guitar", "bass", "string", "string", "brass",
    "reed", "flute", "synth_lead", "synth_lead", "synth_lead", "guitar", "mallet", "synth_lead",
)  # fmt: skip
_OTHER_FAMILY = {
    47: "mallet", 52: "vocal", 53: "vocal", 54: "vocal", 85: "vocal", 91: "vocal",
    108: "mallet", 109: "reed", 110: "string", 111: "reed",
}  # fmt: skip
_ELECTRONIC = {2, 4, 5, 7, 16, 17, 18, *range(26, 31), *range(33, 38)}
_SYNTHETIC = {38, 39, 50, 51, 54, 62, 63, *range(80, 104), *range(118, 128)}


@dataclass(frozen=True)
class Program:
    """A General MIDI instrument and where NSynth would file it."""

    number: int  # GM program, 0-127
    name: str
    family: str  # one of notes.FAMILIES
    source: str  # one of notes.SOURCES
    bank: int = 0  # where the SoundFont keeps it
    kind: str = "program"

    @property
    def instrument_str(self):
        return f"{self.family}_{self.source}_{self.number:03d}"


def program(which):
    """Look up a General MIDI program by number (0-127) or name ("vibraphone").

    Raises:
        AudioError: if there is none.
    """
    if which in _NAMES:
        number = _NAMES.index(which)
    elif str(which).isdecimal() and int(which) < len(_NAMES):
        number = int(which)
    else:
        raise AudioError(
            f"{which!r} is not a General MIDI program; expected 0 to 127 (counted from 0) or a "
            f"name such as {', '.join(_NAMES[i] for i in MEL2MEL_PROGRAMS[:3])}."
        )
    source = (
        "electronic" if number in _ELECTRONIC
        else "synthetic" if number in _SYNTHETIC
        else "acoustic"
    )  # fmt: skip
    family = _OTHER_FAMILY.get(number, _GROUPS[number // 8])
    return Program(number, _NAMES[number], family, source)


MEL2MEL_PROGRAMS = (0, 4, 11, 19, 24, 45, 46, 48, 56, 80)  # the ten of Kim et al. 2018
COURSE_PROGRAMS = (*MEL2MEL_PROGRAMS, 9, 12, 16, 32, 40, 42, 52, 60, 68, 71, 73, 81)
# all whose keys sound at their pitch: no orchestra hit, no drums, no effects
PITCHED_PROGRAMS = tuple(number for number in range(113) if number != 55)


@dataclass(frozen=True)
class DrumKit:
    """A kit of General MIDI: each key another drum. NSynth has no family of drums: "mallet"."""

    number: int  # 0 standard, 8 room, 16 power, 24 electronic, 25 TR-808, 32 jazz, 40 brush
    name: str = "drums"
    bank: int = 128
    kind: str = "drum kit"

    @property
    def instrument_str(self):
        return f"mallet_acoustic_{128 + self.number:03d}"


def render_notes(
    soundfont,
    folder,
    programs=MEL2MEL_PROGRAMS,
    pitches=range(24, 85),
    velocities=(60, 90, 120),
    held=3.0,
    release=1.0,
    progress=None,
):
    """Play every key of some instruments, dry and mono, into an NSynth folder.

    One gain per instrument brings its loudest note to a peak of 0.7, so soft keys stay soft.
    An instrument whose notes all exist is kept; an incomplete one, or one that is to get further
    notes, is rendered again as a whole, because its gain may change.
    `SOURCE.txt` names the SoundFont; a folder takes notes from one only.

    Args:
        soundfont: an `.sf2` or `.sf3` file.
        folder: where `examples.json` and `audio/` go; see `read_notes`.
        programs: General MIDI numbers or names, see `program`; they number the instruments.
        pitches: MIDI pitches.
        velocities: MIDI velocities, 1-127.
        held: s from key down to key up.
        release: s after it; every note is fitted to 64,000 samples in all.
        progress: called as `progress(done, total)` after each note.

    Returns:
        all notes now in the folder, as `read_notes` lists them. A key that gives no
        sound is left out.

    Raises:
        AudioError: if FluidSynth or the SoundFont is missing, a request is out of range, or the
            folder holds notes rendered with other settings.
    """
    programs = [program(which) for which in programs]
    keys = {(int(pitch), int(velocity)) for pitch in pitches for velocity in velocities}
    for pitch, velocity in keys:
        if not (0 <= pitch < 128 and 0 < velocity < 128):
            raise AudioError(
                f"pitch {pitch} with velocity {velocity} is not a MIDI note; "
                "expected pitches 0 to 127 and velocities 1 to 127."
            )
    source = source_of(soundfont, held_for(held, release))
    refuse_other_source(folder, source)
    present = _keys_present(folder)
    done, total = 0, len(programs) * len(keys)
    for instrument in programs:
        have = present.get(instrument.instrument_str, set())
        if keys <= have:
            done += len(keys)
            if progress is not None:
                progress(done, total)
            continue
        records = []
        # voices keep traces of the keys before: a new synth for each makes reruns the same
        with Player(soundfont) as player:
            for pitch, velocity in sorted(keys | have):
                sound = player.play(instrument, pitch, velocity, held, release)
                records.append({"waveform": sound, "pitch": pitch, "velocity": velocity})
                done += (pitch, velocity) in keys
                if progress is not None:
                    progress(done, total)
        write_text(Path(folder) / "SOURCE.txt", source)
        _write_instrument(folder, instrument, records)
    return read_notes(folder)


def render_gestures(soundfont, folder, programs=PITCHED_PROGRAMS, takes=10, seed=0, progress=None):
    """Play some instruments as players do: glides, leaps, vibrato, swells, any velocity.

    Each note carries the contour of its pitch as it was played, checked against what is measured;
    see `gestures.sounding_contour`. A note whose pitch is not sure is left out. An instrument that
    the folder already holds is kept; its gain is as in `render_notes`.

    Args:
        soundfont, folder, programs, progress: as in `render_notes`.
        takes: notes of each instrument, 1 to 99.
        seed: of the keys, velocities and gestures; the same seed, the same sounds.

    Returns:
        all notes now in the folder, as `read_notes` lists them.

    Raises:
        AudioError: as `render_notes`.
    """
    source = (
        source_of(soundfont, held_for(3, 1))
        + f"{takes} gestures of each instrument, seed {seed}.\n"
    )
    refuse_other_source(folder, source)
    for done, instrument in enumerate(map(program, programs)):
        if instrument.instrument_str not in _keys_present(folder):
            records = _gestures(soundfont, instrument, takes, seed)
            write_text(Path(folder) / "SOURCE.txt", source)
            _write_instrument(folder, instrument, records)
        if progress is not None:
            progress(done + 1, len(programs))
    return read_notes(folder)


def _gestures(soundfont, instrument, takes, seed):
    """Records of the takes whose pitch is sure."""
    generator = np.random.default_rng((seed, instrument.number))
    with Player(soundfont) as player:
        for take in range(1, takes + 1):
            pitch = int(generator.integers(LOWEST_KEY, HIGHEST_KEY + 1))
            velocity, gesture = int(generator.integers(40, 121)), draw_gesture(generator, pitch)
            sound = player.play_gesture(instrument, pitch, velocity, gesture)
            played = gesture.contour(pitch, len(sound) // CONTOUR_HOP)
            contour = sounding_contour(sound, played)
            if contour is not None:
                yield {
                    "waveform": sound, "pitch": pitch, "velocity": velocity, "take": take,
                    "contour": contour,
                }  # fmt: skip


def render_drums(
    soundfont, folder, kits=(0, 8, 16, 24, 25, 32, 40, 48), keys=range(35, 82),
    velocities=(60, 110), progress=None,
):  # fmt: skip
    """Play drums: sounds without a pitch, so their contours are NaN throughout.

    Args:
        soundfont, folder, velocities, progress: as in `render_notes`.
        kits: numbers of General MIDI's kits. keys: MIDI numbers, each a drum.

    Returns:
        all notes now in the folder, as `read_notes` lists them.

    Raises:
        AudioError: as `render_notes`.
    """
    source = source_of(soundfont, held_for(3, 1))
    refuse_other_source(folder, source)
    for done, kit in enumerate(map(DrumKit, kits)):
        if kit.instrument_str not in _keys_present(folder):
            with Player(soundfont) as player:
                records = [
                    {
                        "waveform": player.play(kit, key, velocity),
                        "pitch": key,
                        "velocity": velocity,
                        "contour": UNPITCHED,
                    }
                    for key in keys
                    for velocity in velocities
                ]
            write_text(Path(folder) / "SOURCE.txt", source)
            _write_instrument(folder, kit, records)
        if progress is not None:
            progress(done + 1, len(kits))
    return read_notes(folder)


def held_for(held, release):
    """How long keys were down, and the rest after it, in words."""
    return f"keys {held:g} s down and {release:g} s up"


def source_of(soundfont, how):
    """What `SOURCE.txt` says of rendered sounds.

    Raises:
        AudioError: if there is no such SoundFont.
    """
    if not Path(soundfont).is_file():
        raise AudioError(
            f"there is no SoundFont {soundfont}; install one (Debian: apt install "
            "fluid-soundfont-gm gives /usr/share/sounds/sf2/FluidR3_GM.sf2) or name another."
        )
    return (
        f"Rendered from the SoundFont {printable(Path(soundfont).name)}, {how}.\n"
        "Keep the notice of the SoundFont's licence with these sounds.\n"
    )


def refuse_other_source(folder, source):
    """Raise AudioError where a folder holds sounds of another `SOURCE.txt`."""
    path = Path(folder) / "SOURCE.txt"
    if path.is_file() and (other := path.read_text(encoding="utf-8")) != source:
        raise AudioError(
            f"{folder} holds other notes ({other.splitlines()[0]}); "
            f"they must not be mixed with new ones ({source.splitlines()[0]}). "
            "Render into a new folder."
        )


def _keys_present(folder):
    """The (pitch, velocity) pairs each instrument already has, sound and entry."""
    present = {}
    for name, record in read_records(folder).items():
        if (Path(folder) / "audio" / f"{name}.wav").is_file():
            key = (record["pitch"], record["velocity"])
            present.setdefault(record["instrument_str"], set()).add(key)
    return present


def _write_instrument(folder, instrument, records):
    """Write the notes that sound, the loudest with a peak of `LOUDEST_PEAK`."""
    records = [record for record in records if np.any(record["waveform"])]
    peak = max((np.abs(record["waveform"]).max() for record in records), default=1)
    gain, name = LOUDEST_PEAK / peak, instrument.instrument_str
    write_notes(
        folder,
        (
            record | {"waveform": gain * record["waveform"], "instrument_str": name}
            for record in records
        ),
    )
