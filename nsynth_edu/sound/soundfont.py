"""Real recorded instruments, played note by note from a General MIDI SoundFont.

A SoundFont holds recordings and says how they map to keys; FluidSynth plays it. Debian's
`fluid-soundfont-gm` (FluidR3, MIT, Frank Wen) is a good one.
"""

import io
from contextlib import redirect_stdout
from ctypes import c_int, c_void_p
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from nsynth_edu.sound.audio import NOTE_LENGTH, SAMPLE_RATE, AudioError, fit_length
from nsynth_edu.sound.files import write_text
from nsynth_edu.sound.notes import read_notes, read_records, write_notes

SYNTH_RATE = 48_000  # Hz; three times 16 kHz, so resampling is exact in length
LOUDEST_PEAK = 0.7  # peak of the loudest note of each instrument

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
    source = _source(soundfont, held, release)
    _refuse_other_source(folder, source)
    present = _keys_present(folder)
    done, total = 0, len(programs) * len(keys)
    for instrument in programs:
        have = present.get(instrument.instrument_str, set())
        if keys <= have:
            done += len(keys)
            if progress is not None:
                progress(done, total)
            continue
        sounds = {}
        # voices keep traces of the keys before: a new synth for each makes reruns the same
        with _Player(soundfont) as player:
            for key in sorted(keys | have):
                sounds[key] = player.play(instrument, *key, held, release)
                done += key in keys
                if progress is not None:
                    progress(done, total)
        write_text(Path(folder) / "SOURCE.txt", source)
        _write_instrument(folder, instrument, sounds)
    return read_notes(folder)


def _source(soundfont, held, release):
    if not Path(soundfont).is_file():
        raise AudioError(
            f"there is no SoundFont {soundfont}; install one (Debian: apt install "
            "fluid-soundfont-gm gives /usr/share/sounds/sf2/FluidR3_GM.sf2) or name another."
        )
    return (
        f"Rendered from the SoundFont {Path(soundfont).name}, "
        f"keys {held:g} s down and {release:g} s up.\n"
        "Keep the notice of the SoundFont's licence with these sounds.\n"
    )


def _refuse_other_source(folder, source):
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


def _write_instrument(folder, instrument, sounds):
    peaks = {key: np.abs(sound).max() for key, sound in sounds.items()}
    gain = LOUDEST_PEAK / max(max(peaks.values()), 1e-9)
    write_notes(
        folder,
        (
            {
                "waveform": sounds[pitch, velocity] * gain,
                "pitch": pitch,
                "velocity": velocity,
                "instrument_str": instrument.instrument_str,
            }
            for pitch, velocity in sounds
            if peaks[pitch, velocity] > 0
        ),
    )


_WRITE_FLOAT = {
    "synth": c_void_p,
    "count": c_int,
    "left": c_void_p,
    "left_start": c_int,
    "left_step": c_int,
    "right": c_void_p,
    "right_start": c_int,
    "right_step": c_int,
}


class _Player:
    """FluidSynth with one SoundFont, without reverb and chorus, one key at a time."""

    def __init__(self, soundfont):
        self._api = _fluidsynth()
        self._synth = self._api.Synth(
            samplerate=SYNTH_RATE,
            **{
                "synth.reverb.active": 0,
                "synth.chorus.active": 0,
                "synth.dynamic-sample-loading": 1,
            },
        )
        # the binding offers 16-bit samples only, dithered: noise under soft keys
        self._write = self._api.cfunc(
            "fluid_synth_write_float",
            c_int,
            *((name, kind, 1) for name, kind in _WRITE_FLOAT.items()),
        )
        self._font = self._synth.sfload(str(soundfont))
        if self._font == self._api.FLUID_FAILED:
            self._synth.delete()
            raise AudioError(
                f"{soundfont} is not a SoundFont that FluidSynth can read; expected .sf2 or .sf3. "
                "Debian's package fluid-soundfont-gm holds one."
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._synth.delete()

    def play(self, instrument, pitch, velocity, held, release):
        """One key, down for `held` and up for `release` seconds: float32, 16 kHz, 4 s."""
        synth = self._synth
        if synth.program_select(0, self._font, 0, instrument.number) == self._api.FLUID_FAILED:
            raise AudioError(
                f"the SoundFont has no program {instrument.number} ({instrument.name}); "
                "leave it out, or use a complete General MIDI SoundFont."
            )
        synth.noteon(0, pitch, velocity)
        down = self._samples(held)
        synth.noteoff(0, pitch)
        up = self._samples(release)
        synth.all_sounds_off(0)
        self._samples(0.02)  # let the cut voice leave before the next key
        sound = np.concatenate([down, up])
        return fit_length(soxr.resample(sound, SYNTH_RATE, SAMPLE_RATE, quality="HQ"), NOTE_LENGTH)

    def _samples(self, seconds):
        """The synth's next samples, left and right averaged; float, so soft keys keep detail."""
        count = round(seconds * SYNTH_RATE)
        sides = np.zeros((2, count), np.float32)
        left, right = (side.ctypes.data_as(c_void_p) for side in sides)
        self._write(self._synth.synth, count, left, 0, 1, right, 0, 1)
        return sides.mean(axis=0)


def _fluidsynth():
    """Import the binding late: it looks for the C library as soon as it is imported."""
    try:
        with redirect_stdout(io.StringIO()):  # it prints where it found it, among our results
            import fluidsynth
    except ImportError as problem:
        raise AudioError(
            f"FluidSynth is missing ({problem}); install the library (Debian: apt install "
            "libfluidsynth3, macOS: brew install fluid-synth) and pip install pyfluidsynth."
        ) from problem
    return fluidsynth
