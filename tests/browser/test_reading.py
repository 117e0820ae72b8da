"""Nothing of a hand-in runs where a grader reads it, in a real Chromium; all honest parts show."""

from urllib.parse import quote

import numpy as np
import pytest
from attacks import DOT, cells, numbers
from lab import STARTING, TOKEN, serve
from little_course import RIGHT, Course
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from playwright.sync_api import expect
from static_server import served_statically

from nsynth_edu.classroom import compare

SIZE = {"width": 1300, "height": 900}
LATE = 3000  # ms: the last attacks wait for 2000
MATHS = "The law has $\\mu = 255$, and $$\\begin{pmatrix} a & b < c \\\\ d & e \\end{pmatrix}$$"
TABLE = "\n\n| law | bits |\n|:--|--:|\n| mu | 8 |\n\n"
PICTURE = "![a dot](attachment:dot.png)"
PLANTED = "open({place!r}, 'w').close()\n"  # in a nbgrader_config.py of the student's
NAME = "<img src=x onerror=console.log(/ran-{}-/)>"

CARDS = 2  # outputs of the hidden tests, before all others


def answer(book):
    """Fill in a sheet: maths, a table, a picture, players; and all attacks."""
    tone = np.sin(np.arange(16_000) / 20)
    players = compare({"one": tone, "other": 0.5 * tone}, caption="Two tones.")._repr_html_()
    book.cells[0].source = RIGHT
    book.cells[3].source = MATHS + TABLE + PICTURE
    book.cells[3].attachments = {"dot.png": {"image/png": DOT}}
    book.cells += [
        new_code_cell(f"from IPython.display import HTML\nHTML({players!r})"),
        new_code_cell("HTML('<table><tr><td>8 bits</td></tr></table>')"),
        new_markdown_cell("![loads a config](/formgrader/?path=submitted/ada/mini)"),
        *cells(),
    ]
    book.metadata.title = "</title><script>console.log(/ran-309-/)</script>"
    book.metadata.language_info = {"name": book.metadata.title}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A course with one graded hand-in, open in JupyterLab -> (course, address)."""
    course = Course(tmp_path_factory.mktemp("reading"))
    course.hand_in("ada", answer)
    folder = course.folder / "submitted" / "ada" / "mini"
    planted = PLANTED.format(place=str(course.folder / "planted"))
    (folder / "nbgrader_config.py").write_text(planted)
    (folder / "notes.html").write_text("<script>console.log(/ran-310-/)</script>")
    assert course.run("grade.py", "mini") == 0, course.said
    with gradebook(course) as book:
        book.update_or_create_student("ada", first_name=NAME.format(311), last_name="Love")
        book.update_or_create_student(NAME.format(312))
    with serve(course.folder, tmp_path_factory.mktemp("server")) as address:
        yield course, address


@pytest.fixture(scope="module")
def places(served):
    """{where: address} of a graded notebook: Formgrader, and feedback over http and as a file."""
    course, address = served
    path = "feedback/ada/mini/mini.html"
    for folder, exporter in [
        ("feedback", ()),
        ("bare", ("nbconvert.exporters.HTMLExporter",)),  # as nbgrader does it by itself
    ]:
        options = [f"--GenerateFeedback.exporter_class={name}" for name in exporter]
        options += [f"--CourseDirectory.feedback_directory={folder}"]
        assert course.run("-m", "nbgrader", "generate_feedback", "mini", *options) == 0, course.said
    with served_statically(course.folder) as root:
        yield {
            "formgrader": f"{address}/formgrader/submissions/{marks(course)[0]}/",
            "http": f"{root}/{path}",
            "file": (course.folder / path).as_uri(),
            "bare": f"{root}/{path.replace('feedback', 'bare')}",
        }


@pytest.fixture
def page(browser, served):
    """A page; `ran` is what its frames write to the console, `asked` what servers answer."""
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{served[1]}/api?token={TOKEN}")  # logged in, as who comes from JupyterLab
    page.ran, page.asked = [], []
    page.on("console", lambda said: page.ran.append(said.text))
    page.on("response", lambda answer: page.asked.append(answer.url))
    yield page
    page.close()


def gradebook(course):
    return Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}")


def marks(course):
    """The hand-in's id, and all its marks."""
    with gradebook(course) as book:
        handed_in = book.find_submission_notebook("mini", "mini", "ada")
        return handed_in.id, sorted(
            (one.name, str([one.auto_score, one.manual_score, one.extra_credit]))
            for one in handed_in.grades
        )


def test_the_attacks_do_run_on_a_page_of_nbgrader_itself(places, page):
    page.goto(places["bare"])
    page.wait_for_timeout(LATE)
    assert len(numbers(page.ran + page.asked)) >= 40


@pytest.mark.parametrize("where", ["formgrader", "http", "file"])
def test_nothing_of_a_hand_in_runs_or_is_requested(served, places, page, where):
    course, before = served[0], marks(served[0])
    page.goto(places[where])
    for frame in page.locator("iframe.shown").all():  # what is out of sight may sleep
        frame.scroll_into_view_if_needed()
    page.wait_for_timeout(LATE)
    assert numbers(page.ran + page.asked) == set()
    assert page.url.startswith(places[where]), "the page was led away"
    assert marks(course) == before and not (course.folder / "planted").exists()
    assert page.locator("#notebook-container a[href]:not([href^='#'])").count() == 0
    page.evaluate(  # what came through: an element, and a link as MathJax makes one of \\href
        """document.querySelector('#notebook-container').insertAdjacentHTML('beforeend',
        `<img src=/witness/313 onerror=console.log(/ran-314-/)> <a href=/witness/315 id=x>x</a>`)"""
    )
    page.locator("#x").click()
    page.wait_for_timeout(500)
    assert numbers(page.ran + page.asked) == set() and page.url.startswith(places[where])


@pytest.mark.parametrize("where", ["formgrader", "http", "file"])
def test_what_is_honest_shows_and_plays(places, page, artifacts, where):
    page.goto(places[where])
    words = page.locator(".text_cell_render", has_text="The law has")
    expect(words).to_contain_text("$\\mu = 255$")  # for MathJax, which is elsewhere
    expect(words).to_contain_text("a & b < c \\\\ d & e")
    expect(words.locator("td").last).to_have_css("text-align", "right")
    assert words.locator("img").evaluate("picture => picture.naturalWidth") == 40
    outputs = page.locator("iframe.shown")
    expect(outputs.first.content_frame.locator("body")).to_contain_text("Right: 4.")
    shown = outputs.nth(CARDS)
    shown.scroll_into_view_if_needed()
    players = shown.content_frame
    root = players.locator("html")
    expect(players.locator("figcaption")).to_have_text("Two tones.")
    high = root.evaluate("root => root.offsetHeight")
    assert high > 100
    expect(shown).to_have_css("height", f"{high}px")
    expect(players.get_by_role("button", name="Save")).to_have_count(0)  # a frame saves nothing
    one, other = players.locator("audio").all()
    for player in (one, other):  # the second pauses the first
        assert (
            player.evaluate("async (player) => { await player.play(); return player.duration }")
            == 1
        )
    assert one.evaluate("player => player.paused")
    players.locator("audio").last.evaluate(
        "player => new Promise(done => player.addEventListener('ended', done))"
    )
    expect(outputs.nth(CARDS + 1).content_frame.locator("td")).to_have_text("8 bits")
    artifacts.mkdir(exist_ok=True)
    page.screenshot(path=artifacts / f"reading_{where}.png")


def test_a_grader_can_still_type_points_and_see_who_it_is(served, places, page):
    page.goto(places["formgrader"])
    page.wait_for_function("() => window.formgrader?.grades?.loaded")
    page.locator(".glyphicon-eye-open").click()
    expect(page.locator("a.name-shown")).to_contain_text(f"Love, {NAME.format(311)}")
    with page.expect_response(lambda answer: answer.request.method == "PUT") as taken:
        page.locator("#why").press_sequentially("2")
        page.locator("#why").press("Tab")
    assert taken.value.ok and numbers(page.ran) == set()
    assert ("why", "[None, 2.0, None]") in marks(served[0])[1]


def test_no_name_or_address_of_formgrader_runs(served, places, page):
    address = f"{served[1]}/formgrader"
    breaks = '";console.log(/ran-316-/);"</script><script>console.log(/ran-317-/)</script>'
    for path in [
        "manage_students", f"manage_students/{quote(NAME.format(312), safe='')}",
        f"manage_students/{quote(breaks, safe='')}", f"gradebook/{quote(breaks, safe='')}",
        "manage_submissions/mini", "gradebook/mini/mini", "manage_assignments",
        f"{places['formgrader'].split('formgrader/')[1]}notes.html",
    ]:  # fmt: skip
        page.goto(f"{address}/{path}")
        page.wait_for_load_state("networkidle")
    assert numbers(page.ran) == set()
    for path, status in [("submitted/ada/mini", 403), (str(served[0].folder), 200)]:
        assert page.goto(f"{address}?path={quote(path)}").status == status
    assert not (served[0].folder / "planted").exists()


@pytest.mark.parametrize("step", ["submitted", "autograded"])
def test_jupyterlab_shows_a_hand_in_and_runs_nothing_of_it(served, page, step):
    course, address = served
    before = marks(course)
    page.goto(f"{address}/doc/tree/{step}/ada/mini/mini.ipynb?token={TOKEN}&reset")
    page.locator(".jp-MarkdownCell", has_text="The law has").wait_for(timeout=STARTING * 1000)
    page.wait_for_timeout(LATE)
    assert numbers(page.ran) == set()
    assert marks(course) == before and not (course.folder / "planted").exists()
