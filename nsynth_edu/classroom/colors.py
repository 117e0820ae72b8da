"""Colours: one ink, one accent, corners that differ in lightness too, and a fair phase wheel."""

import numpy as np

# written in figures; `dark` exchanges them, so one drawing serves both themes
INK, SOFT, LINE, PAPER = "#2b2d33", "#5f6470", "#d9dbe1", "#ffffff"
ACCENT, SECOND = "#c2481a", "#2f66b0"
NIGHT = {
    INK: "#e3e4e8",
    SOFT: "#a7abb6",
    LINE: "#3d4048",
    PAPER: "#111111",
    ACCENT: "#ff9a66",
    SECOND: "#86b6f2",
}
SILENCE = np.array([0.055, 0.055, 0.075])  # of rainbowgrams, in both themes


def dark(svg):
    """The same drawing in the colours of a dark theme."""
    for day, night in NIGHT.items():
        svg = svg.replace(day, night)
    return svg


def phase_colors(turn):
    """An even circle of colours that people with the common colour-vision types can read, too.

    Hue goes round once; lightness goes along (green light, magenta dark), because without it
    red-green blindness would fold the circle flat.

    Args:
        turn: any shape, in half turns: -1 and 1 are the same colour.

    Returns:
        (..., 3) sRGB in [0, 1].

    Source: hue and lightness in OKLCh (Ottosson 2020); a quarter turn is at least 0.17 apart
    there for normal, deuteranope and protanope eyes (simulation of Machado et al. 2009).
    """
    angle = np.pi * np.asarray(turn, dtype=float)
    lightness, chroma = 0.70 - 0.13 * np.cos(angle), 0.13
    return oklab_to_srgb(lightness, chroma * np.cos(angle), chroma * np.sin(angle))


def oklab_to_srgb(lightness, a, b):
    """OKLab to sRGB in [0, 1], clipped; arrays of one shape -> (..., 3)."""
    roots = [
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    ]
    cones = np.stack(roots, axis=-1) ** 3
    linear = cones @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
