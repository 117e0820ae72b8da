"""Lesson 00, hear it first."""

from functools import cache

from ..questions import Check, Listening, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "tell a mix of two sounds from a morph, and say what was averaged in each": ["morph", "fade"],
    "count the numbers in an encoding, and the predictions behind a second of sound": [
        "size",
        "samples",
    ],
    "write an encoding that lies between two sounds": ["quarter"],
    "name a sound that this network cannot make, and say why": ["chord"],
}

PREDICTIONS = {
    "samples": Prediction(
        "How many guesses, one after another, does one second of sound cost?",
        {
            "31, one for each row of z": "The decoder reads each row of z 512 times, once for "
            "every sample.",
            "262, one for each cycle of the wave": "There are 262 cycles in a second, but each of "
            "them is drawn with 61 samples.",
            "about 16,000": "These were 16,384, each from those before it: none can be made ahead "
            "of its turn.",
        },
        right="about 16,000",
    ),
    "fade": Prediction(
        "How many onsets does the morph have?",
        {
            "one": "It rises once, then fades, apart from the flute's vibrato. A mix of the two "
            "recordings has the onset of each, wherever the faders stand.",
            "two: a pluck, then a swell": "That is the mix: the pluck, a dip, and the flute.",
            "none: it only gets softer": "That is the guitar alone, after its pluck.",
        },
        right="one",
    ),
    "chord": Prediction(
        "Half-way between a flute's C and a guitar's G the network gives ...",
        {
            "both notes, like the mix": "The mix contains both; the overtones of G are missing "
            "from the morph.",
            "one note, C": "It plays the pitch it was given. That comes from the number 60, not "
            "from the way z mixes.",
            "one note between C and G": "A network without a pitch input can do this. Ours has "
            "one, and follows it.",
        },
        right="one note, C",
    ),
}
LISTENING = {
    "morph": Listening(
        "Mix or morph",
        task="Two sounds between a flute and a guitar. Listen for how many instruments you hear.",
        found="The mix keeps both players. The morph is one voice, with a faint hiss: the traces "
        "of the network's guesses.",
    ),
}


@cache
def _encodings():
    from nsynth_edu.classroom.media import load_note
    from nsynth_edu.models import load_model

    model = load_model("pocket")
    return [model.encode(load_note(f"notes/{name}_60")) for name in ("flute", "nylon_guitar")]


def _share(guitar):
    flute, other = _encodings()
    return (1 - guitar) * flute + guitar * other


def _mixtures():
    from nsynth_edu.classroom.media import load_note

    flute, guitar = load_note("notes/flute_60"), load_note("notes/nylon_guitar_60")
    return [
        (_share(0.25), "That is three quarters flute: the last number is the share of the second."),
        (_share(0.5), "That is half and half."),
        (
            flute / 4 + 3 * guitar / 4,
            "That mixes waveforms, as a mixing desk does. Use z_flute and z_guitar.",
        ),
        (_share(1), "That is the guitar alone."),
        (_share(0), "That is the flute alone."),
    ]


CHECKS = {
    "size": Check(
        2000,
        unit="numbers",
        known=(
            (64_000, "That is the waveform. z has one row for every 512 of its samples."),
            (16, "That is one row, 32 ms of sound. How many rows are there?"),
            (125, "Those are the rows. Each of them holds 16 numbers."),
            (500, "That is one second: 31.25 rows of 16. The note lasts four."),
        ),
        look="The output (125, 16) further up.",
        hints=("Rows times the numbers in each row.",),
    ),
    "quarter": Check(
        lambda: _share(0.75),
        tolerance=1e-4,
        known=_mixtures,
        look="The cell in which you mixed two encodings: interpolate.",
        hints=(
            "interpolate(first, second, share of the second).",
            "z_quarter = interpolate(z_flute, z_guitar, ...)",
        ),
    ),
}
HINTS = {
    "yours": (
        "The pitch is wrong? Give `pitch=` the MIDI number of your notes: middle C is 60, each "
        "semitone up is 1 more.",
        "It only hisses? The model learned a few instruments, one note at a time. Voices, chords "
        "and drums are far from them.",
        "More of the second sound? The last number in `interpolate(..., ..., 0.5)`: try 0.8.",
    ),
}
FIGURES = {
    "look": "Both have overtones at 262 Hz and its multiples. In the mix they lie on darkness, "
    "after a line at the start; in the morph faint specks of many colours lie between them.",
    "z": "The flute's waveform above, its 16 channels below on the same time axis: they change as "
    "the note begins, waver along with its vibrato, and change again as it stops after 3 s.",
    "fade": "The mix starts with the pluck, dips, swells and stays; the morph rises once and "
    "fades. Both waver with the vibrato.",
    "chord": "The mix has two ladders of overtones, C and G; the morph has one, at C.",
}
DESCRIPTIONS = {
    "notes": {
        "flute": "A round tone that swells in, holds with a vibrato for 3 s, and stops.",
        "guitar": "A pluck, loudest at once; after 3 s next to nothing is left of it.",
    },
    "live": "One tone on middle C, from start to end: neither a second voice nor a second pitch.",
    "chord": {
        "mix": "Two players, two pitches: a plucked G above a held C.",
        "morph": "One voice on one pitch, the C.",
    },
    "again": {
        "original": "A round tone that swells in, wavers evenly, and stops after 3 s.",
        "256 steps": "The same; a faint hiss at most.",
        "encoded, decoded": "The same note and length, with a softer start, less waver and a faint "
        "hiss over the tone.",
    },
}
