"""The course's sounds: found, kept, and made again by one call."""

import json

import numpy as np
import pytest
import soundfile

from nsynth_edu.classroom import MediaError, load_note, load_plane, media_path
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.play import save_plane
from nsynth_edu.sound import midi_to_hz, program, write_notes
from nsynth_edu.studio import StudioError, course_sounds, render_course_sounds

RATE = 16_000


def tone(hertz=440.0, seconds=0.5):
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@pytest.fixture
def grid():
    """3 x 3 points for two notes; every point its own sound."""
    rng = np.random.default_rng(0)
    return {
        "sounds": rng.uniform(-0.5, 0.5, (2, 3, 3, 2048)).astype(np.float32),
        "notes": [60, 67],
        "corners": ["reed", "bell", "string", "pipe"],
    }


def test_a_plane_comes_back_from_its_files(grid, tmp_path):
    files = save_plane(tmp_path / "pad", **grid)
    assert sorted(file.name for file in files) == ["60.flac", "67.flac", "plane.json"]
    assert sorted(tmp_path.glob("pad/*")) == sorted(files), "nothing half-written stays"
    again = load_plane(tmp_path / "pad")
    np.testing.assert_allclose(again["sounds"], grid["sounds"], atol=1 / 32768)
    assert (again["notes"], again["corners"]) == (grid["notes"], grid["corners"])


def test_a_plane_with_a_missing_or_short_file_is_refused(grid, tmp_path):
    save_plane(tmp_path / "pad", **grid)
    soundfile.write(tmp_path / "pad" / "67.flac", np.zeros(100), RATE)
    with pytest.raises(MediaError, match="not hold a complete line or pad"):
        load_plane(tmp_path / "pad")
    (tmp_path / "pad" / "67.flac").unlink()
    with pytest.raises(MediaError, match="not hold a complete line or pad"):
        load_plane(tmp_path / "pad")


def test_media_are_found_from_the_course_folder(tmp_path, monkeypatch):
    (tmp_path / "media" / "notes").mkdir(parents=True)
    (tmp_path / "media" / "CREDITS.csv").write_text("file\n")
    (tmp_path / "course").mkdir()
    soundfile.write(tmp_path / "media" / "notes" / "a.wav", tone(), RATE)
    monkeypatch.chdir(tmp_path / "course")
    assert media_path("notes", "a.wav") == tmp_path / "media" / "notes" / "a.wav"
    assert load_note("notes/a").shape == (64_000,)
    np.testing.assert_allclose(load_note("notes/a")[:7000], tone()[:7000], atol=1e-4)
    soundfile.write(tmp_path / "course" / "mine.flac", tone(), RATE)
    np.testing.assert_allclose(load_note("mine.flac"), load_note("notes/a"), atol=1e-4)
    with pytest.raises(MediaError, match=r"no notes/b\.wav"):
        load_note("notes/b")


def test_a_course_without_its_sounds_says_where_they_belong(monkeypatch):
    monkeypatch.setattr("nsynth_edu.classroom.media.CREDITS", "no-such-file.csv")
    with pytest.raises(MediaError, match="media/ lies next to course/"):
        media_path("pad")


@pytest.fixture
def small_course(monkeypatch, tmp_path):
    """A tiny model and notes of its instruments, and few short points."""
    for name, value in {"PAD_POINTS": 2, "LINE_POINTS": 3, "LOOP": 1000}.items():
        monkeypatch.setattr(course_sounds, name, value)
    model = WaveNetAutoencoder(
        NSynthConfig(
            encoder_channels=4, encoder_layers=2, layers=2, cycle=2, residual_channels=4,
            skip_channels=4, kernel_size=2, pitch_channels=2,
        )
    )  # fmt: skip
    pitches = {course_sounds.PITCH, *course_sounds.PAD_PITCHES, 67}
    records = [
        {
            "waveform": tone(midi_to_hz(pitch), 4.0),
            "pitch": pitch,
            "velocity": course_sounds.VELOCITY,
            "instrument_str": program(name).instrument_str,
        }
        for name in {*course_sounds.CORNERS, *course_sounds.ENDS}
        for pitch in pitches
    ]
    write_notes(tmp_path / "notes", records)
    return model.eval(), tmp_path / "notes", tmp_path / "media"


def test_all_course_sounds_come_from_one_call_with_their_credits(small_course):
    model, notes, media = small_course
    media.mkdir()
    (media / "other.wav").write_bytes(b"kept")
    (media / "CREDITS.csv").write_text(
        "file,source,licence,author,changes\nother.wav,a,MIT,b,none\ngone.wav,a,MIT,b,none\n"
    )
    files = render_course_sounds(model, notes, media)
    kept = {path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file()}
    lines = (media / "CREDITS.csv").read_text().splitlines()[1:]
    credited = {line.split(",")[0] for line in lines}
    assert credited == kept - {"CREDITS.csv"} and len(files) == len(kept) - 2
    pad, line = load_plane(media / "pad"), load_plane(media / "line")
    assert pad["sounds"].shape == (3, 2, 2, 1000) and line["sounds"].shape == (1, 1, 3, 1000)
    assert json.loads((media / "pad" / "plane.json").read_text())["notes"] == pad["notes"]


def test_course_sounds_are_the_same_when_made_again(small_course):
    model, notes, media = small_course
    before = {path: path.read_bytes() for path in render_course_sounds(model, notes, media)}
    assert {path: path.read_bytes() for path in render_course_sounds(model, notes, media)} == before


def test_a_missing_note_is_named_with_its_remedy(small_course, tmp_path):
    model, _, media = small_course
    write_notes(tmp_path / "few", [{"waveform": tone(), "pitch": 60, "velocity": 90,
                                    "instrument_str": "flute_acoustic_073"}])  # fmt: skip
    with pytest.raises(StudioError, match="notes render"):
        render_course_sounds(model, tmp_path / "few", media)
