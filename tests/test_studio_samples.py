"""A set of samples: what is a problem, what is only a remark."""

import os

import numpy as np
import pytest
from samples import LENGTH, RATE, kinds, pcm, state, tone, wav, write_set

from nsynth_edu.sound import AudioError, midi_to_hz
from nsynth_edu.studio import Problem, check_instrument, check_samples


def test_a_good_set_has_neither_problems_nor_remarks(good):
    assert check_samples(good, remarks=True) == []
    assert check_samples(str(good)) == []


def test_a_check_writes_nothing(good):
    (good / "link_24.wav").symlink_to(good / "lead_24.wav")
    (good / "lead_28.wav").write_bytes(b"")
    before = state(good)
    assert check_samples(good) != []
    assert state(good) == before


def test_every_problem_is_a_sentence_that_names_its_file_and_what_was_expected(good):
    (good / "lead_28.wav").write_bytes(wav(pcm(tone(28, rate=44100)), rate=44100))
    rate, length = check_samples(good)
    assert isinstance(rate, Problem) and (rate.file, rate.kind) == ("lead_28.wav", "rate")
    assert str(rate) == (
        "lead_28.wav has 44,100 samples per second; expected 16,000. "
        "nsynth-edu sample prepare turns it into a valid one."
    )
    assert "176,400 samples; expected exactly 64,000" in str(length)


def test_missing_notes_are_named(good):
    (good / "lead_28.wav").unlink()
    (good / "lead_44.wav").unlink()
    [problem] = check_samples(good)
    assert problem.kind == "missing" and "2 of 7 notes of lead are missing: 28, 44;" in str(problem)


def test_an_empty_folder_misses_all_notes_and_no_folder_is_said(tmp_path):
    assert kinds(tmp_path) == ["missing"]
    assert kinds(tmp_path / "nowhere") == ["folder"]
    assert kinds(tmp_path / "zero\0byte") == ["folder"]
    (tmp_path / "file").write_text("x")
    assert kinds(tmp_path / "file") == ["folder"]


def test_two_instruments_in_a_folder_are_told_apart(good):
    (good / "bass_24.wav").write_bytes(wav(pcm(tone(24))))
    [problem] = check_samples(good)
    assert problem.kind == "instruments" and "(bass, lead)" in str(problem)


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Lead_24.wav", "upper case"),
        ("lead 2_24.wav", "a space"),
        ("lead_24 .wav", "names its note '24 '"),
        ("lead_C2.wav", "names its note C2, whose octave other programs number differently"),
        ("lead_g#2.wav", "names its note g#2"),
        ("lead_25.wav", "names its note '25'"),
        ("lead_024.wav", "names its note '024'"),
        ("lead_٢٤.wav", "names its note"),  # Arabic digits
        ("lead_24\n.wav", r"names its note '24\n'"),
        ("lead_24.wav\n", r"ends in '.wav\n'"),
        ("trömpett_24.wav", "letters other than a-z"),
        ("tro\u0308mpett_24.wav", "letters other than a-z"),  # as macOS writes it
        ("sand_storm_24.wav", "an underscore"),
        ("lead_24.wav.wav", "more than one ending"),
        ("lead_24.mp3.wav", "more than one ending"),
        ("lead_24.WAV", "ends in '.WAV', not in lower case"),
        ("lead_24.flac", "ends in '.flac'"),
        ("lead24.wav", "lacks an underscore"),
        ("lead-24.wav", "lacks an underscore"),
        ("_24.wav", "lacks an underscore"),
        ("2lead_24.wav", "begins with a digit"),
        ("pitch_24.wav", "is pitch"),
        ("gen_24.wav", "is gen"),
        ("a" * 21 + "_24.wav", "has 21 characters"),
        ("lead-x_24.wav", "characters other than"),
        ("le\u202ead_24.wav", r"'le\u202ead_24.wav'"),  # turns the line around on a screen
    ],
)
def test_a_wrong_name_is_refused_with_its_reason(good, name, reason):
    (good / name).write_bytes(wav(pcm(tone(24))))
    [problem] = check_samples(good)
    assert (problem.kind, problem.file) == ("name", name)
    assert reason in str(problem) and str(problem).isprintable()


def test_a_name_that_is_no_text_is_refused_in_a_sentence_that_can_be_printed(good):
    (good / os.fsdecode(b"le\xffad_24.wav")).write_bytes(b"x")
    [problem] = check_samples(good)
    assert problem.kind == "name" and str(problem).encode()


@pytest.mark.parametrize(
    "name", [".DS_Store", "._lead_24.wav", ".hidden_24.wav", "Thumbs.db", "desktop.ini",
             "ps5.ipynb", "timestamp.txt", "notes.md"],
)  # fmt: skip
def test_other_files_are_passed_over_with_a_remark(good, name):
    (good / name).write_bytes(b"anything")
    assert check_samples(good) == []
    [remark] = check_samples(good, remarks=True)
    assert (remark.kind, remark.file, remark.remark) == ("ignored", name, True)


def test_subfolders_are_not_looked_into(good):
    write_set(good / "more", "other")
    (good / "more" / "Wrong.wav").write_bytes(b"")
    assert check_samples(good) == [] and kinds(good, remarks=True) == ["ignored"]


def test_a_crowded_folder_is_not_searched(good):
    for number in range(300):
        (good / f"x{number}.txt").touch()
    assert kinds(good) == ["crowded"]


@pytest.mark.parametrize(
    ("name", "better"),
    [("Violoncello É 2", "violoncelloe2"), ("808", "such as sandstormlead"), ("2 Pads", "pads"),
     ("Ölüm", "olum"), ("", "such as"), ("pitch", "such as"), ("b" * 99, "b" * 20 + " would")],
)  # fmt: skip
def test_an_instrument_s_name_is_refused_with_one_that_would_do(name, better):
    with pytest.raises(AudioError, match=better):
        check_instrument(name)


# --- remarks ------------------------------------------------------------------------------------


def test_a_transposed_instrument_is_remarked_and_fine(good):
    (good / "lead_36.wav").write_bytes(wav(pcm(tone(48))))
    assert check_samples(good) == []
    [remark] = check_samples(good, remarks=True)
    assert remark.kind == "pitch" and "sounds at C3" in str(remark) and "is fine" in str(remark)


def test_noise_is_an_instrument(good):
    noise = np.random.default_rng(0).normal(0, 0.1, LENGTH) * np.exp(-np.arange(LENGTH) / 9000)
    (good / "lead_36.wav").write_bytes(wav(pcm(noise)))
    assert check_samples(good, remarks=True) == []


def test_an_abrupt_end_is_remarked(good):
    (good / "lead_36.wav").write_bytes(wav(pcm(tone(36, decay=0))))
    assert check_samples(good) == [] and kinds(good, remarks=True) == ["end"]


def test_a_round_note_at_full_scale_is_not_clipped(good):
    sine = np.sin(2 * np.pi * midi_to_hz(24) * np.arange(LENGTH) / RATE)
    (good / "lead_24.wav").write_bytes(wav(pcm(sine)))
    assert check_samples(good) == []
    (good / "lead_24.wav").write_bytes(wav(pcm(1.1 * sine)))
    assert kinds(good) == ["clipped"]


@pytest.mark.parametrize("first", [0, 0.1])
def test_a_slow_attack_is_not_late(good, first):
    noise = np.random.default_rng(0).normal(0, 0.1, LENGTH)
    for wave in (tone(36, decay=0), noise):
        swell = wave * np.linspace(first, 1, LENGTH)
        (good / "lead_36.wav").write_bytes(wav(pcm(swell)))
        assert check_samples(good) == []
