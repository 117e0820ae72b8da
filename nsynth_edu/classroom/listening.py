"""Players that leave loudness alone: one gain for all sounds that are compared."""

import re

import numpy as np

from nsynth_edu.page import Html, Markup, attribute, data_uri, escape
from nsynth_edu.sound import SAMPLE_RATE, as_waveform
from nsynth_edu.sound.files import sound_file
from nsynth_edu.sound.pcm import to_int16
from nsynth_edu.studio.credits import SAVED

from .questions import LETTERS, in_words

COLUMNS = 240  # of the small waveform next to each player
UNNAMED = "sound"
PAUSE_OTHERS = "this.closest('.nse').querySelectorAll('audio').forEach(a=>a===this||a.pause())"
# the file is the sound that the player holds: nothing is stored twice, and no kernel is needed
SAVE = (
    "Object.assign(document.createElement('a'),{href:this.previousElementSibling.src,"
    "download:this.dataset.file}).click()"
)


def listen(
    waveform, sample_rate=SAMPLE_RATE, *, caption="", description="", name=UNNAMED, credit=""
):
    """One sound, at its own level: a quiet sound stays quiet. *Save* keeps it as a WAV file.

    Args:
        waveform: (time,) float in [-1, 1]; array or tensor. Beyond that it is turned down, and
            the caption says by how much.
        sample_rate: Hz.
        caption: what it is and whose.
        description: the sound in words, folded below it, for those who cannot hear it here; or the
            key under which a lesson keeps them, such as "01.tone".
        name: its label, read aloud by screen readers, and the name of the saved file; without
            it, the file is named after the caption.
        credit: who and what made it, for the saved file's comment.

    Examples:
        >>> from nsynth_edu import listen, load_note
        >>> listen(load_note("notes/flute_60"), name="flute", caption="A recorded flute.")
        Sound flute (4.0 s).
        A recorded flute.
    """
    words = {name: in_words(description, "DESCRIPTIONS")}
    return compare(
        {name: waveform}, sample_rate, caption=caption, descriptions=words, credit=credit
    )


def compare(
    sounds,
    sample_rate=SAMPLE_RATE,
    *,
    caption="",
    descriptions=None,
    reference=None,
    outlines=True,
    credit="",
):
    """Some sounds below each other, all at the same gain, so that their loudness can be compared.

    The small waveforms share one scale, too. Nothing plays by itself; starting one player
    pauses the others. *Save* keeps a sound as a WAV file, at the gain it is played at.

    Args:
        sounds: {name: waveform (time,)}, shown in this order.
        sample_rate: Hz, of all of them.
        caption: what to compare.
        descriptions: {name: the sound in words}, folded below the players; names may be left out.
            Or the key under which a lesson keeps them, such as "02.notes".
        reference: the name of the sound the others are measured by; it moves to the top.
        outlines: whether to draw the small waveforms.
        credit: who and what made the sounds, for the comment of saved files.

    Raises:
        ValueError: if there is no sound, or `reference` or `descriptions` name one that is not
            there; AudioError if a waveform is not one row of finite numbers.

    Examples:
        >>> from nsynth_edu import compare, load_note
        >>> names = ["flute", "trumpet"]
        >>> compare({name: load_note(f"notes/{name}_60") for name in names}, reference="trumpet")
        Sound trumpet (reference, 4.0 s).
        Sound flute (4.0 s).
    """
    descriptions = in_words(descriptions or {}, "DESCRIPTIONS")
    rows = _checked(sounds, descriptions, reference)
    file = caption if [*rows] == [UNNAMED] else ""
    gain = common_gain(rows.values())
    if gain < 1:
        decibels = -20 * np.log10(gain)
        together = "All are" if len(rows) > 1 else "It is"
        caption = f"{caption} {together} turned down by {decibels:.1f} dB to fit.".strip()
    peak = max(np.abs(waveform).max() for waveform in rows.values()) if outlines else None
    figure, lines = [], []
    for name, waveform in rows.items():
        tag = "reference" if name == reference else ""
        words = descriptions.get(name, "")
        comment = " ".join(filter(None, ["" if file else f"{name}.", caption, credit]))
        spoken = f"{name}, {tag}" if tag else name
        sound = player(spoken, waveform * gain, sample_rate, file or name, comment)
        figure.append(_row(name, waveform, peak, tag, sound))
        seconds = f"{len(waveform) / sample_rate:.1f} s"
        lines.append(f"Sound {name} ({', '.join(filter(None, [tag, seconds]))}). {words}".strip())
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    told = _folded({name: descriptions[name] for name in rows if descriptions.get(name)}, rows)
    body = f'<figure><div class="sounds">{"".join(figure)}</div>{below}{told}</figure>'
    return Markup(body, "\n".join([*lines, *filter(None, [caption])]))


def _checked(sounds, descriptions, reference):
    """The sounds as waveforms, the reference first."""
    rows = {name: as_waveform(waveform) for name, waveform in sounds.items()}
    if not rows:
        raise ValueError("there is no sound to play; expected a dictionary {name: waveform}.")
    for name in [*descriptions, *([] if reference is None else [reference])]:
        if name not in rows:
            raise ValueError(f"there is no sound named {name!r}; expected one of {list(rows)}.")
    return rows if reference is None else {reference: rows[reference], **rows}


class BlindTest(Markup):
    """Sounds without their names; `letter(name)` gives the answer after the guesses."""

    def __init__(self, shown, order):
        super().__init__(shown.body, shown.text)
        self._order = order

    def letter(self, name):
        """Under which letter a sound was played."""
        return "ABCDEFGH"[self._order.index(name)]


def blind(sounds, sample_rate=SAMPLE_RATE, *, seed, caption=""):
    """Some sounds as A, B, ... in an order that neither the code nor the outline gives away.

    Args:
        sounds: {name: waveform (time,)}, at most eight.
        sample_rate: Hz.
        seed: of the order.
        caption: what to listen for.
    """
    order = [str(name) for name in np.random.default_rng(seed).permutation(list(sounds))]
    lettered = {letter: sounds[name] for letter, name in zip(LETTERS, order, strict=False)}
    return BlindTest(compare(lettered, sample_rate, caption=caption, outlines=False), order)


def common_gain(waveforms):
    """The one factor, at most 1, that brings all of them within [-1, 1]."""
    peak = max((np.abs(waveform).max(initial=0) for waveform in waveforms), default=0)
    return 1.0 if peak <= 1 else 1 / float(peak)


def player(name, waveform, sample_rate, file="", comment=""):
    """An <audio> element that holds its sound and waits to be started, and a button to save it.

    Args:
        name: what is played, for screen readers.
        waveform: (time,) float in [-1, 1].
        sample_rate: Hz.
        file: what the saved file is named after; by default `name`.
        comment: of the saved file, before a sentence on the course's own sounds.

    Returns:
        Html.
    """
    seconds = len(waveform) / sample_rate
    credit = f"{comment or f'{name}.'} {SAVED}"
    wav = sound_file(to_int16(waveform), sample_rate, credit=credit)
    stem = re.sub(r"[^\w-]+", "_", file or name)[:60].strip("_") or UNNAMED
    button = (
        f'<button type="button" class="save" title="{stem}.wav" aria-label="Save {stem}.wav" '
        f'data-file="{stem}.wav" onclick="{SAVE}">Save</button>'
    )
    return Html(
        f'<span class="player"><audio controls preload="metadata" '
        f'aria-label="{attribute(name)}, {seconds:.1f} seconds" onplay="{PAUSE_OTHERS}" '
        f'src="{data_uri("audio/wav", wav)}"></audio>{button}</span>'
    )


def strip(waveform, peak):
    """A small waveform: the outline of loudness over time, at the scale all strips share."""
    parts = np.array_split(waveform, min(COLUMNS, len(waveform)))
    scale = 19 / max(peak, 1e-9)
    top = [20 - scale * max(part.max(), 0) for part in parts]
    low = [20.4 - scale * min(part.min(), 0) for part in parts]  # silence is a thin line
    there = " ".join(f"{x},{y:.1f}" for x, y in enumerate(top))
    back = " ".join(f"{x},{y:.1f}" for x, y in reversed(list(enumerate(low))))
    return (
        f'<svg class="strip" viewBox="0 0 {len(parts)} 40" preserveAspectRatio="none" '
        f'aria-hidden="true"><polygon points="{there} {back}"/></svg>'
    )


def _folded(descriptions, rows):
    """Sounds in words, out of sight until somebody has listened."""
    lines = [f"<b>{escape(name)}:</b> {escape(words)}" for name, words in descriptions.items()]
    if len(rows) == 1:
        lines = [escape(words) for words in descriptions.values()]
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    summary = "<summary>What there is to hear, in words</summary>"
    return f'<details class="words">{summary}{paragraphs}</details>' if lines else ""


def _row(name, waveform, peak, tag, sound):
    label = f'<span class="tag"> · {tag}</span>' if tag else ""
    outline = strip(waveform, peak) if peak is not None else "<span></span>"
    return f'<div class="sound"><div class="name">{escape(name)}{label}</div>{outline}{sound}</div>'
