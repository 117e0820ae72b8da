"""What z knows: classifiers find what was put in, no more; registers begin where it changes."""

import json

import numpy as np
import pytest

from nsynth_edu import evaluation
from nsynth_edu.cli import main
from nsynth_edu.sound import midi_to_hz, read_notes, write_notes

PITCHES = (48, 52, 56, 60, 64, 68)
FAMILIES = ("flute", "reed")


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Sines of six instruments, two families, six pitches, 1 s each."""
    folder = tmp_path_factory.mktemp("sines")
    time = np.arange(16_000) / 16_000
    write_notes(
        folder,
        (
            {
                "waveform": 0.4 * np.sin(2 * np.pi * midi_to_hz(pitch) * time),
                "pitch": pitch, "velocity": 100,
                "instrument_str": f"{FAMILIES[number % 2]}_synthetic_{number:03d}",
            }
            for number in range(6)
            for pitch in PITCHES
        ),
    )  # fmt: skip
    return read_notes(folder)


def noisy(columns, seed=0):
    """z (notes, 3 frames, 8 channels): the columns first, noise around them."""
    columns = np.array(columns, np.float32)
    z = 0.1 * np.random.default_rng(seed).standard_normal((len(columns), 3, 8))
    z[:, :, : columns.shape[1]] += columns[:, None]
    return z


def test_a_probe_reads_what_z_holds_and_no_more(notes):
    pitches = [np.eye(6)[PITCHES.index(note.pitch)] for note in notes]
    rows = evaluation.probe(noisy(pitches), notes)["rows"]
    chance = rows["most frequent answer"]
    assert rows["z"]["pitch"][0] == rows["z"]["semitone"][0] == 1
    assert chance["pitch"][0] == pytest.approx(1 / 6)
    assert rows["z"]["family"][0] < 0.8, "families are not in z"
    assert rows["mel spectrogram, 25 frames"]["pitch"][0] == 1, "sines differ by their pitch alone"
    families = [np.eye(2)[FAMILIES.index(note.instrument_family_str)] for note in notes]
    rows = evaluation.probe(noisy(families), notes)["rows"]
    assert rows["z, mean over time"]["family"][0] == 1 and rows["z"]["pitch"][0] < 0.5


def test_a_probe_is_tested_on_instruments_it_was_not_trained_on(notes):
    """Which instrument plays is plain in z, which family only by knowing the instrument."""
    names = sorted({note.instrument_str for note in notes})
    instruments = [np.eye(6)[names.index(note.instrument_str)] for note in notes]
    assert evaluation.probe(noisy(instruments), notes)["rows"]["z"]["family"][0] < 0.8


def test_registers_begin_where_the_mean_z_changes(notes):
    low = np.random.default_rng(1).standard_normal(6)
    columns = [low if note.pitch < 60 else -low for note in notes]
    found = evaluation.registers(noisy(columns)[:, :, :6], notes)
    for row in found.values():
        assert row["begins"] == [48, 60] and row["pitches"] == list(PITCHES)
        assert row["within"] > 0.9 and row["between"] < -0.9 and row["borders"] < -0.9
    table = evaluation.report_registers(found)
    assert "| flute_synthetic_000 | 48-56, 60-68 |" in table and "| mean of 6 | 2.0 reg" in table


def test_one_instrument_has_nothing_to_be_compared_with(notes):
    alone = [note for note in notes if note.instrument_str.endswith("000")]
    for ask in (evaluation.probe, evaluation.registers):
        with pytest.raises(ValueError, match="of 1 instrument; expected at least two"):
            ask(noisy([[note.pitch] for note in alone]), alone)


def test_evaluate_prints_both_tables_and_writes_the_same_numbers(notes, tmp_path, capsys):
    folder, file = notes[0].path.parents[1], tmp_path / "z.json"
    line = ["evaluate", "pocket", str(folder), "--probe", "--registers", "--json", str(file)]
    assert main([*line, "--count", "18"]) == 0
    written, out = json.loads(file.read_text()), capsys.readouterr().out
    assert written["probe"]["notes"] == 18 and written["probe"]["rows"]["z"]["numbers"] == 2000
    assert f"| z | 2000 | {100 * written['probe']['rows']['z']['pitch'][0]:.1f} [" in out
    assert all(f"| {name} |" in out for name in written["registers"])
    assert main(["evaluate", "judge", str(folder), "--probe", "--count", "2"]) == 1
    assert "a PitchQualityJudge makes no encodings" in capsys.readouterr().err
