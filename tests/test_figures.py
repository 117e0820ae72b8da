"""Figures: words that replace them, both themes, colours that all eyes can tell apart."""

import base64
import re

import numpy as np
import pytest
from shown import RATE, html, tone

from nsynth_edu.classroom import (
    figure,
    listen,
    plot_encoding,
    plot_rainbowgram,
    plot_waveform,
)
from nsynth_edu.classroom.colors import INK, NIGHT, PAPER, phase_colors


def test_a_figure_needs_words_that_replace_it():
    for alt in ("", "a plot"):
        with pytest.raises(ValueError, match="states what the figure shows"):
            figure(plot_waveform(tone()), alt=alt)


def test_a_figure_carries_its_words_in_both_themes():
    shown = html(figure(plot_waveform(tone()), alt='A "steady" tone of 440 Hz.', caption="A4"))
    assert shown.count('alt="A &quot;steady&quot; tone of 440 Hz."') == 2
    assert "<figcaption>A4</figcaption>" in shown


def test_words_in_attributes_hold_no_tags():
    shown = html(figure(plot_waveform(tone()), alt="The wave `x`, drawn over a quarter second."))
    assert shown.count('alt="The wave x, drawn over a quarter second."') == 2
    assert 'aria-label="x &lt; y, 0.5 seconds"' in html(listen(tone(), name="`x` < y"))


def test_a_figure_changes_ink_and_paper_in_a_dark_theme():
    drawn = plot_waveform(tone())
    drawn.axes[0].legend(["made when the style of `axes` holds no longer"])
    shown = html(figure(drawn, alt="A steady tone of 440 Hz."))
    assert {text.get_color() for text in drawn.axes[0].get_legend().get_texts()} == {INK}
    drawings = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", shown)
    day, night = (base64.b64decode(drawing).decode() for drawing in drawings)
    assert INK in day and PAPER in day
    assert NIGHT[INK] in night and not any(color in night for color in NIGHT)


def test_the_same_figure_has_the_same_bytes():
    first, second = (
        html(figure(plot_waveform(tone()), alt="A steady tone of 440 Hz.")) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("color", NIGHT)
def test_ink_and_accents_stand_out_on_their_paper(color):
    def luminance(code):
        parts = np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    if color not in (PAPER, "#d9dbe1"):  # paper itself, and lines that only separate
        for ink, paper in ((color, PAPER), (NIGHT[color], NIGHT[PAPER])):
            low, high = sorted((luminance(ink), luminance(paper)))
            assert (high + 0.05) / (low + 0.05) >= 4.5


# simulation of Machado et al. 2009, severity 1, on linear sRGB
EYES = {
    "usual": np.eye(3),
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                    [-0.011820, 0.042940, 0.968881]],
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                  [-0.003882, -0.048116, 1.051998]],
}  # fmt: skip


@pytest.mark.parametrize("eyes", EYES)
def test_phase_colors_are_even_and_a_quarter_turn_apart_never_alike(eyes):
    turn = np.linspace(-1, 1, 64, endpoint=False)
    srgb = phase_colors(turn)
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = oklab(np.clip(linear @ np.transpose(EYES[eyes]), 0, 1))
    steps = np.linalg.norm(np.roll(lab, -1, 0) - lab, axis=-1)
    assert steps.max() / steps.min() < 1.6
    apart = np.abs((np.arange(64)[:, None] - np.arange(64) + 32) % 64 - 32) >= 16
    assert np.linalg.norm(lab[:, None] - lab, axis=-1)[apart].min() > 0.17


def oklab(linear):
    cones = np.cbrt(
        linear
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return cones @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )


def test_the_brightest_line_of_a_rainbowgram_lies_at_the_pitch():
    fig = plot_rainbowgram({"A4": tone(440, 1.0)})
    image = fig.axes[0].images[0]
    brightness = np.asarray(image.get_array()).sum(-1).mean(1)
    _, _, bottom, top = image.get_extent()
    octave = bottom + (brightness.argmax() + 0.5) / len(brightness) * (top - bottom)
    assert 2**octave == pytest.approx(440, rel=0.02)


def test_an_encoding_shares_its_time_axis_with_the_sound():
    fig = plot_encoding(np.zeros((31, 16)), tone(seconds=31 * 512 / RATE))
    assert fig.axes[0].get_xlim() == pytest.approx(fig.axes[1].get_xlim())
    assert fig.axes[1].get_xlim() == pytest.approx((0, 0.992))
    with pytest.raises(ValueError, match="one sound's"):
        plot_encoding(np.zeros((2, 31, 16)))
