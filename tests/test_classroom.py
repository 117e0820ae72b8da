"""What a lesson shows and asks: levels, colours, words, checks, instruments."""

import base64
import importlib
import io
import re
from collections import Counter

import numpy as np
import pytest
import soundfile
from IPython.lib.pretty import pretty

from nsynth_edu.classroom import (
    Pad,
    TwoSoundSlider,
    blind,
    check,
    compare,
    feedback,
    figure,
    hint,
    listen,
    objectives,
    plot_encoding,
    plot_rainbowgram,
    plot_waveform,
    predict,
    questions,
    reveal,
    show_progress,
    verdict,
)
from nsynth_edu.classroom.colors import INK, NIGHT, PAPER, phase_colors
from nsynth_edu.classroom.questions import Prediction
from nsynth_edu.sound import AudioError

RATE = 16_000


def tone(hertz=440.0, seconds=0.5, level=0.5):
    time = np.arange(int(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def html(shown):
    return shown._repr_html_()


def players(shown):
    """The sounds inside a piece of HTML, as the browser would get them."""
    found = re.findall(r"data:audio/wav;base64,([A-Za-z0-9+/=]+)", html(shown))
    return [soundfile.read(io.BytesIO(base64.b64decode(each))) for each in found]


# --- listening --------------------------------------------------------------------------------


def test_a_quiet_sound_stays_quiet():
    [(heard, rate)] = players(listen(tone(level=0.01), caption="a quiet A", description="hum"))
    assert rate == RATE
    np.testing.assert_allclose(heard, tone(level=0.01), atol=1.01 / 32767)


def test_compared_sounds_keep_their_difference_in_level():
    [(loud, _), (soft, _)] = players(compare({"loud": tone(level=0.8), "soft": tone(level=0.08)}))
    assert np.abs(loud).max() / np.abs(soft).max() == pytest.approx(10, rel=0.01)


def test_sounds_beyond_full_scale_are_turned_down_together_and_it_is_said():
    shown = compare({"too loud": tone(level=2.0), "soft": tone(level=0.2)}, caption="Two tones.")
    [(loud, _), (soft, _)] = players(shown)
    assert np.abs(loud).max() == pytest.approx(1, abs=1e-3)
    assert np.abs(soft).max() == pytest.approx(0.1, abs=1e-3)
    assert "All are turned down by 6.0 dB" in html(shown) and "6.0 dB" in repr(shown)


def test_the_reference_comes_first_and_nothing_plays_by_itself():
    shown = html(compare({"copy": tone(), "original": tone()}, reference="original"))
    assert shown.index("original") < shown.index("copy")
    assert "autoplay" not in shown
    assert re.findall(r'aria-label="([^"]+)"', shown) == [
        "original, reference, 0.5 seconds",
        "Save original.wav",
        "copy, 0.5 seconds",
        "Save copy.wav",
    ]


def test_a_sound_can_be_saved_with_a_credit_and_is_stored_once():
    shown = compare({"flute": tone(), "<b>&'\"": tone()}, caption="Two.", credit="Ada played.")
    found = re.findall(r"base64,([A-Za-z0-9+/=]+)", html(shown))
    assert len(found) == 2 and len(html(shown)) < 3 * len(found[0])
    [comment, _] = [
        soundfile.SoundFile(io.BytesIO(base64.b64decode(each))).comment for each in found
    ]
    assert comment.startswith("flute. Two. Ada played. Saved with nsynth-edu ")
    assert "Frank Wen" in comment
    assert re.findall(r'data-file="([^"]+)"', html(shown)) == ["flute.wav", "b.wav"]


@pytest.mark.parametrize(
    "words, file",
    [
        ({"caption": "A flute, <i>an octave</i> lower."}, "A_flute_i_an_octave_i_lower.wav"),
        ({"caption": "A flute.", "name": "große Flöte"}, "große_Flöte.wav"),
        ({"caption": "../../x"}, "x.wav"),
        ({"caption": "?"}, "sound.wav"),
        ({}, "sound.wav"),
        ({"caption": "long " * 50}, f"{'long_' * 11}long.wav"),
    ],
)
def test_a_saved_sound_is_named_after_its_name_or_else_its_caption(words, file):
    assert re.findall(r'data-file="([^"]+)"', html(listen(tone(), **words))) == [file]


def test_a_player_says_its_sound_in_words():
    shown = listen(tone(), caption="A4 & friends", description="A plain <tone>.", name="sine")
    assert "A4 &amp; friends" in html(shown) and "A plain &lt;tone&gt;." in html(shown)
    assert pretty(shown) == "Sound sine (0.5 s). A plain <tone>.\nA4 & friends"
    folded = html(shown).partition('<details class="words">')[2]
    assert "A plain &lt;tone&gt;." in folded and "<details" not in html(listen(tone()))


def test_sounds_in_words_are_found_by_key_as_figures_are():
    kept = questions.find("02.notes", "DESCRIPTIONS")
    shown = compare(dict.fromkeys(kept, tone()), descriptions="02.notes")
    assert [f"<b>{name}:</b> {words}" in html(shown) for name, words in kept.items()] == [True] * 3
    assert all(words in pretty(shown) for words in kept.values())
    with pytest.raises(ValueError, match="among the descriptions of lesson '02'.*notes"):
        compare({"a": tone()}, descriptions="02.nothing")
    with pytest.raises(ValueError, match="no sound named 'glockenspiel'"):
        compare({"a": tone()}, descriptions="02.notes")


def test_a_blind_test_names_no_sound_and_keeps_the_key():
    sounds = {"mix": tone(220), "morph": tone(880)}
    test = blind(sounds, seed=3)
    assert "mix" not in html(test) and "morph" not in html(test) and "<svg" not in html(test)
    letters = [test.letter(name) for name in sounds]
    assert sorted(letters) == ["A", "B"]
    heard = dict(zip("AB", (sound for sound, _ in players(test)), strict=True))
    np.testing.assert_allclose(heard[letters[0]], sounds["mix"], atol=1e-4)
    assert {blind(sounds, seed=seed).letter("mix") for seed in range(8)} == {"A", "B"}


def test_what_is_no_sound_is_refused_in_a_sentence():
    with pytest.raises(AudioError, match="one row"):
        listen(np.zeros((2, 100)))
    with pytest.raises(AudioError, match="NaN"):
        listen(np.full(100, np.nan))
    with pytest.raises(ValueError, match="no sound named 'c'"):
        compare({"a": tone()}, reference="c")
    with pytest.raises(ValueError, match="no sound to play"):
        compare({})


# --- pictures ---------------------------------------------------------------------------------


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


# --- questions --------------------------------------------------------------------------------


KEY = "00.chord"  # three options, the second is right


@pytest.fixture
def guess():
    return predict(KEY)


def test_a_prediction_is_answered_about_the_guess_first(guess):
    guess.answer = "a"
    shown = repr(reveal(KEY))
    assert shown.index("You predicted: A, both notes") < shown.index("Found: B, one note, C.")
    assert guess.closed


def test_a_right_prediction_is_confirmed_and_without_one_the_answer_is_folded(guess):
    unread = reveal(KEY)
    assert "Not guessed yet" in repr(unread) and "one note, C." not in repr(unread)
    assert html(unread).count("<details>") == 1 and not guess.closed
    guess.answer = "B"
    assert repr(reveal(KEY)).startswith("You predicted it: B, one note, C.")


def test_what_only_a_run_knows_is_answered_by_its_letter():
    options = predict("09.watch", "A").lettered
    assert repr(reveal("09.watch", "A")).startswith(f"You predicted it: A, {options['A']}. ")
    assert f"Found: C, {options['C']}. " in repr(reveal("09.watch", "C"))


def test_a_prediction_can_be_made_without_widgets(guess):
    bundle, _ = guess._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    for kind in ("text/html", "text/plain"):
        assert "the network gives" in bundle[kind] and "one note between" in bundle[kind]
    with pytest.raises(Exception, match="expected a letter of A, B, C"):
        guess.answer = "D"
    assert predict(KEY, "b").answer == "B"


def test_a_question_that_is_not_there_is_named_with_those_that_are():
    for ask in (predict, reveal, hint, lambda key: check(key, 1)):
        for key in ("00.no_such", "99.chord", "chord"):
            with pytest.raises(ValueError, match=f"there is no '{key}' among the "):
                ask(key)
    with pytest.raises(ValueError, match="expected the lesson and one of these names: samples, f"):
        predict("00.no_such")


def test_a_prediction_and_its_answers_must_fit():
    for options, right in ({"a": "", "b": ""}, "c"), ({"a": ""}, "a"):
        with pytest.raises(ValueError, match="expected 2 to 8 options, the answer among them"):
            Prediction("Which?", options, right)


def test_progress_says_in_the_end_how_long_it_took(capsys):
    report = show_progress("rows")
    for done in range(1, 1001):  # far more often than anybody could read
        report(done, 1000)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("rows: 1 of 1000") and 2 <= len(lines) < 50
    assert re.fullmatch(r"rows: done in \d+\.\d s", lines[-1])


def test_objectives_are_shown_once_all_that_measures_them_is_answered(monkeypatch):
    monkeypatch.setattr(feedback, "_done", {})
    sizes, quarter = 1, 2  # rows of the list
    assert repr(objectives("00")).count("not yet: ") == 4
    check("00.size", 125)
    predict("00.samples", "A")
    rows = repr(objectives("00")).splitlines()[1:]
    assert rows[sizes].startswith("not yet: ") and rows[sizes].endswith("Still open: 00.size.")
    check("00.size", 2000)
    rows = repr(objectives("00")).splitlines()[1:]
    assert rows[sizes].startswith("shown: ") and "Still open" not in rows[sizes]
    assert rows[quarter].startswith("not yet: ") and rows[quarter].endswith("00.quarter.")
    assert html(objectives("00")).count('aria-label="shown"') == 1
    with pytest.raises(ValueError, match="no objectives of lesson '77'; expected one of 00, 01"):
        objectives("77")


def test_hints_are_folded_one_in_the_other():
    steps = html(hint("00.yours"))
    assert steps.count("<details>") == 3 and "open" not in steps.split("</style>")[1]
    assert steps.index("The pitch is") < steps.index("only hisses") < steps.index("More of the")


def test_a_check_helps_more_from_miss_to_miss_and_shows_the_answer_last(monkeypatch):
    monkeypatch.setattr(feedback, "_misses", {})
    first, again, second, third = (repr(check("00.size", n)) for n in (16, 16, 125, 7))
    assert "which is not the answer" in first and "That is one row, 32 ms" in first
    assert "Look again: The output" in first and first == again and "Hint" not in first
    assert "Hint: Rows times" in second and "2,000" not in second
    assert "Got: 7 numbers; expected 2,000 numbers" in third
    assert repr(check("00.size", 2000)) == "Right: 2,000 numbers."
    assert "Not yet" in repr(check("00.size", ...))


def test_every_check_knows_that_its_answer_is_right_and_its_known_mistakes_are_wrong():
    for lesson, module in questions.lessons().items():
        for name, kept in getattr(importlib.import_module(module), "CHECKS", {}).items():
            expected = kept.expected() if callable(kept.expected) else kept.expected
            known = kept.known() if callable(kept.known) else kept.known
            assert check(f"{lesson}.{name}", expected), name
            for wrong, cause in known:
                assert cause in repr(check(f"{lesson}.{name}", wrong)), (name, wrong)


def test_the_right_letters_of_a_lesson_do_not_repeat_a_pattern():
    for name, module in questions.lessons().items():
        asked = getattr(importlib.import_module(module), "PREDICTIONS", {})
        letters = [each.letter() for each in asked.values()]
        for period in (1, 2, 3) if len(letters) > 4 else ():
            assert letters[period:] != letters[:-period], (name, letters)


def test_right_options_are_spread_over_the_letters():
    letters = []
    for module in questions.lessons().values():
        for asked in getattr(importlib.import_module(module), "PREDICTIONS", {}).values():
            letters += [asked.letter()] if isinstance(asked, Prediction) else []
    counted = Counter(letters)
    assert max(counted.values()) <= 0.45 * len(letters), counted
    assert min(counted[letter] for letter in "ABC") >= 0.2 * len(letters), counted


KNOWN = [(64_000, "That is the waveform."), (125, "Those are the rows.")]


@pytest.mark.parametrize(
    ("got", "passed", "said"),
    [
        (2000, True, "Right: 2,000 numbers"),
        (np.int64(2000), True, "Right"),
        (64_000, False, "Got: 64,000 numbers; expected 2,000 numbers"),
        (64_000, False, "Likely cause: That is the waveform."),
        (125, False, "Likely cause: Those are the rows."),
        (-2000, False, "The sign is reversed."),
        (float("nan"), False, "NaN"),
        ("two thousand", False, "of type text, not a number."),
        (..., False, "Not yet: Replace the"),
        (7, False, "Look again: The cell above."),
    ],
)
def test_a_check_says_what_it_got_and_what_probably_went_wrong(got, passed, said):
    found = verdict(got, 2000, unit="numbers", known=KNOWN, look="The cell above.")
    assert bool(found) is passed and said in repr(found)


def test_a_check_of_arrays_sees_swapped_axes_and_known_mistakes():
    z = np.arange(32.0).reshape(2, 16)
    assert verdict(z + 1e-7, z)
    assert "turn it round with" in repr(verdict(z.T, z))
    assert "The shapes differ" in repr(verdict(z[:1], z))
    assert "half and half" in repr(verdict(z / 2, z, known=[(z / 2, "That is half and half.")]))


# --- instruments ------------------------------------------------------------------------------


@pytest.fixture
def grid():
    """3 x 3 points for two notes; every point its own sound."""
    rng = np.random.default_rng(0)
    return {
        "sounds": rng.uniform(-0.5, 0.5, (2, 3, 3, 2048)).astype(np.float32),
        "notes": [60, 67],
        "corners": ["reed", "bell", "string", "pipe"],
    }


def test_a_pad_hands_its_sounds_to_the_browser_unchanged(grid):
    pad = Pad(**grid)
    np.testing.assert_allclose(pad.waveforms(), grid["sounds"], atol=1 / 32767)
    assert pad.shape == [2, 3, 3, 2048] and (pad.x, pad.y, pad.note) == (0.5, 0.5, 60)


def test_a_pad_beyond_full_scale_keeps_its_balance(grid):
    grid["sounds"][1] *= 4
    heard = Pad(**grid).waveforms()
    assert np.abs(heard).max() == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(heard[1, 0, 0] * grid["sounds"][0, 0, 0, 5],
                               heard[0, 0, 0, 5] * grid["sounds"][1, 0, 0], atol=1e-3)  # fmt: skip


def test_the_twin_of_a_pad_has_its_weights_its_sounds_and_words(grid):
    twin = Pad(**grid).twin()
    cells = re.findall(r"<td>(\d+) %</td>", html(twin))
    assert cells == [
        *("100", "0", "0", "0"), *("0", "100", "0", "0"),
        *("0", "0", "100", "0"), *("0", "0", "0", "100"),
        *("25", "25", "25", "25"),
    ]  # fmt: skip
    heard = [sound for sound, _ in players(twin)]
    for sound, (row, column) in zip(heard, [(0, 0), (0, 2), (2, 0), (2, 2), (1, 1)], strict=True):
        np.testing.assert_allclose(sound, grid["sounds"][0, row, column], atol=1e-4)
    assert "Rainbowgrams of all 9 points" in html(twin)


def test_a_line_of_two_sounds_is_a_plane_of_one_row(grid):
    slider = TwoSoundSlider(grid["sounds"][0, 0], [60], ["reed", "bell"])
    assert slider.shape == [1, 1, 3, 2048]
    assert re.findall(r"<td>(\d+) %</td>", html(slider.twin())) == ["100", "0", "50", "50",
                                                                    "0", "100"]  # fmt: skip


def test_an_instrument_without_widgets_points_to_its_table(grid):
    bundle, _ = Pad(**grid)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "reed, bell, string, pipe" in bundle["text/html"]


def test_sounds_that_make_no_instrument_are_refused_in_a_sentence(grid):
    with pytest.raises(ValueError, match="four corners"):
        Pad(grid["sounds"], grid["notes"], ["a", "b"])
    with pytest.raises(ValueError, match="one entry per note"):
        Pad(grid["sounds"], [60], grid["corners"])
    with pytest.raises(ValueError, match="expected two ends"):
        TwoSoundSlider(grid["sounds"], grid["notes"], ["a", "b"])
