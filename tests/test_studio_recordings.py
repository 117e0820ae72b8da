"""Recordings become samples: what is repaired, and what is refused."""

import os

import numpy as np
import pytest
import soundfile
from samples import LENGTH, RATE, kinds, memory_of, pcm, state, tone, wav

from nsynth_edu.sound import AudioError, estimate_pitch, load_audio
from nsynth_edu.studio import prepare


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
    words = ("48000 samples per second", "1.29 s are silent", "DC offset", "Peak normalised")
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
    ids=lambda value: value if isinstance(value, str) else "file",  # 120 MB are no name
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
    with pytest.raises(AudioError, match="would be overwritten"):
        prepare(tmp_path / "lead_36.wav", "lead", 36.0, tmp_path)
    assert state(tmp_path) == before


def test_a_link_in_the_place_of_a_sample_is_replaced_and_its_target_kept(tmp_path, elsewhere):
    soundfile.write(tmp_path / "in.wav", tone(), RATE)
    secret = (elsewhere / "secret.wav").read_bytes()
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "lead_36.wav").symlink_to(elsewhere / "secret.wav")
    path, _ = prepare(tmp_path / "in.wav", "lead", 36, tmp_path / "set")
    assert not path.is_symlink() and (elsewhere / "secret.wav").read_bytes() == secret
