"""What the studio exports, played in a real Chromium from a folder that a static server serves.

The points are tones, one frequency for each instrument: what is heard tells where it comes from.
"""

import shutil
from contextlib import ExitStack

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect
from static_server import served_statically

from nsynth_edu.play import Multigrid
from nsynth_edu.sound import midi_to_hz, save_audio
from nsynth_edu.studio import Group, Instrument, Job, Plan, Settings
from nsynth_edu.studio.export import export_plane

RATE, FRAMES = 16_000, 16
LENGTH = 16_000  # samples of an exported note; what follows the 16 frames is silence
CORNERS = ["sandstormlead", "whalesongathalfspeed", "bell", "pipe"]
APART = [0, 3, 7, 10]  # semitones above the note, NW NE SW SE: four pitch classes
NOTES = (48, 55)


def make(folder, names, apart, settings):
    """Export a job whose points are made: mixtures of one tone per instrument."""
    rows = tuple(tuple(Instrument(name, name, "ada.l@school") for name in row) for row in names)
    group = Group(rows, settings)
    Plan((group,)).write(folder / "job")
    job = Job(folder / "job")
    down, across = np.shape(names)
    shares = Multigrid(
        [list(row) for row in np.eye(down * across).reshape(down, across, 1, -1)],
        settings.resolution,
    ).encodings[:, :, 0]
    time = np.arange(FRAMES * 512) / RATE
    for note in settings.notes:
        tones = np.sin(2 * np.pi * midi_to_hz(note + np.array(apart))[:, None] * time)
        for point in job.points:
            if point.note == note:
                save_audio(job.path(point), 0.5 * shares[point.row, point.column] @ tones)
    export_plane(job, group, folder / "out", LENGTH)
    return folder / "out"


@pytest.fixture(scope="module")
def pad(tmp_path_factory):
    """A group's pad, 5 x 5, two notes."""
    settings = Settings(notes=NOTES, resolution=5, frames=FRAMES)
    names = [CORNERS[:2], CORNERS[2:]]
    return make(tmp_path_factory.mktemp("pad"), names, APART, settings)


@pytest.fixture(scope="module")
def multigrid(tmp_path_factory):
    """64 instruments, each a semitone above the last."""
    names = [[f"sound{8 * row + column}" for column in range(8)] for row in range(8)]
    settings = Settings(notes=(48,), resolution=2, frames=FRAMES)
    return make(tmp_path_factory.mktemp("multigrid"), names, range(64), settings)


@pytest.fixture(scope="module")
def open_page(browser):
    """`open_page(folder)` gives a page of it; `page.asked` are the addresses it asked for."""
    contexts, servers = [], ExitStack()

    def open_page(folder, whole=True, prepare=None, **options):
        address = f"{servers.enter_context(served_statically(folder))}/"
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        if prepare:
            prepare(page)
        page.goto(address)
        if whole:
            page.get_by_text("sounds are here").filter(has_text="All").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    servers.close()


def evaluate(page, expression, argument=None):
    return page.locator(".nse-plane").evaluate(expression, argument)


def rendered(page, x, y, midi, seconds=0.5):
    """What the page's player plays at a place, without a loudspeaker."""
    play = "async (root, [s, at, midi]) => [...await root.soundPlane.render(s, at, midi)]"
    return np.array(evaluate(page, play, [seconds, {"x": x, "y": y}, midi]))


def dominant_midi(waveform):
    waveform = waveform[: FRAMES * 512]
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)), 8 * len(waveform)))
    return 69 + 12 * np.log2(spectrum.argmax() * RATE / (8 * len(waveform)) / 440)


def state(page):
    return evaluate(page, "(root) => root.soundPlane.state()")


def peak(page):
    levels = []
    for _ in range(5):
        page.wait_for_timeout(60)
        levels.append(state(page)["peak"])
    return max(levels)


def until(page, question, *arguments, tries=60):
    """Ask until the answer is yes."""
    for _ in range(tries):
        if question(*arguments):
            return
        page.wait_for_timeout(50)
    pytest.fail("in vain")


@pytest.fixture(scope="module")
def opened(open_page, pad):
    """The pad's page, its sounds loaded, for those who only look and listen."""
    return open_page(pad, viewport={"width": 1280, "height": 900})


# --- what is heard ----------------------------------------------------------------------------


def test_each_corner_is_its_own_instrument_on_every_key(opened):
    page = opened
    for (x, y), above in zip([(0, 0), (1, 0), (0, 1), (1, 1)], APART, strict=True):
        for midi in (48, 50, 52, 55, 58):  # between two notes the nearer one is re-pitched
            heard = dominant_midi(rendered(page, x, y, midi, 0.4))
            assert heard == pytest.approx(midi + above, abs=0.1)
    chips = page.locator(".chip").all_inner_texts()
    assert [text.split()[0] for text in chips] == CORNERS
    middles = [chip.bounding_box() for chip in page.locator(".chip").all()]
    nw, ne, sw, se = ((box["x"] + box["width"] / 2, box["y"]) for box in middles)
    assert nw[0] < ne[0] and sw[0] < se[0] and nw[1] < sw[1] and ne[1] < se[1]
    assert page.complaints == []


def test_a_note_between_two_is_made_of_the_nearer_one(opened):
    """Played faster it is over sooner: 0.512 s of tone, then silence up to 1 s."""
    for midi, rendered_at in [(51, 48), (52, 55), (57, 55), (46, 48)]:
        heard = np.abs(rendered(opened, 0, 0, midi, 0.8))
        lasts = np.flatnonzero(heard > 0.01)[-1] / RATE
        assert lasts == pytest.approx(0.512 * 2 ** ((rendered_at - midi) / 12), abs=0.01)


def test_attack_release_and_beginning_shape_what_is_heard(opened):
    page = opened
    plain = rendered(page, 1, 1, 55, 0.4)
    page.get_by_label("Attack").fill("0.2")
    risen = rendered(page, 1, 1, 55, 0.4)
    ramp = np.minimum(np.arange(6_400) / (0.2 * RATE), 1)
    np.testing.assert_allclose(risen, ramp * plain, atol=2e-3)
    page.get_by_label("Attack").fill("0")
    page.get_by_label("Begin at").fill("0.2")
    late = rendered(page, 1, 1, 55, 0.2)
    np.testing.assert_allclose(late, plain[3_200:], atol=1e-3)
    page.get_by_label("Begin at").fill("0")

    released = np.array(
        evaluate(
            page,
            """async (root) => {
                const context = new OfflineAudioContext(1, 6400, 16000);
                const voice = root.soundPlane.voice(context, {x: 1, y: 1}, 55);
                context.suspend(0.1).then(() => { voice.stop(0.2); context.resume(); });
                return [...(await context.startRendering()).getChannelData(0)];
            }""",
        )
    )
    begun = int(np.flatnonzero(np.abs(released - plain) > 1e-4)[0])
    assert begun / RATE == pytest.approx(0.1, abs=0.01)
    fall = np.exp(-6 * np.arange(len(plain) - begun) / (0.2 * RATE))
    end = begun + int(0.19 * RATE)
    np.testing.assert_allclose(
        released[begun:end], (fall * plain[begun:])[: end - begun], atol=5e-3
    )
    assert np.abs(released[begun + int(0.21 * RATE) :]).max() == 0


def test_a_knob_turned_by_keys_holds_for_the_next_note(open_page, pad):
    page = open_page(pad)
    knob = page.get_by_role("slider", name="Release")
    knob.focus()
    page.keyboard.press("End")
    expect(knob).to_have_attribute("aria-valuetext", "4.00 s")
    page.keyboard.press("a")  # letters play from here, too
    until(page, lambda: state(page)["context"] == "running")
    assert state(page)["note"] == 48 and not state(page)["sounding"]


def test_a_sound_is_saved_by_keyboard_with_the_credits_of_the_page(opened):
    evaluate(opened, "(root) => root.querySelector('.surface').focus()")
    for _ in range(20):
        opened.keyboard.press("ArrowLeft")
        opened.keyboard.press("ArrowUp")
    opened.get_by_role("button", name="Save this sound").focus()
    with opened.expect_download() as saved:
        opened.keyboard.press("Space")
    with soundfile.SoundFile(saved.value.path()) as file:
        sound, comment = file.read(), file.comment
    assert saved.value.suggested_filename == "sandstormlead_100_55.wav"
    assert dominant_midi(sound) == pytest.approx(55 + APART[0], abs=0.1)
    assert "note G3. " in comment and "recorded by students of this group" in comment
    assert opened.complaints == []


# --- hands ------------------------------------------------------------------------------------


def test_letters_play_and_z_and_x_reach_the_other_octaves(open_page, pad):
    page = open_page(pad)
    expect(page.get_by_text("Keys C3 to B3")).to_be_visible()
    page.locator(".surface").focus()
    page.keyboard.down("g")
    assert state(page)["note"] == 55 and peak(page) > 0.1
    page.keyboard.up("g")
    page.keyboard.press("z")
    expect(page.get_by_text("Keys C2 to B2")).to_be_visible()
    page.keyboard.press("a")
    assert state(page)["note"] == 36
    page.get_by_role("button", name="Octave up").click()
    page.locator(".key").nth(4).click()
    assert state(page)["note"] == 52 and not state(page)["sounding"]


def test_fingers_move_the_pad_and_play_keys_at_once(open_page, opened, pad):
    box, key = (
        opened.locator(one).nth(n).bounding_box() for one, n in ((".surface", 0), (".key", 4))
    )
    page = open_page(pad, whole=False, has_touch=True, viewport=opened.viewport_size)
    fingers = page.context.new_cdp_session(page)

    def touch(kind, *points):
        told = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    # nothing may be asked of the page before: to a browser that is as good as a click
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch("touchStart", middle)
    touch("touchEnd")
    until(page, lambda: state(page)["context"] == "running")
    assert state(page)["x"] == pytest.approx(0.5, abs=0.01)
    until(page, lambda: state(page)["peak"] > 0.1)

    corner = box["x"] + box["width"] - 21, box["y"] + 43
    touch("touchStart", middle)
    touch("touchMove", corner)
    until(page, lambda: (state(page)["x"], state(page)["y"]) == pytest.approx((1, 0), abs=0.02))
    on_key = key["x"] + key["width"] / 2, key["y"] + key["height"] - 5
    touch("touchStart", corner, on_key)
    until(page, lambda: state(page)["note"] == 52)
    touch("touchMove", middle, on_key)
    until(page, lambda: state(page)["x"] == pytest.approx(0.5, abs=0.02))
    assert state(page)["sounding"]
    touch("touchEnd")
    assert page.complaints == []


# --- loading ----------------------------------------------------------------------------------


class Gate:
    """Holds back what a page asks for, all or some of it, until it is opened."""

    def __init__(self, lets_through=lambda url: False):
        self.lets_through, self.held = lets_through, []

    def __call__(self, page):
        page.route("**/sounds/*", self.decide)

    def decide(self, route):
        if self.lets_through(route.request.url):
            route.continue_()
        else:
            self.held.append(route)

    def open(self):
        self.lets_through = lambda url: True
        for route in self.held:
            route.continue_()


def test_sounds_come_nearest_first_and_play_before_all_are_there(open_page, pad):
    def near(url):
        note, row, column = map(int, url.rsplit("/", 1)[1][:-5].split("_"))
        return note == 55 and max(abs(row - 2), abs(column - 2)) <= 1

    gate = Gate(near)
    page = open_page(pad, whole=False, prepare=gate)
    page.get_by_text("9 of 50 sounds are here.").wait_for()
    asked = [near(url) for url in page.asked if "/sounds/" in url]
    assert asked[:9] == [True] * 9 and not any(asked[9:])
    page.get_by_role("button", name="Play G3").click()
    assert peak(page) > 0.1
    assert not np.any(rendered(page, 0, 0, 48)), "not there yet"
    gate.open()
    page.get_by_text("All 50 sounds are here.").wait_for()
    assert dominant_midi(rendered(page, 0, 0, 48)) == pytest.approx(48, abs=0.1)


def test_a_held_note_begins_when_its_sounds_arrive(open_page, pad):
    gate = Gate()
    page = open_page(pad, whole=False, prepare=gate)
    page.get_by_role("button", name="Play G3").click()
    assert state(page)["sounding"] and peak(page) == 0
    gate.open()
    until(page, lambda: state(page)["peak"] > 0.1)


def test_missing_and_broken_sounds_are_one_sentence_and_the_rest_plays(open_page, pad, tmp_path):
    folder = shutil.copytree(pad, tmp_path / "pad")
    (folder / "sounds" / "055_00_00.flac").unlink()
    (folder / "sounds" / "055_02_02.flac").write_bytes(b"no sound at all")
    page = open_page(folder, whole=False)
    page.get_by_text("48 of 50 sounds are here.").wait_for()
    said = page.get_by_role("alert").inner_text()
    assert said.startswith("2 of 50 sounds cannot be played") and said.count("\n") == 0
    assert dominant_midi(rendered(page, 0, 0, 55)) == pytest.approx(55, abs=0.1)
    assert np.abs(rendered(page, 0.5, 0.5, 55)).max() > 0.1
    assert dominant_midi(rendered(page, 1, 1, 55)) == pytest.approx(65, abs=0.1)


def test_nothing_but_the_folder_is_asked_for(opened):
    page = opened
    [address] = {url.rsplit("/", 1)[0] for url in page.asked if "/sounds/" not in url}
    assert all(url.startswith(address) for url in page.asked)
    assert len(page.asked) == 1 + 50
    refused = page.evaluate(
        """() => new Promise((tell) => {
            document.addEventListener("securitypolicyviolation", (event) =>
                tell(event.effectiveDirective));
            fetch("http://127.0.0.1:9/").catch(() => {});
        })"""
    )
    assert refused == "connect-src"


def test_a_page_opened_as_a_file_asks_for_its_folder(browser, pad, multigrid):
    page = browser.new_page()
    page.goto((pad / "index.html").as_uri())
    page.get_by_text("may not read the files beside it").wait_for()
    chooser = page.get_by_label("The folder of this page")
    chooser.set_input_files(multigrid)
    page.get_by_text("That is another folder").wait_for()
    chooser.set_input_files(pad)
    page.get_by_text("All 50 sounds are here.").wait_for()
    expect(page.get_by_role("alert")).to_have_text("")
    assert dominant_midi(rendered(page, 1, 0, 48)) == pytest.approx(51, abs=0.1)
    page.close()


# --- 64 instruments ---------------------------------------------------------------------------


def test_each_of_64_instruments_sounds_where_it_stands(open_page, multigrid, artifacts):
    page = open_page(multigrid, viewport={"width": 1280, "height": 900})
    for number in (0, 7, 18, 27, 36, 45, 56, 63):
        heard = rendered(page, (number % 8) / 7, (number // 8) / 7, 48, 0.4)
        assert dominant_midi(heard) == pytest.approx(48 + number, abs=0.1)
    page.locator(".surface").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert peak(page) > 0.05
    names = [text for text in page.locator(".chip").all_inner_texts() if "%" in text]
    assert [text.split()[0] for text in names] == ["sound28", "sound29", "sound36", "sound37"]
    page.keyboard.press("Space")
    page.screenshot(path=artifacts / "exported_multigrid.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 640})
    page.wait_for_timeout(200)
    shown = [chip.inner_text().split()[0] for chip in page.locator(".chip:visible").all()]
    assert shown == ["sound28", "sound29", "sound36", "sound37"]
    page.screenshot(path=artifacts / "exported_multigrid_phone.png", full_page=True)


def test_what_is_far_from_the_hand_is_let_go_and_comes_again(open_page, multigrid):
    def small(page):
        text = (multigrid / "index.html").read_text().replace("64e6", "16 * 16000")
        page.route("**/", lambda route: route.fulfill(body=text, content_type="text/html"))

    page = open_page(multigrid, whole=False, prepare=small)
    told = page.get_by_text("16 of 64 sounds are here, those nearest to your hand.")
    told.wait_for()
    assert not np.any(rendered(page, 0, 0, 48)), "beyond what is kept; asked for now"
    until(page, lambda: np.any(rendered(page, 0, 0, 48)))
    assert dominant_midi(rendered(page, 0, 0, 48)) == pytest.approx(48, abs=0.1)
    told.wait_for()


# --- what is seen -----------------------------------------------------------------------------


def luminance(color):
    """Of an rgb(...) as a browser gives it, 0 to 1 (WCAG 2)."""
    channels = np.array([float(part) for part in color[4:-1].split(",")]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_the_page_fits_screens_small_and_wide_light_and_dark(open_page, pad, artifacts):
    sizes = {"phone": (320, 640), "wide": (1280, 900)}
    for scheme in ("light", "dark"):
        page = open_page(pad, color_scheme=scheme, has_touch=True)
        for name, (width, height) in sizes.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(200)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            boxes = [chip.bounding_box() for chip in page.locator(".chip").all()]
            for a, b in zip(boxes[::2], boxes[1::2], strict=True):
                assert a["x"] + a["width"] <= b["x"], "names lie apart"
            for button in page.locator("button, .key, input").locator("visible=true").all():
                box = button.bounding_box()
                assert box["width"] >= 22 and box["height"] >= 16
            page.screenshot(path=artifacts / f"exported_pad_{name}_{scheme}.png", full_page=True)
        paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert (luminance(paper) < 0.1) == (scheme == "dark")
        for selector in ("h1", ".lead", ".help", ".said", ".octaves span", "button.midi", "li"):
            ink = page.locator(selector).first.evaluate("(it) => getComputedStyle(it).color")
            light, dark = sorted([luminance(ink), luminance(paper)])[::-1]
            assert (light + 0.05) / (dark + 0.05) >= 4.5, selector


def test_everything_on_the_page_has_a_name_and_says_who_made_it(opened):
    page = opened
    names = "sandstormlead, whalesongathalfspeed, bell and pipe"
    assert page.title() == names and page.get_by_role("heading", level=1).inner_text() == names
    expect(page.get_by_role("application", name=f"Pad between {names}")).to_have_count(1)
    for name in ("Begin at", "Attack", "Release"):
        expect(page.get_by_role("slider", name=name)).to_have_count(1)
    for button in page.get_by_role("button").all():
        assert button.get_attribute("aria-label") or button.inner_text()
    credits = page.get_by_role("region", name="Who made these sounds")
    assert "bell, pipe: recorded by students" in credits.inner_text()
    assert "generated by the model pocket" in credits.inner_text()
