"""Frames for HTML from a hand-in, and the policy of the page around them.

A frame has an origin of its own: it cannot reach the page, its cookies or the instructor's server.
A browser runs only those scripts in it, and in the page, that a content policy names.
"""

import base64
import hashlib
import html
import secrets
from pathlib import Path

HERE = Path(__file__).parent
MEASURE, LISTEN = ((HERE / name).read_text() for name in ("frame.js", "page.js"))
STYLE = (
    ":root { height: auto !important } body { margin: 0; font: 14px/1.4 Helvetica, sans-serif } "
    "table { border-collapse: collapse; font-size: 12px } th, td { padding: 0.4em } "
    ".save { display: none !important }"  # a frame saves nothing
)


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


def framed(content):
    """Put HTML into a frame in which none of its scripts runs, and which requests nothing.

    Args:
        content: HTML from anywhere.

    Returns:
        str, an iframe that fits its content on a page of `with_policy`.
    """
    page = (
        '<!DOCTYPE html><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{FRAME_POLICY}">'
        f"<style>{STYLE}</style><script>{MEASURE}</script>{content}"
    )
    return (
        '<iframe class="shown" title="output" sandbox="allow-scripts" '
        f'style="width: 100%; height: 40px; border: 0" srcdoc="{html.escape(page)}"></iframe>'
    )


def with_policy(page):
    """Let the scripts above the notebook run, which no student has written, and no others.

    Args:
        page: HTML of nbgrader's templates.

    Returns:
        str, the page with a content policy, and with the script that fits its frames.
    """
    nonce = secrets.token_urlsafe(16)
    head, mark, notebook = page.partition('id="notebook-container"')
    policy = f'<meta http-equiv="Content-Security-Policy" content="{PAGE_POLICY}">'
    head = head.replace("<head>", f"<head>{policy}<script>{LISTEN}</script>", 1)
    return head.replace("<script", f'<script nonce="{nonce}"').replace("{nonce}", nonce) + (
        mark + notebook
    )
