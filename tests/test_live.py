"""The live pad's Python side: what it makes, how far it runs ahead, when it stops."""

import sys
import time

import numpy as np
import page
import pytest
import torch
from waiting import until

from nsynth_edu.classroom import LivePad, live
from nsynth_edu.generation import Stream
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.play import live_voice
from nsynth_edu.sound.pcm import to_int16

NAMES = ["reed", "bell", "string", "pipe"]


@pytest.fixture(scope="module")
def model():
    """Small enough to be many times faster than real time."""
    torch.manual_seed(0)
    model = WaveNetAutoencoder(
        NSynthConfig(encoder_channels=8, encoder_layers=2, layers=2, residual_channels=8,
                     skip_channels=8, kernel_size=2, first_kernel_size=2, pitch_channels=4)
    ).eval()  # fmt: skip
    torch.nn.init.normal_(model.decoder.logits.weight)
    return model


@pytest.fixture
def corners():
    return list(np.random.default_rng(0).standard_normal((4, 93, 16)).astype(np.float32))


@pytest.fixture
def pad(model, corners):
    """A pad whose page is this test: `sent` holds what it was sent."""
    pad = LivePad(model, corners, NAMES, seed=4)
    pad.sent = []
    pad.send = lambda content, buffers=None: pad.sent.append((content, buffers))
    yield pad
    pad.close()


def places(pad):
    """Where each chunk begins that the page was sent."""
    return [content["at"] for content, _ in list(pad.sent) if content["kind"] == "sound"]


def samples(pad):
    """How far the sound reaches that the page was sent."""
    return max(places(pad), default=-512) + 512


def page_sound(pad):
    """What the page holds: each chunk at its place, the last word counts."""
    sound = np.zeros(samples(pad), np.int16)
    for content, buffers in pad.sent:
        if content["kind"] == "sound":
            sound[content["at"] :][:512] = np.frombuffer(buffers[0], "<i2")
    return sound[: places(pad)[-1] + 512]


@pytest.mark.parametrize("sampling", ["random", "mean"])
def test_frames_of_the_voice_carry_on_like_one_stream(model, corners, sampling):
    voice = live.LiveVoice(model, corners, 57, temperature=0.5, seed=2, sampling=sampling)
    voice.x, voice.y = 0.25, 0.0
    stream = Stream(model, 57, temperature=0.5, seed=2, dtype="int8", sampling=sampling)
    for frame in range(4):
        z = 0.75 * corners[0][frame] + 0.25 * corners[1][frame]
        np.testing.assert_array_equal(voice.push(), to_int16(stream.push(z)))


def test_frames_taken_back_are_made_anew_as_if_the_hand_had_moved_before(model, corners):
    voices = [live.LiveVoice(model, corners, pitch=57, seed=2) for _ in range(2)]
    for voice in voices:
        voice.x, voice.y = 0.0, 0.0
        for _ in range(3):
            before = voice.push()
    once = [voices[0].push() for _ in range(3)]
    voices[0].back_to(3 * 512 - 5)
    assert voices[0].clock == 3 * 512
    for voice in voices:
        voice.x = 1.0
    for frame in range(3):
        anew = voices[0].push()
        np.testing.assert_array_equal(anew, voices[1].push())
        assert (anew != once[frame]).any() and (anew != before).any()


def test_a_held_note_goes_to_and_fro_in_its_middle():
    played = [live_voice.place(frame, 93) for frame in range(200)]
    first, last = live_voice.LOOP
    assert played[: last + 1] == list(range(last + 1))
    assert set(played[last:]) == set(range(first, last + 1))
    assert set(np.abs(np.diff(played))) == {1}
    assert [live_voice.place(frame, 1) for frame in range(3)] == [0, 0, 0]


def test_it_runs_a_little_ahead_of_the_page_and_waits(pad):
    pad.start()
    limit = (live.AHEAD + 0.1) * 16000
    until(lambda: samples(pad) > live.AHEAD * 16000)
    time.sleep(0.2)
    assert samples(pad) <= limit
    page.send(pad, {"kind": "played", "samples": 8000, "flow": 1, "underruns": 2})
    until(lambda: samples(pad) > 8000 + live.AHEAD * 16000)
    assert pad.underruns == 2 and pad.playing
    speed = pad.speed
    assert speed > 1
    page.send(pad, {"kind": "played", "samples": 16000, "flow": 1, "underruns": 2})
    until(lambda: samples(pad) > 16000 + live.AHEAD * 16000)
    assert pad.speed == speed  # judged once, from the first half second


def test_a_move_takes_back_what_lies_far_ahead(pad, model, corners):
    pad.start()
    until(lambda: samples(pad) > live.AHEAD * 16000)
    begin, chunks = time.monotonic(), len(places(pad))
    page.send(pad, {"kind": "played", "samples": 0, "flow": 1, "underruns": 0})
    pad.x = 1.0
    until(lambda: len(places(pad)) > chunks)
    anew, played = places(pad)[chunks], (time.monotonic() - begin) * 16000  # at most
    assert live.NEAR * 16000 <= anew <= live.NEAR * 16000 + played + 512 < samples(pad)
    until(lambda: places(pad)[-1] + 512 > live.AHEAD * 16000)  # the hand rests: ahead again
    pad.stop()
    voice = live.LiveVoice(model, corners, 60, seed=4)
    held = page_sound(pad)
    for at in range(0, len(held), 512):
        voice.x = 1.0 if at >= anew else 0.5
        np.testing.assert_array_equal(held[at : at + 512], voice.push())


def test_while_the_hand_moves_little_is_made_in_vain(pad):
    pad.start()
    until(lambda: samples(pad) > live.AHEAD * 16000)
    page.send(pad, {"kind": "played", "samples": 0, "flow": 1, "underruns": 0})
    chunks, begin = len(places(pad)), samples(pad)
    moves = 0
    while places(pad)[-1] < begin + 8000:  # half a second further
        pad.x = moves % 50 / 50
        moves += 1
        time.sleep(0.01)
    sent = places(pad)[chunks:]
    back = np.diff(sent) < 512
    assert sent[0] < begin and moves > 20
    assert back.sum() < len(sent) / 4


def test_a_report_that_was_held_up_stops_nothing(monkeypatch):
    now = 100.0
    monkeypatch.setattr(live.time, "monotonic", lambda: now)
    speaker = live.Loudspeaker()
    assert speaker.played == 0
    speaker.report(0, 0)
    now = 100.5
    assert speaker.played == 0  # it has not begun
    speaker.report(0, 1)
    now = 100.6
    assert speaker.played == pytest.approx(1600)
    speaker.report(800, 1)  # 0.05 s old
    assert speaker.played == pytest.approx(1600)
    speaker.report(1700, 1)
    assert speaker.played == pytest.approx(1700)
    now = 101.6
    speaker.report(2000, 2)  # there was a gap
    assert speaker.played == pytest.approx(2000) and speaker.silent == 0
    now = 200.0
    assert speaker.silent == pytest.approx(98.4)


def test_a_loudspeaker_that_stood_still_is_believed_after_a_while(monkeypatch):
    now = 0.0
    monkeypatch.setattr(live.time, "monotonic", lambda: now)
    speaker = live.Loudspeaker()
    for now in np.arange(0, 30, 0.25):
        lost = 0.07 if now > 5 else 0  # s that it did not play, at 5 s
        speaker.report(int(16000 * (now - lost)), 1)
        right = 16000 * (now - lost)
        assert right - 1 <= speaker.played <= right + 16000 * 0.07 + 1
        if now > 5 + live.RECENT + 0.25:
            assert speaker.played == pytest.approx(right, abs=2)


def test_python_takes_shorter_turns_while_a_pad_plays(pad):
    before = sys.getswitchinterval()
    pad.start()
    until(lambda: samples(pad))
    assert sys.getswitchinterval() == pytest.approx(live.TURN)
    pad.stop()
    assert sys.getswitchinterval() == before


def test_stopping_ends_the_thread_and_silences_the_page(pad):
    pad.start()
    until(lambda: samples(pad))
    pad.stop()
    assert not page.threads("live pad") and not pad.playing
    assert pad.sent[-1][0] == {"kind": "silence"}


def test_closing_the_widget_ends_the_thread(model, corners):
    pad = LivePad(model, corners, NAMES)
    pad.start()
    assert len(page.threads("live pad")) == 1
    pad.close()
    assert not page.threads("live pad")


def test_a_page_that_went_away_ends_the_thread(pad, monkeypatch):
    monkeypatch.setattr(live, "GONE", 0.2)
    pad.start()
    until(lambda: not page.threads("live pad"))
    assert not pad.playing and pad.message == "The page went away."


def test_one_pad_plays_at_a_time_and_says_so(pad, model, corners):
    other = LivePad(model, corners, NAMES)
    other.send = lambda content, buffers=None: None
    pad.start()
    other.start()
    assert other.playing and not pad.playing
    assert pad.message == "Another pad plays now."
    assert len(page.threads("live pad")) == 1
    other.close()
    assert not page.threads("live pad")


def test_a_machine_that_is_too_slow_is_told_so(pad, monkeypatch):
    monkeypatch.setattr(live, "ENOUGH", 1e6)
    page.send(pad, {"kind": "start"})
    until(lambda: samples(pad) > live.AHEAD * 16000)
    page.send(pad, {"kind": "played", "samples": 8000, "flow": 1, "underruns": 0})
    until(lambda: not pad.playing)
    assert pad.speed > 1
    assert f"at {pad.speed:.2f} times real time, too slow to play live" in pad.message
    assert pad.sent[-1][0] == {"kind": "silence"}


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda corners: corners[:3], "expected four encodings"),
        (lambda corners: [*corners[:3], np.zeros((5, 3))], r"\(5, 3\)\]; expected four encodings"),
        (lambda corners: [*corners[:3], np.full((5, 16), np.nan)], "finite numbers"),
        (lambda corners: [*corners[:3], np.zeros((0, 16))], "expected four encodings"),
    ],
)
def test_corners_that_are_no_encodings_are_refused(model, corners, change, message):
    with pytest.raises(ValueError, match=message):
        LivePad(model, change(corners), NAMES)


def test_four_names_are_needed(model, corners):
    with pytest.raises(ValueError, match="expected four, NW NE SW SE"):
        LivePad(model, corners, NAMES[:2])
