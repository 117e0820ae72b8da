"""Quantiser and rainbowgram in layers: what they compute, against sums done by hand and oracles."""

import numpy as np
import pytest
import traitlets

from nsynth_edu.classroom.explorers import Quantiser, RainbowLayers, layer_image
from nsynth_edu.sound import (
    cqt,
    decibels,
    instantaneous_frequency,
    loudest_partial,
    mu_law_decode,
    mu_law_encode,
    quantize,
    rainbowgram,
    signal_to_noise,
)
from nsynth_edu.sound.pcm import to_int16

RATE = 16_000
HOP = 256


def tone(hertz=220.0, seconds=2.0, level=0.0):
    time = np.arange(int(seconds * RATE)) / RATE
    return (10 ** (level / 20) * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


# --- rounding ---------------------------------------------------------------------------------


def test_three_bits_round_as_by_hand():
    rounded = quantize([0.1, 0.3, -0.6, 0.9, -1.0, 0.0, 2.0], 3)
    np.testing.assert_array_equal(rounded, [0, 0.25, -0.5, 0.75, -1, 0, 0.75])


def test_eight_mu_law_bits_are_the_alphabet_of_the_networks():
    noise = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)
    np.testing.assert_array_equal(quantize(noise, 8, "mu-law"), mu_law_decode(mu_law_encode(noise)))


@pytest.mark.parametrize("law", ["linear", "mu-law"])
@pytest.mark.parametrize("bits", [2, 5, 8])
def test_there_are_as_many_amplitudes_as_the_bits_allow(bits, law):
    everything = np.linspace(-1, 1, 300_001)
    assert np.unique(quantize(everything, bits, law)).size == 2**bits


@pytest.mark.parametrize("bits", [4, 8, 12])
def test_even_steps_are_wrong_by_half_a_step_at_most(bits):
    waveform = np.random.default_rng(1).uniform(-0.5, 0.5, 10_000)
    step = 2 / 2**bits
    assert np.abs(quantize(waveform, bits) - waveform).max() <= step / 2 + 1e-7


def test_one_bit_more_is_worth_six_decibels():
    """Against the textbook: 6.02 b + 1.76 dB for a sine as large as the steps reach."""
    half = tone(441.3, level=-6.0206)  # one bit less is in use, and nothing is clipped
    for bits in range(6, 16):
        ratio = signal_to_noise(half, quantize(half, bits))
        assert ratio == pytest.approx(6.02 * (bits - 1) + 1.76, abs=0.8)


@pytest.mark.parametrize(("bits", "law"), [(1, "linear"), (17, "linear"), (8, "cubic")])
def test_what_cannot_be_rounded_is_said(bits, law):
    with pytest.raises(ValueError, match="expected 2 to 16 bits"):
        quantize(tone(), bits, law)


def test_levels_and_ratios_are_those_of_hand_sums():
    assert decibels(tone(250)) == pytest.approx(0, abs=1e-4)
    assert decibels(tone(250, level=-20)) == pytest.approx(-20, abs=1e-4)
    assert decibels(np.zeros(4)) == -np.inf
    x, y = np.array([3.0, 4.0]), np.array([3.0, 4.5])
    assert signal_to_noise(x, y) == pytest.approx(10 * np.log10(25 / 0.25))
    assert signal_to_noise(x, x) == np.inf


def test_mu_law_beats_even_steps_below_a_quarter_of_full_scale_and_loses_above():
    ratio = {
        (law, level): signal_to_noise(tone(level=level), quantize(tone(level=level), 8, law))
        for law in ("linear", "mu-law")
        for level in (0, -20, -40)
    }
    assert ratio["linear", 0] > ratio["mu-law", 0] + 10
    assert ratio["mu-law", -20] > ratio["linear", -20] + 5
    assert ratio["mu-law", -40] > ratio["linear", -40] + 20


def test_mu_law_makes_nothing_louder_and_keeps_dynamic_range():
    """Two misconceptions of lesson 01, refuted."""
    for level in (0, -10, -20, -30, -40):
        quiet = tone(level=level)
        assert abs(decibels(quantize(quiet, 8, "mu-law")) - decibels(quiet)) < 0.1
    lowest = {
        law: min(
            level
            for level in range(-70, 1)
            if signal_to_noise(tone(level=level), quantize(tone(level=level), 8, law)) >= 20
        )
        for law in ("linear", "mu-law")
    }
    assert lowest["mu-law"] < lowest["linear"] - 25


def test_a_class_is_no_amplitude_step():
    """A misconception of lesson 01, refuted: steps near 1 are 200 times those near 0."""
    steps = np.diff(mu_law_decode(np.arange(256)))
    assert steps[254] / steps[130] > 200


# --- the quantiser ----------------------------------------------------------------------------


def test_the_quantiser_answers_every_change_with_what_python_says():
    quantiser = Quantiser(tone())
    for bits, level, law in [(8, -40, "linear"), (8, -40, "mu-law"), (3, 0, "linear")]:
        quantiser.bits, quantiser.level, quantiser.law = bits, level, law
        original = tone(level=level)
        rounded = quantize(original, bits, law)
        answer = quantiser.answer
        assert answer["ratio"] == pytest.approx(signal_to_noise(original, rounded), abs=0.06)
        assert answer["error"] == pytest.approx(decibels(rounded - original), abs=0.06)
        assert answer["steps"] == 2**bits and answer["used"] == np.unique(rounded).size
        sent = np.frombuffer(quantiser.sounds, "<i2").reshape(3, -1)
        np.testing.assert_array_equal(sent, to_int16([original, rounded, rounded - original]))
        np.testing.assert_allclose(answer["curves"]["rounded"], rounded[:160], atol=1e-5)


def test_a_vanished_tone_and_a_perfect_copy_are_said_without_infinite_numbers():
    quantiser = Quantiser(tone(), level=-60)
    assert quantiser.answer["sentence"].endswith("is gone.") and quantiser.answer["ratio"] == 0
    square = Quantiser(np.tile([-0.5, -1.0], 500), name="square", bits=4)
    assert square.answer["ratio"] is None and square.answer["sentence"].endswith(
        "nothing was lost."
    )


def test_the_quantiser_refuses_what_it_cannot_round():
    with pytest.raises(ValueError, match="silent"):
        Quantiser(np.zeros(100))
    with pytest.raises(traitlets.TraitError):
        Quantiser(tone(), bits=1)


def test_the_twin_of_the_quantiser_says_the_same_in_words_and_holds_its_sounds():
    twin = Quantiser(tone()).twin()
    for level in (0, -20, -40):
        for law in ("linear", "mu-law"):
            original = tone(level=level)
            ratio = signal_to_noise(original, quantize(original, 8, law))
            assert f"{level} dBFS, {law}: {ratio:.1f} dB" in twin.text
    html = twin._repr_html_()
    assert html.count("<audio") == 12 and 'alt="Signal to noise' in html


# --- phase and frequency ----------------------------------------------------------------------


@pytest.mark.parametrize("hertz", [220.0, 437.5, 440.0, 442.55, 445.0, 880.0, 1000.0, 2000.0])
def test_the_turn_of_the_phase_tells_the_frequency_finer_than_a_tenth_of_a_hertz(hertz):
    found = loudest_partial(tone(hertz, 4.0), 2.0)
    assert found["frequency"] == pytest.approx(hertz, abs=0.1)
    assert found["turn"] == pytest.approx((hertz * HOP / RATE + 0.5) % 1 - 0.5, abs=2e-3)
    assert abs(1200 * np.log2(found["bin"] / hertz)) <= 31, "bins lie 30 cents apart"


def test_instantaneous_frequency_adds_the_whole_turns_of_the_bin():
    """440 Hz makes 7.04 turns in 256 samples; the 7 come from the bin."""
    assert instantaneous_frequency(0.04, 447.7) == pytest.approx(440)
    np.testing.assert_allclose(instantaneous_frequency([-0.48, 0.0], [221, 999]), [220, 1000])


def test_silence_has_a_level_and_no_frequency():
    found = loudest_partial(np.zeros(16_000, np.float32), 0.5)
    assert found == {"bin": None, "level": -70.0, "turn": None, "frequency": None}


# --- layers -----------------------------------------------------------------------------------


def test_layers_are_made_of_what_their_names_say():
    waveform = tone(440, 1.0)
    shown = rainbowgram(waveform)
    grey = layer_image(waveform, "loudness")
    np.testing.assert_allclose(np.ptp(grey, axis=-1), 0.02 * (1 - shown.magnitude), atol=1e-6)
    order = np.argsort(shown.magnitude, axis=None)
    assert np.all(np.diff(grey[..., 0].ravel()[order]) >= -1e-6), "louder is brighter"
    phase = np.angle(cqt(waveform)) / np.pi
    turned = layer_image(waveform, "phase")
    similar = np.abs(phase - phase[100, 30]) < 1e-3
    same = np.broadcast_to(turned[100, 30], (similar.sum(), 3))
    np.testing.assert_allclose(turned[similar], same, atol=1e-2)
    both, turn = layer_image(waveform), layer_image(waveform, "turn")
    loud = shown.magnitude > 0.999
    np.testing.assert_allclose(both[loud], turn[loud], atol=2e-3)
    assert np.all(both[shown.magnitude == 0] < 0.08), "silence is dark"


def test_an_unknown_layer_is_said():
    with pytest.raises(ValueError, match="no layer 'colour'"):
        layer_image(tone(440, 0.5), "colour")


def test_colour_is_not_loudness():
    """A misconception of lesson 02, refuted: 20 dB less changes no hue, a detuning does."""
    loud, quiet = tone(440, 2.0), tone(440, 2.0, level=-20)
    np.testing.assert_allclose(layer_image(loud), layer_image(quiet), atol=2e-2)
    ours, other = loudest_partial(loud, 1.0), loudest_partial(tone(442.5, 2.0), 1.0)
    assert ours["bin"] == other["bin"] and other["turn"] - ours["turn"] > 0.03


def test_the_explorer_reads_what_python_reads():
    sounds = {"A": tone(440, 1.0), "a little higher": tone(445, 1.0)}
    layers = RainbowLayers(sounds)
    for name, layer, moment in [("A", "turn", 0.3), ("a little higher", "phase", 0.8)]:
        layers.sound, layers.layer, layers.moment = name, layer, moment
        expected = loudest_partial(sounds[name], moment)
        assert {key: layers.answer[key] for key in expected} == pytest.approx(expected)
        assert f"{expected['frequency']:.1f} Hz" in layers.answer["sentence"]
        pixels = np.frombuffer(layers.pixels, np.uint8).reshape(*layers.shape, 4)
        image = layer_image(sounds[name], layer)[::-1]
        np.testing.assert_allclose(pixels[..., :3] / 255, image, atol=1 / 255)
        sent = np.frombuffer(layers.samples, "<i2")
        np.testing.assert_array_equal(sent, to_int16(sounds[name]))


def test_sounds_of_different_length_and_unknown_names_are_refused():
    with pytest.raises(ValueError, match="one length"):
        RainbowLayers({"a": tone(440, 1.0), "b": tone(440, 0.5)})
    with pytest.raises(ValueError, match="at least one"):
        RainbowLayers({})
    with pytest.raises(traitlets.TraitError, match="no sound 'b'"):
        RainbowLayers({"a": tone(440, 0.5)}, sound="b")


@pytest.mark.parametrize(
    "explorer",
    [Quantiser(tone()), RainbowLayers({"A": tone(440, 0.5)})],
    ids=lambda e: type(e).__name__,
)
def test_without_a_kernel_words_stand_in_their_place(explorer):
    shown, _ = explorer._repr_mimebundle_()
    assert explorer.answer["sentence"] in shown["text/plain"]
    assert "needs a browser with widgets" in shown["text/html"]
