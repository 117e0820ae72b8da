"""The sounds of a listening test: arranged by item, with hidden reference and anchor, as loud."""

import numpy as np

from nsynth_edu.sound import decibels, quantize

from .listening import ANCHOR, MOST_SOUNDS, REFERENCE, matched


def listening_items(sounds, mode, reference):
    """Arrange the sounds of a test by item; a rating gets its hidden reference and anchor first.

    Args:
        sounds: {name: waveform (time,)}, or {item: {name: waveform}}.
        mode: one of `MODES`. reference: of a rating, one of the names; else None.

    Returns:
        {item: {system: waveform}}.

    Raises:
        ValueError: if sounds, mode and reference do not fit together.
    """
    one = not all(isinstance(each, dict) for each in sounds.values())
    items = {"sound": sounds} if one else sounds
    names = [list(each) for each in items.values()]
    if not names or any(set(each) != set(names[0]) for each in names):
        raise ValueError("the items have different sounds; expected the same names for each.")
    if mode != "rating":
        if len(names[0]) != 2 or reference is not None:
            raise ValueError(
                f"{len(names[0])} sounds, reference {reference!r}; expected two sounds and no "
                'reference. For more take mode="rating".'
            )
        return items
    if reference not in names[0] or not 2 <= len(names[0]) <= MOST_SOUNDS - 1:
        raise ValueError(
            f"the reference is {reference!r} of {names[0]}; expected one of the names, and 1 to "
            f"{MOST_SOUNDS - 2} sounds to rate."
        )
    hidden = {}
    for item, each in items.items():
        original = np.asarray(each[reference], dtype=np.float32)
        others = {name: each[name] for name in names[0] if name != reference}
        hidden[item] = {REFERENCE: original, ANCHOR: quantize(original, 8, "mu-law"), **others}
    return hidden


def levelled(items):
    """Bring all sounds of a test to one loudness, see `matched`.

    Args:
        items: from `listening_items`.

    Returns:
        float32 (items, systems, time), and a sentence that says how loud that is.
    """
    flat = {(item, name): sound for item, each in items.items() for name, sound in each.items()}
    even = matched(flat)
    levels = [decibels(sound) for sound in flat.values()]
    down = f"{max(levels) - min(levels):.1f}"
    loudness = (
        f"All sounds have the same loudness: {min(levels):.1f} dBFS, root mean square over the "
        "whole sound."
    ).replace("-", "−")
    if down != "0.0":
        loudness += f" The loudest was turned down by {down} dB."
    rows = np.stack(list(even.values()))
    return rows.reshape(len(items), -1, rows.shape[1]), loudness
