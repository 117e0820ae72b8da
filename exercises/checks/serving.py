"""Formgrader's own pages and addresses, so that none does what a hand-in asks for.

nbgrader's server runs in the instructor's JupyterLab, and any picture or link in a hand-in may name
its addresses. One of them loads the `nbgrader_config.py` of a folder that the address names: of a
student's, too. Others show parts of the address as HTML, or files of a hand-in as pages.
"""

from pathlib import Path

from nbgrader.server_extensions.formgrader import handlers
from tornado.web import HTTPError

from .reading import ReadingExporter

COURSE = Path(__file__).resolve().parents[1]
_get = handlers.FormgraderHandler.get


def protect():
    """Change Formgrader in this process; more than once does no harm."""
    handlers.FormgraderHandler.get = get
    handlers.BaseHandler.exporter = property(exporter)
    handlers.BaseHandler.render = render
    handlers.SubmissionFilesHandler.content_security_policy = "sandbox; default-src 'none'"


def get(handler):
    """Open the course of this folder, and no other that an address names."""
    path = handler.get_argument("path", "")
    if path and Path(path).resolve() != COURSE:
        raise HTTPError(403, "this Formgrader opens the course in %s only", COURSE)
    return _get(handler)


def exporter(handler):
    """Make what renders a notebook for reading."""
    return ReadingExporter(config=handler.settings["nbgrader_formgrader"].config)


def render(handler, name, **values):
    """Fill in a template of Formgrader; names in it are text, not HTML."""
    templates = handler.settings["nbgrader_jinja2_env"].overlay(autoescape=True)
    return templates.get_template(name).render(**values)
