"""The instructors' slides: built from the lessons, complete in themselves, and they fit."""

import importlib.util
import re
from html.parser import HTMLParser

import pytest
from lessons import COURSE, ROOT, read

FOLDER = ROOT / "exercises" / "instructor" / "slides"
LECTURES = sorted(FOLDER.glob("*.toml"))
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
OWN = ("title", "text", "formula", "notes", "answer_notes")  # what only the slides say
SMALLEST = 12  # px on a slide 720 px high, of the words in a figure

spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
slides = importlib.util.module_from_spec(spec)
spec.loader.exec_module(slides)


class Elements(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """{lecture: its page, built as `make slides` does}."""
    folder = tmp_path_factory.mktemp("slides")
    for path in LECTURES:
        folder.joinpath(f"{path.stem}.html").write_text(slides.build(path))
    return {path.stem: path for path in sorted(folder.glob("*.html"))}


def test_there_are_four_lectures_with_a_question_on_every_fourth_slide():
    assert len(LECTURES) == 4
    for path in LECTURES:
        kinds = []
        for slide in slides.read(path)["slide"]:
            kinds += ["question", "answer"] if "question" in slide else ["content"]
        assert 10 <= len(kinds) <= 18, path.name
        asked = [n for n, kind in enumerate(kinds, 1) if kind == "question"]
        assert asked == list(range(4, len(kinds), 4)), path.name


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_every_number_on_a_slide_stands_in_its_lesson(path):
    """Tests of the lessons compute those; a slide may not know better."""
    for slide in slides.read(path)["slide"]:
        [lesson] = COURSE.glob(f"{slide['lesson']}_*.ipynb")
        said = re.sub(r"(?<=\d)_(?=\d)", ",", read(lesson.name))
        known = set(NUMBER.findall(said)) | {lesson.name[:2]}
        for field in OWN:
            own = re.sub(r"[Ll]essons? \d\d(?: and \d\d)?", "", slide.get(field, ""))
            unknown = set(NUMBER.findall(own)) - known
            assert not unknown, f"{slide.get('title', slide.get('question'))}: {unknown}"


def test_a_page_holds_all_it_needs_and_describes_its_figures(pages):
    for name, path in pages.items():
        page = path.read_text()
        elements = Elements(page).found
        for tag, attributes in elements:
            for address in ("src", "href", "srcset", "data"):
                assert (attributes.get(address) or "data:").startswith("data:"), (name, tag)
        assert not re.search(r"url\(|@import|fetch\(|https?:", page), name
        images = [attributes for tag, attributes in elements if tag == "img"]
        assert len(images) >= 2 * 2 and sum(tag == "audio" for tag, _ in elements) >= 5, name
        assert all(len(each.get("alt", "")) >= 20 for each in images), name


def test_answers_show_the_reason_of_every_option(pages):
    for path in LECTURES:
        page = pages[path.stem].read_text()
        for slide in slides.read(path)["slide"]:
            if "question" not in slide:
                continue
            asked = slides.find(f"{slide['lesson']}.{slide['question']}", "PREDICTIONS")
            texts = [asked.question, *asked.options, *asked.reasons().values()]
            assert all(slides.escape(text) in page for text in texts), slide["question"]
        assert page.count('<li class="right">') == page.count('class="slide answer"') >= 4


def test_an_unknown_cell_or_field_is_named(tmp_path):
    with pytest.raises(ValueError, match="has no cell 'nowhere'"):
        slides.Lesson("01", {"nowhere"})
    path = tmp_path / "lecture.toml"
    path.write_text('title = "x"\n[[slide]]\nlesson = "01"\nfigur = "samples"\n')
    with pytest.raises(ValueError, match="'figur'"):
        slides.read(path)


FITS = """(smallest) => {
    const slide = document.querySelector(".slide.current"), faults = [];
    const foot = slide.querySelector("footer").getBoundingClientRect().top;
    const head = slide.querySelector("h1").getBoundingClientRect().bottom;
    for (const each of slide.querySelectorAll("h1, .body, .body *:not(svg, svg *, [hidden])")) {
        const box = each.getBoundingClientRect(), top = each.matches("h1") ? 0 : head;
        if (!box.width) continue;
        if (box.left < 0 || box.right > 1281 || box.top < top - 1 || box.bottom > foot + 1)
            faults.push(each.outerHTML.slice(0, 80));
    }
    for (const image of slide.querySelectorAll("img.day")) {
        const across = image.clientWidth / image.naturalWidth;
        const down = image.clientHeight / image.naturalHeight;
        const letters = 9 * 96 / 72 * Math.min(across, down);  // 9 points, as in plotting.STYLE
        if (letters < smallest) faults.push(`a figure with letters of ${letters.toFixed(1)} px`);
    }
    return faults;
}"""
SWIPE = """() => {
    const send = (kind, clientX) => {
        const touch = new Touch({identifier: 1, target: document.body, clientX, clientY: 300});
        const touches = kind === "touchstart" ? [touch] : [];
        const event = new TouchEvent(kind, {bubbles: true, touches, changedTouches: [touch]});
        document.body.dispatchEvent(event);
    };
    send("touchstart", 900);
    send("touchend", 300);
}"""


def test_slides_fit_and_keys_move_through_them(pages, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720}, has_touch=True)
    complaints, outside = [], []
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.on("request", lambda asked: outside.append(asked.url))
    for name, path in pages.items():
        page.goto(path.as_uri())
        count = page.locator(".slide").count()
        for n in range(1, count + 1):
            at = page.locator(".slide:visible")
            assert at.get_attribute("id") == str(n)
            assert at.locator("footer").inner_text().endswith(f"{n} / {count}")
            assert page.evaluate(FITS, SMALLEST) == [], f"{name}, slide {n}"
            page.keyboard.press("ArrowRight")
    assert not complaints
    assert all(url.startswith(("file:", "data:")) for url in outside)
    current = page.locator(".slide.current")
    for key, n in (("Home", 1), ("Space", 2), ("PageDown", 3), ("ArrowLeft", 2)):
        page.keyboard.press(key)
        assert current.get_attribute("id") == str(n), key
    page.locator(".slide.current audio").first.focus()  # a player keeps only the space bar
    page.keyboard.press("ArrowRight")
    assert current.get_attribute("id") == "3"
    page.keyboard.press("n")
    assert current.locator(".notes").is_visible()
    foot = current.locator("footer").bounding_box()
    assert foot["y"] + foot["height"] < current.locator(".notes").bounding_box()["y"] < 720
    page.evaluate(SWIPE)
    assert current.get_attribute("id") == "4"
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == count
    page.close()
