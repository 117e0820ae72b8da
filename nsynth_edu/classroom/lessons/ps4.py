"""Problem set 4, playing in the latent space."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "spread": Prediction(
        "Takes of one z that differ only in their seed are measured against one recording, in the "
        "unit in which notes three semitones apart are at 4. Their distances ...",
        {
            "are equal: z is the same": "z is, but each sample is a random draw, and each draw "
            "changes all that follow.",
            "differ, by less than 1": "A few tenths within each line: enough to mislead where only "
            "one take was made.",
            "differ by 1 and more": "That would be as far as another sound; takes of one z stay "
            "within a few tenths.",
        },
        right="differ, by less than 1",
    ),
}
HINTS = {
    "mix": (
        "Look at shapes: z is (frames, 16), mix is (frames,) or ().",
        "An axis of length 1 at the end lets one weight serve all 16 channels.",
        "weight = np.asarray(mix)[..., ...]: which of the two makes a new axis?",
    ),
    "sway": (
        "To show a sway, z needs at least two rows in each of its cycles.",
        "Beyond that, the rate is mirrored at half of the number of rows per second, as in "
        "lesson 01.",
    ),
    "strange": (
        "In this order: difference, divided by the spread, squared, averaged, root.",
        "Average over rows and channels, not over notes: which two axes are those?",
        "np.sqrt(np.mean(away**2, axis=(..., ...)))",
    ),
    "draw": (
        "Two parts: where you stand, and in which direction you go away from it.",
        "With scaling 0 the result is the average, with 1 it is z.",
        "z_mean + ... * (z - ...)",
    ),
    "nearest": (
        "One distance for each name, in a dictionary.",
        "min takes a key function: min(distances, key=distances.get) gives a name, not a number.",
        "{each: multi_scale_spectral_distance(target, sounds[...]) for each in sounds}",
    ),
    "clear": (
        "Two lists leave a gap if the least of one lies above the largest of the other.",
        "Either list may be the upper one: two conditions, joined by `or`.",
        "min(first) > max(...) or ...",
    ),
    "own": (
        "Choose one move and one measure first; keep everything else the same.",
        "For each condition a list of numbers, one per seed: [measure(decoded(z, n)) for n in "
        "range(1, 6)].",
    ),
}
FIGURES = {
    "target": "Three ladders of overtones of middle C: even and long for the average, fading for "
    "the guitar, and brightest at its start for the caricature.",
}
GRADED = {
    "hand_quarter": Graded(
        seal="4556c25282da",
        tolerance=0.001,
        between=(-1, 1),
        known={
            "4e6d9a994d63": "Three quarters of B: the mix is the share of the *second* sound.",
            "f8af1ef288f8": "The first weight is 1 - m, so that both are 1 together.",
            "730aa63d7631": "That is half and half.",
        },
        look="The formula: which of the two numbers is A, and how much of B goes in?",
    ),
    "hand_beyond": Graded(
        seal="84077555b55f",
        tolerance=0.001,
        between=(-2, 2),
        known={
            "7fd7ca947377": "The first weight is negative here, and so is the first number.",
            "9fab43d619db": "That is B itself; 1.5 goes on beyond it by half the way.",
            "a40c65243831": "That goes beyond A.",
            "3d1a8996a9e6": "A is missing: its weight is negative, and not 0.",
        },
        look="The same formula; mind the signs.",
    ),
    "sway_fastest": Graded(
        seal="4efbb4d35c34",
        tolerance=0.1,
        between=(0.1, 10_000),
        unit="Hz",
        known={
            "c76b528fde01": "Then each row falls on the same point of the sway: nothing moves.",
            "863a02025eb6": "That is the waveform's limit; z has 31.25 rows per second.",
            "efee18ba3591": "Faster than the rows themselves: the limit lies below their rate.",
        },
        look="How many rows does one sway, there and back, need at least?",
    ),
    "sway_seen": Graded(
        seal="a29f234f8261",
        tolerance=0.01,
        between=(0, 100),
        unit="Hz",
        known={
            "98d95602b9b4": "Above the limit it cannot be seen as it is.",
            "7d293d4048c2": "Not the distance from the limit: fold at the row rate.",
            "36faebd687f8": "That is the limit itself; 30 Hz is nearly one sway per row.",
        },
        look="Lesson 01, aliases: what does a tone near the sample rate turn into?",
    ),
    "hand_caricature": Graded(
        seal="f58955a1e135",
        tolerance=0.001,
        between=(-3, 3),
        known={
            "e0a3bd8dd696": "That scales z itself; the *difference* from the average is scaled.",
            "175712a03568": "The difference is z minus the average, here a negative number.",
            "2651018c90fc": "That is the scaled difference alone: add it to the average.",
        },
        look="The worked line: on which side of the average does z lie?",
    ),
    "which_guitar": Graded(
        seal="f00c566bfe9e",
        between=(0, 2),
        known={
            "2678b788cd23": "That is the average note, which has no pluck at all.",
            "63473b62921f": "That would be faithful. Is it the smallest of the three lines?",
        },
        look="The smallest distances of its three lines.",
    ),
    "which_trumpet": Graded(
        seal="86fa984c367a",
        between=(0, 2),
        known={
            "1ce45511c590": "That is the average note, the same one as the guitar's.",
            "59ac44342065": "Overdone: that is farther from the recording.",
        },
        look="The smallest distances of its three lines; small is near.",
    ),
}
