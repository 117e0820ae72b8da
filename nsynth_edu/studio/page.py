"""The page of an exported instrument: the notebook's player, without a notebook."""

import html
import json
from pathlib import Path
from string import Template

from nsynth_edu.sound.files import write_text

STATIC = Path(__file__).parents[1] / "classroom" / "static"  # its files, none of its code
MANY = 6  # names that a title holds


def write_page(folder, credits):
    """Write index.html into a folder of `save_plane`, and credits.txt.

    The page is whole in itself: it asks for no file but the sounds, and those only as they are
    played. It may be served from anywhere; opened as a file, it asks for its folder.

    Args:
        folder: its sounds lie apart; its plane.json says where the instruments stand.
        credits: sentences on who made the sounds.

    Returns:
        the files written.
    """
    about = json.loads(Path(folder, "plane.json").read_text(encoding="utf-8"))
    names = about["corners"]
    title = f"{', '.join(names[:-1])} and {names[-1]}"
    if len(names) > MANY:
        title = f"{len(names)} instruments and what lies between them"
    pad = len(names) == 4
    lead = (
        f"{'Four sounds at the corners' if pad else 'A sound wherever a name stands'}, and between "
        "them what a neural network makes of their mixtures. Point to a place, and play."
    )
    page = Template(_static("page.html")).substitute(
        title=html.escape(title),
        lead=lead,
        credits="\n".join(f"<li>{html.escape(sentence)}</li>" for sentence in credits),
        about=json.dumps(about).replace("<", "\\u003c"),
        style=_static("plane.css") + _static("page.css"),
        script=_module("plane") + _module("player", "knobs.js") + _static("page.js"),
    )
    files = [Path(folder, "index.html"), Path(folder, "credits.txt")]
    for file, text in zip(files, [page, "\n".join(credits) + "\n"], strict=True):
        write_text(file, text)
    return files


def _static(name):
    return (STATIC / name).read_text(encoding="utf-8")


def _module(name, file=None):
    """A script's module as a constant: a page that is opened as a file can import none."""
    text = _static(file or f"{name}.js").replace("export default", "return")
    return f"const {name} = (() => {{\n{text}}})();\n"
