"""What a hand-in shows on the grader's pages: all of it is there, and none of it runs.

Formgrader puts a student's Markdown and outputs into a page that may do everything the instructor
may: give points, open a terminal. `ReadingExporter` therefore puts each HTML output, players too,
into a frame that reaches nothing (`frames.py`), cleans Markdown, leaves out scripts and widgets,
and replaces an output that holds lines of the hidden tests.
"""

import html
import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import (
    InvalidNotebook,
    IPythonRenderer,
    MarkdownWithMath,
)
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES

from .frames import framed, with_policy

# what is shown of an output; the exporter takes the first kind that is there
KINDS = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex",
         "text/plain")  # fmt: skip
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[\w+/=\s]*")
TAGS = frozenset(
    "p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption thead tbody tr th td blockquote pre "
    "code em strong b i u s del ins sub sup small mark kbd details summary div span img".split()
)
MANY = 1000  # tags
LONGEST = {"cell": 20_000, "notebook": 200_000}  # characters: cleaning 500,000 can take a minute
COLORS = {"highlight", *STANDARD_TYPES.values()}  # classes of coloured code
HIDDEN = "[This output is left out: it holds lines of the hidden tests.]"
LONG = re.compile(r"[\w+/=]{200,}")  # a picture or a sound, as text
PASTED = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/=]+")
TAG = re.compile(r"<[^<>]*>")


class ReadingExporter(HTMLExporter):
    """Renders a graded notebook, for Formgrader and as feedback, so that nothing of it runs."""

    words = 0  # characters of Markdown so far, pictures aside

    @pass_context
    def markdown2html(self, context, source):
        length = len(PASTED.sub("", source))
        self.words += length
        if length > LONGEST["cell"] or self.words > LONGEST["notebook"]:
            what = "text" if length > LONGEST["cell"] else "notebook"
            return f"<p>[Shown as written: this {what} is very long.]</p>{_as_written(source)}"
        attachments = context.get("cell", {}).get("attachments", {})
        folder = context.get("resources", {}).get("metadata", {}).get("path", "")
        # HTML in it, but no more than bleach cleans in a second; else as text
        escape = source.count("<") > MANY
        renderer = Words(escape, attachments=attachments, path=folder, exclude_anchor_links=True)
        return bleach.clean(
            Prose(renderer).render(source), TAGS, _harmless_attribute, protocols={"data"},
            css_sanitizer=CSSSanitizer(allowed_css_properties=["text-align"]),
        )  # fmt: skip

    def from_notebook_node(self, nb, resources=None, **kw):
        self.words = 0
        for name in {"student", "first_name", "last_name", "notebook_path"} & set(resources or {}):
            resources[name] = html.escape(resources[name] or "")
        page, resources = super().from_notebook_node(harmless(nb), resources, **kw)
        return with_policy(page), resources


class Words(IPythonRenderer):
    """Markdown without live links; pictures are those of the notebook and its folder."""

    def link(self, text, url, title=None):
        shown = "://" not in url or url in text  # others lead nowhere here
        return text if shown else f"{text} ({html.escape(url)})"

    def image(self, text, url, title=None):
        try:
            return super().image(text, self._src_to_base64(url) or url, title)
        except (InvalidNotebook, OSError, ValueError):
            return f"[{text}: this picture is missing]"

    def block_mermaidjs(self, code):
        return self.block_code(code)


class Prose(MarkdownWithMath):
    DEFAULT_PLUGINS = ("strikethrough", "table", "def_list")


def _as_written(text):
    return f'<pre style="white-space: pre-wrap">{html.escape(text)}</pre>'


def _harmless_attribute(tag, name, value):
    if name == "src":
        return tag == "img" and bool(PICTURE.fullmatch(value))
    if name == "class":
        return value in COLORS
    return name in {"alt", "title", "open", "start"} or (name == "style" and tag in {"td", "th"})


def harmless(nb):
    """Copy a notebook with what may be shown of it.

    Args:
        nb: graded notebook.

    Returns:
        NotebookNode: sources, nbgrader's labels and the outputs; HTML stands in frames.
    """
    nb = deepcopy(nb)
    nb.metadata = NotebookNode(language_info={"name": "python", "pygments_lexer": "ipython3"})
    for cell in nb.cells:
        cell.metadata = NotebookNode(
            {name: label for name, label in cell.metadata.items() if name == "nbgrader"}
        )
        if cell.cell_type == "code":
            count = cell.get("execution_count")
            cell.execution_count = count if isinstance(count, int) else None
            cell.outputs = [_harmless_output(output) for output in cell.outputs]
    return nb


def _harmless_output(output):
    kind = output.output_type
    if kind == "stream":
        text = HIDDEN if reveals(output.text) else str(output.text)
        return NotebookNode(output_type=kind, name=output.name, text=text)
    if kind == "error":
        lines = [str(line) for line in output.traceback]
        lines = [HIDDEN] if reveals("\n".join(lines)) else lines
        return NotebookNode(output_type=kind, ename="", evalue="", traceback=lines)
    data = {kind: str(output.data[kind]) for kind in KINDS if kind in output.data}
    if any(reveals(text) for name, text in data.items() if name not in ("image/png", "image/jpeg")):
        data = {"text/plain": HIDDEN}
    elif data.keys() <= {"text/plain"} and (left_out := sorted(output.data.keys() - KINDS)):
        data["text/plain"] = "\n".join([*data.values(), f"[not shown: {', '.join(left_out)}]"])
    if "text/html" in data:
        data["text/html"] = framed(data["text/html"])
    sizes = {name: _sizes(output.metadata.get(name)) for name in data}
    return NotebookNode(output_type=kind, data=data, metadata=sizes, execution_count=None)


def _sizes(metadata):
    """Width and height of a picture; other values could leave their attribute."""
    found = metadata if isinstance(metadata, dict) else {}
    return {name: found[name] for name in ("width", "height") if isinstance(found.get(name), int)}


def reveals(text):
    """Whether a text holds a line of the hidden tests, spaces and colours aside.

    Args:
        text: of an output; plain, or HTML.

    Returns:
        bool.
    """
    text = LONG.sub("", strip_ansi(str(text)))
    forms = {"".join(form.split()) for form in (text, html.unescape(TAG.sub("", text)))}
    return any(line in form for form in forms for line in hidden_lines())


@cache
def hidden_lines():
    """Lines of the hidden tests that are long enough to be known again; without spaces."""
    lines = (
        line.strip()
        for path in Path(__file__).parent.glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    return {"".join(line.split()) for line in lines if len(line) > 30 and "import" not in line}
