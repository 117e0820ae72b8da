"""Measures rank sounds as ears would: known defects are counted, clean sounds pass."""

import numpy as np
import pytest

from nsynth_edu.sound import (
    AudioError,
    attack_time,
    cents_off,
    clicks_per_second,
    envelope,
    envelope_correlation,
    harmonic_energy,
    harmonics_to_noise,
    log_spectral_difference,
    midi_to_hz,
    mu_law_decode,
    mu_law_encode,
    multi_scale_spectral_distance,
    render_notes,
)

TIME = np.arange(64_000) / 16_000
NOISE = (0.1 * np.random.default_rng(0).standard_normal(64_000)).astype(np.float32)


def saw(pitch, decay=0.5):
    frequency = midi_to_hz(pitch)
    parts = [np.sin(2 * np.pi * n * frequency * TIME) / n for n in range(1, int(7600 / frequency))]
    return (0.35 * np.exp(-decay * TIME) * sum(parts)).astype(np.float32)


@pytest.fixture(scope="module")
def notes(require, tmp_path_factory):
    """Two pitches of five recorded instruments: piano, vibraphone, violin, trumpet, flute."""
    require("libfluidsynth")
    folder = tmp_path_factory.mktemp("notes")
    found = render_notes(require("soundfont"), folder, [0, 11, 40, 56, 73], [48, 67], [100])
    return [(note, note.load()) for note in found]


def test_harmonic_energy_of_a_harmonic_tone_is_nearly_all_of_it():
    for pitch in (24, 48, 72, 96):
        assert harmonic_energy(saw(pitch), pitch) > 0.95


def test_harmonic_energy_of_recorded_notes_is_high(notes):
    shares = [harmonic_energy(sound, note.pitch) for note, sound in notes]
    assert min(shares) > 0.8 and np.mean(shares) > 0.93


def test_harmonic_energy_at_a_wrong_pitch_is_low(notes):
    for note, sound in notes:
        for wrong in (-3, -2, 2, 3, 6):
            assert harmonic_energy(sound, note.pitch + wrong) < 0.35


def test_harmonic_energy_of_white_noise_is_low():
    assert all(harmonic_energy(NOISE, pitch) < 0.22 for pitch in range(24, 97, 6))


def test_harmonic_energy_falls_with_added_noise():
    clean = saw(60, decay=0)
    power = np.mean(clean**2)
    for share in (0.1, 0.5, 0.9):
        level = np.sqrt(power * share / (1 - share) / np.mean(NOISE**2))
        mixed = harmonic_energy(clean + level * NOISE, 60)
        assert mixed == pytest.approx(1 - share + share * harmonic_energy(NOISE, 60), abs=0.03)


def test_harmonic_energy_of_silence_is_none_of_it():
    assert harmonic_energy(np.zeros(64_000), 60) == 0


@pytest.mark.parametrize("cents", [-1200, -30, 0, 30, 700])
def test_cents_off_is_the_distance_to_the_pitch(cents):
    assert cents_off(saw(60 + cents / 100), 60) == pytest.approx(cents, abs=5)


def test_what_has_no_pitch_is_not_off():
    assert cents_off(NOISE, 60) is None


def test_envelope_follows_the_loudness():
    sound = np.concatenate([0.5 * np.ones(5120), np.zeros(5120), -0.25 * np.ones(100)])
    values = envelope(sound)
    assert len(values) == 21
    np.testing.assert_allclose(values[:20], [0.5] * 10 + [0] * 10)
    assert values[20] == pytest.approx(0.25 * np.sqrt(100 / 512))


def test_envelope_correlation_tells_alike_from_unlike_and_opposite():
    rising, falling = NOISE * TIME, NOISE * TIME[::-1]
    assert envelope_correlation(rising, rising) == pytest.approx(1)
    assert envelope_correlation(rising, 0.1 * rising) == pytest.approx(1)
    assert envelope_correlation(saw(48), saw(60)) > 0.99
    assert envelope_correlation(rising, falling) < -0.9
    assert envelope_correlation(rising, np.zeros(64_000)) == 0


def test_the_shorter_sound_counts_as_followed_by_silence():
    sound = saw(60)
    padded = np.pad(sound[:32_000], (0, 32_000))
    for measure in (envelope_correlation, multi_scale_spectral_distance):
        assert measure(sound, sound[:32_000]) == pytest.approx(measure(sound, padded), rel=1e-5)


def test_spectral_distance_ranks_sounds_as_ears_do(notes):
    trumpet = {note.pitch: sound for note, sound in notes if note.instrument_str.endswith("056")}
    piano = {note.pitch: sound for note, sound in notes if note.instrument_str.endswith("000")}
    reference = trumpet[48]
    coarse = mu_law_decode(mu_law_encode(reference))
    distances = [
        multi_scale_spectral_distance(reference, other)
        for other in (reference, coarse, 0.8 * reference, piano[48], trumpet[67])
    ]
    assert distances[0] == 0 and distances == sorted(distances)
    assert distances[1] < 0.2 * distances[3]


def test_spectral_distance_does_not_hear_phase():
    one, other = saw(60, 0), np.roll(saw(60, 0), 31)
    assert multi_scale_spectral_distance(one, other) < 0.2 * multi_scale_spectral_distance(
        one, saw(61, 0)
    )
    assert multi_scale_spectral_distance(one, other) == multi_scale_spectral_distance(other, one)


def test_log_spectra_differ_by_the_decibels_between_them():
    sound = saw(48, 0)
    assert log_spectral_difference(sound, sound) == 0
    assert log_spectral_difference(NOISE / 2, NOISE) == pytest.approx(6.02, abs=0.1)
    coarse = mu_law_decode(mu_law_encode(sound))
    assert log_spectral_difference(coarse, sound) < 0.5 * log_spectral_difference(saw(54, 0), sound)
    assert log_spectral_difference(sound, 0 * sound) == 0
    half = sound * (TIME < 2)  # what is added where the original is silent does not count
    assert log_spectral_difference(half + NOISE * (TIME > 2.1), half) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("pitch", [30, 48, 60, 72])
@pytest.mark.parametrize("mixed", [0, 10, 20, 30])
def test_harmonics_to_noise_is_what_was_mixed(pitch, mixed):
    clean = saw(pitch, 0)
    level = np.sqrt(np.mean(clean**2) / np.mean(NOISE**2) / 10 ** (mixed / 10))
    found = harmonics_to_noise(clean + level * NOISE, np.full(125, float(pitch)))
    assert found == pytest.approx(mixed, abs=1.5)


def test_harmonics_to_noise_follows_the_contour_and_leaves_out_what_has_no_pitch():
    contour = np.r_[np.full(60, 60.0), np.full(65, np.nan)]
    sound = np.where(TIME < 1.92, saw(60, 0), NOISE)
    assert harmonics_to_noise(sound, contour) > 30
    assert harmonics_to_noise(sound, np.full(125, 60.0)) < 20
    assert harmonics_to_noise(sound, np.full(125, np.nan)) is None


@pytest.mark.parametrize("rise", [0.004, 0.1, 0.5])
def test_the_attack_is_as_long_as_the_sound_rises(rise):
    sound = saw(60, 0) * np.clip((TIME - 0.3) / rise, 0, 1)
    assert attack_time(sound) == pytest.approx(0.8 * rise, abs=0.02)  # 10 to 90 %
    assert attack_time(0 * sound) == 0


def test_recorded_notes_do_not_click(notes):
    for note, sound in notes:
        assert clicks_per_second(sound) == 0, note.note_str
        assert clicks_per_second(mu_law_decode(mu_law_encode(sound))) == 0, note.note_str


@pytest.mark.parametrize("pitch", [24, 36, 60, 84])
def test_the_edges_of_a_saw_are_no_clicks(pitch):
    assert clicks_per_second(saw(pitch)) == 0


def test_noise_and_silence_do_not_click():
    assert clicks_per_second(NOISE) == 0
    assert clicks_per_second(np.zeros(64_000)) == clicks_per_second(np.zeros(1)) == 0


@pytest.mark.parametrize("count", [1, 4, 20])
@pytest.mark.parametrize("height", [0.3, -0.6])
def test_planted_clicks_are_counted(count, height):
    sound = (0.5 * np.sin(2 * np.pi * 220 * TIME)).astype(np.float32)
    sound[np.linspace(500, 63_000, count).astype(int)] += height
    assert clicks_per_second(sound) == count / 4


def test_clicks_in_recorded_notes_are_counted(notes):
    found = []
    for note, sound in notes:
        if note.instrument_str.endswith(("000", "011", "073")):  # piano, vibraphone, flute
            clicked = sound.copy()
            clicked[8_000:48_000:8_000] += 0.5
            found.append(4 * clicks_per_second(clicked))
    assert found == [5] * 6


@pytest.mark.parametrize("bad", [np.zeros((2, 100)), np.array([np.nan, 0.0]), np.zeros(0)])
def test_what_is_no_waveform_is_refused(bad):
    for measure in (
        envelope,
        clicks_per_second,
        lambda x: harmonic_energy(x, 60),
        lambda x: multi_scale_spectral_distance(x, NOISE),
    ):
        with pytest.raises(AudioError, match="expected"):
            measure(bad)
