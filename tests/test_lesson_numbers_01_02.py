"""Every number that the prose of lessons 01 and 02 states, computed again."""

from pathlib import Path

import librosa
import numpy as np
import pytest
from lessons import read
from scipy.signal import butter, hilbert, sosfiltfilt

from nsynth_edu.classroom import load_note, questions
from nsynth_edu.sound import (
    decibels,
    harmonic_energy,
    instantaneous_frequency,
    loudest_partial,
    midi_to_hz,
    mu_law_decode,
    mu_law_encode,
    quantize,
    rainbowgram,
    signal_to_noise,
    stft,
)

COURSE = Path(__file__).parents[1] / "course"


def tone(hertz, rate=16_000, seconds=2.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def reasons(key):
    """What there is to say about the options of a prediction, in one line."""
    return " ".join(questions.find(key, "PREDICTIONS").options.values())


def ratio(waveform, bits, law):
    return signal_to_noise(waveform, quantize(waveform, bits, law))


@pytest.fixture(scope="module")
def sound_as_numbers():
    return read("01_sound_as_numbers.ipynb")


def test_the_first_samples_and_the_alias_are_as_told(sound_as_numbers):
    np.testing.assert_allclose(tone(2000)[:4].round(2), [0, 0.71, 1, 0.71])
    assert "0, then 0.71, then 1, then down" in questions.find("01.samples", "FIGURES")
    assert f"{1e6 / 16_000:.1f} microseconds" in sound_as_numbers
    assert f"{16_000 // 2000} samples in each **[period]" in sound_as_numbers
    both = tone(5000, 8000) + tone(3000, 8000)
    assert np.abs(both).max() < 1e-9 and "their sum is 0" in reasons("01.alias")


def test_the_whistle_of_the_check_is_heard_where_it_expects():
    check = questions.find("01.whistle", "CHECKS")
    assert check.expected == np.abs(np.fft.rfft(tone(11_000))).argmax() / 2
    assert 4000 * 2.75 == 11_000 and "The glide at 2.75 s" in check.look


def test_bits_are_worth_what_is_told(sound_as_numbers):
    assert quantize([0.9], 3)[0] == 0.75 and "The 0.9 became 0.75" in sound_as_numbers
    eight, sixteen = (ratio(tone(220), bits, "linear") for bits in (8, 16))
    assert round(eight, -1) == 50 and 95 < sixteen < 100
    assert "8 bits give about 50 dB, 16 bits nearly 100 dB" in reasons("01.bits")
    assert f"measured {eight:.1f}" in sound_as_numbers
    found = f"The sine above had {ratio(tone(220), 6, 'linear'):.1f} dB"
    assert found in questions.find("01.ratio", "CHECKS").success


def test_the_two_laws_score_as_told(sound_as_numbers):
    full = [ratio(tone(220), 8, law) for law in ("mu-law", "linear")]
    assert "{:.1f} dB instead of {:.1f} dB at full scale".format(*full) in sound_as_numbers
    quiet = [ratio(tone(220) / 100, 8, law) for law in ("mu-law", "linear")]
    falls = "from {:.0f} dB to {:.0f} dB, with equal steps from {:.0f} dB to {:.0f} dB"
    assert falls.format(full[0], quiet[0], full[1], quiet[1]) in reasons("01.law")
    assert full[0] - quiet[0] < 5 and "less than 5 dB" in (
        questions.find("01.law", "PREDICTIONS").right
    )
    assert f"With equal steps it falls by {full[1] - quiet[1]:.0f} dB" in reasons("01.law")
    ratios = {
        law: [ratio(tone(220) * 10 ** (level / 20), 8, law) for level in range(-40, 1)]
        for law in ("mu-law", "linear")
    }
    kept = ratios["mu-law"]
    assert f"{min(kept):.0f} to {max(kept):.0f} dB over the loudest 40 dB" in sound_as_numbers
    apart = np.abs(np.subtract(kept, ratios["linear"]))
    assert f"near {apart.argmin() - 40} dBFS the two are equal" in sound_as_numbers
    vanishing = tone(220) * 10 ** (-50 / 20)
    assert not quantize(vanishing, 8).any()
    assert not quantize(tone(220) * 10 ** (-48.2 / 20), 8).any()
    assert quantize(tone(220) * 10 ** (-48 / 20), 8).any() and "Just below -48 dBFS" in (
        sound_as_numbers
    )
    kept = ratio(vanishing, 8, "mu-law")
    assert f"keeps the error {kept:.0f} dB below the tone" in sound_as_numbers


def test_steps_of_mu_law_are_as_unequal_as_told(sound_as_numbers):
    share = np.log(1 + 255 * 0.01) / np.log(256)
    by_hand = f"{np.log(3.55):.2f} / {np.log(256):.2f} = {share:.2f}"
    assert f"$f(0.01) = \\ln 3.55 / \\ln 256 = {by_hand}$" in sound_as_numbers
    assert f"already uses {share:.0%}".replace("%", " %") in sound_as_numbers
    assert mu_law_encode(np.float32(0.01)) == 128 + int(128 * share)
    steps = np.diff(mu_law_decode(np.arange(256)))
    assert f"differ by a factor of {steps[254] / steps[130]:.0f}" in sound_as_numbers
    small, large = steps[130], steps[254]
    below = [20 * np.log10(step) for step in (small, large)]
    assert f"From class 130 to 131 the wave moves by {small:.5f} ({below[0]:.0f} dBFS" in (
        sound_as_numbers
    )
    assert f"from 254 to 255 by {large:.3f} ({below[1]:.0f} dBFS)" in sound_as_numbers
    assert f"an error {below[1] - below[0]:.0f} dB larger at the top" in sound_as_numbers


def test_mu_law_gains_the_range_that_is_told(sound_as_numbers):
    lowest = {
        law: min(
            level for level in range(-70, 1) if ratio(tone(220) * 10 ** (level / 20), 8, law) >= 20
        )
        for law in ("linear", "mu-law")
    }
    gained = lowest["linear"] - lowest["mu-law"]
    assert f"*gains* {gained} dB of dynamic range" in sound_as_numbers
    change = decibels(quantize(tone(220) / 10, 8, "mu-law")) - decibels(tone(220) / 10)
    assert abs(change) < 0.01 and "nothing gets louder" in sound_as_numbers


def test_flute_and_guitar_suffer_as_told():
    flute = load_note(f"{COURSE.parent}/media/notes/flute_60.wav")
    target = signal_to_noise(flute, quantize(flute, 6))
    check, error = questions.find("01.ratio", "CHECKS"), quantize(flute, 6) - flute
    by_hand = 10 * np.log10(np.sum(flute**2) / np.sum(error**2))
    assert check.expected() == target == pytest.approx(by_hand, abs=check.tolerance)
    told = questions.find("01.ring", "LISTENING").found
    assert harmonic_energy(quantize(flute, 4) - flute, 60) > 0.5, "no even hiss"
    guitar = load_note(f"{COURSE.parent}/media/notes/nylon_guitar_60.wav") / 50
    linear, compressed = (quantize(guitar, 8, law) for law in ("linear", "mu-law"))
    assert np.unique(linear).size == 3 and "has three amplitudes left" in told
    assert np.flatnonzero(linear).max() / 16_000 == pytest.approx(0.25, abs=0.01)
    assert "after a quarter of a second" in told
    assert np.flatnonzero(compressed).max() / 16_000 > 3 and "for more than 3 s" in told


def test_dither_brings_back_a_silenced_tone(sound_as_numbers):
    quiet = tone(220) * 10 ** (-50 / 20)
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, quiet.size) / 128
    sent = quantize(quiet + noise, 8)
    spectrum = np.abs(np.fft.rfft(sent))
    assert spectrum.argmax() / 2 == 220 and not quantize(quiet, 8).any()
    assert "noise can rescue a tone" in sound_as_numbers


# --- lesson 02 --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seeing_timbre():
    return read("02_seeing_timbre.ipynb")


def note(name):
    return load_note(f"{COURSE.parent}/media/notes/{name}_60.wav")


def peaks(waveform):
    """(multiple of middle C, dB against the loudest) of the partials of a note."""
    spectrum = np.abs(stft(waveform, 8192, 2048)).mean(axis=1)
    tops = [i for i in range(5, len(spectrum) - 5) if spectrum[i] == spectrum[i - 5 : i + 6].max()]
    level = 20 * np.log10(spectrum / spectrum.max())
    return [(i * 16_000 / 8192 / midi_to_hz(60), level[i]) for i in tops]


def test_windows_trade_time_for_frequency_as_told(seeing_timbre):
    told = (
        "256 samples: {:.0f} ms, bins {:.1f} Hz apart. 4,096 samples: {:.0f} ms, bins {:.1f} Hz "
        "apart."
    )
    sizes = [value for n in (256, 4096) for value in (n / 16, 16_000 / n)]
    assert told.format(*sizes) in reasons("02.window")
    assert "= 1,024 samples" in seeing_timbre and f"lasts {1024 / 16:.0f} ms" in seeing_timbre
    assert f"middle C, {1000 / midi_to_hz(60):.1f} ms" in seeing_timbre


def test_four_samples_are_transformed_by_hand_as_told(seeing_timbre):
    np.testing.assert_allclose(np.fft.fft([1, 0, -1, 0]), [0, 2, 0, 2], atol=1e-12)
    assert "1 + 0 + 1 + 0 = 2" in seeing_timbre and "gives 2 again" in seeing_timbre


def peaks_of_two_tones(apart, base, turn):
    """How many peaks a Hann window of 1,024 samples shows; apart, base in Hz, turn of the phase."""
    time = np.arange(1024) / 16_000
    pair = np.sin(2 * np.pi * base * time) + np.sin(2 * np.pi * ((base + apart) * time + turn))
    level = np.abs(np.fft.rfft(pair * np.hanning(1025)[:-1]))
    middle = level[1:-1]
    tops = (middle > level[:-2]) & (middle >= level[2:]) & (middle > level.max() / 4)
    return int(tops.sum())


def test_the_spacing_of_bins_is_not_their_resolution(seeing_timbre):
    spacing, phases = 16_000 / 1024, np.arange(8) / 8
    shown = {
        bins: {
            peaks_of_two_tones(bins * spacing, base, turn)
            for base in (437.5, 440, 445)
            for turn in phases
        }
        for bins in (1, 2, 3)
    }
    assert shown == {1: {1, 2}, 2: {1, 2}, 3: {2}}
    assert f"lie 16,000 / 1,024 = {spacing:.1f} Hz apart" in seeing_timbre
    assert f"from about {3 * spacing:.0f} Hz, three bins" in seeing_timbre


def test_bins_and_columns_are_as_told(seeing_timbre):
    shown = rainbowgram(note("trumpet"))
    bins, frames = shown.magnitude.shape
    assert f"{bins} bins in {frames} columns" in seeing_timbre
    low, high = np.diff(shown.frequencies)[[110, 150]]
    assert f"Near 440 Hz the bins lie {low:.1f} Hz apart, an octave higher {high:.1f} Hz" in (
        seeing_timbre
    )
    assert 1200 / 40 == 30 and "everywhere 30 **[cents]" in seeing_timbre
    lengths, _ = librosa.filters.wavelet_lengths(
        freqs=shown.frequencies, sr=16_000, filter_scale=0.8
    )
    periods, length = lengths[80] * shown.frequencies[80] / 16_000, lengths[80] / 16
    assert f"holds about {periods:.0f} periods of that frequency: {length:.0f} ms at middle C" in (
        seeing_timbre
    )
    assert f"those {length:.0f} ms at middle C blur" in seeing_timbre
    fifth = questions.find("02.fifth", "CHECKS")
    assert fifth.expected == pytest.approx(40 * np.log2(3 / 2), abs=0.1)
    steps = 40 * np.diff(np.log2([1, 2, 3, 4]))
    assert "lie {:.0f} bins, then {:.0f}, then {:.0f} apart".format(*steps) in fifth.success


def test_the_glockenspiel_breaks_the_rule_as_told(seeing_timbre):
    multiples = sorted(multiple for multiple, level in peaks(note("glockenspiel")) if level > -15)
    loudest = max(peaks(note("glockenspiel")), key=lambda peak: peak[1])[0]
    assert multiples[0] == pytest.approx(1, abs=0.01)
    assert f"lies at {loudest:.2f} times the lowest" in seeing_timbre
    others = [m for m in multiples if m not in (multiples[0], loudest)]
    assert "others at {:.2f} and {:.2f} times".format(*others) in seeing_timbre
    share = {name: harmonic_energy(note(name), 60) for name in ("glockenspiel", "trumpet")}
    assert f"Only {share['glockenspiel']:.0%}".replace("%", " %") in seeing_timbre
    assert share["trumpet"] > 0.99 and "nearly all of the trumpet's" in seeing_timbre


def test_turns_are_as_told(seeing_timbre):
    assert f"440 x 256 / 16,000 = {440 * 256 / 16_000:.2f} turns" in seeing_timbre
    found = {
        hertz: loudest_partial(0.5 * tone(hertz, seconds=4), 1.0) for hertz in (440, 442.5, 502.5)
    }
    assert f"δ = {found[440]['turn']:.2f} turns per frame for 440 Hz" in seeing_timbre
    for hertz, fraction in ((440, "0.04"), (442.5, "0.08")):
        assert f"{found[hertz]['turn']:.2f}" == fraction
        assert (7 + float(fraction)) * 62.5 == pytest.approx(hertz)
        assert f"For {hertz} Hz: (7 + {fraction}) x 62.5" in seeing_timbre
    assert found[440]["bin"] == found[442.5]["bin"]
    same = questions.find("02.same", "PREDICTIONS").question
    assert f"{1200 * np.log2(442.5 / 440):.0f} cents apart, bins 30 cents" in same
    for hertz in (440, 442.5):
        assert found[hertz]["frequency"] == pytest.approx(hertz, abs=0.01)
    assert found[502.5]["turn"] == pytest.approx(found[440]["turn"], abs=1e-3)
    assert f"flashes {16_000 / 256} times per second" in seeing_timbre
    assert f"half a turn apart, which is {16_000 / 256 / 2} Hz" in reasons("02.fold")
    found = questions.find("02.frequency", "CHECKS").expected
    assert instantaneous_frequency(0.25, 1000) == found == (16 + 0.25) * 62.5
    assert (880 * 256 / 16_000) % 1 == pytest.approx(questions.find("02.turn", "CHECKS").expected)


def test_the_glide_and_the_vibrato_are_as_told(seeing_timbre):
    time = np.arange(64_000) / 16_000
    glide = 0.5 * np.sin(2 * np.pi * (440 * time + 27.5 * time**2))
    heard = [loudest_partial(glide, second)["frequency"] for second in (1.0, 2.0, 3.0)]
    np.testing.assert_allclose(np.diff(heard), 55, atol=2)
    assert "rises by 55 Hz every second" in seeing_timbre


def vibrato(waveform, milliseconds):
    """(Hz from the lowest to the highest, its course) of a middle C; Hann windows that long."""
    band = butter(2, [180, 360], "band", fs=16_000, output="sos")
    angle = np.unwrap(np.angle(hilbert(sosfiltfilt(band, waveform))))
    window = np.hanning(16 * milliseconds)
    smooth = np.convolve(np.diff(angle) * 16_000 / (2 * np.pi), window / window.sum(), "same")
    steady = smooth[10_000:46_000]
    return float(np.ptp(steady)), steady - steady.mean()


def test_the_vibrato_of_the_flute_is_as_told(seeing_timbre):
    flute = note("flute").astype(float)
    width, course = vibrato(flute, 20)
    assert f"windows of 20 ms, its lowest and highest are {width:.1f} Hz apart" in seeing_timbre
    spectrum = np.abs(np.fft.rfft(course * np.hanning(len(course)), 1 << 19))
    rate = spectrum.argmax() * 16_000 / (1 << 19)
    assert f"up and down {rate:.2f} times per second" in seeing_timbre
    sway = [loudest_partial(flute, t)["frequency"] for t in np.arange(0.6, 2.9, 0.05)]
    shown = max(sway) - min(sway)
    assert f"the rainbowgram shows {shown:.1f} Hz of its {width:.1f} Hz" in seeing_timbre
    assert vibrato(flute, 176)[0] == pytest.approx(shown, abs=0.1), "the window's blur"


def test_the_flicker_of_the_trumpet_is_a_loop(seeing_timbre):
    trumpet = note("trumpet").astype(float)
    held = trumpet[16_000:40_000]
    alike = [
        np.corrcoef(held, trumpet[16_000 + lag : 40_000 + lag])[0, 1] for lag in (5_078, 5_079)
    ]
    assert alike[1] > 0.9999 > 0.9 > alike[0]
    shown = rainbowgram(trumpet)
    for multiple in range(2, 8):
        line = np.abs(shown.frequencies - multiple * midi_to_hz(60)).argmin()
        course = shown.hue[line, 30:180]  # 0.5 s to 2.9 s
        spectrum = np.abs(np.fft.rfft((course - course.mean()) * np.hanning(150), 4096))
        rate = spectrum.argmax() * 62.5 / 4096
        assert rate == pytest.approx(16_000 / 5_079, abs=0.1)
    assert "about three times per second" in seeing_timbre


def test_hues_do_not_depend_on_loudness_as_told(seeing_timbre):
    loud, quiet = rainbowgram(note("trumpet")), rainbowgram(note("trumpet") / 10)
    heard = loud.magnitude > 1 - 50 / 70
    assert heard.sum() > 20_000 and np.abs(loud.hue - quiet.hue)[heard].max() < 0.05
    assert "no network is involved, and loudness is the brightness" in seeing_timbre
