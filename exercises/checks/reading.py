"""What a hand-in shows on the grader's pages: all of it is there, and none of it runs.

Formgrader puts a student's Markdown and outputs into a page that may do everything the instructor
may: give points, open a terminal. `ReadingExporter` therefore puts each HTML output, players too,
into a frame of its own that reaches nothing; cleans Markdown; leaves scripts and widgets out; and
gives the page a policy under which the browser runs no script but those of the page itself.
"""

import base64
import hashlib
import html
import re
import secrets
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

# what is shown of an output; the exporter takes the first kind that is there
KINDS = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex",
         "text/plain")  # fmt: skip
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[\w+/=\s]*")
TAGS = frozenset(
    "p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption thead tbody tr th td blockquote pre "
    "code em strong b i u s del ins sub sup small mark kbd details summary div span img".split()
)
COLORS = {"highlight", *STANDARD_TYPES.values()}  # classes of coloured code
HIDDEN = "[This output is left out: it holds lines of the hidden tests.]"
LONG = re.compile(r"[\w+/=]{200,}")  # a picture or a sound, as text
TAG = re.compile(r"<[^<>]*>")

# in a frame: reports its height, and starting one player pauses the others
MEASURE = """\
const root = document.documentElement;
const report = () => parent.postMessage(root.offsetHeight, "*");
addEventListener("load", report);  // the observer sleeps as long as the frame is out of sight
new ResizeObserver(report).observe(root);
addEventListener("play", ({ target }) => {
  for (const one of document.querySelectorAll("audio, video")) if (one !== target) one.pause();
}, true);"""
# in the page: fits the frames; links within the notebook lead nowhere but to places in the page
LISTEN = """\
addEventListener("message", ({ source, data }) => {
  for (const frame of document.querySelectorAll("iframe.shown"))
    if (frame.contentWindow === source) frame.style.height = `${Math.min(+data || 0, 8000)}px`;
});
addEventListener("click", (event) => {
  if (event.target.closest("#notebook-container a:not([href^='#'])")) event.preventDefault();
}, true);"""
STYLE = """\
:root { height: auto !important; } body { margin: 0; font: 14px/1.4 Helvetica, Arial, sans-serif; }
table { border-collapse: collapse; font-size: 12px; } th, td { padding: 0.4em; }"""


def digest(script):
    """How a content policy names a script that may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


FRAME_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; font-src data:; "
    f"style-src 'unsafe-inline'; script-src {digest(MEASURE)}; base-uri 'none'; form-action 'none'"
)
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
CLICKS = " ".join(digest(f"toggle_name({shown});") for shown in ("true", "false"))  # Formgrader's
PAGE_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; connect-src 'self'; frame-src 'none'; "
    f"font-src 'self' data: {MATHJAX}; style-src 'self' 'unsafe-inline' {MATHJAX}; "
    f"script-src 'nonce-{{nonce}}' 'strict-dynamic' 'unsafe-eval' {digest(MEASURE)}; "
    f"script-src-attr 'unsafe-hashes' {CLICKS}; base-uri 'none'; form-action 'none'"
)


class ReadingExporter(HTMLExporter):
    """Renders a graded notebook, for Formgrader and as feedback, so that nothing of it runs."""

    @pass_context
    def markdown2html(self, context, source):
        attachments = context.get("cell", {}).get("attachments", {})
        folder = context.get("resources", {}).get("metadata", {}).get("path", "")
        renderer = Words(
            escape=False, attachments=attachments, path=folder, exclude_anchor_links=True
        )
        return bleach.clean(
            Prose(renderer).render(source), TAGS, _harmless_attribute, protocols={"data"},
            css_sanitizer=CSSSanitizer(allowed_css_properties=["text-align"]),
        )  # fmt: skip

    def from_notebook_node(self, nb, resources=None, **kw):
        for name in {"student", "first_name", "last_name", "notebook_path"} & set(resources or {}):
            resources[name] = html.escape(resources[name] or "")
        page, resources = super().from_notebook_node(harmless(nb), resources, **kw)
        return _with_policy(page), resources


class Words(IPythonRenderer):
    """Markdown without live links; pictures are those of the notebook and its folder."""

    def link(self, text, url, title=None):
        return text if url in text else f"{text} ({html.escape(url)})"

    def image(self, text, url, title=None):
        try:
            return super().image(text, self._src_to_base64(url) or url, title)
        except (InvalidNotebook, OSError, ValueError):
            return f"[{text}: this picture is missing]"

    def block_mermaidjs(self, code):
        return self.block_code(code)


class Prose(MarkdownWithMath):
    DEFAULT_PLUGINS = ("strikethrough", "table", "def_list")


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
        data["text/html"] = _framed(data["text/html"])
    sizes = {name: _sizes(output.metadata.get(name)) for name in data}
    return NotebookNode(output_type=kind, data=data, metadata=sizes, execution_count=None)


def _sizes(metadata):
    """Width and height of a picture; other values could leave their attribute."""
    found = metadata if isinstance(metadata, dict) else {}
    return {name: found[name] for name in ("width", "height") if isinstance(found.get(name), int)}


def _framed(content):
    page = (
        '<!DOCTYPE html><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{FRAME_POLICY}">'
        f"<style>{STYLE}</style><script>{MEASURE}</script>{content}"
    )
    return (
        '<iframe class="shown" title="output" sandbox="allow-scripts" '
        f'style="width: 100%; height: 40px; border: 0" srcdoc="{html.escape(page)}"></iframe>'
    )


def _with_policy(page):
    """Let the scripts of the page's head run, which no student has written, and no others."""
    nonce = secrets.token_urlsafe(16)
    head, mark, notebook = page.partition('id="notebook-container"')
    policy = f'<meta http-equiv="Content-Security-Policy" content="{PAGE_POLICY}">'
    head = head.replace("<head>", f"<head>{policy}<script>{LISTEN}</script>", 1)
    return head.replace("<script", f'<script nonce="{nonce}"').replace("{nonce}", nonce) + (
        mark + notebook
    )


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
