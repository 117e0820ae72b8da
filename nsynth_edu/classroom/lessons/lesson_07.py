"""Lesson 07, the spectral rival."""

from functools import cache

from ..questions import Check, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "predict what changed phases do to a sound": ["zero", "swap", "long"],
    "say when magnitudes belong to no sound, and find the nearest sound by hand": ["nearest"],
    "write one iteration of Griffin-Lim, and say what it reaches": ["step", "momentum"],
    "say what a spectral distance notices, and what it does not": ["blind"],
    "compute the weight of a frequency in the loss, and say what it is for": ["weight"],
    "test what a decoder uses, and read a table of two judges with its limits": ["rival", "judges"],
}

PREDICTIONS = {
    "zero": Prediction(
        "Now every phase is 0, in every window. The flute becomes ...",
        {
            "a duller flute": "The windows do not fit each other, and little is left: a tenth "
            "of the energy lies on overtones of C.",
            "a buzz": "With phase 0 every window is built alike from its first sample on. So the "
            "sound repeats every 256 samples, 62.5 times per second: a low buzz.",
            "noise": "Noise comes from phases without order. These have one order, the same in "
            "every window.",
            "silence": "It is 16 dB softer, because all partials peak together where each window "
            "begins and ends, and there it fades to 0. But it is not silent.",
        },
        right="a buzz",
    ),
    "swap": Prediction(
        "Magnitudes of the flute, phases of the guitar, in windows of 64 ms. You hear ...",
        {
            "the guitar": "Its phases say where in each window a partial has its peaks, not how "
            "loud it is. The pluck is a course of loudness.",
            "both, one over the other": "There is one course of loudness, and it is the flute's.",
            "the flute": "64 ms are short: the course of loudness lies in the magnitudes, from "
            "window to window. And both play C, so the phases nearly fit.",
            "noise": "Both notes play C, and so the guitar's phases advance as the flute's do.",
        },
        right="the flute",
    ),
    "long": Prediction(
        "The same swap with a single window over all 4 s. The sound begins ...",
        {
            "softly, as the flute does": "With one window there is no course of magnitudes any "
            "more: when something happens is said by the phases alone.",
            "suddenly, as the guitar does": "When something happens is now said by the phases: "
            "they let all partials meet at the pluck.",
            "in silence": "Then nothing would happen at first. The guitar's phases let it begin "
            "at once.",
        },
        right="suddenly, as the guitar does",
    ),
    "momentum": Prediction(
        "60 iterations from the same random phases, classic and with momentum. In the end ...",
        {
            "momentum is at half the classic distance or nearer": "It goes on in the direction of "
            "the step before, like a ball in a valley, and is soon ahead.",
            "both are at 0: the flute is back, sample by sample": "Neither gets there: magnitudes "
            "come near, while the waveform stays another one.",
            "the classic method is nearer: it never takes a wrong step": "It never gets worse, "
            "that is true, and yet it is slower.",
        },
        right="momentum is at half the classic distance or nearer",
    ),
    "blind": Prediction(
        "Which of these does the distance call nearest to the flute?",
        {
            "the flute with noise 40 dB below it": "Nearly the same samples, but the noise fills "
            "the gaps between partials, and logarithms weigh gaps as much as peaks.",
            "the flute 2 ms late": "You hear no difference, and the distance shows one: its "
            "windows of 64 samples are as short as a period of C, and see each wave come later.",
            "the copy by Griffin-Lim": "It fits the magnitudes of one window length. The distance "
            "looks through six.",
            "the flute upside down": "Each sample has the other sign: all phases are half a turn "
            "off, all magnitudes are the same, in every window. Distance 0.",
        },
        right="the flute upside down",
    ),
    "rival": Prediction(
        "The flute's vector, a middle C, is painted once more, this time given the pitch 67, G. "
        "You hear ...",
        {
            "a G, a flute's": "That is what the pitch was meant for. But in training it never said "
            "anything that the vector had not said, so the decoder learned to do without it.",
            "a G that is no flute": "Not even a G: what pitch is painted, the vector says.",
            "the same C": "In training vector and pitch always agreed, and the vector is long "
            "enough to hold both. Nothing ever punished a decoder that ignores the pitch.",
            "both, one over the other": "The two never disagreed in training, so it could have "
            "mixed them. It listens to the vector alone.",
        },
        right="the same C",
    ),
    "judges": Prediction(
        "Four middle Cs, copied by our WaveNet, which is conditioned on pitch. The judge gets ...",
        {
            "all four pitches right, at most one family": "The pitch was given, the family was "
            "not: flute and trumpet are taken for reeds, the guitar for a bass, the organ for "
            "strings.",
            "all four families right, at most one pitch": "The other way round: the pitch is "
            "conditioned on, and comes back.",
            "everything right": "The pitches are right. None of the families is.",
            "hardly anything right": "The pitches are right, by both judges.",
        },
        right="all four pitches right, at most one family",
    ),
}


@cache
def _steps():
    """The flute's magnitudes, the sound with random phases, and those of three iterations."""
    import numpy as np
    from librosa import istft

    from nsynth_edu.classroom.media import load_note
    from nsynth_edu.sound import griffin_lim_steps, stft

    magnitude = np.abs(stft(load_note("notes/flute_60")))
    turns = np.random.default_rng(0).random(magnitude.shape)
    start = istft(magnitude * np.exp(2j * np.pi * turns))
    steps = griffin_lim_steps(magnitude, seed=0, momentum=0)
    return magnitude, start, [next(steps) for _ in range(3)]


def _wrong_steps():
    import numpy as np
    from librosa import istft

    from nsynth_edu.sound import stft

    magnitude, start, [first, *_] = _steps()
    phase = np.angle(stft(start))
    return [
        (start, "That is the sound it began with: its own magnitudes are still in it."),
        (first, "Only once, or always from the first sound: go on from the last one's sound."),
        (istft(magnitude.astype(complex)), "All phases are 0: where are those of the sound?"),
        (istft(magnitude * np.exp(phase)), "e to a real power is no arrow: the angle needs 1j."),
        (istft(np.exp(1j * phase)), "All lengths are 1: where are the wanted magnitudes?"),
    ]


CHECKS = {
    "nearest": Check(
        [1, 0.5, 0],
        tolerance=0.01,
        known=(
            ([1, 1, 0], "That is just what window 1 says; window 2 says 0."),
            ([1, 0, 0], "In the middle only window 2 was counted. Both count."),
            ([1, 1, 1], "The third sample is in window 2 alone, and that says 0."),
            ([2, 0, 0], "Those are sum and difference, not samples."),
            ([0.5, 0.5, 0], "The first sample is in window 1 alone, and that says 1."),
        ),
        look="Which windows is each sample in, and what does each of them say?",
        hints=(
            "The first sample is in window 1 alone, the third in window 2 alone.",
            "The middle one: the mean of 1 and 0. The others: ..., ...",
        ),
    ),
    "step": Check(
        lambda: _steps()[2][-1],
        tolerance=1e-3,
        known=_wrong_steps,
        look="The first cell, which made the noisy flute: lengths times arrows, then istft.",
        hints=(
            "Arrows of length 1 with the sound's phases: np.exp(1j * np.angle(stft(waveform))).",
            "for _ in range(iterations): waveform = istft(magnitude * np.exp(1j * ...))",
        ),
        success="That is what griffin_lim_steps(magnitude, momentum=0) computes.",
    ),
    "weight": Check(
        5.5,
        tolerance=0.01,
        known=(
            (5, "Half of 10. But it falls to 1, not to 0."),
            (4.5, "That is how far it has fallen. From where?"),
            (1, "That is from 4,000 Hz upwards."),
            (10, "That is at 0 Hz."),
        ),
        look="A straight line from 10 at 0 Hz to 1 at 4,000 Hz.",
        hints=("2,000 Hz is half of the way.", "(10 + ...) / 2"),
    ),
}
HINTS = {
    "yours": (
        "Shorter windows see time better and frequency worse: which notes suffer from that?",
        "stft(note, 256, 64), and griffin_lim(..., hop_length=64).",
        "Compare multi_scale_spectral_distance and estimate_pitch of the copies.",
    ),
}
FIGURES = {
    "short": "With short windows the swapped sound follows the flute's loudness; with one long "
    "window it starts at once, as the guitar does, sinks, and comes back.",
    "steps": "Both curves fall steadily; momentum leaves the classic method behind and ends at "
    "less than half its distance.",
    "search": "Distance after 1 to 60 iterations: momentum leaves the classic method behind and "
    "ends at less than half its distance; neither comes to 0.",
    "rainbow": "Flute and Griffin-Lim have the same lines in the same flickering colours; the "
    "WaveNet's colours hold still, with speckles between its lines.",
    "pictures": "248 by 8 coefficients keep the lines narrow and lose the vibrato; 62 by 32 keep "
    "the vibrato and blur the lines to broad bands.",
}
DESCRIPTIONS = {
    "hear": {
        "flute": "A soft, round tone with a slow vibrato.",
        "random phases": "The same loudness from moment to moment, but a rough, whispering noise "
        "around the pitch.",
    },
    "rival": {
        "painted at 60": "A flute's tone, louder than the original, with a whispering noise under "
        "it; the vibrato is nearly gone, and the end fades.",
        "painted at 67": "The same tone at the same pitch.",
    },
    "zero": {
        "all phases 0": "A low, soft buzz, about two octaves below the flute.",
    },
    "swap": {
        "guitar": "A pluck that dies away.",
        "flute with phases of the guitar": "A held flute tone; no pluck.",
    },
    "long": {
        "windows of 64 ms": "A held tone that follows the flute's loudness.",
        "one of 4 s": "It starts at once, as a pluck does, sinks, and comes back in the end.",
    },
    "search": {
        "classic, 1": "The pitch is there, inside a rough, fluttering noise.",
        "classic, 60": "A flute tone, still a little rough.",
        "momentum, 60": "Nearly the flute; what is left of the roughness is faint.",
    },
    "blind": {
        "upside down": "The flute; by ear nothing has changed.",
        "2 ms late": "The flute; by ear nothing has changed.",
        "with noise": "The flute with a faint, even hiss.",
        "Griffin-Lim": "The flute, a little rough.",
    },
}
