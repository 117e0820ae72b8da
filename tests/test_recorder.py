"""What the recorder makes of takes and files, without a browser."""

import io

import av
import numpy as np
import page
import pytest
import soundfile

from nsynth_edu.classroom import Recorder, decode_recording
from nsynth_edu.classroom.recorder import describe
from nsynth_edu.sound import AudioError


def tone(hertz, seconds=2.0, rate=16_000, peak=0.5):
    return (peak * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype("f4")


def send(recorder, samples, rate, processed=()):
    content = {"kind": "take", "rate": rate, "processed": list(processed)}
    page.send(recorder, content, memoryview(np.asarray(samples, "<f4").tobytes()))
    return recorder.message


def as_file(waveform, rate, kind="WAV"):
    file = io.BytesIO()
    soundfile.write(file, waveform, rate, format=kind)
    return file.getvalue()


def recording(waveform, rate=48_000, kind="webm", codec="libopus"):
    """What a browser's own recorder would hand over."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(waveform[None].astype("f4"), "fltp", "mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000, 96_000])
def test_a_take_keeps_pitch_level_and_length_at_any_rate(rate):
    recorder = Recorder(note=57)
    message = send(recorder, tone(220, rate=rate), rate)
    wave = recorder.waveform
    assert wave.dtype == np.float32 and wave.size == pytest.approx(32_000, abs=2)
    assert np.abs(wave).max() == pytest.approx(0.5, abs=0.01)
    assert np.abs(np.fft.rfft(wave)).argmax() / 2 == pytest.approx(220, abs=1)
    assert message == "2.0 s, peak −6 dBFS. It sounds like A3 (MIDI 57)."
    played = np.frombuffer(recorder.take, "<i2") / 32768
    np.testing.assert_allclose(played, wave, atol=1 / 32767)


@pytest.mark.parametrize(
    ("waveform", "words"),
    [
        (tone(110), "1 octave(s) below"),
        (tone(440), "1 octave(s) above"),
        (tone(246.94), "2.0 semitones above"),
        (tone(220, peak=1.0), "cut off at full scale"),
        (tone(220, peak=0.01), "very quiet"),
        (np.zeros(16_000, "f4"), "silent"),
        (np.random.default_rng(1).normal(0, 0.1, 32_000).astype("f4"), "no clear pitch"),
    ],
)
def test_a_take_is_described_by_what_is_wrong_with_it(waveform, words):
    assert words in " ".join(describe(waveform, note=57))


def test_a_bad_take_is_refused_and_the_last_good_one_stays():
    recorder = Recorder()
    send(recorder, tone(220), 16_000)
    kept = recorder.waveform
    for bad, words in [
        (np.full(16_000, np.nan), "NaN"),
        (np.zeros(10), "at least 1600"),
        (np.zeros(32 * 16_000), "less than 30"),
    ]:
        assert words in send(recorder, bad, 16_000)
        assert recorder.waveform is kept


def test_a_browser_that_goes_on_processing_is_named():
    message = send(Recorder(), tone(220), 16_000, ["noiseSuppression"])
    assert "did not switch off noiseSuppression" in message


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "AIFF", "MP3"])
def test_a_file_may_be_of_any_kind(kind):
    recorder = Recorder(note=57)
    content = as_file(tone(220, rate=44_100), 44_100, kind)
    name = f"take.{kind.lower()}"
    page.send(recorder, {"kind": "file", "name": name}, memoryview(content))
    assert "It sounds like A3" in recorder.message and f"{name} has 44100" in recorder.message
    assert np.abs(recorder.waveform).max() == pytest.approx(0.5, abs=0.05)


def test_a_file_that_is_no_sound_is_one_sentence():
    recorder = Recorder()
    page.send(recorder, {"kind": "file", "name": "thesis.pdf"}, memoryview(b"%PDF-1.7"))
    assert recorder.message.startswith("thesis.pdf cannot be read as sound")
    assert recorder.waveform is None


@pytest.mark.parametrize("wrong", [{"note": 128}, {"note": -1}, {"seconds": 0}, {"seconds": 31}])
def test_settings_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Recorder(**wrong)


def test_a_recorder_without_widgets_is_words():
    bundle, _ = Recorder(note=60)._repr_mimebundle_()
    assert "Play C4 (MIDI 60)." in bundle["text/plain"] and bundle["text/html"]


@pytest.mark.parametrize("kind", ["webm", "ogg"])
def test_a_compressed_recording_is_decoded(kind):
    wave = decode_recording(memoryview(recording(tone(220, rate=48_000), kind=kind)))
    assert wave.dtype == np.float32 and wave.size == pytest.approx(32_000, abs=1_000)
    middle = wave[8_000:24_000]
    assert np.abs(np.fft.rfft(middle)).argmax() == pytest.approx(220, abs=1)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("content", [b"", b"no sound at all", recording(tone(220))[:200]])
def test_a_recording_that_holds_nothing_is_one_sentence(content):
    with pytest.raises(AudioError):
        decode_recording(content)
