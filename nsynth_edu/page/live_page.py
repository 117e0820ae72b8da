"""A page in which the decoder plays live: one file that needs no server and no network."""

import base64
import html
import json
from string import Template

import numpy as np

from nsynth_edu.sound.files import write_text

from .bundle import STATIC, bundle, static_text


def write_live_page(path, weights, corners, names, credits, sample_rate=16000):
    """Write an instrument that plays as it is opened, from a web host or as a file.

    Args:
        path: .html file to write.
        weights: bytes of `generation.page_weights.page_weights`.
        corners: (4, frames, 16), encodings of four sounds, NW NE SW SE.
        names: of the four.
        credits: sentences on who made the sounds.
        sample_rate: Hz.

    Raises:
        ValueError: if there are not four encodings of finite numbers and four names.
    """
    corners = np.asarray(corners, np.float32)
    if corners.ndim != 3 or corners.shape[::2] != (4, 16) or not np.isfinite(corners).all():
        raise ValueError(
            f"corners of shape {corners.shape}; expected four encodings of one length, "
            "(4, frames, 16), of finite numbers, as encode() returns them."
        )
    if len(names) != 4:
        raise ValueError(f"{len(names)} names; expected four, for NW, NE, SW and SE.")
    title = f"Live between {', '.join(names[:-1])} and {names[-1]}"
    about = {"names": list(names), "frames": corners.shape[1], "sample_rate": sample_rate}
    page = Template(static_text("live_page.html")).substitute(
        title=html.escape(title),
        credits="\n".join(f"<li>{html.escape(sentence)}</li>" for sentence in credits),
        about=json.dumps(about).replace("<", "\\u003c"),
        wasm=_text((STATIC / "decoder.wasm").read_bytes()),
        weights=_text(weights),
        corners=_text(corners.astype("<f4").tobytes()),
        worker=bundle("live_worker.js"),
        style=static_text("theme.css", "plane.css", "page.css"),
        script=bundle("live_page.js"),
    )
    write_text(path, page)


def _text(content):
    """Bytes as base64."""
    return base64.b64encode(content).decode()
