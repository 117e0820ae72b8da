"""nbgrader in a real browser: a student validates, an instructor grades in Formgrader."""

import re

import nbformat
import pytest
from lab import STARTING, TOKEN, serve
from little_course import RIGHT, Course
from nbgrader.api import Gradebook
from playwright.sync_api import expect

SIZE = {"width": 1300, "height": 900}
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1)")  # its pages ask the network for MathJax
LOADED = "() => window.formgrader?.grades?.loaded && window.formgrader.comments?.loaded"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A course with one sheet and two hand-ins, open in JupyterLab -> (course, address)."""
    course = Course(tmp_path_factory.mktemp("formgrader"))

    def right(book):
        book.cells[0].source = RIGHT
        book.cells[3].source = "Because two times x is x and x."

    course.hand_in("ada", right)
    course.hand_in("bob", lambda book: None)
    with serve(course.folder, tmp_path_factory.mktemp("server")) as address:
        yield course, address


@pytest.fixture(scope="module")
def page(browser, served):
    page = browser.new_page(viewport=SIZE)
    page.route(ELSEWHERE, lambda route: route.abort())
    page.goto(f"{served[1]}/tree?token={TOKEN}")  # logged in, as who comes from JupyterLab
    yield page
    page.close()


@pytest.fixture(scope="module")
def graded(served, page):
    """The address of Formgrader, in which both hand-ins have been graded by tests."""
    formgrader = f"{served[1]}/formgrader"
    page.goto(f"{formgrader}/manage_submissions/mini")
    for student in ("ada", "bob"):
        row = page.locator("tr", has_text=student)
        row.locator(".autograde a").click()
        page.locator(".modal-body, .modal-title", has_text="Success").first.wait_for(timeout=60_000)
        page.locator(".modal .close, .modal [data-dismiss=modal]").first.click()
        page.locator(".modal-backdrop").wait_for(state="detached")
    return formgrader


def test_an_instructor_grades_in_formgrader(served, graded, page, artifacts):
    course, _ = served
    page.goto(f"{graded}/manage_submissions/mini")
    page.locator("tr", has_text="ada").locator("text=7").first.wait_for()
    artifacts.mkdir(exist_ok=True)
    page.screenshot(path=artifacts / "formgrader.png")
    page.goto(f"{graded}/gradebook/mini/mini")
    page.locator("tr", has_text="Submission #1").wait_for()
    page.locator("tr", has_text="Submission #2").wait_for()
    assert course.run("grade.py", "mini", "--overview") == 0
    assert "mini: 2 students" in course.said and "by hand" in course.said


def write(page, kind, field, text):
    """Type into a field of Formgrader and leave it, until the server has taken it."""
    field = page.locator(field)
    with page.expect_response(
        lambda answer: f"/api/{kind}/" in answer.url and answer.request.method == "PUT"
    ) as taken:
        field.press_sequentially(text)
        field.press("Tab")
    assert taken.value.ok


def test_points_and_a_comment_given_by_hand_are_in_the_gradebook(served, graded, page, artifacts):
    with Gradebook(f"sqlite:///{served[0].folder / 'gradebook.db'}") as book:
        handed_in = book.find_submission_notebook("mini", "mini", "ada").id
    page.goto(f"{graded}/submissions/{handed_in}/")
    page.wait_for_function(LOADED)  # else what is typed is overwritten
    assert page.get_by_text("Because two times x is x and x.").count() == 1
    write(page, "grade", "#why", "2")
    write(page, "comment", "#why-comment", "Say where it fails.")
    page.screenshot(path=artifacts / "formgrader_by_hand.png")
    page.reload()
    page.wait_for_function(LOADED)
    expect(page.locator("#why")).to_have_value("2")
    expect(page.locator("#why-comment")).to_have_value("Say where it fails.")
    page.goto(f"{graded}/gradebook/mini")
    page.locator("tr", has_text="mini").locator("text=4.5").first.wait_for()  # (9 + 0) / 2
    with Gradebook(f"sqlite:///{served[0].folder / 'gradebook.db'}") as book:
        grade = book.find_grade("why", "mini", "mini", "ada")
        assert (grade.manual_score, grade.needs_manual_grade) == (2, False)
        assert book.find_submission("mini", "ada").score == 9


def test_a_student_validates_before_handing_in(served, page):
    course, address = served
    path = course.folder / "release" / "mini" / "mini.ipynb"
    for answer, words in [("def double(x): return 4", "failed"), (RIGHT, "Success")]:
        book = nbformat.read(path, as_version=4)
        book.cells[0].source, book.cells[3].source = answer, "It is x and x."
        nbformat.write(book, path)
        page.goto(f"{address}/doc/tree/release/mini/mini.ipynb?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=STARTING * 1000)
        page.get_by_text("Validate", exact=True).first.click()
        page.locator(".jp-Dialog", has_text=words).wait_for(timeout=60_000)
        page.locator(".jp-Dialog button").last.click()
