"""Quantiser, gated unit and rainbowgram in layers in a real JupyterLab: keyboard, finger, themes.

Every read-out is compared with what the same functions say in Python.
"""

import re

import numpy as np
import pytest
from lab import failures, press, reads
from playwright.sync_api import expect

from nsynth_edu.classroom import load_note
from nsynth_edu.classroom.explorers import GatedUnit
from nsynth_edu.sound import decibels, loudest_partial, quantize, signal_to_noise

RATE = 16_000


@pytest.fixture(scope="module")
def numbers(open_lesson):
    with open_lesson("01_sound_as_numbers.ipynb", ["tone", "explore", "yours-hints"]) as page:
        yield page


@pytest.fixture(scope="module")
def timbre(open_lesson):
    with open_lesson("02_seeing_timbre.ipynb", ["notes", "phase-run", "explore"]) as page:
        yield page


@pytest.fixture(scope="module")
def layer(open_lesson):
    with open_lesson("05_inside_a_wavenet_layer.ipynb", ["unit"]) as page:
        yield page


@pytest.fixture
def unit(layer):
    widget = layer.locator(".gated-unit")
    widget.scroll_into_view_if_needed()
    return widget


@pytest.fixture
def quantiser(numbers):
    widget = numbers.locator(".quantiser")
    widget.scroll_into_view_if_needed()
    return widget


@pytest.fixture
def layers(timbre):
    widget = timbre.locator(".rainbow-layers")
    widget.scroll_into_view_if_needed()
    return widget


def tone(level):
    return 10 ** (level / 20) * np.sin(2 * np.pi * 220 * np.arange(2 * RATE) / RATE)


def test_the_explorers_of_both_lessons_open_without_a_complaint(numbers, timbre):
    for page in (numbers, timbre):
        assert failures(page) == [] and page.complaints == []


# --- quantiser --------------------------------------------------------------------------------


def test_the_quantiser_answers_the_keyboard_with_the_truth(numbers, quantiser):
    bits, level = (
        quantiser.get_by_role("slider", name="Bits"),
        quantiser.get_by_role("slider", name="Level"),
    )
    linear, law = (
        quantiser.get_by_role("radio", name=name, exact=True) for name in ("linear", "mu-law")
    )
    linear.check()
    bits.focus()
    press(numbers, "Home")
    press(numbers, "ArrowRight", 6)
    level.focus()
    press(numbers, "End")
    for steps, decibel in [(0, 0), (4, -20), (4, -40)]:
        level.focus()
        press(numbers, "ArrowLeft", steps)
        for radio, name in [(linear, "linear"), (law, "mu-law")]:
            radio.check()
            original = tone(decibel)
            rounded = quantize(original, 8, name)
            ratio = signal_to_noise(original, rounded)
            reads(quantiser, "signal to noise", f"{ratio:.1f} dB")
            reads(quantiser, "error level", f"{decibels(rounded - original):.1f} dBFS")
            reads(quantiser, "steps", "256")
            reads(quantiser, "steps used", f"{np.unique(rounded).size}")
    said = quantiser.locator(".said").filter(has_text="8 bits, mu-law, -40 dBFS: the error lies")
    said.wait_for()
    expect(bits).to_have_attribute("aria-valuetext", "8 bits")
    expect(level).to_have_attribute("aria-valuetext", "-40 dBFS")


def test_arrow_keys_choose_the_law_and_tab_reaches_all_controls(numbers, quantiser):
    quantiser.get_by_role("radio", name="linear", exact=True).focus()
    press(numbers, "ArrowRight")
    expect(quantiser.get_by_role("radio", name="mu-law", exact=True)).to_be_checked()
    quantiser.get_by_role("slider", name="Bits").focus()
    names = []
    for _ in range(5):
        press(numbers, "Tab")
        names.append(
            numbers.evaluate(
                "() => document.activeElement.ariaLabel ?? document.activeElement.type"
            )
        )
    assert names == ["range", "radio", "Play original", "Play rounded", "Play error"]


def test_a_moved_slider_is_answered_and_the_wait_is_printed(quantiser):
    took = quantiser.evaluate(
        """(root) => new Promise((done) => {
            const input = root.querySelector("input[type=range]");
            const begin = performance.now();
            const number = root.querySelector("dd[data-name=steps]");
            new MutationObserver(() => done(performance.now() - begin))
                .observe(number, {childList: true, characterData: true, subtree: true});
            input.value = input.value === "5" ? 6 : 5;
            input.dispatchEvent(new Event("input"));
        })"""
    )
    print(f"answered in {took:.0f} ms")
    reads(quantiser, "steps", re.compile("^(32|64)$"))


def test_buttons_play_and_stop_and_only_one_sounds(numbers, quantiser):
    quantiser.get_by_role("button", name="Play rounded").click()
    quantiser.get_by_role("button", name="Stop rounded").wait_for()
    quantiser.get_by_role("button", name="Play error").click()
    quantiser.get_by_role("button", name="Stop error").wait_for()
    expect(quantiser.get_by_role("button", name="Play rounded")).to_be_visible()
    quantiser.get_by_role("button", name="Stop error").click()
    expect(quantiser.get_by_role("button", name="Play error")).to_be_visible()


# --- a gated unit -----------------------------------------------------------------------------


def test_the_unit_answers_the_keyboard_with_the_truth(layer, unit):
    assert failures(layer) == [] and layer.complaints == []
    for name, key, steps, turned in [
        ("Gate w", "ArrowRight", 12, {"follows": 6}),
        ("Filter w", "ArrowRight", 4, {"follows": 6, "filter": 3}),
        ("Gate b", "ArrowLeft", 4, {"follows": 6, "filter": 3, "bias": -2}),
    ]:
        unit.get_by_role("slider", name=name).focus()
        press(layer, key, steps)
        expected = GatedUnit(**turned).read()
        reads(unit, "level", f"{expected['level']:.1f} dB")
        reads(unit, "even overtones", f"{100 * expected['even']:.1f} %")
        reads(unit, "odd overtones", f"{100 * expected['odd']:.1f} %")
        reads(unit, "slope of x + y", f"{1 + expected['slope']:.2f}")
    unit.locator(".said").filter(has_text=expected["sentence"]).wait_for()
    unit.get_by_role("button", name="Play product").click()
    unit.get_by_role("button", name="Stop product").click()


# --- rainbowgram in layers --------------------------------------------------------------------


def test_the_layers_tell_a_detuned_tone_apart_by_keyboard(timbre, layers):
    time = np.arange(4 * RATE) / RATE
    moment = layers.get_by_role("slider", name="Moment")
    for name, hertz in [("440 Hz", 440), ("442.5 Hz", 442.5)]:
        layers.get_by_role("radio", name=name, exact=True).check()
        moment.focus()
        press(timbre, "Home")
        press(timbre, "ArrowRight", 20)
        expected = loudest_partial(0.5 * np.sin(2 * np.pi * hertz * time), 1.0)
        reads(layers, "frequency", f"{expected['frequency']:.1f} Hz")
        reads(layers, "loudest bin", f"{expected['bin']:.1f} Hz")
        reads(layers, "turn per frame", f"{expected['turn']:+.3f}".replace("-", "−"))
    expect(moment).to_have_attribute("aria-valuetext", "1.00 s")


def test_a_layer_changes_the_picture_to_the_pixels_of_python(timbre, layers):
    layers.get_by_role("radio", name="442.5 Hz", exact=True).check()
    pictures = {}
    for name in ("loudness", "phase", "turn", "rainbowgram"):
        layers.get_by_role("radio", name=name, exact=True).check()
        canvas = layers.locator(f"canvas[role=img][aria-label^='442.5 Hz, {name};']")
        canvas.wait_for()
        pictures[name] = canvas.evaluate(
            "(canvas) => [canvas.height, canvas.width, ...canvas.getContext('2d')"
            ".getImageData(100, 0, 1, canvas.height).data]"
        )
    assert all(picture[:2] == [240, 251] for picture in pictures.values())
    column = {name: np.reshape(values[2:], (240, 4)) for name, values in pictures.items()}
    row = 239 - 110  # 440 Hz lies 110 bins above the lowest
    assert np.ptp(column["loudness"][row, :3]) <= 2 and column["loudness"][row, 0] > 240
    np.testing.assert_allclose(column["turn"][row], column["rainbowgram"][row], atol=12)
    assert np.all(column["rainbowgram"][0, :3] < 30), "dark where it is silent"


def test_a_touch_on_the_picture_moves_the_moment(timbre, layers):
    layers.get_by_role("radio", name="glockenspiel", exact=True).check()
    plot = layers.locator(".plot")
    box = plot.bounding_box()
    plot.click(position={"x": box["width"] / 4, "y": 30})
    expected = loudest_partial(load_note("notes/glockenspiel_60"), 1.0)
    reads(layers, "frequency", f"{expected['frequency']:.1f} Hz")
    expect(layers.get_by_role("slider", name="Moment")).to_have_value("1")


def test_the_playhead_moves_while_it_sounds(timbre, layers):
    layers.get_by_role("button", name="Play sound").click()
    head = layers.locator(".playhead")
    timbre.wait_for_function("(head) => parseFloat(head.style.left) > 2", arg=head.element_handle())
    layers.get_by_role("button", name="Stop sound").click()
    assert not head.is_visible()


# --- looks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("name", ["quantiser", "unit", "layers"])
def test_explorers_are_seen_in_both_themes(request, artifacts, name, theme):
    widget = request.getfixturevalue(name)
    page = widget.page
    page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        f"JupyterLab {theme}",
    )
    page.wait_for_function(
        "(light) => document.body.dataset.jpThemeLight === light", arg=str(theme == "Light").lower()
    )
    contrast = widget.evaluate(
        """(root) => {
            const ink = document.createElement("canvas").getContext("2d");
            const light = (color) => {
                ink.fillStyle = color;
                ink.fillRect(0, 0, 1, 1);
                const rgb = [...ink.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
                    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
                return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
            };
            const paper = getComputedStyle(document.body).getPropertyValue("--jp-layout-color0");
            return [...root.querySelectorAll(".label, dt, dd, .said, button")].map((part) => {
                const pair = [light(paper), light(getComputedStyle(part).color)].sort();
                return (pair[1] + 0.05) / (pair[0] + 0.05);
            });
        }"""
    )
    assert min(contrast) >= 4.5
    assert widget.evaluate(
        """(root) => [...root.querySelectorAll("dl > div")].every((pair) => {
            const [name, value] = [...pair.children].map((part) => part.getBoundingClientRect());
            return name.bottom <= value.top + 1 && name.height < 30 && value.height < 30;
        })"""
    ), "a number with its unit stands in one line below its name"
    path = artifacts / f"{name}_{theme.lower()}.png"
    widget.screenshot(path=path)
    assert path.stat().st_size > 10_000
