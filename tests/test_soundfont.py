"""Notes rendered from a real SoundFont: in tune, dry, level, and not twice."""

import sys

import numpy as np
import pytest

from nsynth_edu.sound import (
    COURSE_PROGRAMS,
    FAMILIES,
    MEL2MEL_PROGRAMS,
    SOURCES,
    AudioError,
    cents_off,
    program,
    read_notes,
    render_notes,
)

PITCHES, VELOCITIES = (36, 60, 84), (60, 120)


@pytest.fixture(scope="module")
def soundfont(require):
    require("libfluidsynth")
    return require("soundfont")


@pytest.fixture(scope="module")
def rendered(soundfont, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    return folder, render_notes(soundfont, folder, ["vibraphone", 56, 0], PITCHES, VELOCITIES)


def loudest(notes):
    return max(np.abs(note.load()).max() for note in notes)


def test_every_key_of_every_instrument_is_there_in_nsynths_schema(rendered):
    folder, notes = rendered
    assert notes == read_notes(folder) and len(notes) == 3 * 3 * 2
    assert notes[0].note_str == "brass_acoustic_056-036-060"
    assert {note.instrument_str for note in notes} == {
        "brass_acoustic_056",
        "keyboard_acoustic_000",
        "mallet_acoustic_011",
    }
    assert {len(note.load()) for note in notes} == {64_000}


def test_the_loudest_note_of_each_instrument_peaks_at_07(rendered):
    for name in ("brass_acoustic_056", "keyboard_acoustic_000", "mallet_acoustic_011"):
        notes = [note for note in rendered[1] if note.instrument_str == name]
        assert loudest(notes) == pytest.approx(0.7, abs=1e-3)


def test_soft_keys_stay_softer(rendered):
    sounds = {note.note_str: np.abs(note.load()).max() for note in rendered[1]}
    for soft, peak in sounds.items():
        if soft.endswith("-060"):
            assert peak < 0.8 * sounds[soft[:-3] + "120"]


def test_notes_sound_at_their_pitch(rendered):
    off = {note.note_str: cents_off(note.load(), note.pitch) for note in rendered[1]}
    assert all(cents is not None and abs(cents) < 50 for cents in off.values()), off


def test_a_held_key_sounds_for_three_seconds_and_then_fades(rendered):
    trumpet = next(n for n in rendered[1] if n.note_str == "brass_acoustic_056-060-120").load()
    held, late = trumpet[40_000:47_000], trumpet[60_000:]
    assert np.abs(held).max() > 0.1 > 1e-3 > np.abs(late).max()


def test_asking_again_renders_nothing(soundfont, rendered):
    folder, notes = rendered
    before = {note.path: note.path.stat().st_mtime_ns for note in notes}
    calls = []
    again = render_notes(
        soundfont, folder, [0, 11], PITCHES, VELOCITIES, progress=lambda *at: calls.append(at)
    )
    assert again == notes and calls[-1] == (12, 12)
    assert before == {note.path: note.path.stat().st_mtime_ns for note in notes}


def test_a_rendering_that_was_stopped_goes_on_to_the_same_sounds(soundfont, rendered, tmp_path):
    def stop(done, total):
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_notes(soundfont, tmp_path, [11, 56], PITCHES, VELOCITIES, progress=stop)
    assert {note.instrument_str for note in read_notes(tmp_path)} == {"mallet_acoustic_011"}
    for note in render_notes(soundfont, tmp_path, [11, 56], PITCHES, VELOCITIES):
        whole = rendered[0] / "audio" / note.path.name
        assert note.path.read_bytes() == whole.read_bytes()


def test_a_lost_sound_is_rendered_again(soundfont, tmp_path):
    (note,) = render_notes(soundfont, tmp_path, [11], [60], [100])
    sound = note.path.read_bytes()
    note.path.unlink()
    render_notes(soundfont, tmp_path, [11], [60], [100])
    assert note.path.read_bytes() == sound


def test_further_notes_keep_the_levels_of_an_instrument_together(soundfont, tmp_path):
    render_notes(soundfont, tmp_path, [11], [60], [60])
    notes = render_notes(soundfont, tmp_path, [11], [60], [120])
    soft, loud = (np.abs(note.load()).max() for note in notes)
    assert loud == pytest.approx(0.7, abs=1e-3) and soft < 0.5


def test_what_was_asked_is_counted(soundfont, tmp_path):
    calls = []
    render_notes(soundfont, tmp_path, [0], [60, 61], [99], progress=lambda *at: calls.append(at))
    assert calls == [(1, 2), (2, 2)]


def test_the_folder_names_its_soundfont_and_takes_no_other(soundfont, tmp_path):
    render_notes(soundfont, tmp_path, [0], [60], [99])
    assert soundfont.rsplit("/")[-1] in (tmp_path / "SOURCE.txt").read_text()
    with pytest.raises(AudioError, match="Render into a new folder"):
        render_notes(soundfont, tmp_path, [0], [60], [99], held=1.0)


def test_a_missing_soundfont_is_named_with_its_package(tmp_path):
    with pytest.raises(AudioError, match=r"no SoundFont .*none\.sf2; .*fluid-soundfont-gm"):
        render_notes(tmp_path / "none.sf2", tmp_path / "notes")
    assert not (tmp_path / "notes").exists()


def test_a_file_that_is_no_soundfont_is_refused(soundfont, tmp_path):
    (tmp_path / "fake.sf2").write_bytes(b"RIFF" + bytes(1000))
    with pytest.raises(AudioError, match="not a SoundFont that FluidSynth can read"):
        render_notes(tmp_path / "fake.sf2", tmp_path / "notes")


def test_a_missing_fluidsynth_is_named_with_its_package(tmp_path, monkeypatch):
    (tmp_path / "any.sf2").touch()
    monkeypatch.setitem(sys.modules, "fluidsynth", None)  # what Python does when an import fails
    with pytest.raises(AudioError, match="FluidSynth is missing.*apt install libfluidsynth3"):
        render_notes(tmp_path / "any.sf2", tmp_path / "notes")


@pytest.mark.parametrize("bad", [{"pitches": [128]}, {"velocities": [0]}, {"pitches": [-1]}])
def test_keys_that_midi_has_not_are_refused(bad, tmp_path):
    with pytest.raises(AudioError, match="is not a MIDI note"):
        render_notes(tmp_path / "none.sf2", tmp_path, **bad)


@pytest.mark.parametrize("which", [128, -1, "theremin", ""])
def test_a_program_general_midi_has_not_is_refused(which):
    with pytest.raises(AudioError, match="not a General MIDI program"):
        program(which)


def test_all_programs_have_a_name_of_their_own_and_a_place_in_nsynth():
    programs = [program(number) for number in range(128)]
    assert len({p.name for p in programs}) == 128
    assert all(p.family in FAMILIES and p.source in SOURCES for p in programs)
    assert all(program(p.name) == program(str(p.number)) == p for p in programs)


def test_the_programs_of_the_course_are_the_instruments_they_are_meant_to_be():
    assert [program(number).name for number in MEL2MEL_PROGRAMS] == [
        "grand_piano",
        "electric_piano",
        "vibraphone",
        "church_organ",
        "nylon_guitar",
        "pizzicato_strings",
        "orchestral_harp",
        "string_ensemble",
        "trumpet",
        "square_lead",
    ]
    named = {program(number).name: program(number).instrument_str for number in COURSE_PROGRAMS}
    assert named["electric_piano"] == "keyboard_electronic_004"
    assert named["choir_aahs"] == "vocal_acoustic_052"
    assert named["saw_lead"] == "synth_lead_synthetic_081"
    assert {p.split("_")[0] for p in named.values()} == {f.split("_")[0] for f in FAMILIES}
