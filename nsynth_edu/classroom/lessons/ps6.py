"""Problem set 6, the next sample."""

from ..questions import Graded, Prediction

PREDICTIONS = {
    "unseen": Prediction(
        "At rate 3 the loss on the training notes falls to 5 bits. Meanwhile the loss on the flute "
        "...",
        {
            "falls with it, a little above": "So it is at the smallest rate, where hardly anything "
            "has been learned yet.",
            "stays at 8 bits": "At first it falls: what all notes have in common helps with the "
            "flute, too.",
            "falls, then rises above 8 bits": "It is lowest, near 7 bits, within the first steps "
            "and ends above 9: more than a guesser pays that knows nothing. That is overfitting.",
        },
        right="falls, then rises above 8 bits",
    ),
    "leak": Prediction(
        "By the trumpet's third second, which rate would look best?",
        {
            "3": "It pays about 4.2 bits there and more than 9 on the flute: a copy rewards "
            "learning by heart, the very thing that a validation set should reveal.",
            "0.3": "The trumpet's third second is a copy of its second one, and rewards whatever "
            "fits the training notes more closely.",
            "0.03": "That one has hardly begun to learn, and pays almost 8 bits everywhere.",
        },
        right="3",
    ),
}
HINTS = {
    "softmax": (
        "After the subtraction no logit of a row may be far above 0; which one decides that?",
        "A row's largest logit: logits.max(-1, keepdim=True).values has the shape (N, 1).",
        "safe = logits - logits.max(...).values",
    ),
    "loss": (
        "Three parts: the logit of the class that came, the logarithm of the sum, the mean.",
        "With m the largest logit of a row, log sum e^l = m + log sum e^(l - m).",
        "came = logits[torch.arange(len(targets)), ...]; nats divided by np.log(2) are bits.",
    ),
    "entropy": (
        "You need p and log p of all classes; take log p from the logits, not from p.",
        "log p = l - m - log sum e^(l - m) is a finite number where p is 0, and 0 times it is 0.",
        "-(torch.exp(log_p) * ...).sum(-1) / np.log(2)",
    ),
    "derive": (
        "Write the loss as a difference of two logarithms before you differentiate.",
        "The second one is ln of a sum: one over the sum, times the slope of the sum in one logit.",
        "Only one term of the sum holds l_j; its slope is e^(l_j / T) / ...",
    ),
    "slopes": (
        "Question 1, second half, row by row; then the mean.",
        "Begin with torch.softmax(logits, -1); something comes off at one place of each row.",
        "gradient[torch.arange(len(targets)), ...] -= 1, and each guess counts 1/N.",
    ),
    "train": (
        "Lesson 03 has the four lines, with Adam in place of plain descent.",
        "cross_entropy of network(pasts) and targets; then the optimizer, the loss, the optimizer.",
        "optimizer.zero_grad(), loss. ... (), optimizer. ... ()",
    ),
    "choose": (
        "First the best moment of each rate, then the best rate.",
        "np.argmin gives the place of the least number in a list; min(..., key=...) a rate.",
        'best = {rate: int(np.argmin(lines["..."])) for rate, lines in scores.items()}',
    ),
    "draw": (
        "Where does each piece end? probabilities.cumsum(-1).",
        "The class is the number of pieces that end at u or before it.",
        "(ends <= u[:, None]).sum(...), with ends divided by the last end of their row.",
    ),
}
FIGURES = {
    "target": "Most classes get hardly anything; around class 50 stands a ragged hill, and at "
    "temperature 0.5 it is narrower and twice as high.",
    "curves": "At rate 0.03 both losses hardly leave 8 bits. At 0.3 both fall, the flute's "
    "levelling out between 6 and 7. At 3 the training loss falls to 5, while the flute's falls "
    "below 8 and then climbs beyond it.",
}
GRADED = {
    "hand_bits": Graded(
        seal="96de0f379285",
        tolerance=0.01,
        between=(0, 20),
        unit="bits",
        known={
            "c280fbe43602": "That is in nats; a bit is 0.693 of them.",
            "f73acad04ba9": "That is its probability: how often must 1 be halved to get there?",
            "ace90655f3fa": "That is the surprise of the second class.",
            "4449f8b6ca2e": "That is the surprise of the third class; the first one came.",
        },
        look="The three powers, their sum, and the share of the first.",
    ),
    "hand_slopes": Graded(
        seal="e99766eb1c65",
        between=(-2, 2),
        known={
            "0c45888453cc": "Those are the probabilities: something comes off at the class that "
            "came.",
            "ffdf5ac7db99": "Turned round: the slopes are p minus 1 or 0, not 1 or 0 minus p.",
            "d9006988964b": "The other classes have slopes, too: their own probabilities.",
            "a79007c804fd": "There the second class would have come; it was the first.",
        },
        look="The worked line: which of the three slopes is negative?",
    ),
    "likelihood": Graded(
        seal="69ddd564a4a7",
        tolerance=2,
        between=(0, 1e6),
        unit="powers of ten",
        known={
            "4868971c1011": "That is the number of bits, so powers of two; a power of ten is "
            "more than three of them.",
            "ba0f8748686a": "Those are nats, powers of e.",
            "0334967971a4": "That is one sample; their surprises add up.",
            "efc3d87d0a9d": "That is four seconds.",
        },
        look="The worked line: 160 bits are 48 powers of ten.",
    ),
    "copies": Graded(
        seal="3d2f9b36af46",
        options=("A", "B", "C", "D", "E"),
        known={
            "3fe3f4316886": "Those are the copies; the others were asked for.",
            "3f0caeca3009": "There is one more that is no copy.",
            "b0651ec95344": "There is one more: 0.36, the guitar on another note. Its wave is not "
            "the one that was learned.",
            "df839d16f93b": "Upside down and half as loud it is still the same wave: look at its "
            "likeness.",
            "a7ea8ebc3f61": "A likeness of 1 is a copy's: the held part of that note is a loop.",
            "cc51416caf72": "A third second that was not learned may repeat one that was.",
        },
        look="Letters in the order of the table, without any that has the likeness of a copy.",
    ),
    "rate": Graded(
        seal="3aba27b7d7d5",
        between=(0, 1000),
        known={
            "862c558efb45": "The steps are right. That rate is too slow: at the end it is still "
            "near 8 bits.",
            "bb63f5cf7bc9": "The steps are right. That rate is what the training loss, or a copy, "
            "would choose.",
            "b8655c40435a": "The rate is right. After so many steps the loss on the flute has long"
            " been rising at the largest rate.",
            "b8c1179baa7c": "The rate is right. Python counts from 0; in place 0 is the loss after"
            " 25 steps.",
            "011cd0a67827": "The rate is right. One measurement is 25 steps.",
            "72e4932065a8": "The rate is right. Those are its own best steps; those of the largest"
            " rate were asked for.",
        },
        look="The dashed lines: which comes lowest, and where is that of the largest rate lowest?",
    ),
    "temper_hand": Graded(
        seal="8356d564874b",
        tolerance=0.004,
        between=(0, 1),
        known={
            "9c2f15b1e783": "That is its square; now divide by the sum of the squares.",
            "7a23c7bf633f": "That is T = 2: the power is 1/T.",
            "68724b2da2d9": "That is T = 1, where nothing changes.",
            "ec64d4602158": "That is T = 0; here T is a half.",
        },
        look="The worked line: square all three, add up, divide.",
    ),
}
