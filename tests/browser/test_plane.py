"""Line, pad and multigrid in a bare page: no kernel, a real Chromium with its own audio."""

import base64
import json

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from nsynth_edu.classroom import MultigridPad, Pad, TwoSoundSlider
from nsynth_edu.page import static_text
from nsynth_edu.play import bilinear_weights
from nsynth_edu.sound import midi_to_hz

ORIGIN = "http://localhost:1/"  # answered by the test itself; MIDI wants a secure origin
RATE, LENGTH = 16_000, 8_000
CORNERS = ["reed", "bell", "string", "pipe"]
TRAITS = (
    "shape", "grid", "notes", "corners", "sample_rate", "x", "y", "note",
    "position", "attack", "release", "knobs", "credit",
)  # fmt: skip
PAGE = """<!doctype html><title>plane</title><style>%s</style><div id="here"></div>
<script type="module">
import widget from "/plane.js";
const state = %s;
const bytes = Uint8Array.from(atob(state.sounds), (c) => c.charCodeAt(0));
state.sounds = new DataView(bytes.buffer);
window.kept = [];
const calls = {};
window.model = {
  get: (name) => state[name],
  on: (event, call) => (calls[event] ??= new Set()).add(call),
  off: (event, call) => calls[event].delete(call),
  set: (name, value) => {
    const news = name === Object(name) ? name : {[name]: value};
    Object.assign(state, news);
    Object.keys(news).forEach((one) => calls[`change:${one}`]?.forEach((call) => call()));
  },
  save_changes: () => window.kept.push({x: state.x, y: state.y, note: state.note}),
};
window.remove = widget.render({ model, el: document.getElementById("here") });
window.plane = document.querySelector(".nse-plane").soundPlane;
</script>"""


def tones():
    """A 2 x 2 pad for two notes whose corners are the pitch and its octave, fifth, two octaves."""
    time = np.arange(LENGTH) / RATE
    sounds = [
        [0.5 * np.sin(2 * np.pi * midi_to_hz(note) * partial * time) for partial in (1, 2, 3, 4)]
        for note in (60, 67)
    ]
    return Pad(np.reshape(sounds, (2, 2, 2, LENGTH)), [60, 67], CORNERS)


def noises(rows=3, columns=3):
    rng = np.random.default_rng(1)
    return rng.uniform(-0.5, 0.5, (1, rows, columns, LENGTH)).astype(np.float32)


@pytest.fixture
def show(browser):
    """`show(widget)` gives a page with it, as it stands without a kernel."""
    contexts = []

    def show(widget, **options):
        state = {name: getattr(widget, name) for name in TRAITS}
        state["sounds"] = base64.b64encode(widget.sounds).decode()
        html = PAGE % (static_text("theme.css", "plane.css"), json.dumps(state))
        script = str(widget._esm)
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.route(
            f"{ORIGIN}**",
            lambda route: route.fulfill(
                content_type="text/javascript" if route.request.url.endswith("js") else "text/html",
                body=script if route.request.url.endswith("js") else html,
            ),
        )
        page.goto(ORIGIN)
        page.wait_for_function("() => window.plane")
        return page

    yield show
    for context in contexts:
        context.close()


def rendered(page, seconds, x, y, midi=60):
    """What the widget sounds like at a place, rendered by the browser without a loudspeaker."""
    return np.array(
        page.evaluate(
            "async ([s, at, midi]) => [...await window.plane.render(s, at, midi)]",
            [seconds, {"x": x, "y": y}, midi],
        )
    )


def dominant_hz(waveform):
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)), 8 * len(waveform)))
    return spectrum.argmax() * RATE / (8 * len(waveform))


def state(page):
    return page.evaluate("() => window.plane.state()")


def peak(page):
    """The loudest of some looks at what leaves for the loudspeaker."""
    levels = []
    for _ in range(5):
        page.wait_for_timeout(60)
        levels.append(state(page)["peak"])
    return max(levels)


@pytest.mark.parametrize(("x", "y", "partial"), [(0, 0, 1), (1, 0, 2), (0, 1, 3), (1, 1, 4)])
def test_a_corner_sounds_at_its_pitch_on_every_key(show, x, y, partial):
    page = show(tones())
    for midi in (60, 61, 65, 67, 71):
        heard = dominant_hz(rendered(page, 0.5, x, y, midi))
        assert 1200 * abs(np.log2(heard / (partial * midi_to_hz(midi)))) < 10  # cents


def test_between_points_the_four_nearest_are_mixed_with_linear_gains(show):
    sounds = noises()
    page = show(Pad(sounds, [60], CORNERS))
    for x, y in [(0.5, 0.5), (0.25, 0.25), (0.8, 0.1), (1, 0.6), (0.01, 1)]:
        column, row = min(int(2 * x), 1), min(int(2 * y), 1)
        weights = bilinear_weights(2 * x - column, 2 * y - row)
        cell = sounds[0, row : row + 2, column : column + 2].reshape(4, -1)
        np.testing.assert_allclose(rendered(page, 0.5, x, y), weights @ cell, atol=1e-3)


def test_loops_go_round_together(show):
    page = show(Pad(noises(), [60], CORNERS))
    heard = rendered(page, 1.0, 0.3, 0.7)
    np.testing.assert_allclose(heard[:LENGTH], heard[LENGTH:], atol=1e-3)


def test_nothing_sounds_before_a_gesture(show):
    page = show(tones())
    page.wait_for_timeout(200)
    assert state(page).get("context") is None and not state(page)["sounding"]


def test_keys_alone_reach_move_and_play_the_pad(show):
    page = show(tones())
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "surface"
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    assert (state(page)["x"], state(page)["y"]) == pytest.approx((0.59, 0.55))
    page.keyboard.down("d")
    assert state(page)["note"] == 64 and peak(page) > 0.1
    page.keyboard.up("d")
    page.wait_for_timeout(300)
    assert not state(page)["sounding"] and peak(page) < 0.01


def test_space_and_enter_hold_and_stop_the_sound(show):
    page = show(tones())
    page.locator(".surface").focus()
    for key in ("Space", "Enter"):
        page.keyboard.press(key)
        assert peak(page) > 0.1 and page.locator(".play").inner_text() == "■ Stop"
        page.keyboard.press(key)
        assert not state(page)["sounding"] and page.locator(".play").inner_text() == "▶ Play"


def test_a_held_key_plays_one_note_and_the_last_of_several_wins(show):
    page = show(tones())
    page.locator(".surface").focus()
    for key in ("a", "a", "g"):  # a key held down repeats
        page.keyboard.down(key)
    assert state(page)["note"] == 67
    page.keyboard.up("g")
    assert state(page)["note"] == 60 and state(page)["sounding"]
    page.keyboard.up("a")
    assert not state(page)["sounding"]


def test_a_place_is_said_in_words_when_the_hand_rests(show):
    page = show(tones())
    page.locator(".surface").focus()
    page.keyboard.press("ArrowLeft")
    live = page.locator("[aria-live=polite]")
    page.wait_for_function("() => document.querySelector('.live').textContent")
    assert live.text_content().startswith("reed 28 per cent, bell 23 per cent, string 28")
    assert page.locator(".chip").all_inner_texts() == [
        "reed 28 %", "bell 23 %", "string 28 %", "pipe 23 %",
    ]  # fmt: skip
    assert page.evaluate("() => window.kept.at(-1)") == {"x": 0.45, "y": 0.5, "note": 60}


def test_dragging_moves_and_the_edge_holds(show):
    page = show(tones())
    box = page.locator(".surface").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    assert state(page)["x"] == pytest.approx(0.5, abs=0.01) and state(page)["sounding"]
    page.mouse.move(box["x"] + 2 * box["width"], box["y"] + 5)
    page.mouse.up()
    assert (state(page)["x"], state(page)["y"]) == (1, 0)
    assert state(page)["sounding"], "the sound stays until it is stopped"


def test_a_finger_on_pad_and_piano_plays(show):
    page = show(tones(), has_touch=True)
    page.locator(".surface").tap(position={"x": 20, "y": 42})
    assert (state(page)["x"], state(page)["y"]) == pytest.approx((0, 0), abs=0.01)
    page.locator(".key").nth(4).tap()
    assert state(page)["note"] == 64


def test_a_midi_keyboard_plays(show):
    """Hardware is not at hand: its messages are, as the standard writes them."""
    page = show(tones())
    page.evaluate(
        """() => {
            window.piano = new EventTarget();
            window.piano.name = "Little Piano";
            const access = {inputs: new Map([["one", window.piano]])};
            navigator.requestMIDIAccess = async () => access;
            window.send = (...data) => window.piano.dispatchEvent(
                Object.assign(new Event("midimessage"), {data}));
        }"""
    )
    page.get_by_role("button", name="MIDI").click()
    page.get_by_text("MIDI: Little Piano").wait_for()
    page.evaluate("() => window.send(0x93, 70, 100)")
    assert state(page)["note"] == 70 and peak(page) > 0.1
    page.evaluate("() => window.send(0x93, 70, 0)")  # a note-on without velocity is a note-off
    assert not state(page)["sounding"]
    page.evaluate("() => { window.send(0x90, 62, 9); window.send(0x80, 62, 0); }")
    assert state(page)["note"] == 62 and not state(page)["sounding"]


def test_refused_midi_is_said(show):
    page = show(tones())
    page.evaluate(
        "() => { navigator.requestMIDIAccess = async () => {"
        " throw new DOMException('no', 'NotAllowedError'); } }"
    )
    page.get_by_role("button", name="MIDI").click()
    page.get_by_text("The browser allows no MIDI here (NotAllowedError)").wait_for()


def test_a_removed_pad_falls_silent(show):
    page = show(tones())
    page.get_by_role("button", name="Play C4").click()
    assert peak(page) > 0.1
    page.evaluate("() => window.remove()")
    page.wait_for_function("() => window.plane.state().context === 'closed'")


def test_a_line_is_a_slider_with_a_spoken_value(show):
    sounds = noises(rows=1, columns=5)
    page = show(TwoSoundSlider(sounds, [60], ["reed", "bell"]))
    surface = page.get_by_role("slider", name="Line between reed and bell")
    surface.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")  # goes nowhere on a line
    expect(surface).to_have_attribute("aria-valuenow", "45")
    expect(surface).to_have_attribute("aria-valuetext", "reed 55 per cent, bell 45 per cent")
    heard = rendered(page, 0.5, 0.45, 0)
    np.testing.assert_allclose(heard, 0.2 * sounds[0, 0, 1] + 0.8 * sounds[0, 0, 2], atol=1e-3)


def test_a_point_that_is_neared_later_joins_in_step(show):
    sounds = noises()
    page = show(Pad(sounds, [60], CORNERS, x=0.0, y=0.0))
    heard = np.array(
        page.evaluate(
            """async () => {
                const context = new OfflineAudioContext(1, 24000, 16000);
                const voice = window.plane.voice(context, {x: 0, y: 0}, 60);
                context.suspend(0.8).then(() => { voice.move({x: 1, y: 1}); context.resume(); });
                return [...(await context.startRendering()).getChannelData(0)];
            }"""
        )
    )
    np.testing.assert_allclose(heard[:LENGTH], sounds[0, 0, 0], atol=1e-3)
    settled = heard[2 * LENGTH :]  # 0.2 s after the move: ten time constants
    np.testing.assert_allclose(settled, sounds[0, 2, 2], atol=1e-3)


def test_position_and_attack_shape_a_note(show):
    sounds = noises()
    page = show(Pad(sounds, [60], CORNERS, x=0.0, y=0.0, position=0.25, attack=0.1))
    heard, late = rendered(page, 0.375, 0, 0), sounds[0, 0, 0, LENGTH // 4 :]
    np.testing.assert_allclose(heard[1_600:], late[1_600:], atol=1e-3)
    ramp = np.arange(1_600) / 1_600
    np.testing.assert_allclose(heard[:1_600], ramp * late[:1_600], atol=2e-3)


@pytest.mark.parametrize("note, seconds", [(60, 0.5), (72, 0.5 * 2 ** (-5 / 12))])
def test_a_pad_saves_one_pass_of_the_note_that_plays_and_its_release(show, note, seconds):
    pad = tones()  # rendered for 60 and 67, 0.5 s each
    pad.credit = "Ada made it: ä." if note == 60 else "Ada made it: ä!."  # odd and even
    page = show(pad)
    page.evaluate("(note) => window.model.set('note', note)", note)
    page.locator(".surface").focus()
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Save this sound").focus()
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    with soundfile.SoundFile(saved.value.path()) as file:
        sound, comment, kind = file.read(), file.comment, (file.samplerate, file.subtype)
    assert saved.value.suggested_filename == f"reed_50_bell_50_{note}.wav"
    assert kind == (RATE, "PCM_16") and comment.endswith(pad.credit)
    assert comment.startswith("Pad between reed, bell, string and pipe: ")
    heard = rendered(page, seconds, 0.5, 0, note)
    np.testing.assert_allclose(sound[: len(heard)], heard, atol=1 / 32768)
    assert len(sound) == pytest.approx((seconds + pad.release) * RATE, abs=2)
    assert abs(sound[-20:]).max() < 0.005 < abs(sound[-1500:]).max()


def test_a_note_named_by_python_brings_its_octave_along(show):
    page = show(tones())
    page.locator(".surface").focus()
    page.keyboard.press("Space")
    page.evaluate("() => window.model.set('note', 76)")
    assert state(page)["note"] == 76 and state(page)["sounding"]
    expect(page.locator(".key.on")).to_have_attribute("title", "E5")
    page.keyboard.press("a")
    assert state(page)["note"] == 72


def test_notes_of_several_octaves_are_all_within_reach(show):
    expect(show(tones()).get_by_role("button", name="Octave")).to_have_count(0)
    page = show(Pad(np.tile(noises(), (2, 1, 1, 1)), [36, 60], CORNERS))
    expect(page.locator("input")).to_have_count(0)
    page.get_by_role("button", name="Octave down").click()
    page.keyboard.press("z")
    page.keyboard.press("a")
    assert state(page)["note"] == 36


def test_knobs_are_shown_where_they_are_wanted_and_follow_python(show):
    expect(show(tones()).locator("input")).to_have_count(0)
    pad = tones()
    pad.knobs = True
    page = show(pad)
    knob = page.get_by_role("slider", name="Attack")
    knob.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => window.model.get('attack')") == pytest.approx(0.01)
    page.evaluate("() => window.model.set('attack', 0.4)")
    expect(knob).to_have_attribute("aria-valuetext", "0.40 s")
    page.evaluate("() => window.remove()")
    page.evaluate("() => window.model.set('attack', 1)")
    assert not page.complaints, "a removed pad listens no more"


def test_a_release_in_the_midst_of_an_attack_falls_from_there(show):
    pad = Pad(np.full((1, 2, 2, LENGTH), 0.5, np.float32), [60], CORNERS, attack=0.4)
    page = show(pad)
    heard = np.array(
        page.evaluate(
            """async () => {
                const context = new OfflineAudioContext(1, 9600, 16000);
                const voice = window.plane.voice(context, {x: 0.5, y: 0.5}, 60);
                context.suspend(0.2).then(() => { voice.stop(0.3); context.resume(); });
                return [...(await context.startRendering()).getChannelData(0)];
            }"""
        )
    )
    top = heard.argmax()
    assert top / RATE == pytest.approx(0.2, abs=0.01)
    assert heard[top] == pytest.approx(heard.max()) and 0.45 < heard.max() / full(pad) < 0.55
    assert np.all(np.diff(heard[top:]) <= 1e-6) and np.all(heard[int(0.51 * RATE) :] == 0)


def full(pad):
    return np.abs(pad.waveforms()).max()


def test_a_long_release_fades(show):
    pad = tones()
    pad.release = 2.0
    page = show(pad)
    page.locator(".surface").focus()
    page.keyboard.press("Space")
    assert peak(page) > 0.1
    page.keyboard.press("Space")
    assert not state(page)["sounding"] and peak(page) > 0.1, "still fading"


NINE = ["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"]


def test_a_multigrid_mixes_the_four_nearest_and_names_them(show):
    sounds = noises(rows=5, columns=5)
    page = show(MultigridPad(sounds, [60], NINE))
    for x, y in [(0.5, 0.5), (0.3, 0.9), (1, 0), (0.62, 0.13)]:
        column, row = min(int(4 * x), 3), min(int(4 * y), 3)
        weights = bilinear_weights(4 * x - column, 4 * y - row)
        cell = sounds[0, row : row + 2, column : column + 2].reshape(4, -1)
        np.testing.assert_allclose(rendered(page, 0.5, x, y), weights @ cell, atol=1e-3)
    surface = page.get_by_role("application", name="Pad between a1, a2")
    surface.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.live').textContent")
    said = page.locator("[aria-live=polite]").text_content()
    assert said == "b2 90 per cent, b3 10 per cent; note C4."
    chips = page.locator(".chip").all_inner_texts()
    assert chips == [*NINE[:4], "b2 90 %", "b3 10 %", *NINE[6:]]


def test_each_name_of_a_multigrid_stands_at_its_instrument(show, artifacts):
    page = show(MultigridPad(noises(rows=3, columns=5), [60], NINE[:6]))
    box = page.locator(".surface").bounding_box()
    middles = []
    for chip in page.locator(".chip").all():
        inner = chip.bounding_box()
        assert inner["x"] >= box["x"] and inner["y"] >= box["y"]
        assert inner["x"] + inner["width"] <= box["x"] + box["width"]
        middles.append((inner["x"] + inner["width"] / 2, inner["y"]))
    across = [x for x, _ in middles[:3]]
    assert across == sorted(across) and middles[0][1] == middles[2][1] < middles[3][1]
    page.locator(".nse-plane").screenshot(path=artifacts / "multigrid.png")
