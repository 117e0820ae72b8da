"""Sound files in and out: what is repaired is said, what cannot be used is refused."""

import warnings

import av
import numpy as np
import pytest
import soundfile
import torch

from nsynth_edu.sound import (
    AudioError,
    AudioWarning,
    as_waveform,
    fit_length,
    load_audio,
    normalize_peak,
    save_audio,
)


def sine(frequency=440.0, seconds=1.0, rate=16_000, peak=0.5):
    return (peak * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)).astype(
        np.float32
    )


def loudest_frequency(waveform, rate=16_000):
    return np.argmax(np.abs(np.fft.rfft(waveform))) * rate / len(waveform)


def write(path, samples, rate=16_000, subtype="FLOAT"):
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def test_what_is_saved_and_loaded_again_stays_the_same(tmp_path):
    noise = np.random.default_rng(0).uniform(-1, 1, 4000).astype(np.float32)
    save_audio(tmp_path / "a.wav", noise)
    once = load_audio(tmp_path / "a.wav")
    assert np.abs(once - noise).max() <= 1 / 32768
    save_audio(tmp_path / "b.wav", once)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_a_credit_travels_in_the_file_and_leaves_the_samples_alone(tmp_path):
    credit = "Flute and bell, morphed; recorded by Zoë, CC BY 4.0."
    save_audio(tmp_path / "a.wav", sine(), credit=credit)
    save_audio(tmp_path / "b.wav", sine())
    with soundfile.SoundFile(tmp_path / "a.wav") as file:
        assert file.comment == credit
    np.testing.assert_array_equal(load_audio(tmp_path / "a.wav"), load_audio(tmp_path / "b.wav"))


def test_saved_files_are_16_bit_mono(tmp_path):
    save_audio(tmp_path / "new" / "folder" / "a.wav", torch.zeros(800))
    info = soundfile.info(tmp_path / "new" / "folder" / "a.wav")
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")


def test_a_clean_file_loads_without_a_word(tmp_path):
    path = write(tmp_path / "clean.wav", sine())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = load_audio(path)
    np.testing.assert_array_equal(loaded, sine())
    assert loaded.dtype == np.float32


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_another_rate_keeps_pitch_duration_and_level(tmp_path, rate):
    path = write(tmp_path / "rate.wav", sine(rate=rate), rate)
    with pytest.warns(AudioWarning, match=f"{rate} samples per second; it is resampled to 16000"):
        loaded = load_audio(path)
    assert len(loaded) == 16_000
    assert loudest_frequency(loaded) == 440
    assert np.abs(loaded[2000:-2000]).max() == pytest.approx(0.5, rel=0.01)


def test_resampling_leaves_no_mirror_of_what_lies_above_8_khz(tmp_path):
    path = write(tmp_path / "high.wav", sine(11_000, rate=44_100), 44_100)
    with pytest.warns(AudioWarning):
        assert np.abs(load_audio(path)[1000:-1000]).max() < 1e-3


def test_channels_are_averaged_and_said(tmp_path):
    path = write(tmp_path / "wide.wav", np.stack([sine(), 0.5 * sine()], axis=1))
    with pytest.warns(AudioWarning, match="2 channels"):
        loaded = load_audio(path)
    np.testing.assert_allclose(loaded, 0.75 * sine(), atol=1e-7)


@pytest.mark.parametrize("rest", [0.0, 0.01])
def test_channels_that_cancel_each_other_are_not_averaged(tmp_path, rest):
    path = write(tmp_path / "wired.wav", np.stack([-0.9 * sine(), (1 - rest) * sine()], axis=1))
    with pytest.warns(AudioWarning, match="cancel each other.*only channel 2, the loudest"):
        loaded = load_audio(path)
    np.testing.assert_allclose(loaded, (1 - rest) * sine(), atol=1e-7)


def compressed(path, codec, kind, channels):
    """What a phone or a browser would have recorded: 2 s of two channels, or of one."""
    layout = "stereo" if len(channels) == 2 else "mono"
    with av.open(str(path), "w", format=kind) as container:
        # FFmpeg's slower AAC coder makes a pure tone louder
        options = {"aac_coder": "fast"} if codec == "aac" else {}
        stream = container.add_stream(codec, rate=48_000, layout=layout, options=options)
        frame = av.AudioFrame.from_ndarray(np.array(channels, "f4"), "fltp", layout)
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


PHONE = [
    ("m4a", "aac", "ipod"), ("mp4", "aac", "mp4"), ("3gp", "aac", "3gp"), ("aac", "aac", "adts"),
    ("webm", "libopus", "webm"),
]  # fmt: skip


@pytest.mark.parametrize("ending, codec, kind", PHONE)
@pytest.mark.filterwarnings("ignore:.*resampled")
def test_what_phones_and_browsers_record_is_read(tmp_path, ending, codec, kind):
    tone = sine(seconds=2, rate=48_000)
    path = compressed(tmp_path / f"take.{ending}", codec, kind, [tone])
    loaded = load_audio(path)
    assert len(loaded) == pytest.approx(32_000, abs=1_000)
    assert loudest_frequency(loaded[8_000:24_000]) == 440
    assert np.abs(loaded[8_000:24_000]).max() == pytest.approx(0.5, abs=0.02)
    wired = compressed(tmp_path / f"wired.{ending}", codec, kind, [tone, -tone])
    with pytest.warns(AudioWarning, match="cancel each other"):
        assert np.abs(load_audio(wired)[8_000:24_000]).max() == pytest.approx(0.5, abs=0.02)
    with pytest.warns(AudioWarning, match="lasts 2 s; only its first 0.5 s are used"):
        assert len(load_audio(path, longest=0.5)) == 8_000


@pytest.mark.parametrize("ending, codec, kind", PHONE)
def test_a_cut_recording_of_a_phone_is_one_sentence(tmp_path, ending, codec, kind):
    path = compressed(tmp_path / f"take.{ending}", codec, kind, [sine(seconds=2, rate=48_000)])
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(
        AudioError, match=f"take.{ending} (cannot be read as sound|holds 0 samples)"
    ):
        load_audio(path)


@pytest.mark.parametrize("content, words", [
    (b"", "an empty file"),
    (b"<!DOCTYPE html><html>404</html>", "a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS"),
    (b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n", "Format not recognised"),
    (b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n", "Format not recognised"),
])  # fmt: skip
def test_what_is_not_a_sound_is_named(tmp_path, content, words):
    (tmp_path / "take.wav").write_bytes(content)
    with pytest.raises(AudioError, match=f"take.wav cannot be read as sound .*{words}.*; expected"):
        load_audio(tmp_path / "take.wav")


def test_nan_and_infinity_become_silence_and_are_said(tmp_path):
    samples = sine()
    samples[[10, 20, 30]] = np.nan, np.inf, -np.inf
    path = write(tmp_path / "nan.wav", samples)
    with pytest.warns(AudioWarning, match="3 NaN or infinite samples"):
        loaded = load_audio(path)
    assert np.isfinite(loaded).all() and not loaded[[10, 20, 30]].any()
    assert loaded[11] == samples[11]


def test_clipping_is_said(tmp_path):
    path = write(tmp_path / "clipped.wav", np.clip(sine(peak=3.0), -1, 1), subtype="PCM_16")
    with pytest.warns(AudioWarning, match="is clipped"):
        load_audio(path)


def test_a_full_scale_tone_is_not_taken_for_clipped(tmp_path):
    path = write(tmp_path / "full.wav", sine(400, peak=1.0), subtype="PCM_16")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_audio(path)


def test_values_beyond_full_scale_are_turned_down_not_cut(tmp_path):
    path = write(tmp_path / "loud.wav", sine(peak=2.0))
    with pytest.warns(AudioWarning, match="peaks at 2.00"):
        loaded = load_audio(path)
    np.testing.assert_allclose(loaded, sine(peak=1.0), atol=1e-6)


def test_silence_is_said(tmp_path):
    path = write(tmp_path / "silent.wav", np.zeros(16_000))
    with pytest.warns(AudioWarning, match="is silent"):
        assert not load_audio(path).any()


def test_ten_minutes_are_read_up_to_the_first_minute(tmp_path):
    path = write(tmp_path / "long.wav", np.tile(sine(), 600), subtype="PCM_16")
    with pytest.warns(AudioWarning, match="lasts 600 s; only its first 60 s"):
        assert len(load_audio(path)) == 60 * 16_000
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_audio(path, longest=None)) == 600 * 16_000


@pytest.mark.parametrize("suffix", ["flac", "ogg", "aiff", "mp3"])
def test_common_formats_are_read(tmp_path, suffix):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, sine(), 16_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert loudest_frequency(load_audio(path)) == pytest.approx(440, abs=1)


def refused(path):
    """The one sentence or two with which a file is refused."""
    with pytest.raises(AudioError) as refusal:
        load_audio(path)
    return str(refusal.value)


def test_a_missing_file_or_a_folder_is_refused_by_name(tmp_path):
    assert "there is no sound file" in refused(tmp_path / "none.wav")
    assert "there is no sound file" in refused(tmp_path)


@pytest.mark.parametrize("name", ["notes.wav", "notes.raw", "notes.mp3"])
def test_a_file_that_is_no_sound_is_refused(tmp_path, name):
    (tmp_path / name).write_text("dear diary " * 500)
    message = refused(tmp_path / name)
    assert message.startswith(name) and "Export it again" in message


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.wav").touch()
    assert "cannot be read as sound" in refused(tmp_path / "empty.wav")
    assert "holds 0 samples" in refused(write(tmp_path / "headed.wav", np.zeros(0)))


def test_one_sample_is_refused(tmp_path):
    message = refused(write(tmp_path / "one.wav", np.ones(1)))
    assert "expected at least 10 ms" in message


def test_a_file_of_nothing_but_nan_is_refused(tmp_path):
    assert "only NaN" in refused(write(tmp_path / "nan.wav", np.full(1000, np.nan)))


@pytest.mark.parametrize(
    "waveform", [np.zeros((2, 100)), np.zeros(0), 0.5, np.array([0.1, np.nan]), [np.inf]]
)
def test_what_is_no_waveform_is_not_saved(tmp_path, waveform):
    with pytest.raises(AudioError, match="expected"):
        save_audio(tmp_path / "a.wav", waveform)
    assert not any(tmp_path.iterdir())


def test_saving_beyond_full_scale_is_said(tmp_path):
    with pytest.warns(AudioWarning, match="would peak at 2.00"):
        save_audio(tmp_path / "a.wav", sine(peak=2.0))
    saved, _ = soundfile.read(tmp_path / "a.wav")
    np.testing.assert_allclose(saved, np.clip(sine(peak=2.0), -1, 1), atol=4e-5)


def test_a_save_that_fails_leaves_the_old_sound(tmp_path):
    path = tmp_path / "a.wav"
    save_audio(path, sine())
    before = path.read_bytes()
    with pytest.raises(AudioError):
        save_audio(path, np.full(100, np.nan))
    assert path.read_bytes() == before
    save_audio(path, sine(880))
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("length", [100, 15_000, 16_000, 64_000])
def test_a_fitted_sound_has_the_length_and_ends_without_a_jump(length):
    fitted = fit_length(sine(), length)
    assert fitted.shape == (length,) and fitted.dtype == np.float32
    if length != 16_000:
        assert np.abs(np.diff(fitted)).max() <= np.abs(np.diff(sine())).max() * 1.01
        assert abs(fitted[-1]) < 1e-6
    kept = min(length, 16_000) - 160
    if kept > 0:
        np.testing.assert_array_equal(fitted[:kept], sine()[:kept])


def test_a_fitting_sound_is_left_alone():
    np.testing.assert_array_equal(fit_length(sine(), 16_000), sine())


def test_batches_and_tensors_are_fitted_as_they_come():
    fitted = fit_length(torch.ones(2, 3, 1000), 500, fade=10)
    assert torch.is_tensor(fitted) and fitted.shape == (2, 3, 500)


def test_peaks_are_brought_to_one_size_and_silence_stays():
    assert np.abs(normalize_peak(sine(peak=0.03))).max() == pytest.approx(0.7)
    assert torch.is_tensor(normalize_peak(torch.ones(4), 0.5))
    assert not normalize_peak(np.zeros(10, np.float32)).any()


def test_lists_and_tensors_are_waveforms_too():
    np.testing.assert_array_equal(as_waveform([0.5, -0.5]), np.float32([0.5, -0.5]))
    assert as_waveform(torch.zeros(3, requires_grad=True)).dtype == np.float32
