"""What a cell shows: HTML for the eye and the screen reader, and the same in plain words."""

import base64
import html
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"


class Markup:
    """A piece of HTML that styles itself in light and dark themes; `str()` is its plain text.

    Args:
        body: the HTML, already escaped where it holds foreign text.
        text: the same content as plain sentences, for consoles and logs.
    """

    def __init__(self, body, text):
        self.body, self.text = body, text

    def _repr_html_(self):
        return f'<style>{static_text("classroom.css")}</style><div class="nse">{self.body}</div>'

    def __repr__(self):
        return self.text


@cache
def static_text(name):
    """A file of `classroom/static`, read when first asked for."""
    return (STATIC / name).read_text(encoding="utf-8")


def escape(text):
    """Plain text as HTML; `backticks` become code, so that sentences can name variables."""
    parts = html.escape(str(text)).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def data_uri(kind, content):
    """Bytes as an address that needs no file and no network."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
