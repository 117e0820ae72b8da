"""nbgrader in a real browser: a student validates, an instructor grades in Formgrader."""

import nbformat
import pytest
from lab import STARTING, TOKEN, serve
from little_course import RIGHT, Course

SIZE = {"width": 1300, "height": 900}


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


@pytest.fixture
def page(browser, served):
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{served[1]}/tree?token={TOKEN}")  # logged in, as who comes from JupyterLab
    yield page
    page.close()


def test_an_instructor_grades_in_formgrader(served, page, artifacts):
    course, address = served
    page.goto(f"{address}/formgrader/manage_submissions/mini")
    for student in ("ada", "bob"):
        row = page.locator("tr", has_text=student)
        row.locator(".autograde a").click()
        page.locator(".modal-body, .modal-title", has_text="Success").first.wait_for(timeout=60_000)
        page.locator(".modal .close, .modal [data-dismiss=modal]").first.click()
        page.locator(".modal-backdrop").wait_for(state="detached")
    page.goto(f"{address}/formgrader/manage_submissions/mini")
    page.locator("tr", has_text="ada").locator("text=7").first.wait_for()
    artifacts.mkdir(exist_ok=True)
    page.screenshot(path=artifacts / "formgrader.png")
    page.goto(f"{address}/formgrader/gradebook/mini/mini")
    page.goto(f"{address}/formgrader/gradebook/mini/mini")
    page.locator("tr", has_text="Submission #1").wait_for()
    page.locator("tr", has_text="Submission #2").wait_for()
    assert course.run("grade.py", "mini", "--overview") == 0
    assert "mini: 2 students" in course.said and "by hand" in course.said


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
