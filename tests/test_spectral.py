"""Pictures of sound: peaks where the tones are, steady colour where they are steady."""

import warnings

import librosa
import numpy as np
import pytest
import torch

from nsynth_edu.sound import AudioError, cqt, mel_spectrogram, rainbowgram, stft

TIME = np.arange(64_000) / 16_000


def sine(frequency, peak=0.5):
    return (peak * np.sin(2 * np.pi * frequency * TIME)).astype(np.float32)


def test_stft_peaks_at_the_frequency_of_a_tone():
    transform = stft(sine(1000), n_fft=512, hop_length=128)
    assert transform.shape == (257, 1 + 64_000 // 128)
    assert (np.argmax(np.abs(transform[:, 4:-4]), axis=0) == 1000 * 512 // 16_000).all()


def test_stft_agrees_with_torch():
    sound = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    expected = torch.stft(
        torch.from_numpy(sound),
        1024,
        256,
        window=torch.hann_window(1024),
        pad_mode="constant",
        return_complex=True,
    )
    np.testing.assert_allclose(stft(sound), expected.numpy(), atol=1e-4)


@pytest.mark.parametrize("octave", range(5))
def test_an_octave_is_always_forty_bins_of_the_cqt(octave):
    tone = sine(librosa.note_to_hz("E2") * 2**octave)
    loudness = np.abs(cqt(tone)).mean(axis=1)
    # E2 lies 4 semitones above the lowest bin: 4 * 40 / 12 bins
    assert np.argmax(loudness) == 40 * octave + round(4 * 40 / 12)


def test_rainbowgram_has_the_published_size():
    picture = rainbowgram(sine(440))
    assert picture.magnitude.shape == picture.hue.shape == (240, 251)
    assert picture.frequencies[0] == pytest.approx(65.406, abs=1e-3)
    np.testing.assert_allclose(picture.frequencies[40:] / picture.frequencies[:-40], 2)
    np.testing.assert_allclose(picture.times[[0, 1, 250]], [0, 0.016, 4.0])


def test_brightness_is_decibels_below_the_loudest_point():
    fading = sine(440) * np.where(TIME < 2, 1, 0.01).astype(np.float32)  # 40 dB
    picture = rainbowgram(fading)
    assert picture.magnitude.max() == 1 and picture.magnitude.min() == 0
    partial = picture.magnitude[np.argmin(abs(picture.frequencies - 440))]
    assert partial[60] - partial[190] == pytest.approx(40 / 70, abs=0.01)


def test_loudness_of_the_whole_sound_does_not_change_the_picture():
    loud, quiet = rainbowgram(sine(440, 0.9)), rainbowgram(sine(440, 0.009))
    np.testing.assert_allclose(loud.magnitude, quiet.magnitude, atol=2e-3)


@pytest.mark.parametrize("frequency", [110.0, 440.0, 452.0, 1318.5])
def test_a_steady_partial_has_the_one_colour_of_its_frequency(frequency):
    picture = rainbowgram(sine(frequency))
    bin_ = np.argmin(abs(picture.frequencies - frequency))
    hue = picture.hue[bin_, 30:-30]
    half_turns = (2 * frequency * 256 / 16_000 + 1) % 2 - 1
    # compared on the circle: -1 and 1 are the same colour
    assert np.abs(np.exp(1j * np.pi * hue) - np.exp(1j * np.pi * half_turns)).max() < 0.05


def test_a_gliding_partial_changes_its_colour():
    glide = (0.5 * np.sin(2 * np.pi * (440 + 2 * TIME) * TIME)).astype(np.float32)
    bin_ = np.argmin(abs(rainbowgram(glide).frequencies - 448))
    assert np.ptp(np.unwrap(np.pi * rainbowgram(glide).hue[bin_, 30:-30])) > 0.5
    steady = rainbowgram(sine(448)).hue[bin_, 30:-30]
    assert np.ptp(np.unwrap(np.pi * steady)) < 0.05


def test_hue_is_the_phase_step_and_its_first_column_repeats_the_second():
    picture, transform = rainbowgram(sine(440)), cqt(sine(440))
    step = transform[:, 1:] * np.conj(transform[:, :-1])
    np.testing.assert_allclose(
        np.exp(1j * np.pi * picture.hue[:, 1:]), np.exp(1j * np.angle(step)), atol=1e-3
    )
    np.testing.assert_array_equal(picture.hue[:, 0], picture.hue[:, 1])


def test_hue_stays_within_a_half_turn():
    noise = np.random.default_rng(0).standard_normal(64_000).astype(np.float32)
    hue = rainbowgram(noise).hue
    assert hue.min() >= -1 and hue.max() <= 1 and np.isfinite(hue).all()


def test_silence_is_black():
    picture = rainbowgram(np.zeros(64_000, np.float32))
    assert not picture.magnitude.any() and np.isfinite(picture.hue).all()


@pytest.mark.parametrize("length", [1, 100, 1000])
def test_very_short_sounds_have_a_picture_without_warnings(length):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = rainbowgram(sine(440)[:length])
        assert stft(sine(440)[:length]).shape == (513, 1 + length // 256)
    assert picture.hue.shape == picture.magnitude.shape == (240, 1 + length // 256)


def test_tensors_give_the_same_picture():
    sound = sine(440)
    picture, same = rainbowgram(sound), rainbowgram(torch.from_numpy(sound))
    np.testing.assert_array_equal(picture.hue, same.hue)


@pytest.mark.parametrize("bad", [np.zeros((2, 100)), np.array([np.nan, 0.0]), np.zeros(0)])
def test_what_is_no_waveform_is_refused(bad):
    for transform in (stft, cqt, rainbowgram):
        with pytest.raises(AudioError, match="expected"):
            transform(bad)


def test_mel_spectrogram_agrees_with_librosa():
    sound = sine(440) + 0.1 * np.random.default_rng(0).standard_normal(64_000).astype(np.float32)
    expected = librosa.feature.melspectrogram(
        y=sound[64:], sr=16_000, n_fft=1024, hop_length=128, power=1, n_mels=80, pad_mode="constant"
    )  # its frame k is centred on sample 128 k, so on 128 k + 64 of the whole sound
    mel = mel_spectrogram(sound)
    assert mel.shape == (500, 80) and mel.dtype == np.float32
    np.testing.assert_allclose(mel[8:490], np.log(expected.T[8:490]), atol=1e-4)


@pytest.mark.parametrize("frequency", [100, 440, 1000, 3000, 7000])
def test_a_tone_is_loudest_in_the_mel_channel_around_it(frequency):
    edges = librosa.mel_frequencies(82, fmin=0, fmax=8000)
    channels = mel_spectrogram(sine(frequency))[20:-20].argmax(axis=1)
    assert len(set(channels)) == 1
    assert edges[channels[0]] < frequency < edges[channels[0] + 2]


def test_twice_as_loud_is_the_logarithm_of_two_more():
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000).astype(np.float32)
    difference = mel_spectrogram(2 * sound) - mel_spectrogram(sound)
    np.testing.assert_allclose(difference, np.log(2), atol=1e-4)


def test_silence_lies_at_the_floor_of_the_mel_spectrogram():
    silence = mel_spectrogram(torch.zeros(1000))
    assert silence.shape == (7, 80) and torch.is_tensor(silence)
    np.testing.assert_allclose(silence, np.log(1e-5), rtol=1e-6)
    with pytest.raises(AudioError, match="at least 128"):
        mel_spectrogram(np.zeros(127))
