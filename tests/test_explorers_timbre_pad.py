"""What the timbre pad and the helpers of lesson 06 compute, without a browser."""

import numpy as np
import pytest

from nsynth_edu.classroom import load_note
from nsynth_edu.classroom.explorers import TimbrePad, plot_channels, plot_envelopes, plot_knobs
from nsynth_edu.generation import turn_channels
from nsynth_edu.models import load_model, teacher_forced_logits, teacher_forced_surprise
from nsynth_edu.play import bilinear_weights, blend_points
from nsynth_edu.sound import (
    harmonic_energy,
    multi_scale_spectral_distance,
    pitch_deviation,
    spectral_centroid,
)

CORNERS = ["reed", "bell", "string", "pipe"]
TIME = np.arange(16_000) / 16_000


def tones(*hertz, level=0.5):
    return np.stack([level * np.sin(2 * np.pi * f * TIME) for f in hertz]).astype(np.float32)


@pytest.fixture
def points():
    """A 3 x 3 pad of tones, 200 Hz to 1,000 Hz."""
    return tones(*range(200, 1_100, 100)).reshape(3, 3, -1)


@pytest.fixture
def pad(points):
    recordings = tones(250, 550, 850, 1_150)
    return TimbrePad(np.stack([0 * points, points]), [48, 60], CORNERS, recordings)


# --- the pad ----------------------------------------------------------------------------------


def test_the_plain_mix_is_each_recording_times_its_share(pad):
    recordings = tones(250, 550, 850, 1_150)
    for x, y in [(0, 0), (1, 1), (0.5, 0.5), (0.3, 0.85)]:
        expected = np.einsum("c,ct->t", bilinear_weights(x, y), recordings)
        np.testing.assert_allclose(pad.sound(x, y, "plain mix"), expected, atol=1e-6)


def test_on_a_point_the_network_is_heard_alone_and_between_points_the_four_nearest(pad, points):
    for row in range(3):
        for column in range(3):
            heard = pad.sound(column / 2, row / 2, "network")
            np.testing.assert_allclose(heard, points[row, column], atol=1e-6)
    shares = bilinear_weights(0.5, 0.2)  # in the upper right cell
    expected = np.einsum("c,ct->t", shares, points[:2, 1:].reshape(4, -1))
    np.testing.assert_allclose(pad.sound(0.75, 0.1, "network"), expected, atol=1e-6)


@pytest.mark.parametrize("place", [(-0.1, 0.5), (0.5, 1.2)])
def test_a_place_outside_the_pad_is_refused(points, place):
    with pytest.raises(ValueError, match="lies outside the pad"):
        blend_points(points, *place)


def test_the_page_gets_the_points_of_what_is_heard(pad, points):
    assert pad.shape == [1, 3, 3, 16_000]
    np.testing.assert_allclose(pad.waveforms()[0], points, atol=1e-4)
    pad.source = "plain mix"
    assert pad.shape == [1, 2, 2, 16_000]
    np.testing.assert_allclose(pad.waveforms()[0, 1, 0], tones(850)[0], atol=1e-4)


def test_moving_or_switching_changes_the_answer(pad, points):
    seen = [pad.answer["sentence"]]
    for name, value in [("source", "plain mix"), ("x", 0.0), ("y", 0.0)]:
        pad.set_trait(name, value)
        assert pad.answer == pad.read()
        seen.append(pad.answer["sentence"])
    assert len(set(seen)) == 4
    assert pad.answer["nearest"] == "reed" and pad.answer["distances"][0] == 0
    assert pad.answer["brightness"] == pytest.approx(250, abs=2)
    pad.source = "network"
    assert pad.answer["brightness"] == pytest.approx(200, abs=2)
    expected = multi_scale_spectral_distance(points[0, 0], tones(1_150)[0])
    assert pad.answer["distances"][3] == pytest.approx(expected)
    assert pad.answer["overtones"] == pytest.approx(harmonic_energy(points[0, 0], 60))


def test_the_twin_says_what_the_pad_says(pad):
    twin = pad.twin()
    for place in [(0, 0), (1, 1), (0.5, 0.5)]:
        for heard in ("network", "plain mix"):
            assert pad.read(*place, heard)["sentence"] in str(twin)
    assert twin.body.count('scope="row"') == 10 and twin.body.count("<audio") == 10
    bundle, _ = pad._repr_mimebundle_()
    assert "needs a browser" in bundle["text/html"] and "widget-view" in "".join(bundle)


def test_a_pad_without_the_note_or_with_three_recordings_is_refused(points):
    with pytest.raises(ValueError, match="note 72 of a pad with"):
        TimbrePad(points[None], [60], CORNERS, tones(1, 2, 3, 4), pitch=72)
    with pytest.raises(ValueError, match="3 recordings"):
        TimbrePad(points[None], [60], CORNERS, tones(1, 2, 3))


def test_the_brightness_of_a_sine_is_its_frequency():
    assert spectral_centroid(tones(440)[0]) == pytest.approx(440, abs=2)
    assert spectral_centroid(tones(1_000)[0] + tones(3_000)[0]) == pytest.approx(2_000, abs=5)
    assert spectral_centroid(np.zeros(4_000)) == 0


# --- the helpers ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model():
    return load_model("pocket")


@pytest.fixture(scope="module")
def guitar():
    return load_note("notes/nylon_guitar_60")[:8_192]


def test_with_its_own_z_a_forced_decoder_says_what_the_next_sample_explorer_shows(model, guitar):
    mine = teacher_forced_logits(model, guitar, model.encode(guitar), 60)
    np.testing.assert_allclose(mine, teacher_forced_logits(model, guitar, pitch=60), atol=1e-4)


def test_another_z_changes_what_is_said_and_costs_bits(model, guitar):
    own = model.encode(guitar)
    other = model.encode(load_note("notes/flute_60")[:8_192])
    cost = [teacher_forced_surprise(model, guitar, z, 60).mean() for z in (own, other)]
    assert 0 < cost[0] < cost[1]


def test_a_vibrato_of_known_depth_is_measured_in_cents():
    steady = np.sin(2 * np.pi * 261.63 * np.arange(32_000) / 16_000)
    depth = 20  # cents, of a sine: its deviation is 1 / sqrt 2 of that
    cents = depth * np.sin(2 * np.pi * 4 * np.arange(32_000) / 16_000)
    swaying = np.sin(2 * np.pi * np.cumsum(261.63 * 2 ** (cents / 1200)) / 16_000)
    assert pitch_deviation(steady, 60) < 0.1
    assert pitch_deviation(swaying, 60) == pytest.approx(depth / np.sqrt(2), rel=0.05)
    with pytest.raises(ValueError, match="expected more than 8000"):
        pitch_deviation(steady[:8_000], 60)


def test_turned_channels_are_measured_up_against_down(model):
    z = model.encode(load_note("notes/trumpet_60")[:16_384])[16:20]
    none, by_seed = turn_channels(model, z, np.zeros(16), 60, seeds=2)
    assert none.shape == (16, 2) and by_seed.shape == (2,)
    far, _ = turn_channels(model, z, 3 * np.eye(16)[12], 60, seeds=2)
    np.testing.assert_allclose(np.delete(far, 12, 0), np.delete(none, 12, 0), atol=1e-9)
    assert np.abs(far[12] - none[12]).max() > 0.1


def test_pictures_have_a_mark_for_each_channel_and_a_line_for_each_sound():
    channels = plot_channels({"a": np.ones((5, 16)), "b": np.zeros((5, 16))})
    assert len(channels.axes[0].containers) == 2
    lines = plot_envelopes({"a": tones(440)[0], "b": tones(440, level=0.1)[0]}).axes[0].lines
    assert len(lines) == 2 and max(lines[1].get_ydata()) == 0, "each against its own loudest"
    knobs = plot_knobs({"a": np.arange(32).reshape(16, 2), "b": np.zeros((16, 2))})
    assert [text.get_text() for text in knobs.axes[0].texts] == [str(n) for n in range(16)]
