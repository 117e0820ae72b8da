"""Folders of notes in NSynth's schema, and the data set of their random pieces."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch

from nsynth_edu.sound import (
    FAMILIES,
    QUALITIES,
    AudioError,
    NoteDataset,
    note_record,
    read_notes,
    save_audio,
    write_notes,
)

# as the data set's page describes an entry
PUBLISHED = {
    "keyboard_electronic_000-037-025": {
        "note": 201034,
        "note_str": "keyboard_electronic_000-037-025",
        "instrument": 555,
        "instrument_str": "keyboard_electronic_000",
        "pitch": 37,
        "velocity": 25,
        "sample_rate": 16000,
        "qualities": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
        "qualities_str": ["dark", "reverb"],
        "instrument_family": 4,
        "instrument_family_str": "keyboard",
        "instrument_source": 1,
        "instrument_source_str": "electronic",
    }
}


def ramp(start):
    """64,000 samples, each telling its place and, by its start, its note."""
    return ((start * 4096 + np.arange(64_000) // 16) / 32768).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    names = ["mallet_acoustic_011", "synth_lead_synthetic_080", "bass_electronic_033"]
    write_notes(
        folder,
        [
            {"waveform": ramp(i), "pitch": 60 + i, "velocity": 100, "instrument_str": name}
            for i, name in enumerate(names)
        ],
    )
    return folder


@pytest.fixture
def published(tmp_path):
    (tmp_path / "examples.json").write_text(json.dumps(PUBLISHED))
    for name in PUBLISHED:
        save_audio(tmp_path / "audio" / f"{name}.wav", ramp(0))
    return tmp_path


def test_a_folder_of_the_public_release_is_read_as_it_is(published):
    (note,) = read_notes(published)
    assert note.note_str == "keyboard_electronic_000-037-025"
    assert (note.pitch, note.velocity, note.sample_rate) == (37, 25, 16_000)
    assert note.instrument_str == "keyboard_electronic_000"
    assert (note.instrument_family_str, note.instrument_source_str) == ("keyboard", "electronic")
    assert note.qualities_str == ("dark", "reverb")
    np.testing.assert_array_equal(note.load(), ramp(0))


def test_our_entries_have_the_fields_and_values_of_the_public_release():
    expected = PUBLISHED["keyboard_electronic_000-037-025"]
    ours = note_record(37, 25, "keyboard_electronic_000", 555, ["reverb", "dark"])
    assert ours.keys() == expected.keys()
    assert {k: v for k, v in ours.items() if k != "note"} == {
        k: v for k, v in expected.items() if k != "note"
    }


def test_note_numbers_are_unique():
    numbers = {
        note_record(pitch, velocity, f"flute_acoustic_{i:03d}")["note"]
        for i in (0, 1, 127)
        for pitch in range(128)
        for velocity in (1, 60, 127)
    }
    assert len(numbers) == 3 * 128 * 3


def test_the_lists_are_those_of_nsynth():
    assert len(FAMILIES) == 11 and FAMILIES[9] == "synth_lead"
    assert len(QUALITIES) == 10 and QUALITIES[9] == "tempo-synced"


def test_what_is_written_is_read_again(folder):
    notes = read_notes(folder)
    assert [note.note_str for note in notes] == [
        "bass_electronic_033-062-100",
        "mallet_acoustic_011-060-100",
        "synth_lead_synthetic_080-061-100",
    ]
    assert notes[2].instrument_family_str == "synth_lead"
    np.testing.assert_array_equal(notes[1].load(), ramp(0))
    assert len(list((folder / "audio").iterdir())) == 3


def test_adding_notes_keeps_those_already_there(published):
    write_notes(
        published,
        [{"waveform": ramp(1), "pitch": 3, "velocity": 9, "instrument_str": "reed_acoustic_071"}],
    )
    names = [note.note_str for note in read_notes(published)]
    assert names == ["keyboard_electronic_000-037-025", "reed_acoustic_071-003-009"]
    again = json.loads((published / "examples.json").read_text())
    assert again["keyboard_electronic_000-037-025"] == PUBLISHED["keyboard_electronic_000-037-025"]


def test_a_write_that_fails_leaves_the_list_as_it_was(published):
    before = (published / "examples.json").read_bytes()
    good = {"waveform": ramp(1), "pitch": 3, "velocity": 9, "instrument_str": "reed_acoustic_071"}
    with pytest.raises(AudioError):
        write_notes(published, [good, {**good, "pitch": 4, "waveform": np.array([np.nan])}])
    assert (published / "examples.json").read_bytes() == before
    assert not list(published.glob(".*"))


@pytest.mark.parametrize(
    "name", ["cat", "cat_acoustic_000", "flute_wooden_000", "flute_acoustic_x"]
)
def test_an_instrument_nsynth_could_not_name_is_refused(name):
    with pytest.raises(AudioError, match="<family>_<source>_<number>"):
        note_record(60, 100, name)


def test_an_unknown_quality_is_refused():
    with pytest.raises(AudioError, match="no NSynth qualities"):
        note_record(60, 100, "flute_acoustic_000", qualities_str=["shiny"])


def test_a_folder_that_is_none_of_notes_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(AudioError, match=r"expected examples\.json and audio"):
            read_notes(folder)


def test_a_list_that_is_broken_is_refused(published):
    (published / "examples.json").write_text('{"a": ')
    with pytest.raises(AudioError, match="not readable JSON"):
        read_notes(published)


def test_an_entry_without_its_pitch_is_refused(published):
    name, entry = next(iter(PUBLISHED.items()))
    without = {key: value for key, value in entry.items() if key != "pitch"}
    (published / "examples.json").write_text(json.dumps({name: without}))
    with pytest.raises(AudioError, match="lacks 'pitch'"):
        read_notes(published)


def test_a_missing_sound_is_named(published):
    (published / "audio" / "keyboard_electronic_000-037-025.wav").unlink()
    with pytest.raises(AudioError, match="1 of the 1 notes.*keyboard_electronic_000-037-025.wav"):
        read_notes(published)


def places(dataset):
    return [float(item["waveform"][0]) for item in (dataset[i] for i in range(len(dataset)))]


def test_pieces_are_cut_out_of_their_own_note(folder):
    dataset = NoteDataset(folder, crop=4096)
    assert len(dataset) == 3
    for epoch in range(5):
        dataset.set_epoch(epoch)
        for note, item in zip(dataset.notes, (dataset[i] for i in range(3)), strict=True):
            piece, whole = item["waveform"], note.load()
            assert piece.dtype == torch.float32 and piece.shape == (4096,)
            start = np.searchsorted(whole, piece[0].item())
            shifts = [s for s in range(start, start + 16) if s + 4096 <= len(whole)]
            assert any(np.array_equal(piece, whole[s : s + 4096]) for s in shifts)
            assert (item["pitch"], item["velocity"]) == (note.pitch, note.velocity)
            assert dataset.instruments[item["instrument"]] == note.instrument_str
            assert FAMILIES[item["family"]] == note.instrument_family_str


def test_the_same_seed_and_epoch_cut_the_same_pieces(folder):
    first, second = NoteDataset(folder, 512, seed=3), NoteDataset(folder, 512, seed=3)
    assert places(first) == places(second) == places(first)
    assert places(first) != places(NoteDataset(folder, 512, seed=4))
    second.set_epoch(1)
    assert places(first) != places(second)


def test_pieces_come_from_everywhere_in_a_note(folder):
    dataset, starts = NoteDataset(read_notes(folder)[1:2], 4096), []
    for epoch in range(200):
        dataset.set_epoch(epoch)
        starts.append(dataset[0]["waveform"][0].item() * 32768 * 16)
    assert (
        min(starts) < 5_000
        and max(starts) > 55_000
        and np.mean(starts) == pytest.approx((64_000 - 4096) / 2, abs=5_000)
    )


def test_notes_shorter_than_a_piece_are_followed_by_silence(tmp_path):
    short = {"waveform": np.full(1000, 0.5), "pitch": 60, "velocity": 1}
    notes = write_notes(tmp_path, [{**short, "instrument_str": "flute_acoustic_000"}])
    piece = NoteDataset(notes, 4096)[0]["waveform"]
    assert (piece[:1000] == 0.5).all() and not piece[1000:].any()


def test_whole_notes_come_without_a_crop(folder):
    assert NoteDataset(folder, crop=None)[0]["waveform"].shape == (64_000,)


def test_a_loader_makes_batches(folder):
    batch = next(iter(torch.utils.data.DataLoader(NoteDataset(folder, 256), batch_size=3)))
    assert batch["waveform"].shape == (3, 256) and batch["pitch"].tolist() == [62, 60, 61]


def test_a_note_at_another_rate_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    note = read_notes(tmp_path / "copy")[0]
    soundfile.write(note.path, np.zeros(1000), 44_100)
    with pytest.raises(AudioError, match="1-channel at 44100 Hz; expected mono at 16000 Hz"):
        NoteDataset([note])[0]
