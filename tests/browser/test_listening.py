"""Listening tests in a real Chromium: in an exported notebook, and as pages of their own.

That they work in JupyterLab is tested with lesson 00, in test_lesson_in_lab.py.

The listener in these tests compares what the browser has played, sample by sample: one who hears
everything answers every trial rightly.
"""

import json

import numpy as np
import pytest
from listeners import LISTEN, answer, hear
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import expect

from nsynth_edu.classroom import ListeningTest
from nsynth_edu.evaluation import analyse, listening, pool
from nsynth_edu.page import bundle

RATE = 16_000


def tone(hertz, level=0.5, seconds=0.1):
    time = np.arange(int(RATE * seconds)) / RATE
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def two_tones(**more):
    return ListeningTest({"low": tone(300), "high": tone(330, 0.2)}, title="Tones", **more)


@pytest.fixture(scope="module")
def open_file(browser):
    """`open_file(path)` opens a page from the disk, without a network, with an ear on it."""
    contexts = []

    def open_file(path, **options):
        size = {"width": 1000, "height": 800}
        contexts.append(browser.new_context(offline=True, **{"viewport": size} | options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.add_init_script(LISTEN)
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A notebook with an ABX, exported to HTML."""
    shown = two_tones()._repr_mimebundle_()[0]["text/html"]
    output = new_output("display_data", {"text/html": shown})
    notebook = new_notebook(cells=[new_code_cell("test", outputs=[output])])
    path = tmp_path_factory.mktemp("exported") / "notebook.html"
    path.write_text(HTMLExporter().from_notebook_node(notebook)[0])
    return path


def zero_crossings(samples):
    return int(np.sum(np.diff(np.signbit(samples))))


def focused(page):
    return page.evaluate("() => document.activeElement.textContent")


def saved(page, folder):
    """The file of results, read as `nsynth-edu listening` reads it."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save results").press("Enter")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    [result], refused = pool([path])
    assert refused == [] and path.name == f"listening_{result.listener}.json"
    return result, json.loads(path.read_text())


def test_an_exported_notebook_gives_the_test_by_keyboard_and_goes_on_after_a_break(
    exported, open_file, tmp_path
):
    page = open_file(exported)
    button = page.get_by_role("button", name="Begin with practice")
    expect(page.get_by_role("region", name="Listening test: Tones")).to_be_visible()
    assert "−14.0 dBFS" in page.locator(".listening").inner_text()
    button.press("Enter")
    assert focused(page) == "Practice 1 of 2, not counted", "a screen reader begins there"
    assert page.evaluate("() => heard") == [], "nothing sounds before a key"
    page.keyboard.press("1")
    expect(page.locator(".said")).to_have_text("Play X first.")
    answer(page)
    expect(page.locator(".said")).to_contain_text("Practice 1: right, X was")
    answer(page, rightly=False)
    expect(page.locator(".said")).to_contain_text("Practice 2: no, X was")
    page.get_by_role("button", name="Begin", exact=True).press("Enter")
    for number in range(1, 5):
        assert focused(page) == f"Trial {number} of 10"
        answer(page)
        expect(page.locator(".said")).to_have_text("")  # no score before the end
    page.reload()
    assert page.locator("h3").inner_text() == "A break", "closed and opened again"
    page.get_by_role("button", name="Go on with trial 5").press("Space")
    for _ in range(2):
        answer(page)
    page.get_by_role("button", name="Take a break").press("Enter")
    page.get_by_role("button", name="Go on with trial 7").press("Enter")
    for rightly in (True, False, False, False):
        answer(page, rightly)
    expect(page.locator(".score")).to_have_text(
        "7 of 10: guessing alone does as well in 17 % of cases."
    )
    result, file = saved(page, tmp_path)
    assert sum(trial["x"] == trial["answer"] for trial in result.trials) == 7
    assert analyse([result])["rows"][0]["successes"] == 7 and len(json.dumps(file)) < 2_000
    assert set(file) == {"format", "test", "title", "mode", "listener", "seed", "attempt",
                         "planned", "systems", "trials"}  # fmt: skip
    first = file["listener"], file["seed"]
    page.get_by_role("button", name="Take it again").press("Enter")
    state = page.evaluate("() => document.querySelector('.listening').listeningTest.state()")
    assert state["attempt"] == 2 and (state["listener"], state["seed"]) != first
    assert page.complaints == []


def test_orders_come_from_the_seed_and_favour_nothing(open_file, exported):
    page, seeds = open_file(exported), list(range(600))
    about = {"mode": "abx", "items": ["x", "y"], "systems": ["a", "b"], "trials": 10}

    def draw(key, **more):
        return np.array(page.evaluate(
            f"""([about, seeds]) => {{ {bundle('trials.js')}
                return seeds.map((seed) => plan(about, seed).trials.map((one) => one.{key})); }}""",
            [about | more, seeds],
        ))  # fmt: skip

    xs = draw("x")
    np.testing.assert_array_equal(xs, draw("x"))
    assert np.all(np.abs(xs.mean(axis=0) - 0.5) < 4 * 0.5 / 600**0.5), "a coin at each trial"
    correlation = np.corrcoef(xs, rowvar=False) - np.eye(10)
    assert np.abs(correlation).max() < 4 / 600**0.5, "no trial tells the next"
    fixed = draw("order[0]")
    assert np.ptp(fixed, axis=1).max() == 0, "A stays A"
    assert fixed[:, 0].mean() == pytest.approx(0.5, abs=0.08)
    assert np.all(draw("item").sum(axis=1) == 5), "each item as often as the other"
    assert np.all(draw("order[0]", mode="preference").sum(axis=1) == 5), "each as often the first"
    first = draw("order[0]", mode="rating", systems=["a", "b", "c"]).ravel()
    assert np.all(np.abs(np.bincount(first) - 2000) < 4 * 2000**0.5)


def test_a_page_of_ratings_by_keyboard_finds_what_was_put_in(open_file, tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.05, 1600).astype(np.float32)
    sounds = {
        name: {"note": tone(hertz), "copy": tone(hertz) + noise}
        for name, hertz in {"low": 300, "high": 400}.items()
    }
    test = ListeningTest(sounds, "rating", title="Copies & notes", reference="note")
    test.save_page(tmp_path / "test.html", ["Sines of our own."])
    page = open_file(tmp_path / "test.html", color_scheme="dark")
    assert listening.RULE in page.locator(".listening").inner_text(), "told beforehand"
    assert page.title() == "Copies & notes" and "Sines of our own." in page.inner_text("main")
    page.get_by_role("button", name="Begin with practice").press("Enter")
    for number in range(9):  # a practice, then eight
        if number == 1:
            page.get_by_role("button", name="Begin", exact=True).press("Enter")
        reference = hear(page, "r")
        for letter in "ABC":
            same = hear(page, letter.lower()) == reference
            slider = page.get_by_role("slider", name=f"Rating of {letter}")
            slider.focus()
            if letter == "B":
                page.get_by_role("button", name="Next").press("Enter")
                expect(page.locator(".said")).to_have_text("Play and rate B, C first.")
                slider.focus()
            page.keyboard.press("End" if same else "Home")
            page.keyboard.press("ArrowRight")  # of the worst to 1
        page.get_by_role("button", name="Next").press("Enter")
    result, _ = saved(page, tmp_path)
    for trial in result.trials:
        assert trial["ratings"] == {"hidden reference": 100, "mu-law copy": 1, "copy": 1}
    assert analyse([result])["left_out"] == [] and page.complaints == []


def test_a_preference_is_for_what_was_heard_not_for_a_place(open_file, tmp_path):
    test = ListeningTest({"note": tone(300), "copy": tone(310)}, "preference", title="Notes")
    test.save_page(tmp_path / "test.html")
    page = open_file(tmp_path / "test.html")
    page.get_by_role("button", name="Begin with practice").press("Enter")
    for number in range(11):  # a practice, then ten
        if number == 1:
            page.get_by_role("button", name="Begin", exact=True).press("Enter")
        if number == 2:
            hear(page, "a")
            page.keyboard.press("1")
            expect(page.locator(".said")).to_have_text("Play B first.")
            page.keyboard.press("Escape")
        lower = [zero_crossings(hear(page, key)) for key in "ab"]
        page.keyboard.press("1" if lower[0] < lower[1] else "2")
    expect(page.locator(".stage")).to_contain_text("You prefer note.")
    result, file = saved(page, tmp_path)
    assert {trial["answer"] for trial in result.trials} == {"note"}
    assert {trial["first"] for trial in file["trials"]} == {"note", "copy"}


def test_each_stage_fits_a_phone_and_is_seen_light_and_dark(open_file, artifacts, tmp_path):
    sounds = {"note": tone(300), "copy": tone(310), "another": tone(320)}
    for mode, more in {"preference": {}, "rating": {"reference": "note"}}.items():
        chosen = sounds if more else {name: sounds[name] for name in ("note", "copy")}
        test = ListeningTest(chosen, mode, title="Notes", seed=3, **more)
        test.save_page(tmp_path / f"{mode}.html")
        page = open_file(tmp_path / f"{mode}.html", viewport={"width": 320, "height": 640})
        for stage in ("intro", "practice"):
            if stage == "practice":
                page.get_by_role("button", name="Begin with practice").click()
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
            for button in page.get_by_role("button").all():
                box = button.bounding_box()
                assert box["height"] >= 24 and box["x"] + box["width"] <= 320
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                path = artifacts / f"listening_{mode}_{stage}_{scheme}.png"
                page.screenshot(path=path, full_page=True)


TAKE = """(rightly) => {  // the keys of one listener, sent by the page itself
  const press = (key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const hear = (key) => { press(key); return String(heard.at(-1)); };
  const click = (name) =>
    [...document.querySelectorAll("button")].find((one) => one.textContent === name).click();
  const answer = (right) => {
    const [a, , x] = ["a", "b", "x"].map(hear);
    press((x === a) === right ? "1" : "2");
  };
  click("Begin with practice");
  [true, true].forEach(answer);
  click("Begin");
  rightly.forEach(answer);
}"""


def test_a_class_of_thirty_takes_an_abx_and_its_analysis_is_right(open_file, tmp_path):
    """Twenty hear it in most trials, ten guess: how each one answers is drawn here, by seed.

    The first and the last one sit at the browser's keyboard; of the others the page sends the keys.
    """
    two_tones(trials=8).save_page(tmp_path / "test.html")
    page, chance = open_file(tmp_path / "test.html"), np.random.default_rng(13)
    scores, files = [], tmp_path / "class"
    for number, share in enumerate([0.9] * 20 + [0.5] * 10):
        rightly = (chance.random(8) < share).tolist()
        scores.append(sum(rightly))
        if number in (0, 29):
            page.get_by_role("button", name="Begin with practice").press("Enter")
            answer(page)
            answer(page)
            page.get_by_role("button", name="Begin", exact=True).press("Enter")
            for right in rightly:
                answer(page, right)
        else:
            page.evaluate(TAKE, rightly)
        saved(page, files)
        page.evaluate("() => localStorage.clear()")  # the next one's browser
        page.reload()
    kept, refused = pool([files])
    assert len(kept) == 30 and refused == [] and page.complaints == []
    assert sorted(sum(t["x"] == t["answer"] for t in one.trials) for one in kept) == sorted(scores)
    found = analyse(kept)
    [row] = found["rows"]
    assert row["successes"] == sum(scores) and row["trials"] == 240 and row["chance"] < 0.001
    assert row["low"] < (20 * 0.9 + 10 * 0.5) / 30 < row["high"], "what was put in"
    assert found["own"] == sum(score >= 7 for score in scores) and found["listeners"] == 30
