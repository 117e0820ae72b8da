"""HTML for the eye and the screen reader, and the same in plain words."""

import base64
import html

from .bundle import static_text


class Markup:
    """A piece of HTML that styles itself in light and dark themes; `str()` is its plain text.

    Args:
        body: the HTML, already escaped where it holds foreign text.
        text: the same content as plain sentences, for consoles and logs.
    """

    def __init__(self, body, text):
        self.body, self.text = body, text

    def _repr_html_(self):
        style = static_text("theme.css", "classroom.css")
        return f'<style>{style}</style><div class="nse">{self.body}</div>'

    def __repr__(self):
        return self.text


class Html(str):
    """Text that is HTML already: `escape` leaves it as it is."""

    __slots__ = ()


def escape(text):
    """Plain text as HTML; `backticks` become code, so that sentences can name variables."""
    if isinstance(text, Html):
        return text
    parts = html.escape(str(text)).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def attribute(text):
    """Plain text as the value of an attribute, which holds no tags: `backticks` are left out."""
    return html.escape(str(text).replace("`", ""))


def data_uri(kind, content):
    """Bytes as an address that needs no file and no network."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def players_table(heads, rows, caption):
    """A table with the same content as a widget: numbers, and players where there is sound.

    Args:
        heads: names of the columns; empty for a table without headings in rows and columns.
        rows: lists of cells, plain text or `Html`; with `heads`, the first names the row.
        caption: what the table shows.

    Returns:
        str, HTML.
    """
    named = bool(heads)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = ""
    for row in rows:
        first = f'<th scope="row">{escape(row[0])}</th>' if named else ""
        body += f"<tr>{first}{''.join(f'<td>{escape(cell)}</td>' for cell in row[named:])}</tr>"
    return (
        f'<table class="twin"><caption>{escape(caption)}</caption>'
        f"{f'<thead><tr>{head}</tr></thead>' if named else ''}<tbody>{body}</tbody></table>"
    )
