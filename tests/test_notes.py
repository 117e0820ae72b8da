"""Folders of notes in NSynth's schema, and the data set of their random pieces."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch

from nsynth_edu.cli import main
from nsynth_edu.sound import (
    FAMILIES,
    QUALITIES,
    SOURCES,
    AudioError,
    AudioWarning,
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


def test_a_contour_and_a_take_are_kept_with_a_note(tmp_path):
    contour = np.r_[np.full(60, 60.1234), np.full(65, np.nan)]
    common = {"waveform": ramp(0), "pitch": 60, "velocity": 100,
              "instrument_str": "flute_acoustic_000"}  # fmt: skip
    write_notes(tmp_path, [common, common | {"contour": contour, "take": 7}])
    plain, moving = read_notes(tmp_path)
    assert plain.contour is None and moving.note_str == "flute_acoustic_000-060-100-07"
    assert moving.contour == (60.123,) * 60 + (None,) * 65
    entries = json.loads((tmp_path / "examples.json").read_text())
    assert len({entry["note"] for entry in entries.values()}) == 2


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
    with pytest.raises(AudioError, match="not NSynth qualities"):
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
    with pytest.raises(AudioError, match="it lacks pitch"):
        read_notes(published)


def test_a_missing_sound_is_named(published):
    (published / "audio" / "keyboard_electronic_000-037-025.wav").unlink()
    with pytest.raises(AudioError, match="1 of the 1 notes.*keyboard_electronic_000-037-025.wav"):
        read_notes(published)


def test_items_are_whole_notes_with_their_labels(folder):
    dataset = NoteDataset(folder)
    assert len(dataset) == 3
    for note, item in zip(dataset.notes, (dataset[i] for i in range(3)), strict=True):
        np.testing.assert_array_equal(item["waveform"], note.load())
        assert (item["pitch"], item["velocity"]) == (note.pitch, note.velocity)
        assert dataset.instruments[item["instrument"]] == note.instrument_str
        assert FAMILIES[item["family"]] == note.instrument_family_str
        assert SOURCES[item["source"]] == note.instrument_source_str


def test_qualities_are_one_where_a_note_has_them(tmp_path):
    silence, qualities = np.full(1000, 0.1), ["dark", "tempo-synced"]
    for pitch, some in ((60, qualities), (61, [])):
        write_notes(
            tmp_path,
            [{
                "waveform": silence, "pitch": pitch, "velocity": 1,
                "instrument_str": "flute_acoustic_000", "qualities_str": some,
            }],
        )  # fmt: skip
    some, none = (NoteDataset(tmp_path)[i]["qualities"] for i in range(2))
    assert some.tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1] and not none.any()


def test_a_loader_makes_batches(folder):
    batch = next(iter(torch.utils.data.DataLoader(NoteDataset(folder), batch_size=3)))
    assert batch["waveform"].shape == (3, 64_000) and batch["pitch"].tolist() == [62, 60, 61]


def test_a_note_at_another_rate_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    note = read_notes(tmp_path / "copy")[0]
    soundfile.write(note.path, np.zeros(1000), 44_100)
    with pytest.raises(AudioError, match="1-channel at 44100 Hz; expected mono at 16000 Hz"):
        NoteDataset([note])[0]


def test_a_note_without_samples_is_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "notes")
    note = read_notes(tmp_path / "notes")[1]
    soundfile.write(note.path, np.zeros(0), 16_000)
    with pytest.raises(AudioError, match=f"{note.note_str}.wav holds no samples; expected a note"):
        NoteDataset(tmp_path / "notes")[1]


# --- a part of a data set ------------------------------------------------------------------------


@pytest.fixture
def part(folder, tmp_path):
    """A part of a data set: five entries, sounds for three of them, and one sound without entry."""
    shutil.copytree(folder, tmp_path / "part")
    path = tmp_path / "part" / "examples.json"
    records = json.loads(path.read_text())
    path.write_text(json.dumps(records | PUBLISHED | {"lost": {"pitch": "not even valid"}}))
    some = next((tmp_path / "part" / "audio").iterdir())
    shutil.copy(some, some.with_name("flute_acoustic_001-060-100.wav"))
    return tmp_path / "part"


def test_a_part_of_a_data_set_is_read_by_saying_so(folder, part):
    with pytest.raises(AudioError, match="2 of the 5 notes .* have no sound .*say so: --subset"):
        read_notes(part)
    words = "subset of 3 notes; left out: 2 of 5 entries .* without a sound, and 1 of 4 sounds"
    with pytest.warns(AudioWarning, match=words):
        notes = read_notes(part, subset=True)
    assert [note.note_str for note in notes] == [note.note_str for note in read_notes(folder)]


@pytest.mark.filterwarnings("error")
def test_a_whole_data_set_leaves_nothing_out(folder):
    assert read_notes(folder, subset=True) == read_notes(folder)


def test_a_part_without_any_sound_is_a_sentence(part):
    shutil.rmtree(part / "audio")
    with pytest.raises(AudioError, match="none of the 5 notes .* has a sound in audio/"):
        read_notes(part, subset=True)


def test_train_and_evaluate_take_a_part_and_say_what_is_left_out(part, tmp_path, capsys):
    shape = "{ encoder_channels = 4, encoder_layers = 2, layers = 2, cycle = 2, "
    shape += "residual_channels = 4, skip_channels = 4, kernel_size = 2, pitch_channels = 2 }"
    config = tmp_path / "run.toml"
    lines = [f'notes = "{part}"', f'output = "{tmp_path / "run"}"', "steps = 1", "crop = 512"]
    config.write_text("\n".join([*lines, f"shape = {shape}"]))
    assert main(["train", str(config)]) == 1
    assert "say so: --subset, or subset = true in the file of a training" in capsys.readouterr().err
    config.write_text("\n".join([*lines, "subset = true", f"shape = {shape}"]))
    assert main(["train", str(config)]) == 0
    out, err = capsys.readouterr()
    assert f"nsynth-edu: {part} is read as a subset of 3 notes; left out: 2 of 5" in err
    config.write_text("\n".join([*lines, 'subset = "yes"', f"shape = {shape}"]))
    assert main(["train", str(config)]) == 1
    assert "subset is 'yes'; expected true or false" in capsys.readouterr().err

    line = ["evaluate", out.strip(), str(part), "--count", "1", "--held-out"]
    assert main(line) == 1 and "say so: --subset" in capsys.readouterr().err
    assert main([*line, "--subset"]) == 0
    assert "read as a subset of 3 notes" in capsys.readouterr().err
