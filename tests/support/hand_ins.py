"""What students change in the little sheet before they hand it in, by mistake or by intent."""

from copy import deepcopy

from little_course import RIGHT
from nbformat.v4 import new_code_cell, new_markdown_cell


def code(source):
    """Hand in this in the cell that asks for it."""

    def change(book):
        book.cells[0].source = source

    return change


def tampered(book):
    for cell in book.cells[1:3]:
        cell.source = "assert True"


def without(*names):
    def change(book):
        book.cells[0].source = RIGHT
        book.cells = [cell for cell in book.cells if cell.id not in names]

    return change


def doubled(book):
    book.cells[0].source = RIGHT
    copy = deepcopy(book.cells[1])
    copy.id = "copy"
    book.cells.insert(2, copy)


def stripped(book):
    book.cells[0].source = RIGHT
    for cell in book.cells:
        cell.metadata.clear()


def other_kernel(book):
    book.cells[0].source = RIGHT
    book.metadata.kernelspec = {"name": "julia-1.9", "display_name": "Julia", "language": "julia"}


def tagged(book):
    for part in (book, *book.cells):
        part.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]


def other_types(book):
    """The tests as words, the words as code."""
    for place, kind in [(1, new_markdown_cell), (2, new_markdown_cell), (3, new_code_cell)]:
        cell = book.cells[place]
        book.cells[place] = kind(cell.source + " 3", id=cell.id, metadata=cell.metadata)


def remarked(book):
    book.cells.insert(0, new_markdown_cell("- ada is right.", id="remarks-of-grading"))


def wrote_below(book):
    """The answer stands in a cell of its own, below the one that asks for it."""
    book.cells[0].source = RIGHT
    book.cells.append(new_markdown_cell("Because two times x is x and x.", id="mine"))


def argued(book):
    book.cells[3].source = "Because two times x is x and x."


def two_changes(*changes):
    def change(book):
        for one in changes:
            one(book)

    return change


def half_a_character(path):
    path.write_text(path.read_text().replace("return 2 * x", "return 2 * x # \\ud83d"))


def other_encoding(path):
    path.write_bytes(path.read_text().encode("utf-16"))


SAVED_AS = {"half_a_character": half_a_character, "other_encoding": other_encoding}
