"""Lesson 09, generating fast."""

from ..questions import Check, Listening, Prediction

OBJECTIVES = {  # each with the questions that measure it
    "count what a sample costs with and without queues": ["tree", "ratio"],
    "write the queue of a dilated layer": ["queue"],
    "measure a program before trying to make it faster": ["watch"],
    "tell three causes of slowness apart: calls, bytes and multiplications": [
        "bytes",
        "voices",
        "gpu",
    ],
    "judge by ear and by number whether fewer bits still sound the same": ["ear"],
    "weigh latency against gaps": ["gaps", "latency"],
}

_CALLS = (
    "Each of the 512 samples calls PyTorch hundreds of times. The published model is nearly a "
    "hundred times larger still."
)
PREDICTIONS = {
    "watch": Prediction(  # the lesson's own measurement decides
        "To make these 32 ms of sound the plain layers of our small model take ...",
        {
            "less than 32 ms: real time": "That would be real time, on one core, without any of "
            "what follows.",
            "a few times 32 ms": _CALLS,
            "more than ten times 32 ms": _CALLS,
        },
        right="more than ten times 32 ms",
    ),
    "ratio": Prediction(
        "Queues save pocket 2,048 of 2,049 multiplications. Your watch will say: they are ...",
        {
            "about 2,000 times faster": "That is the ratio of the multiplications, and hardly any "
            "of the time goes into those.",
            "much less than 1,000 times faster": "The multiplications are gone, most of the time "
            "is not. What takes it?",
            "not faster at all": "The window has 2,048 samples to compute for each one it keeps; "
            "it does cost more.",
        },
        right="much less than 1,000 times faster",
    ),
    "voices": Prediction(
        "A step for 64 voices takes ... as long as a step for one.",
        {
            "well below 64 times": "Calls and weights are paid for once for all voices. No single "
            "note is finished sooner, though.",
            "64 times": "That would be 64 separate steps. Side by side, they share each call and "
            "each weight that was fetched.",
            "half": "More voices are more multiplications; a batch never takes less time than one "
            "voice.",
        },
        right="well below 64 times",
    ),
    "gpu": Prediction(
        "On a graphics card the plain layers make one single note of pocket ...",
        {
            "still slower than real time": "Starting a product costs it a few µs, however small "
            "the product is. Its strength is the batch.",
            "a hundred times faster than your core": "That holds for large products. These are so "
            "small that starting them takes all the time.",
            "at once": "Each sample waits for the one before it, and within it each layer for the "
            "one below.",
        },
        right="still slower than real time",
    ),
    "gaps": Prediction(
        "A machine makes frames twice as fast as they sound, with nothing in store. It plays ...",
        {
            "without gaps": "Fast enough on average is not always in time: a frame begun when the "
            "last one ends comes too late.",
            "with a gap now and then": "That is what a small store gives you, on a busy machine.",
            "with a gap at every frame": "With nothing in store each frame is begun only when the "
            "sound has ended already.",
        },
        right="with a gap at every frame",
    ),
}
LISTENING = {
    "ear": Listening(
        "Weights of 32 bits or of 8",
        task="8-bit samples hiss. One of these two sounds was made with 8-bit weights: listen for "
        "hiss under the tone.",
        found="Neither hisses more. Rounding the weights moved a few of the draws, and from there "
        "on it is another take, as with another seed: that is what you heard if you told them "
        "apart. The errors of many weights cancel, and the predictions diverge by thousandths of "
        "a bit.",
    ),
}
CHECKS = {
    "tree": Check(
        62,
        unit="multiplications",
        known=(
            (31, "Those are the dots. Each of them is two multiplications."),
            (32, "That is how many inputs the newest sample depends on."),
            (60, "Two trees of four layers, and the new dot at the top joins them."),
            (10, "That is what it takes with queues: two more than before."),
        ),
        look="The tree in the middle: how many dots in each row?",
        hints=(
            "Each layer further down has twice as many dots.",
            "1 + 2 + 4 + 8 + ... dots, and two multiplications for each.",
        ),
    ),
    "queue": Check(
        [3, 1, 4, 1, 11, 11, 10, 8],
        known=(
            ([3, 1, 4, 1, 5, 15, 4, 14], "One step late: the queue holds one input too many."),
            ([3, 1, 4, 7, 7, 17, 4, 16], "One step early: the queue holds one input too few."),
            ([9, 3, 12, 3, 15, 27, 6, 18], "Both taps read the newest input: take from the left."),
            ([3, 1, 4, 1, 5, 9, 2, 6], "The queue stays full of zeros: the newest must go in."),
            ([6, 2, 8, 2, 13, 19, 8, 13], "The taps have changed places: the *old* one counts "
            "twice."),
        ),
        look="How many past inputs lie in the queue between two steps?",
        hints=(
            "deque([0] * 4) holds what came before the beginning.",
            "In each step one goes out at the left and one comes in at the right.",
            "old = queue.popleft(); queue.append(...); outputs.append(2 * ... + new)",
        ),
        success="It remembers four numbers, however long the sound is.",
    ),
    "bytes": Check(
        40.6,
        tolerance=0.1,
        unit="GB/s",
        known=(
            (10.1, "That counts weights. Each of them is 4 bytes."),
            (2.5, "Those are the MB of one sample; it takes 16,000 of them per second."),
            (81.1, "Multiplying and adding are two operations, but the weight travels once."),
            (40_563, "That is in MB: a GB has 1,000 of them."),
        ),
        look="What is read for one sample, and how many samples a second has.",
        hints=(
            "Weights times bytes times samples per second.",
            "633,792 x 4 x ... bytes, and a GB is a billion of them.",
        ),
    ),
    "latency": Check(
        212,
        unit="ms",
        known=(
            (180, "At the earliest: if a frame happens to begin just there. If it began 1 ms "
            "sooner?"),
            (500, "It would be, if nothing were taken back."),
            (32, "That is one frame. It has to wait until what lies before it has been played."),
            (148, "A frame that begins sooner is kept: the next one is the first to know of the "
            "move."),
        ),
        look="What is kept, and the frame that began just before its end.",
        hints=(
            "A frame that begins 179 ms ahead is kept. When does the next one begin?",
            "180 ms, and one frame more.",
        ),
    ),
}  # fmt: skip
HINTS = {
    "yours": (
        "The store: write more numbers into `(0, 0.03, 0.06, 0.18)`, in seconds.",
        "All engines, and the published shape: in a terminal, `nsynth-edu bench --quick`. Give it "
        "a few minutes.",
    ),
}
FIGURES = {
    "stack": "The whole window computes 64 dots, the tree of the newest sample 15, and with "
    "queues only the newest dot of each layer is new: four.",
    "shares": "Multiplying is the small part of a step; the rest of the time goes into the calls "
    "around it.",
    "voices": "The time of a step grows far more slowly than the number of voices side by side.",
    "rates": "The compiled engines make many times as many samples per second as the plain layers.",
    "walls": "The plain engine lies far below every wall, the compiled ones much closer to theirs.",
    "gaps": "With nothing in store every frame leaves a gap; a larger store leaves no more, and "
    "mostly fewer.",
}
DESCRIPTIONS = {
    "flute": "A soft, round tone of 4 s on middle C, held and then let go.",
    "compiled": "The first second of the tone on middle C, with some hiss around it.",
}
