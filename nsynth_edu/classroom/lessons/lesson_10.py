"""Lesson 10, from line to instrument."""

from ..questions import Check, Listening, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "say what an instrument of generated sounds plays between its points": ["line"],
    "distinguish a hybrid from a mix by how it fades": ["fade", "fall"],
    "compare two rules for mixing four sounds, by eye and by ear": ["rules", "ear"],
    "find a sound again by its place on the pad, and measure how far its neighbours are": [
        "place",
        "step",
    ],
    "lay out a board of many instruments": ["side"],
    "play a phrase, along a path or on a voice, and measure its notes": [
        "lasts",
        "cents",
        "share",
        "glide",
    ],
}

PREDICTIONS = {
    "line": Prediction(
        "The slider stands between two points that were generated. You hear ...",
        {
            "both points, faded into each other": "The two nearest points sound at once, and the "
            "slider moves their loudness.",
            "the nearer point alone": "So it is with the hardware instrument further down; the "
            "Sound Maker and this slider fade.",
            "z mixed there, and decoded": "That takes the network. It is not there: everything was "
            "generated beforehand.",
        },
        right="both points, faded into each other",
    ),
    "fade": Prediction(
        "Half guitar, half organ, mixed in z. Over its 2 s the hybrid ...",
        {
            "holds like the organ": "That is the mix: its organ goes on at half its size, 6 dB "
            "lower, and the guitar is no longer heard.",
            "fades, but less than the guitar": "z says how loud each frame is, so the hybrid falls "
            "by some 10 dB: neither by 28 nor by none.",
            "fades as fast as the guitar": "Half of its z comes from an organ that does not fade, "
            "and z says how loud each frame is.",
        },
        right="fades, but less than the guitar",
    ),
    "rules": Prediction(
        "One step in from the middle of the western edge, the two rules are ...",
        {
            "one and the same sound": "The weights of each corner differ by 1/16 only, yet the "
            "sounds differ: their spectral distance is about 1.4, that of the least step on the "
            "pad's diagonal 2.2.",
            "two different pitches": "The decoder is conditioned on one pitch, 60, for both.",
            "bilinear: a new sound; by distance: that of the edge": "By distance both eastern "
            "corners are just over 1 away and count for nothing: the sound is that of the edge. "
            "The bilinear rule takes 1/8 from the east.",
        },
        right="bilinear: a new sound; by distance: that of the edge",
    ),
    "glide": Prediction(
        "A voice slides from C up to G. Sung by the pad's middle, you hear ...",
        {
            "a slide": "The decoder gets the voice's pitch for every 32 ms, with fractions.",
            "two notes, C and G": "Stored notes would do so. Here the decoder makes each frame at "
            "the pitch that it is given.",
            "a staircase of semitones": "Keys would do so. The pitch of a frame may lie anywhere "
            "between two keys.",
        },
        right="a slide",
    ),
}
LISTENING = {
    "ear": Listening(
        "Two rules at one place",
        task="One sound was mixed by the bilinear rule, one by distance. Listen to the start, and "
        "to how bright it stays.",
        found="The bilinear sound holds an eighth of flute and organ, the other one none. Seven or "
        "eight right of eight say that the rule is heard at this place; fewer do not prove that "
        "it never is.",
    ),
}
CHECKS = {
    "fall": Check(
        10.30,
        tolerance=0.1,
        unit="dB",
        known=(
            (-10.30, "That is the last minus the first: a fall is a positive number here."),
            (2.82, "That is the mix: the organ in it goes on."),
            (28.24, "That is the guitar alone."),
            (-0.97, "That is the organ alone, which swells a little."),
            (7.0, "That is the first second against the last; half a second has 8,000 samples."),
            (10.43, "Those are peaks; `decibels` takes the root mean square."),
        ),
        look="Level of the first half second, minus level of the last.",
        hints=(
            "The first half second is hybrid[:8_000].",
            "decibels(hybrid[:8_000]) - decibels(...)",
        ),
        success="The guitar falls by 28.2, the mix by 2.8.",
    ),
    "place": Check(
        [0.2, 0.4],
        tolerance=0.01,
        known=(
            ([0.4, 0.2], "x and y are swapped: x runs to the right."),
            ([0.8, 0.6], "Measured from the right and from below; x = 0, y = 0 is top left."),
            ([0.2, 0.6], "y is measured from below: it runs down."),
            ([0.12, 0.32], "Those are single corners. The east has two: flute and organ."),
            ([20, 40], "Places run from 0 to 1: no per cent."),
        ),
        look="How much of the two eastern corners, and how much of the two southern ones?",
        hints=("x is the share of the east: NE and SE together.", "[0.12 + 0.08, 0.32 + ...]"),
    ),
    "step": Check(
        4.74,
        tolerance=0.01,
        known=(
            (6.55, "That is from end to end. Neighbours were asked for."),
            (3.93, "That is the smallest of the four."),
            (4.41, "That is their mean."),
            (17.64, "That is all four steps together."),
            (3.05, "Those are the sounds as they are; take `diagonal`, whose peaks are equal."),
        ),
        look="Four distances: 0 to 1, 1 to 2, 2 to 3, 3 to 4.",
        hints=(
            "distance(diagonal[0], diagonal[1]) is 4.25.",
            "max(distance(diagonal[i], diagonal[i + 1]) for i in range(...))",
        ),
        success="It is the last one, into the organ, by a hair before the one that leads to it: in "
        "that half of the diagonal a small move changes most.",
    ),
    "side": Check(
        25,
        unit="points",
        known=(
            (36, "Four times nine, as if each instrument had a square of its own. Count the gaps."),
            (27, "Three squares of nine, each with both of its edges: neighbours share one."),
            (26, "One too many. The published generator makes 26, and tells its player 25."),
            (32, "Four instruments have three gaps between them, and the last point is missing."),
            (24, "Those are the steps. A row of points has one more: both ends."),
            (33, "Four instruments have three gaps between them, not four."),
        ),
        look="Four posts and the gaps between them.",
        hints=(
            "Resolution 9 is 8 steps from one instrument to the next.",
            "3 gaps of 8 steps, and the first point.",
        ),
        success="n instruments on a side at resolution r have (n - 1)(r - 1) + 1 points.",
    ),
    "lasts": Check(
        1.78,
        tolerance=0.03,
        unit="s",
        known=(
            (4, "The key is held so long, but the stored note is over sooner."),
            (2, "That is key 65. Key 67 plays the same note faster."),
            (2.24, "Faster is shorter: divide."),
            (2.38, "That would be note 70, played slower. 67 is nearer to 65."),
            (1.33, "That is from note 60, seven semitones away. Note 65 is nearer."),
        ),
        look="The outline of the sound: where does it end? Then the formula.",
        hints=("The nearest note is 65, two semitones below.", "2 s / 2 ** (2 / 12)"),
        success="A set of 4 s lasts twice as long.",
    ),
    "cents": Check(
        -3.1,
        tolerance=0.3,
        unit="cents",
        known=(
            (497, "That is against middle C; the last note is 65."),
            (64.97, "That is its pitch. How far is it from 65, in hundredths of a semitone?"),
            (-0.03, "Those are semitones; a cent is a hundredth of one."),
        ),
        look="Only the last note: phrase[64_000:].",
        hints=("Below its pitch is a negative number.", "cents_off(phrase[...:], 65)"),
        success="Too little to hear in a melody. Key 65 is a stored note, so these cents are the "
        "decoder's.",
    ),
    "share": Check(
        4 / 9,
        tolerance=0.01,
        known=(
            (2 / 3, "That is x, and y. The organ stands where both are 1: its weight is x y."),
            (1 / 9, "That is the trumpet's: (1 - x)(1 - y)."),
            (2 / 9, "That is the flute's, or the guitar's."),
            (1 / 4, "That is the middle, at 3 s."),
        ),
        look="First the place at 4 s of 6 s, then the weight of the south-eastern corner.",
        hints=("At 4 s two thirds of the way are done.", "bilinear_weights(2 / 3, 2 / 3)[...]"),
    ),
}
HINTS = {
    "yours": (
        "An error says that the take holds no note? End it with the same button, then run the next "
        "cell.",
        "All on one colour? A path that stays near a corner hardly changes; cross the middle, and "
        "give long notes the longest way.",
        "Too thin for a piece? Play a second take to the first, with another path, and add the two "
        "waveforms at half their size: two players, each a hybrid.",
    ),
}
FIGURES = {
    "fade": "The guitar falls steadily by 30 dB, the organ holds. The mix falls a little, then "
    "holds with the organ; the hybrid falls all the way, by about 10 dB.",
    "rules": "Bilinear mixtures are evenly spaced. By distance they crowd at the middles of the "
    "edges, where four points fall on their neighbours.",
    "paths": "Both paths over the pad, with the beginnings of the seven notes: the straight one "
    "leads from the trumpet over the middle to the organ, the circle touches the middle of each "
    "edge and meets no corner.",
}
DESCRIPTIONS = {
    "phrase": "Seven notes, up a chord and down again: brassy at first, then rounder and softer at "
    "the start, the last one a held organ-like tone.",
    "fade": {
        "guitar": "A pluck that dies away.",
        "organ": "A tone that holds to its end.",
        "mix": "A pluck, with a held organ tone behind it that stays alone in the end.",
        "hybrid": "One tone that slowly gets softer.",
    },
    "paths": {
        "straight": "From brassy to organ-like.",
        "circle": "The same seven notes; the colour changes all the way and returns to where it "
        "began.",
    },
    "glide": {
        "voice": "A synthetic voice, from a to o: it holds, slides up, holds, and steps down.",
        "sung by the pad's middle": "The same melody with the same slide, in another colour.",
    },
}
