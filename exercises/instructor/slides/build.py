"""Slides for four lectures from the lessons' own figures and sounds: `make slides`.

A lecture is a TOML file beside this one, a table `[[slide]]` for each slide. What is shown and
heard comes from cells of the lessons, which run here: `figure = "samples"` is the figure of the
cell with this id, `sound` its players, `printed` what it prints. `code` runs after them and may
show more. `question` names a prediction; its slide is followed by one with the answer and the
reason of each option. `needs` lists cells that must run before, for the names they define.
"""

import argparse
import ast
import contextlib
import io
import tomllib
from pathlib import Path

import nbformat

from nsynth_edu.classroom.questions import LETTERS, find
from nsynth_edu.page import Markup, escape, static_text

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OUTPUT = ROOT / "build" / "slides"
FIELDS = {
    "lesson", "title", "text", "formula", "figure", "sound", "printed", "code", "notes",
    "question", "right", "answer_sound", "answer_code", "answer_notes",
}  # fmt: skip
NOTHING_OUTSIDE = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'"
)
PAGE = """<!doctype html>
<html lang="en" data-jp-theme-light="true">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="nse">
<main class="stage">
{slides}
<nav aria-label="Slides"><button type="button" id="back" aria-label="Back">‹</button><button
type="button" id="on" aria-label="On">›</button></nav>
</main>
<script>{script}</script>
</body>
</html>
"""


class Lesson:
    """A lesson of which some cells have run, below all that the lesson imports.

    Args:
        number: such as "01".
        ids: of the cells to run; they run in the order of the notebook.

    Raises:
        ValueError: if the lesson has no such cell.
    """

    def __init__(self, number, ids):
        [path] = (ROOT / "course").glob(f"{number}_*.ipynb")
        cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
        if missing := sorted(ids - cells.keys()):
            raise ValueError(f"{path.name} has no cell {missing[0]!r}; expected one of its ids.")
        self.title = cells["title"].source.splitlines()[0].removeprefix("# ")
        self.names = {"__name__": f"lesson_{number}"}
        for cell in cells.values():
            if cell.cell_type == "code":
                lines = ast.parse(cell.source).body
                imports = [line for line in lines if isinstance(line, ast.Import | ast.ImportFrom)]
                exec(compile(ast.Module(imports, []), "lesson", "exec"), self.names)
        with contextlib.chdir(path.parent):
            self.cells = {each: self.run(cells[each].source) for each in cells if each in ids}

    def run(self, source):
        """Run some code and return (what it shows, what it prints)."""
        shown, printed = [], io.StringIO()
        self.names["display"] = lambda *things: shown.extend(things)
        *body, last = ast.parse(source).body
        with contextlib.redirect_stdout(printed):
            if isinstance(last, ast.Expr):
                exec(compile(ast.Module(body, []), "lesson", "exec"), self.names)
                shown.append(
                    eval(compile(ast.Expression(last.value), "lesson", "eval"), self.names)
                )
            else:
                exec(compile(source, "lesson", "exec"), self.names)
        return [thing for thing in shown if isinstance(thing, Markup)], printed.getvalue()

    def figure(self, cell):
        """The figures of a cell, HTML."""
        return self._shown(cell, 'alt="')

    def sound(self, cell):
        """The players of a cell, HTML."""
        return self._shown(cell, "<audio")

    def _shown(self, cell, sign):
        found = [markup.body for markup in self.cells[cell][0] if sign in markup.body]
        if not found:
            raise ValueError(f"the cell {cell!r} shows nothing with {sign!r}; name another cell.")
        return "".join(found)


def read(path):
    """A lecture: {"title", "needs", "slide": list of tables}."""
    lecture = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    for slide in lecture["slide"]:
        if unknown := sorted(slide.keys() - FIELDS):
            raise ValueError(f"{path} has a slide with {unknown[0]!r}; expected {sorted(FIELDS)}.")
    return lecture


def build(path):
    """A lecture as one HTML page that needs no other file."""
    lecture, pages = read(path), []
    lessons = {number: Lesson(number, ids) for number, ids in cells_of(lecture).items()}
    for slide in lecture["slide"]:
        pages += question(slide, lessons) if "question" in slide else [content(slide, lessons)]
    sections = [
        f'<section class="slide {kind}" id="{n}" tabindex="-1" aria-label="Slide {n}">{body}'
        f"<footer><span>{escape(source)}</span><span>{n} / {len(pages)}</span></footer>"
        f'<aside class="notes">{paragraphs(notes) or "<p>No notes.</p>"}</aside></section>'
        for n, (kind, body, source, notes) in enumerate(pages, 1)
    ]
    style = static_text("theme.css", "classroom.css") + (HERE / "slides.css").read_text("utf-8")
    return PAGE.format(
        policy=NOTHING_OUTSIDE, title=escape(lecture["title"]), style=style,
        slides="\n".join(sections), script=(HERE / "slides.js").read_text("utf-8"),
    )  # fmt: skip


def cells_of(lecture):
    """{lesson: ids of the cells that a lecture runs}."""
    wanted = {number: set(ids) for number, ids in lecture.get("needs", {}).items()}
    for slide in lecture["slide"]:
        named = {slide.get(field) for field in ("figure", "sound", "printed", "answer_sound")}
        wanted.setdefault(slide["lesson"], set()).update(named - {None})
    return wanted


def content(slide, lessons):
    """A slide as (kind, HTML, the lesson it is from, notes)."""
    lesson = lessons[slide["lesson"]]
    parts = [f'<div class="text">{paragraphs(slide.get("text", ""))}</div>', *shown(slide, lesson)]
    if formula := slide.get("formula"):
        parts.insert(0, f'<div class="formula">{paragraphs(formula)}</div>')
    body = f'<h1>{slide["title"]}</h1><div class="body">{"".join(parts)}</div>'
    return "content", body, source(slide, lesson), slide.get("notes", "")


def shown(slide, lesson):
    """What a slide shows and plays, HTML."""
    parts = []
    if cell := slide.get("printed"):
        parts.append(f"<pre>{escape(lesson.cells[cell][1].rstrip())}</pre>")
    if cell := slide.get("figure"):
        parts.append(lesson.figure(cell))
    if cell := slide.get("sound"):
        parts.append(lesson.sound(cell))
    if code := slide.get("code"):
        parts += [markup.body for markup in lesson.run(code)[0]]
    return parts


def question(slide, lessons):
    """Two slides: a prediction with its options, and the answer with the reason of each."""
    lesson = lessons[slide["lesson"]]
    asked = find(f"{slide['lesson']}.{slide['question']}", "PREDICTIONS")
    right = asked.letter()
    options = dict(zip(LETTERS, asked.options, strict=False))
    head = f"<h1>{escape(asked.question)}</h1>"
    choices = "".join(
        f"<li><b>{letter}</b><div>{escape(option)}</div></li>" for letter, option in options.items()
    )
    answers = "".join(
        f'<li class="{"right" if letter == right else "wrong"}">'
        f"<b>{letter}</b><strong>{escape(option)}{' ✓' if letter == right else ''}</strong>"
        f"<div>{escape(asked.reasons()[letter])}</div></li>"
        for letter, option in options.items()
    )
    after = {"sound": slide.get("answer_sound"), "code": slide.get("answer_code")}
    asking, answer = (
        f'{head}<div class="body"><div class="text">{paragraphs(what.get("text", ""))}</div>'
        f'<ol class="options">{rows}</ol>{"".join(shown(what, lesson))}</div>'
        for rows, what in ((choices, slide), (answers, after))
    )
    where = source(slide, lesson)
    vote = slide.get("notes") or "Let the class vote by show of hands before you go on."
    return [
        ("question", asking, where, vote),
        ("answer", answer, where, slide.get("answer_notes", "")),
    ]


def source(slide, lesson):
    """The lesson that a slide is from, for its foot."""
    return f"Lesson {slide['lesson']}: {lesson.title}"


def paragraphs(text):
    """HTML whose paragraphs are apart by an empty line."""
    return "".join(f"<p>{part.strip()}</p>" for part in text.split("\n\n") if part.strip())


def main():
    parser = argparse.ArgumentParser(description="Write the slides of the lectures as HTML files.")
    parser.add_argument("lectures", nargs="*", type=Path, help="TOML files; all if left out")
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT, help="folder to write to")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    for path in given.lectures or sorted(HERE.glob("*.toml")):
        file = given.output / f"{path.stem}.html"
        file.write_text(build(path), encoding="utf-8")
        print(file)


if __name__ == "__main__":
    main()
