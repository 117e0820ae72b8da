"""Notes that move: what a gesture says, what a SoundFont makes of it, and our own voice."""

import numpy as np
import pytest

from nsynth_edu.sound import (
    AudioError,
    Gesture,
    draw_gesture,
    envelope,
    envelope_correlation,
    pitch_contour,
    program,
    read_notes,
    render_drums,
    render_gestures,
    render_synthetic,
    sing,
)
from nsynth_edu.sound.gestures import HIGHEST_KEY, LOWEST_KEY, sounding_contour
from nsynth_edu.sound.player import Player
from nsynth_edu.sound.synthetic import draw_noise

FRAMES = np.arange(125)
MIDDLES = (FRAMES + 0.5) * 0.032  # s


@pytest.fixture(scope="module")
def soundfont(require):
    require("libfluidsynth")
    return require("soundfont")


@pytest.fixture(scope="module")
def player(soundfont):
    with Player(soundfont) as player:
        yield player


def followed(sound, contour):
    """Share of the frames of a contour that sound within 50 cents of it."""
    off = 100 * (pitch_contour(sound) - contour)[np.isfinite(contour)]
    return np.mean(np.abs(off) <= 50)


def test_a_glide_ends_where_it_should_and_a_leap_takes_the_second_key():
    glide = Gesture(glide=-7, glide_start=1, glide_seconds=1).contour(60, 125)
    assert glide[:31] == pytest.approx(60) and glide[63:] == pytest.approx(53)
    assert np.interp(1.5, MIDDLES, glide) == pytest.approx(56.5)
    leap = Gesture(leap=5, leap_at=2).contour(60, 125)
    assert set(leap[MIDDLES < 2]) == {60} and set(leap[MIDDLES >= 2]) == {65}


def test_vibrato_has_its_depth_and_rate():
    swings = Gesture(vibrato=0.5, vibrato_rate=5).bend(np.arange(1000) / 1000 + 0.3)
    assert np.abs(swings).max() == pytest.approx(0.5, rel=0.01)
    assert np.sum(np.diff(np.sign(swings)) > 0) == 5  # upward crossings in one second


def test_a_swell_is_loudest_where_it_should_be():
    loudness = Gesture(softest=0.2, loudest_at=1).loudness(MIDDLES)
    assert MIDDLES[loudness.argmax()] == pytest.approx(1, abs=0.02)
    assert loudness.min() == pytest.approx(0.2) and set(Gesture().loudness(MIDDLES)) == {1}


def test_drawn_gestures_stay_in_range_and_are_of_all_kinds():
    generator = np.random.default_rng(0)
    drawn = [(pitch, draw_gesture(generator, pitch)) for pitch in (33, 60, 84) for _ in range(40)]
    for pitch, gesture in drawn:
        contour = gesture.contour(pitch, 125)
        assert LOWEST_KEY - 0.71 <= contour.min() and contour.max() <= HIGHEST_KEY + 0.71
    for name in ("glide", "leap", "vibrato"):
        share = np.mean([getattr(gesture, name) != 0 for _, gesture in drawn])
        assert 0.15 < share < 0.7, name
    assert draw_gesture(np.random.default_rng(5), 60) == draw_gesture(np.random.default_rng(5), 60)


@pytest.mark.parametrize(
    "gesture",
    [
        Gesture(glide=12, glide_start=1),
        Gesture(vibrato=0.5),
        Gesture(leap=7),
        Gesture(glide=-12, glide_start=0.5, vibrato=0.3),
    ],
)
def test_a_flute_plays_a_gesture_at_its_pitch(player, gesture):
    sound, played = (
        player.play_gesture(program("flute"), 67, 100, gesture), gesture.contour(67, 125),
    )  # fmt: skip
    contour = sounding_contour(sound, played)
    assert np.isnan(contour[100:]).any() and np.isfinite(contour[:90]).all()
    assert np.abs(contour - played)[:90].max() < 0.1  # its own tuning
    assert followed(sound, contour) > 0.95


def test_a_swell_is_played(player):
    still = player.play_gesture(program("flute"), 67, 100, Gesture())
    sound = player.play_gesture(program("flute"), 67, 100, Gesture(softest=0.3, loudest_at=1.5))
    ratio = envelope(sound)[10:90] / envelope(still)[10:90]
    assert 35 - 10 <= ratio.argmax() <= 55 - 10 and ratio.max() > 3 * ratio[0]


def test_a_gesture_that_holds_still_is_the_plain_note(player):
    plain = player.play(program("trumpet"), 60, 100)
    still = player.play_gesture(program("trumpet"), 60, 100, Gesture())
    assert envelope_correlation(still, plain) > 0.99
    assert pitch_contour(still)[20:80] == pytest.approx(pitch_contour(plain)[20:80], abs=0.02)


def test_a_sound_that_does_not_follow_has_no_sure_contour():
    noise = 0.1 * np.random.default_rng(0).standard_normal(64_000)
    tone = 0.5 * np.sin(2 * np.pi * 220 * np.arange(64_000) / 16_000)
    played = np.full(125, 57.0)
    assert sounding_contour(noise, played) is None
    assert sounding_contour(tone, played + 12) is None
    assert sounding_contour(tone, played + 0.2) == pytest.approx(57, abs=0.02)


def test_rendered_gestures_carry_their_contours(soundfont, tmp_path):
    calls = []
    programs = ["flute", "nylon_guitar"]
    notes = render_gestures(
        soundfont, tmp_path, programs, takes=3, progress=lambda *at: calls.append(at)
    )
    assert calls == [(1, 2), (2, 2)] and notes == read_notes(tmp_path)
    assert {note.instrument_str for note in notes} == {
        "flute_acoustic_073", "guitar_acoustic_024",
    }  # fmt: skip
    for note in notes:
        assert followed(note.load(), np.array(note.contour, float)) > 0.8
    assert "3 gestures of each instrument, seed 0" in (tmp_path / "SOURCE.txt").read_text()
    before = {note.path: note.path.stat().st_mtime_ns for note in notes}
    assert render_gestures(soundfont, tmp_path, programs, takes=3) == notes
    assert before == {note.path: note.path.stat().st_mtime_ns for note in notes}
    with pytest.raises(AudioError, match="Render into a new folder"):
        render_gestures(soundfont, tmp_path, programs, takes=3, seed=1)


def test_the_same_seed_plays_the_same_gestures(soundfont, tmp_path):
    first, second = (
        render_gestures(soundfont, tmp_path / name, ["flute"], takes=2, seed=3) for name in "ab"
    )
    assert [note.contour for note in first] == [note.contour for note in second]
    for a, b in zip(first, second, strict=True):
        assert a.path.read_bytes() == b.path.read_bytes()


def test_drums_have_no_pitch(soundfont, tmp_path):
    notes = render_drums(soundfont, tmp_path, kits=[0], keys=[38, 42], velocities=[100])
    assert [note.note_str for note in notes] == [
        "mallet_acoustic_128-038-100", "mallet_acoustic_128-042-100",
    ]  # fmt: skip
    assert all(set(note.contour) == {None} and len(note.contour) == 125 for note in notes)
    assert max(np.abs(note.load()).max() for note in notes) == pytest.approx(0.7, abs=1e-3)


def test_a_kit_the_soundfont_has_not_is_named(soundfont, tmp_path):
    with pytest.raises(AudioError, match="no drum kit 99"):
        render_drums(soundfont, tmp_path, kits=[99])


@pytest.mark.parametrize("vowels", ["a", "iu", "aeiou"])
def test_the_voice_sings_its_contour(vowels):
    glide = 50 + np.clip(12 * (MIDDLES - 1), 0, 12)
    sound = sing(glide, vowels)
    assert sound.shape == (64_000,) and np.abs(sound).max() == pytest.approx(0.5, abs=0.05)
    assert followed(sound, glide) > 0.99
    vibrato = 55 + Gesture(vibrato=0.5, vibrato_rate=5).bend(MIDDLES)
    assert np.median(np.abs(pitch_contour(sing(vibrato, vowels)) - vibrato)) < 0.1


def test_a_vowel_is_loudest_near_its_formants():
    for vowel, strong, weak in (("a", 1000, 300), ("i", 2300, 900), ("u", 300, 2300)):
        power = np.abs(np.fft.rfft(sing(np.full(62, 45.0), vowel))) ** 2
        bins = np.fft.rfftfreq(62 * 512, 1 / 16_000)
        near = [power[np.abs(bins - place) < 110].sum() for place in (strong, weak)]
        assert near[0] > 2 * near[1], vowel


def test_unvoiced_frames_hiss_and_silent_ones_are_silent():
    contour = np.full(60, 57.0)
    contour[20:30] = np.nan
    loudness = np.where(np.arange(60) < 50, 1.0, 0.0)
    sound = sing(contour, "o", loudness)
    found = pitch_contour(sound)
    assert np.isnan(found[23:27]).all() and np.abs(found[5:15] - 57).max() < 0.1
    assert 0 < np.abs(sound[22 * 512 : 28 * 512]).max() < np.abs(sound[: 15 * 512]).max()
    assert not sound[52 * 512 :].any()


def test_synthetic_notes_are_voices_that_move_and_sounds_without_pitch(tmp_path):
    notes = render_synthetic(tmp_path, voices=6, noises=10, seed=2)
    assert len(notes) == 16 and notes == read_notes(tmp_path)
    for note in notes:
        contour = np.array(note.contour, float)
        if note.instrument_family_str == "vocal":
            assert np.isfinite(contour).mean() > 0.3
            assert followed(note.load(), contour) > 0.8
        else:
            assert np.isnan(contour).all()
            assert np.isnan(pitch_contour(note.load())).mean() > 0.9
    again = render_synthetic(tmp_path / "again", voices=6, noises=10, seed=2)
    assert [n.path.read_bytes() for n in notes] == [n.path.read_bytes() for n in again]


def test_noises_are_silent_click_or_last():
    generator = np.random.default_rng(0)
    loud = [np.mean(np.abs(draw_noise(generator, kind)) > 0.02) for kind in (0, 1, 4)]
    assert loud[0] == 0 < loud[1] < 1e-3 < loud[2]
