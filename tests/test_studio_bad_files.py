"""Broken and hostile files: each is refused by its kind, and nothing else happens."""

import os
import struct
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from bad_files import HOSTILE, make
from samples import RATE, memory_of, pcm, tone, wav, write_set

from nsynth_edu.sound import AudioError
from nsynth_edu.studio import KINDS, NOTES, REMARKS, check_samples, prepare
from nsynth_edu.studio.wavfile import RefusedError, read_wav


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


@pytest.mark.parametrize("content, words, remedy", [
    (b"<!DOCTYPE html><html>404</html>", "is a web page", "Record it, or download it again."),
    (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS", "or download"),
    (b"ID3" + bytes(40), "begins as an MP3 file does", "If it holds a sound, nsynth-edu sample"),
    (b"\x00\x01\x02" * 9, "is not a WAV file", "If it holds a sound, nsynth-edu sample"),
])  # fmt: skip
def test_nothing_is_promised_that_prepare_would_refuse(good, tmp_path, content, words, remedy):
    (good / "lead_24.wav").write_bytes(content)
    [problem] = check_samples(good)
    assert f"lead_24.wav {words}" in str(problem) and remedy in str(problem)
    assert "turns it into a valid one" not in str(problem)
    with pytest.raises(AudioError, match="lead_24.wav cannot be read as sound"):
        prepare(good / "lead_24.wav", "lead", 24, tmp_path / "prepared")


def test_a_recording_that_begins_after_what_is_read_is_said_to_be_longer(tmp_path):
    late = np.zeros(65 * RATE, np.float32)
    late[62 * RATE :] = 0.5 * np.sin(np.arange(3 * RATE) / 6)
    soundfile.write(tmp_path / "late.wav", late, RATE)
    with pytest.raises(AudioError, match="is silent.*lasts 65 s; only its first 60 s are used"):
        prepare(tmp_path / "late.wav", "lead", 24, tmp_path / "prepared")
