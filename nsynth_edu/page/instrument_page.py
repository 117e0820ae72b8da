"""The page of an exported instrument: the notebook's player, without a notebook."""

import html
import json
from pathlib import Path
from string import Template

from nsynth_edu.sound.files import write_text

from .bundle import bundle, static_text

MANY = 6  # names in a title; more are counted


def write_page(folder, credits):
    """Write index.html and credits.txt into a folder of `save_plane`.

    The page needs no file but the sounds, and loads those only as they are played. It works from
    any server; opened as a file, it asks for its folder.

    Args:
        folder: holds one file for each sound, and plane.json with the instruments in rows.
        credits: sentences on who made the sounds.

    Returns:
        the files written.
    """
    about = json.loads(Path(folder, "plane.json").read_text(encoding="utf-8"))
    names = about["corners"]
    title = f"{', '.join(names[:-1])} and {names[-1]}"
    if len(names) > MANY:
        title = f"{len(names)} instruments and what lies between them"
    places = "Four sounds at the corners" if len(names) == 4 else "A sound wherever a name stands"
    page = Template(static_text("page.html")).substitute(
        title=html.escape(title),
        lead=f"{places}, and between them what a neural network makes of their mixtures. "
        "Point to a place, and play.",
        credits="\n".join(f"<li>{html.escape(sentence)}</li>" for sentence in credits),
        about=json.dumps(about).replace("<", "\\u003c"),
        style=static_text("theme.css", "plane.css", "page.css"),
        script=bundle("page.js"),
    )
    files = {"index.html": page, "credits.txt": "\n".join(credits) + "\n"}
    for name, text in files.items():
        write_text(Path(folder, name), text)
    return [Path(folder, name) for name in files]
