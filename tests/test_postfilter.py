"""The postfilter: less hiss, the level that z asks for, no clicks, nothing blown up."""

import math

import numpy as np
import pytest
import torch
from models import small_autoencoder

from nsynth_edu.evaluation import fit_level
from nsynth_edu.generation import Stream, generate
from nsynth_edu.generation.postfilter import (
    DEEPEST,
    LIMIT,
    Postfilter,
    minimum_phase,
    softer_bands,
)
from nsynth_edu.models import CheckpointError, load_model, save_model
from nsynth_edu.models.level import fit_level_map, frame_levels, level_of, map_size, terms
from nsynth_edu.sound import clicks_per_second, harmonic_energy, write_notes
from nsynth_edu.sound.notes import read_notes

ALWAYS = np.zeros(map_size(16))  # plus its first number: one level, whatever z is
Z = np.zeros(16, np.float32)


def asking(level):
    """A map that asks for one level, dB, whatever z is."""
    return ALWAYS + np.eye(1, len(ALWAYS))[0] * level


def tone(seconds=0.5, amplitude=0.3, hertz=440):
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(seconds * 16_000) / 16_000)).astype(
        "f4"
    )


def filtered(sound, level_map, pitched=True, piece=500):
    own = Postfilter(level_map)
    pieces = (sound[at : at + piece] for at in range(0, len(sound), piece))
    return np.concatenate([own.filter(part, Z, pitched) for part in pieces])


def level(sound):
    return float(frame_levels(sound, len(sound))[0])


# --- the level --------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [-3, 4])
def test_the_level_becomes_the_one_that_is_asked_for(offset):
    sound = tone()
    made = filtered(sound, asking(level(sound) + offset))
    assert level(made[2000:]) == pytest.approx(level(sound) + offset, abs=0.15)


@pytest.mark.parametrize("asked, moved", [(0, LIMIT), (-80, -LIMIT), (1e6, LIMIT), (-1e6, -LIMIT)])
def test_the_level_is_moved_by_no_more_than_the_limit(asked, moved):
    sound = tone(amplitude=0.1)
    made = filtered(sound, asking(asked))
    assert level(made[2000:]) - level(sound) == pytest.approx(moved, abs=0.15)


def test_a_loud_sound_is_not_driven_beyond_full_scale():
    sound = tone(amplitude=0.9)
    made = filtered(sound, asking(0))
    assert np.abs(made).max() <= 1
    assert clicks_per_second(made) == 0 and harmonic_energy(made, 69) > 0.99, "not clipped"


def test_silence_stays_silence_and_what_is_nearly_silent_is_not_amplified():
    assert not filtered(np.zeros(2048, np.float32), asking(0)).any()
    faint = tone(amplitude=1e-3)
    assert level(filtered(faint, asking(0))) == pytest.approx(level(faint), abs=0.15)


def test_a_gain_is_reached_without_a_step():
    """A steady tone is to become 6 dB louder and 6 dB softer in turn, two frames each."""
    own, sound = Postfilter(np.r_[-40.0, 30, np.zeros(map_size(16) - 2)]), tone(amplitude=0.1)
    ask = np.zeros((len(sound) // 500, 16), np.float32)
    ask[::4, 0] = ask[1::4, 0] = 1  # -10 dB and -40 dB
    made = np.concatenate([own.filter(sound[i * 500 :][:500], z, True) for i, z in enumerate(ask)])
    assert np.ptp(frame_levels(made, 500)[1:]) > 11
    assert clicks_per_second(made) == 0
    assert np.abs(np.diff(made, 2)).max() < 2.1 * np.abs(np.diff(sound, 2)).max(), "6 dB is 2"


@pytest.mark.parametrize("piece", [1, 7, 160, 511])
def test_pieces_of_any_length_join_without_a_click(piece):
    sound = tone(0.3)
    made = filtered(sound, asking(-30), pitched=True, piece=piece)
    assert made.shape == sound.shape and clicks_per_second(made) == 0
    assert np.abs(np.diff(made, 2)).max() < 1.05 * np.abs(np.diff(sound, 2)).max()
    assert level(made[2000:]) == pytest.approx(level(sound) - LIMIT, abs=0.6)


# --- hiss -------------------------------------------------------------------------------------


def hissing(below):
    """A tone, and white noise so many dB below it."""
    noise = np.random.default_rng(0).standard_normal(32_000).astype("f4")
    return tone(2), noise * 10 ** ((level(tone(2)) - below) / 20)


def test_hiss_under_a_tone_becomes_softer_and_the_tone_stays():
    clean, noise = hissing(35)
    before, own = clean + noise, level(clean)
    made = filtered(before, asking(own), pitched=True)

    def high(sound):  # above 2 kHz
        power = np.abs(np.fft.rfft(sound[8000:])) ** 2
        return 10 * np.log10(power[len(power) // 4 :].sum())

    assert high(before) - high(made) == pytest.approx(DEEPEST, abs=1)
    assert level(made[8000:]) == pytest.approx(own, abs=0.1)


def test_where_nothing_is_pitched_all_stays_once_the_tone_is_left_behind():
    sound = sum(hissing(35))
    np.testing.assert_array_equal(filtered(sound, asking(-80), pitched=False), sound)
    own = Postfilter(asking(-80))
    pieces = [own.filter(sound[:512], Z, True), own.filter(sound[512:1024], Z, False)]
    way = np.concatenate([*pieces, own.filter(sound[1024:], Z, False)])
    assert level(way[256:768]) < level(sound[256:768]) - 3
    np.testing.assert_allclose(way[1024:], sound[1024:], atol=1e-6)


def test_white_noise_is_not_taken_for_hiss():
    noise = np.random.default_rng(0).standard_normal(512)
    assert softer_bands(noise).min() > -1


def test_the_filter_has_the_response_that_is_asked_for_and_begins_at_once():
    wanted = -np.interp(np.arange(257), [0, 60, 120, 256], [0, 0, DEEPEST, DEEPEST])
    taps = minimum_phase(wanted)
    response = 20 * np.log10(np.abs(np.fft.rfft(taps, 512)))
    np.testing.assert_allclose(response, wanted, atol=0.3)
    assert np.abs(taps).argmax() == 0
    np.testing.assert_allclose(minimum_phase(np.zeros(257)), np.eye(1, 64)[0], atol=1e-12)


# --- the map ----------------------------------------------------------------------------------


def test_a_map_finds_a_level_that_hangs_on_products_of_z():
    z = np.random.default_rng(0).standard_normal((40, 60, 4))
    levels = -20 + 3 * z[..., 0] - 2 * z[..., 1] * z[..., 2] + z[..., 3] ** 2
    level_map = fit_level_map(z, levels)
    assert level_map.shape == (map_size(4),) and level_map.dtype == np.float32
    assert np.abs(terms(z) @ level_map - levels).max() < 0.1
    assert level_of(level_map, z[0, 0]) == pytest.approx(levels[0, 0], abs=0.1)
    assert level_of(level_map, 100 * z[0, 0]) in (-80, 0), "limited, however far z lies out"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small model, its level map fitted on tones that swell and fade."""
    folder, swell = tmp_path_factory.mktemp("notes"), np.hanning(32_000)
    records = (
        {"waveform": a * swell * tone(2, 1, h), "pitch": p, "velocity": v,
         "instrument_str": "flute_acoustic_000"}
        for p, h in ((57, 220), (69, 440), (76, 659)) for v, a in ((40, 0.1), (100, 0.6))
    )  # fmt: skip
    write_notes(folder, records)
    model = small_autoencoder(pitch_channels=4, phase_harmonics=2, period_taps=2)
    fit_level(model, read_notes(folder))
    return model


def test_a_fitted_map_knows_how_loud_a_note_is(model):
    sounds = [a * np.hanning(16_384).astype("f4") * tone(1.024, 1, 300) for a in (0.05, 0.2, 0.5)]
    z = np.stack([model.encode(sound) for sound in sounds])
    found = [[level_of(model.level_map, frame) for frame in one] for one in z]
    true = frame_levels(np.stack(sounds))
    assert np.corrcoef(np.ravel(found), true.ravel())[0, 1] > 0.8


def test_a_saved_model_keeps_its_map_and_an_older_file_has_none(model, tmp_path):
    save_model(model, tmp_path / "new.safetensors")
    again = load_model(tmp_path / "new.safetensors")
    assert torch.equal(again.level_map, model.level_map)
    bare = small_autoencoder()
    save_model(bare, tmp_path / "old.safetensors")
    old = load_model(tmp_path / "old.safetensors")
    assert old.level_map is None
    z = np.ones((2, 16), np.float32)
    plain = generate(old, z, seed=1, postfiltered=False)
    np.testing.assert_array_equal(generate(old, z, seed=1), plain)


def test_a_map_of_another_size_is_refused(model, tmp_path):
    other = small_autoencoder()
    other.level_map = torch.zeros(7)
    save_model(other, tmp_path / "odd.safetensors")
    with pytest.raises(CheckpointError, match=r"level_map holds \[7\], expected \[153\]"):
        load_model(tmp_path / "odd.safetensors")


# --- all engines ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def z():
    return np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)


def test_the_engines_agree(model, z):
    options = {"pitch": [60, math.nan, 60], "temperature": 0.5, "sampling": "mean"}
    plain = generate(model, z, engine="reference", **options)
    exact = generate(model, z, engine="stream-float32", **options)
    np.testing.assert_allclose(exact, plain, atol=1e-4 * np.abs(plain).max())
    for engine in ("stream-float32", "stream", "stream-int8", "batch"):
        without = generate(model, z, engine=engine, **options, postfiltered=False)
        made = generate(model, z, engine=engine, **options)
        own = Postfilter(model.level_map)
        parts = zip(without.reshape(3, -1), z, (True, False, True), strict=True)
        np.testing.assert_array_equal(made, np.concatenate([own.filter(*part) for part in parts]))
        assert np.abs(made - without).max() > 0.01, "it does something"


@pytest.mark.parametrize("dtype", ["float32", "int16", "int8"])
@pytest.mark.parametrize("pitch", [60, math.nan, None])
def test_a_pushed_sound_is_the_generated_one(model, z, dtype, pitch):
    live = Stream(model, pitch, dtype=dtype, sampling="mean")
    pushed = np.concatenate([live.push(frame) for frame in z])
    engine = "stream" if dtype == "int16" else f"stream-{dtype}"
    made = generate(model, z, pitch=pitch, sampling="mean", engine=engine)
    np.testing.assert_allclose(pushed, made, rtol=0, atol=1e-6)


def test_a_stream_goes_back_with_its_postfilter_and_may_do_without(model, z):
    live = Stream(model, 60, seed=1)
    live.push(z[0])
    state = live.state
    once = np.concatenate([live.push(frame) for frame in z])
    live.state = state
    np.testing.assert_array_equal(once, np.concatenate([live.push(frame) for frame in z]))
    plain = Stream(model, 60, seed=1, postfiltered=False)
    without = np.concatenate([plain.push(frame) for frame in z[[0, 0, 1, 2]]])
    assert (without[512:] != once).any()


def test_voices_of_a_batch_and_of_a_list_are_those_of_each_alone(model, z):
    options = {"sampling": "mean", "engine": "stream"}
    short = z[:2]
    alone = [generate(model, one, pitch=p, **options) for one, p in ((z, 60), (short, 67))]
    together = generate(model, [z, short], pitch=[60, 67], **options)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_z_far_outside_neither_mutes_nor_blows_up(model, z):
    plain = generate(model, 30 * z, pitch=60, sampling="mean", postfiltered=False)
    held = generate(model, 30 * z, pitch=60, sampling="mean")
    assert np.isfinite(held).all() and np.abs(held).max() <= 1
    assert abs(level(held) - level(plain)) <= LIMIT + 0.1
