"""Samples of a group's instrument: what is found wrong, what is made right, what is taken in."""

import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nsynth_edu.cli import main
from nsynth_edu.sound import AudioError, estimate_pitch, load_audio, midi_to_hz
from nsynth_edu.studio import (
    KINDS,
    NOTES,
    REMARKS,
    Problem,
    check_instrument,
    check_samples,
    prepare,
    take,
)
from nsynth_edu.studio.wavfile import RefusedError, read_wav

RATE, LENGTH = 16_000, 64_000


@lru_cache
def tone(midi=36, seconds=4.0, rate=RATE, decay=1.5):
    """A note with six partials that dies away, peak 0.6."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * midi_to_hz(midi) * time
    wave = sum(np.sin(n * phase) / n for n in range(1, 7)) * np.exp(-decay * time)
    return 0.6 * wave / np.abs(wave).max()


def pcm(wave):
    return np.clip(np.round(np.asarray(wave) * 32768), -32768, 32767).astype("<i2").tobytes()


def wav(body, rate=RATE, channels=1, bits=16, tag=1, promised=None, extra=b"", tail=b""):
    """The bytes of a WAV file, true or false."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, 0, frame, bits) + extra
    promised = len(body) if promised is None else promised
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", promised & 0xFFFFFFFF) + body + tail
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def write_set(folder, instrument="lead", notes=NOTES):
    folder.mkdir(parents=True, exist_ok=True)
    for note in notes:
        (folder / f"{instrument}_{note}.wav").write_bytes(wav(pcm(tone(note))))
    return folder


@pytest.fixture
def good(tmp_path):
    """A set without a fault."""
    return write_set(tmp_path / "set")


def kinds(folder, remarks=False):
    return [each.kind for each in check_samples(folder, remarks)]


def state(folder):
    """Names, kinds, times and contents of everything below a folder."""
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns)
        + ((path.read_bytes(),) if path.is_file() and not path.is_symlink() else ())
        for path in sorted(folder.rglob("*"))
    }


def memory_of(call):
    """How many kB more than before a fresh process needs at most for a call."""
    code = f"""
import resource
import numpy as np
from nsynth_edu.sound import estimate_pitch
from nsynth_edu.studio import check_samples, prepare
estimate_pitch(np.random.default_rng(0).normal(0, 0.1, 64000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{call}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


# --- a good set ---------------------------------------------------------------------------------


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
        ("lead_24 .wav", "calls its note '24 '"),
        ("lead_C2.wav", "calls its note C2, which other programs count otherwise"),
        ("lead_g#2.wav", "calls its note g#2"),
        ("lead_25.wav", "calls its note '25'"),
        ("lead_024.wav", "calls its note '024'"),
        ("lead_٢٤.wav", "calls its note"),  # Arabic digits
        ("lead_24\n.wav", r"calls its note '24\n'"),
        ("lead_24.wav\n", r"ends in '.wav\n'"),
        ("trömpett_24.wav", "letters other than a-z"),
        ("tro\u0308mpett_24.wav", "letters other than a-z"),  # as macOS writes it
        ("sand_storm_24.wav", "an underscore"),
        ("lead_24.wav.wav", "more than one ending"),
        ("lead_24.mp3.wav", "more than one ending"),
        ("lead_24.WAV", "ends in '.WAV', not in lower case"),
        ("lead_24.flac", "ends in '.flac'"),
        ("lead24.wav", "does not say instrument"),
        ("lead-24.wav", "does not say instrument"),
        ("_24.wav", "does not say instrument"),
        ("2lead_24.wav", "begins with a digit"),
        ("pitch_24.wav", "is pitch"),
        ("gen_24.wav", "is gen"),
        ("a" * 21 + "_24.wav", "has 21 characters"),
        ("lead-x_24.wav", "signs other than"),
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


# --- hostile and broken files -------------------------------------------------------------------


CONTENTS = {
    "empty": lambda: b"",
    "text": lambda: b"this is no sound at all" * 9,
    "short riff": lambda: b"RIFF\x04\0\0\0WAVE",
    "cut in format": lambda: wav(pcm(tone(24)))[:30],
    "ogg mark": lambda: b"OggS" + bytes(500),
    "mp4": lambda: b"\0\0\0\x18ftypM4A " + bytes(500),
    "webm": lambda: b"\x1aE\xdf\xa3" + bytes(500),
    "rf64": lambda: b"RF64" + wav(pcm(tone(24)))[4:],
    "big endian": lambda: b"RIFX" + wav(pcm(tone(24)))[4:],
    "zip": lambda: b"PK\x03\x04" + bytes(500),
    "data before format": lambda: b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", 9) + bytes(9),
    "no channels": lambda: wav(pcm(tone(24)), channels=0),
    "no bits": lambda: wav(pcm(tone(24)), bits=0),
    "frame lies": lambda: wav(pcm(tone(24))).replace(
        struct.pack("<HH", 2, 16), struct.pack("<HH", 4, 16)
    ),
    "data size huge": lambda: wav(pcm(tone(24)), promised=0xFFFFFFFF),
    "data size stream": lambda: wav(pcm(tone(24)), promised=0x7FFFF000),
    "cut short": lambda: wav(pcm(tone(24)))[: 44 + 59956],
    "size zero": lambda: wav(pcm(tone(24)), promised=0),
    "format chunk huge": lambda: wav(pcm(tone(24))).replace(
        b"fmt \x10\0\0\0", b"fmt \xff\xff\xff\xff"
    ),
    "44.1 kHz": lambda: wav(pcm(tone(24, rate=44100))[: 2 * LENGTH], rate=44100),
    "rate zero": lambda: wav(pcm(tone(24)), rate=0),
    "rate huge": lambda: wav(pcm(tone(24)), rate=0xFFFFFFFF),
    "stereo": lambda: wav(pcm(np.repeat(tone(24), 2)), channels=2),
    "32,767 channels": lambda: wav(bytes(2 * 65534), channels=32767),
    "8 bit": lambda: wav((128 + 100 * tone(24)).astype("u1").tobytes(), bits=8),
    "24 bit": lambda: wav(bytes(3 * LENGTH), bits=24),
    "32 bit": lambda: wav((tone(24) * 2**30).astype("<i4").tobytes(), bits=32),
    "float32": lambda: wav(tone(24).astype("<f4").tobytes(), bits=32, tag=3),
    "float64": lambda: wav(tone(24).astype("<f8").tobytes(), bits=64, tag=3),
    "mu-law": lambda: wav(bytes(LENGTH), bits=8, tag=7),
    "nan": lambda: wav(np.full(LENGTH, np.nan, "<f4").tobytes(), bits=32, tag=3),
    "one infinity": lambda: wav(
        np.r_[np.inf, tone(24)[1:]].astype("<f8").tobytes(), bits=64, tag=3
    ),
    "63,999": lambda: wav(pcm(tone(24))[:-2]),
    "64,001": lambda: wav(pcm(tone(24)) + b"\0\0"),
    "no samples": lambda: wav(b""),
    "silent": lambda: wav(bytes(2 * LENGTH)),
    "nearly silent": lambda: wav(pcm(np.random.default_rng(0).normal(0, 1e-4, LENGTH))),
    "quiet": lambda: wav(pcm(0.02 * tone(24))),
    "clipped": lambda: wav(pcm(np.clip(8 * tone(24), -1, 1))),
    "offset": lambda: wav(pcm(0.6 * tone(24) + 0.2)),
    "offset only": lambda: wav(pcm(np.full(LENGTH, 0.5))),
    "late": lambda: wav(pcm(np.r_[np.zeros(8000), tone(24)[:56000]])),
    "late in noise": lambda: wav(
        pcm(
            np.r_[np.zeros(16000), tone(24)[:48000]]
            + np.random.default_rng(0).normal(0, 0.002, LENGTH)
        )
    ),
    "large": lambda: wav(pcm(tone(24, 40))),
    "large noise": lambda: b"noise" * 300_000,
}


def make(case, path, elsewhere):
    """Put one bad thing at a path."""
    if case == "flac":
        soundfile.write(path, tone(24), RATE, format="FLAC")
    elif case == "adpcm":
        soundfile.write(path, tone(24), RATE, format="WAV", subtype="IMA_ADPCM")
    elif case == "samples behind a mountain":
        whole = wav(pcm(tone(24)))
        path.write_bytes(
            whole[:12] + b"LIST" + struct.pack("<I", 2 << 20) + bytes(2 << 20) + whole[12:]
        )
    elif case == "sparse":
        with path.open("wb") as file:
            file.truncate(5 << 30)
    elif case == "link":
        path.symlink_to(elsewhere)
    elif case == "link to nothing":
        path.symlink_to(elsewhere / "nothing")
    elif case == "link to itself":
        path.symlink_to(path)
    elif case == "link to a device":
        path.symlink_to("/dev/zero")
    elif case == "hard link":
        os.link(elsewhere / "secret.wav", path)
    elif case == "folder":
        path.mkdir()
    elif case == "pipe":
        os.mkfifo(path)
    elif case == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's path may have about 100 characters
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
        os.chdir(here)
    else:
        path.write_bytes(CONTENTS[case]())


HOSTILE = {
    "empty": ["empty"], "text": ["not_wav"], "short riff": ["header"], "cut in format": ["header"],
    "flac": ["not_wav"], "ogg mark": ["not_wav"], "mp4": ["not_wav"], "webm": ["not_wav"],
    "rf64": ["not_wav"], "big endian": ["not_wav"], "zip": ["not_wav"],
    "data before format": ["header"], "no channels": ["header"], "no bits": ["header"],
    "frame lies": ["header"], "data size huge": ["header"], "data size stream": ["header"],
    "cut short": ["header"], "size zero": ["length"], "format chunk huge": ["header"],
    "44.1 kHz": ["rate"], "rate zero": ["rate"], "rate huge": ["rate"], "stereo": ["channels"],
    "32,767 channels": ["channels", "length", "silence"], "8 bit": ["width"], "24 bit": ["width"],
    "32 bit": ["width"], "float32": ["width"], "float64": ["width"], "mu-law": ["width"],
    "adpcm": ["width"], "nan": ["width", "nan"], "one infinity": ["width", "nan"],
    "63,999": ["length"], "64,001": ["length"], "no samples": ["length"], "silent": ["silence"],
    "nearly silent": ["silence"], "quiet": ["quiet"], "clipped": ["clipped"], "offset": ["offset"],
    "offset only": ["offset"], "late": ["late"], "late in noise": ["late"],
    "large": ["large", "length"], "large noise": ["large"], "samples behind a mountain": ["large"],
    "sparse": ["large"], "link": ["link"], "link to nothing": ["link"],
    "link to itself": ["link"], "link to a device": ["link"], "hard link": ["hard_link"],
    "folder": ["not_a_file"], "pipe": ["not_a_file"], "socket": ["not_a_file"],
}  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path):
    """Somebody else's folder, with a sound that would pass."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "secret.wav").write_bytes(wav(pcm(tone(24))))
    return folder


@pytest.mark.parametrize("case", HOSTILE)
def test_a_bad_file_is_told_by_its_kind_and_only_that_file(good, elsewhere, case):
    path = good / "lead_24.wav"
    path.unlink()
    make(case, path, elsewhere / "secret.wav" if case == "link" else elsewhere)
    found = check_samples(good)
    assert [each.kind for each in found] == HOSTILE[case]
    assert {each.file for each in found} == {"lead_24.wav"}
    assert all(each.sentence.endswith(".") and "; expected " in str(each) for each in found)


def test_the_kinds_are_those_listed(good, elsewhere):
    listed = {kind for found in HOSTILE.values() for kind in found}
    assert listed <= set(KINDS) and not listed & set(REMARKS)


def test_a_link_that_takes_a_file_s_place_while_it_is_read_is_not_followed(tmp_path, elsewhere):
    (elsewhere / "secret.wav").write_bytes(wav(pcm(tone(24)), rate=12_345))
    path, done = tmp_path / "lead_24.wav", threading.Event()

    def swap():
        while not done.is_set():
            (tmp_path / "link").symlink_to(elsewhere / "secret.wav")
            os.replace(tmp_path / "link", path)
            (tmp_path / "file").write_bytes(wav(b""))
            os.replace(tmp_path / "file", path)

    path.write_bytes(wav(b""))
    swapping = threading.Thread(target=swap)
    swapping.start()
    read = refused = 0
    try:
        for _ in range(4000):
            try:
                assert read_wav(path).sample_rate == RATE
                read += 1
            except RefusedError:
                refused += 1
    finally:
        done.set()
        swapping.join()
    assert read and refused


def test_a_file_that_may_not_be_read_is_a_problem_of_its_own():
    with tempfile.TemporaryDirectory() as folder:  # for another user, pytest's own is closed
        os.chmod(folder, 0o755)
        good = write_set(Path(folder) / "set")
        (good / "lead_24.wav").chmod(0)
        me = os.geteuid()
        try:
            if me == 0:
                os.seteuid(65534)  # root may read everything
            found = check_samples(good)
        finally:
            os.seteuid(me)
    [problem] = found
    assert problem.kind == "unreadable" and "Permission denied" in str(problem)


def test_extensible_pcm_is_accepted_as_some_programs_write_it(good):
    guid = b"\x01\x00" + bytes.fromhex("000000001000800000aa00389b71")
    extra = struct.pack("<HHI", 22, 16, 4) + guid
    (good / "lead_24.wav").write_bytes(wav(pcm(tone(24)), tag=0xFFFE, extra=extra))
    assert soundfile.info(good / "lead_24.wav").subtype == "PCM_16"
    assert check_samples(good) == []


def test_what_follows_the_samples_does_no_harm(good):
    (good / "lead_24.wav").write_bytes(wav(pcm(tone(24)), tail=b"LIST" + bytes(500)))
    assert check_samples(good) == []


def test_only_a_megabyte_of_a_file_is_ever_read(good):
    for note, promised in zip(NOTES, [None, 0xFFFFFFFF, 0x7FFFFFFF, 0, 9, 2**31, 1], strict=True):
        path = good / f"lead_{note}.wav"
        path.write_bytes(wav(pcm(tone(note)), channels=1 + note % 3, promised=promised))
        os.truncate(path, 3 << 30)
    assert len(check_samples(good)) >= 7
    assert memory_of(f"check_samples({str(good)!r})") < 20_000  # kB, of 21 GB


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


# --- preparing ----------------------------------------------------------------------------------


def stereo_44100(path):
    wave = tone(36, 4.3, 44100)
    soundfile.write(path, np.stack([wave, 0.8 * wave], axis=1), 44100, subtype="PCM_16")


def recorded(path):
    """1.3 s of a room, then the note, with some offset."""
    wave = np.r_[np.zeros(62400), tone(36, 4, 48000)]
    wave += np.random.default_rng(0).normal(0, 0.002, len(wave)) + 0.05
    soundfile.write(path, wave, 48000)


SOURCES = {
    "rendered.wav": lambda path: soundfile.write(path, tone(), RATE),
    "stereo.wav": stereo_44100,
    "recorded.wav": recorded,
    "8k.wav": lambda path: soundfile.write(path, tone(rate=8000), 8000),
    "24bit.flac": lambda path: soundfile.write(path, tone(), RATE, subtype="PCM_24"),
    "quiet.wav": lambda path: soundfile.write(path, 0.003 * tone(), RATE, subtype="FLOAT"),
    "clipped.wav": lambda path: soundfile.write(path, np.clip(9 * tone(), -1, 1), RATE),
    "loud.wav": lambda path: soundfile.write(path, 5 * tone(), RATE, subtype="FLOAT"),
    "sustained.wav": lambda path: soundfile.write(path, tone(decay=0), RATE),
    "short.wav": lambda path: soundfile.write(path, tone(seconds=0.3), RATE),
    "ten_minutes.flac": lambda path: soundfile.write(path, tone(seconds=600, decay=0.01), RATE),
    "song.ogg": lambda path: soundfile.write(path, tone(rate=48000), 48000),
    "voice.mp3": lambda path: soundfile.write(path, tone(rate=44100), 44100),
}


@pytest.mark.parametrize("name", SOURCES)
def test_what_was_prepared_passes_the_check_and_keeps_its_pitch(tmp_path, name):
    source = tmp_path / name
    SOURCES[name](source)
    path, said = prepare(source, "lead", 36, tmp_path / "set")
    assert path == tmp_path / "set" / "lead_36.wav" and path.stat().st_size == 128_044
    assert kinds(tmp_path / "set", remarks=True) == ["missing"]
    assert abs(estimate_pitch(load_audio(path)) - 36) < 0.3
    assert said and all(sentence.endswith(".") for sentence in said)
    assert os.listdir(tmp_path / "set") == ["lead_36.wav"]


def test_preparing_says_each_repair(tmp_path):
    recorded(tmp_path / "room.wav")
    _, said = prepare(tmp_path / "room.wav", "lead", 36, tmp_path)
    words = ("48000 samples per second", "1.29 s held no sound", "DC offset", "Peak normalised")
    for word in words:
        assert any(word in sentence for sentence in said), word
    _, again = prepare(tmp_path / "room.wav", "lead", 36, tmp_path)
    assert len(again) == len(said) + 1 and "is replaced" in again[-1]


def test_the_attack_is_kept(tmp_path):
    wave = np.zeros(48000)
    wave[16000:40000] = tone(48, 1.5, decay=6) * np.clip(np.arange(24000) / 32, 0, 1)
    soundfile.write(tmp_path / "in.wav", wave, RATE, subtype="FLOAT")
    path, _ = prepare(tmp_path / "in.wav", "lead", 48, tmp_path)
    made, _ = soundfile.read(path)
    start = int(np.argmax(np.abs(made) > 1e-4))
    assert 80 <= start <= 160 + 1  # 5 to 10 ms before it
    expected = wave[16000:32000] * 0.7 / np.abs(wave).max()
    lag = start - int(np.argmax(np.abs(expected) > 1e-4))
    assert np.abs(made[lag : lag + 16000] - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no sound file"),
        (b"", "cannot be read"),
        (b"words", "cannot be read"),
        (wav(bytes(2 * LENGTH)), "is silent"),
        (wav(pcm(np.full(LENGTH, 0.4))), "is silent"),
        (wav(pcm(tone()[:100])), "at least 10 ms"),
        (wav(np.full(LENGTH, np.nan, "<f4").tobytes(), bits=32, tag=3), "only NaN"),
        (wav(bytes(2 * 1024 * 60_000), rate=60_000, channels=1024), "has 1024 channels"),
    ],
)
def test_preparing_bad_input_is_refused_in_a_sentence_and_leaves_nothing(tmp_path, content, reason):
    source = tmp_path / "in.wav"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(AudioError, match=reason):
        prepare(source, "lead", 36, tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_preparing_a_false_header_takes_no_more_memory_than_a_minute_of_sound(tmp_path):
    (tmp_path / "in.wav").write_bytes(
        wav(pcm(tone()), rate=192_000, channels=2, promised=0xFFFFFFFF)
    )
    os.truncate(tmp_path / "in.wav", 8 << 30)  # sparse; an hour and a half, it seems
    code = f"prepare({str(tmp_path / 'in.wav')!r}, 'lead', 36, {str(tmp_path / 'set')!r})"
    assert memory_of(code) < 250_000  # kB, of 8 GB; a minute's floats are 92,000
    assert (tmp_path / "set" / "lead_36.wav").exists()


def test_a_recording_is_never_replaced_by_its_sample(tmp_path):
    soundfile.write(tmp_path / "lead_36.wav", tone(seconds=6), RATE)
    before = state(tmp_path)
    with pytest.raises(AudioError, match="would be lost"):
        prepare(tmp_path / "lead_36.wav", "lead", 36.0, tmp_path)
    assert state(tmp_path) == before


def test_a_link_in_the_place_of_a_sample_is_replaced_and_its_target_kept(tmp_path, elsewhere):
    soundfile.write(tmp_path / "in.wav", tone(), RATE)
    secret = (elsewhere / "secret.wav").read_bytes()
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "lead_36.wav").symlink_to(elsewhere / "secret.wav")
    path, _ = prepare(tmp_path / "in.wav", "lead", 36, tmp_path / "set")
    assert not path.is_symlink() and (elsewhere / "secret.wav").read_bytes() == secret


# --- taking in ----------------------------------------------------------------------------------


def test_a_set_is_taken_in_as_the_same_samples_under_a_name_of_our_own(tmp_path):
    folder = write_set(tmp_path / "submitted" / "anna")
    (folder / "lead_24.wav").write_bytes(wav(pcm(tone(24)), tail=b"PK" + b"secret" * 50))
    [taken] = take(tmp_path / "submitted", tmp_path / "in")
    assert (taken.student, taken.problems, taken.instrument) == ("anna", [], "lead")
    for note in NOTES:
        made = tmp_path / "in" / taken.id / f"{note}.wav"
        assert made.read_bytes()[44:] == pcm(tone(note)) and made.stat().st_nlink == 1
    whole = b"".join(pcm(tone(note)) for note in NOTES)
    assert taken.id == hashlib.sha256(whole).hexdigest()[:16]
    assert (tmp_path / "in").stat().st_mode & 0o077 == 0


def test_taking_in_again_changes_nothing(tmp_path):
    write_set(tmp_path / "submitted" / "anna")
    first = take(tmp_path / "submitted", tmp_path / "in")
    before = state(tmp_path)
    assert take(tmp_path / "submitted", tmp_path / "in") == first and state(tmp_path) == before


def test_one_student_never_stops_another_and_no_link_is_followed(tmp_path, elsewhere):
    submitted = tmp_path / "submitted"
    write_set(submitted / "zoe")
    write_set(submitted / "ben" / "ps5")  # as nbgrader collects
    (submitted / "ben" / "ps5" / "ps5.ipynb").write_text("{}")
    thief = write_set(submitted / "mallory", notes=NOTES[1:])
    (thief / "lead_24.wav").symlink_to(elsewhere / "secret.wav")
    write_set(elsewhere / "set")
    (submitted / "nina").symlink_to(elsewhere / "set")
    (submitted / "olaf").mkdir()
    (submitted / "olaf" / "ps5").symlink_to(elsewhere / "set")
    (submitted / "empty").mkdir()
    (submitted / "gradebook.db").write_text("not a student")
    (submitted / os.fsdecode(b"\xff\x1b")).mkdir()
    taken = {each.student: each for each in take(submitted, tmp_path / "in")}
    found = {name: [problem.kind for problem in each.problems] for name, each in taken.items()}
    assert found == {
        "zoe": [], "ben": [], "mallory": ["link"], "nina": ["link"], "olaf": ["missing"],
        "empty": ["missing"], os.fsdecode(b"\xff\x1b"): ["missing"],
    }  # fmt: skip
    assert taken["zoe"].id == taken["ben"].id and taken["mallory"].id is None
    assert os.listdir(tmp_path / "in") == [taken["zoe"].id]
    told = {each.student: each for each in take(submitted, tmp_path / "in", assignment="ps5")}
    assert told["ben"].problems == [] and [p.kind for p in told["olaf"].problems] == ["link"]
    assert [p.kind for p in told["zoe"].problems] == ["folder"]


def test_two_folders_of_one_student_want_a_name(tmp_path):
    for name in ("ps5", "old"):
        write_set(tmp_path / "submitted" / "anna" / name)
    [taken] = take(tmp_path / "submitted", tmp_path / "in")
    assert [each.kind for each in taken.problems] == ["folder"] and not (tmp_path / "in").exists()
    [taken] = take(tmp_path / "submitted", tmp_path / "in", assignment="old")
    assert taken.problems == []


@pytest.mark.parametrize("case", HOSTILE)
def test_no_bad_file_is_taken_in(tmp_path, elsewhere, case):
    folder = write_set(tmp_path / "submitted" / "mallory")
    (folder / "lead_24.wav").unlink()
    make(case, folder / "lead_24.wav", elsewhere / "secret.wav" if case == "link" else elsewhere)
    [taken] = take(tmp_path / "submitted", tmp_path / "in")
    assert [each.kind for each in taken.problems] == HOSTILE[case]
    assert not (tmp_path / "in").exists()


def test_taking_in_among_the_students_or_from_nowhere_is_refused(tmp_path):
    with pytest.raises(AudioError, match="there is no folder"):
        take(tmp_path / "nowhere", tmp_path / "in")
    with pytest.raises(AudioError, match="among the students"):
        take(tmp_path, tmp_path / "in")
    for name in ("../ps5", "..", "", "a/b"):
        with pytest.raises(AudioError, match="not a folder's name"):
            take(tmp_path, tmp_path.parent / "in", assignment=name)


# --- commands -----------------------------------------------------------------------------------


def call(capsys, *words):
    try:
        code = main(list(map(str, words)))
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()


@pytest.mark.parametrize("command", ["", "prepare", "check"])
def test_the_sample_commands_explain_themselves(capsys, command):
    code, out, _ = call(capsys, "sample", *command.split(), "--help")
    assert code == 0 and f"usage: nsynth-edu sample {command}".strip() in out


def test_the_help_of_samples_imports_none_of_the_heavy_packages():
    code = """
import sys
from nsynth_edu.cli import main
try:
    main(["sample", "prepare", "--help"])
except SystemExit:
    print(*({"torch", "numpy", "soundfile"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n\n")


def test_a_set_prepared_by_command_passes_the_check_by_command(tmp_path, capsys):
    for note in NOTES:
        soundfile.write(tmp_path / "in.wav", tone(note, rate=44100), 44100)
        words = ("--instrument", "lead", "--note", note, "-o", tmp_path / "set")
        code, out, err = call(capsys, "sample", "prepare", tmp_path / "in.wav", *words)
        assert code == 0 and out == f"{tmp_path / 'set' / f'lead_{note}.wav'}\n"
        assert "is resampled to 16000." in err
    code, out, err = call(capsys, "sample", "check", tmp_path / "set")
    assert (code, out) == (0, "") and "is a complete set" in err


def test_the_check_command_prints_problems_and_only_remarks_the_rest(good, capsys):
    (good / "lead_24.wav").write_bytes(b"")
    (good / "Thumbs.db").write_bytes(b"")
    code, out, err = call(capsys, "sample", "check", good)
    assert code == 1 and out.splitlines() == [str(each) for each in check_samples(good)]
    assert "remark: 'Thumbs.db' is passed over" in err and "1 problem in" in err


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--instrument", "Lead 2", "--note", "24"], 2, "lead2 would do"),
        (["--instrument", "lead", "--note", "C2"], 2, "'C2' is not in a set"),
        (["--instrument", "lead", "--note", "25"], 2, "'25' is not in a set"),
        (["--instrument", "lead"], 2, "required: --note"),
        (["--instrument", "lead", "--note", "24"], 1, "there is no sound file"),
    ],
)
def test_the_prepare_command_says_what_is_wrong(tmp_path, capsys, words, code, reason):
    words = ["sample", "prepare", tmp_path / "none.wav", *words, "-o", tmp_path / "set"]
    told, out, err = call(capsys, *words)
    assert (told, out) == (code, "") and reason in err and not (tmp_path / "set").exists()


def test_a_problem_can_be_kept_as_json(good):
    (good / "lead_24.wav").unlink()
    [problem] = check_samples(good)
    assert json.loads(json.dumps(vars(problem)))["kind"] == "missing"
