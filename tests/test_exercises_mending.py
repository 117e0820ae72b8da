"""How a damaged hand-in is mended, what a person is pointed to, and how long texts are shown."""

import html
import os
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

EXERCISES = Path(__file__).parents[1] / "exercises"
SHEET = EXERCISES / "source" / "ps1_mu_law" / "ps1_mu_law.ipynb"


@pytest.fixture
def mended(checks, monkeypatch, tmp_path):
    """Mends a notebook as autograding does; its gradebook is empty, so nothing may be missing."""
    from checks.mend import Mend

    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    where = {"assignment": "ps1_mu_law", "notebook": "ps1_mu_law", "student": "ada"}

    def mend(notebook):
        return Mend().preprocess(notebook, {"nbgrader": where | {"db_url": url}})[0]

    return mend


def labels(notebook):
    return [
        (cell.id, cell.metadata.nbgrader) for cell in notebook.cells if "nbgrader" in cell.metadata
    ]


def test_labels_that_an_editor_has_thrown_away_come_back(mended):
    sheet = nbformat.read(SHEET, as_version=4)
    bare = deepcopy(sheet)
    for cell in bare.cells:
        cell.metadata.clear()
    assert len(labels(sheet)) > 20
    assert labels(mended(bare)) == labels(sheet)


def test_of_copied_cells_the_original_keeps_the_label_wherever_it_stands(mended):
    sheet = nbformat.read(SHEET, as_version=4)
    copied = deepcopy(sheet)
    for at, cell in reversed(list(enumerate(sheet.cells))):
        if "nbgrader" in cell.metadata:
            copy = deepcopy(cell)
            copy.id = f"copy-{at}"
            copied.cells.insert(at + at % 2, copy)  # before the original, or behind it
    assert len(copied.cells) == len(sheet.cells) + len(labels(sheet))
    assert labels(mended(copied)) == labels(sheet)


def test_cells_carry_the_metadata_of_the_sheet_and_no_other(mended):
    sheet = nbformat.read(SHEET, as_version=4)
    marked = deepcopy(sheet)
    for part in (marked, *marked.cells):
        part.metadata |= {"tags": ["skip-execution"], "editable": True, "widgets": {}}
    marked.metadata.kernelspec.name = "julia"
    got = mended(marked)
    assert [cell.metadata for cell in got.cells] == [cell.metadata for cell in sheet.cells]
    assert got.metadata == sheet.metadata


def test_all_copies_of_an_answer_in_words_are_read(mended):
    sheet = nbformat.read(SHEET, as_version=4)
    at = next(place for place, cell in enumerate(sheet.cells) if cell.id == "own-answer")
    copy = deepcopy(sheet.cells[at])
    copy.id, copy.source = "copy", "My own words."
    sheet.cells.append(copy)
    own = sheet.cells[at].source
    assert mended(sheet).cells[at].source == f"{own}\n\nMy own words."


def test_text_beside_an_untouched_answer_and_cells_that_were_put_back_are_for_a_person(
    mended, monkeypatch
):
    """With a gradebook that knows the sheet: where an answer lies elsewhere, somebody looks."""
    from checks.examine import REMARKS
    from checks.mend import ELSEWHERE, MISSING, Gradebook

    sheet = nbformat.read(SHEET, as_version=4)
    known = {cell.id: cell for cell in sheet.cells}
    monkeypatch.setattr(Gradebook, "find_source_cell", lambda book, name, *where: known[name])
    words = [name for name, label in labels(sheet) if label.grade and label.solution]
    [test, *_] = [name for name, label in labels(sheet) if label.grade and not label.solution]

    def handed_in(change):
        book = deepcopy(sheet)
        at = next(place for place, cell in enumerate(book.cells) if cell.id == words[0])
        change(book.cells, at)
        got = mended(book)
        remarks = [cell.source for cell in got.cells if cell.get("id") == REMARKS]
        return "".join(remarks), {cell.id: cell.source for cell in got.cells}

    def below(cells, at):
        cells.insert(at + 1, nbformat.v4.new_markdown_cell("My answer."))

    def above(cells, at):
        cells[at - 1].source += "\n\nMy answer, below the question."

    for change in (below, above):
        remark, sources = handed_in(change)
        assert f"- left as it was, with something in other cells next to it: {words[0]}" in remark
        assert sources[words[0]] == f"{ELSEWHERE}\n\n{known[words[0]].source}"

    def answered(cells, at):
        cells[at].source = "My answer."
        below(cells, at)

    def empty_cells(cells, at):
        cells.insert(at + 1, nbformat.v4.new_markdown_cell(" \n"))
        cells.insert(at, nbformat.v4.new_code_cell(""))

    for change in (answered, empty_cells, lambda cells, at: None):
        remark, sources = handed_in(change)
        assert remark == "" and not sources[words[0]].startswith(ELSEWHERE)

    def lost(cells, at):
        cells[:] = [cell for cell in cells if cell.id not in (words[0], test)]

    remark, sources = handed_in(lost)
    assert "- missing and put back: " in remark and test in remark and words[0] in remark
    assert sources[words[0]].startswith(MISSING) and sources[test] == known[test].source


# --- pages that people read ---------------------------------------------------------------------


@pytest.fixture
def shown(checks):
    """Renders one Markdown cell as feedback and Formgrader show it."""
    from checks.reading import ReadingExporter

    exporter = ReadingExporter()
    return lambda source: exporter.markdown2html({"cell": {}, "resources": {}}, source)


@pytest.mark.parametrize(
    "part", ["<div>", "<b>a\n\n", "> ", "&", "* a\n", "*a* ", "|a", "\\begin{a}"]
)
def test_text_too_long_to_be_cleaned_is_shown_as_it_was_written(shown, part, monkeypatch):
    """Tags within each other, and what Markdown makes of signs, took a minute to be cleaned."""
    from checks import reading

    monkeypatch.setattr(reading.bleach, "clean", lambda *args, **more: pytest.fail("is cleaned"))
    page = shown(part * (500_000 // len(part)))
    assert page.startswith("<p>[Shown as written: this text is very long.]</p><pre ")
    text = page.partition("</p>")[2]
    assert html.unescape(text.partition(">")[2]).startswith(part * 100)
    assert "<" not in text.removesuffix("</pre>")[1:] and text.count("<div>") == 0


def test_answers_of_an_honest_length_are_rendered_and_so_is_a_pasted_picture(shown):
    assert "<strong>" in shown("**Because** " + "two times x is x and x. " * 800)
    picture = "data:image/png;base64," + "aB3/" * 50_000
    page = shown(f"*Look:* ![a plot]({picture})")
    assert "<em>Look:</em>" in page and picture in page and "as written" not in page


def test_many_long_answers_are_shown_as_written_from_some_length_on(shown):
    pages = [shown("**a** " * 3000) for _ in range(14)]
    assert ["<strong>" in page for page in pages] == [True] * 11 + [False] * 3
    assert "this notebook is very long" in pages[-1]
