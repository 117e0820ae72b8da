"""Hidden tests of `ps6_next_sample`: each function again, on random guesses, against PyTorch."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import attempt, require

from . import answer, fresh, hidden

LN2 = np.log(2)


def guesses(random, rows=6, classes=9):
    """Random logits (rows, classes) in double precision, and the classes that came (rows,)."""
    logits = torch.from_numpy(random.normal(0, 2, (rows, classes)))
    return logits, torch.from_numpy(random.integers(0, classes, rows))


hand_bits = answer(3, [3 * LN2, 0.125, 2, -np.log2(0.625)], tolerance=0.01, unit="bits")
hand_slopes = answer(
    [-0.875, 0.25, 0.625],
    [[0.125, 0.25, 0.625], [0.875, -0.25, -0.625], [-0.875, 0, 0], [0.125, -0.75, 0.625]],
)


@hidden
def softmax(function):
    random = fresh("softmax")
    logits, _ = guesses(random)
    away = random.permutation(np.linspace(-1000, 1000, len(logits)))
    far = logits + torch.from_numpy(away)[:, None]
    for each, look in (
        (logits, "Logits between -9 and 9."),
        (far, "Rows around -1,000 and around 1,000: each is made safe by a number of its own."),
    ):
        known = [
            (torch.softmax(each, 0), "Column by column: each row is a guess."),
            (
                torch.softmax(each - each.max(0).values, 1),
                "The largest of each *row* is subtracted.",
            ),
            (torch.softmax(each / each.max(1, keepdim=True).values, 1), "Subtracted, not divided."),
        ]
        right = torch.softmax(each, 1)
        require(verdict(attempt(function, each), right, tolerance=1e-3, known=known, look=look))


@hidden
def loss(function):
    logits, targets = guesses(fresh("loss"), rows=7)
    for scale, look in ((1, "Seven guesses of nine classes."), (900, "Logits in the thousands.")):
        bits = F.cross_entropy(scale * logits, targets).item() / LN2
        likeliest = F.cross_entropy(scale * logits, logits.argmax(1)).item() / LN2
        known = [
            (bits * LN2, "In nats."),
            (7 * bits, "The sum, not the mean."),
            (likeliest, "That is the surprise of the likeliest classes; take those that came."),
            (bits * 7 / 3, "Divided by three; there were seven guesses."),
        ]
        got = attempt(function, scale * logits, targets)
        require(verdict(got, bits, tolerance=0.01, unit="bits", known=known, look=look))


@hidden
def entropy(function):
    logits, _ = guesses(fresh("entropy"))
    logits[0, 3] = logits[2, 1] = -5000  # no probability at all
    log_p = torch.log_softmax(logits, 1)
    right = -(log_p.exp() * log_p).sum(1) / LN2
    known = [
        (right * LN2, "In nats."),
        (right / logits.shape[1], "The mean over the classes; their sum, each weighed by p."),
        (right.mean().item(), "One number per guess."),
        (-log_p.mean(1) / LN2, "All surprises count alike there; weigh each by its probability."),
    ]
    look = "Nine classes; two of them cannot come."
    require(verdict(attempt(function, logits), right, tolerance=1e-3, known=known, look=look))


likelihood = answer(
    0.5 * 16_000 * np.log10(2),
    [0.5 * 16_000, 0.5 * 16_000 * LN2, 0.5 * np.log10(2), 0.5 * 64_000 * np.log10(2)],
    tolerance=2, unit="powers of ten",
)  # fmt: skip


@hidden
def slopes(function):
    logits, targets = guesses(fresh("slopes"), rows=5)
    wanted = logits.clone().requires_grad_()
    F.cross_entropy(wanted, targets).backward()
    right, count = wanted.grad, len(targets)
    known = [
        (right * count, "Not divided by the number of guesses."),
        (right * count / 2, "Divided by two; there were five guesses."),
        (right * count / logits.shape[1], "Divided by the classes, not by the guesses."),
        (torch.softmax(logits, 1) / count, "The 1 for the class that came is missing."),
        (right / LN2, "In bits."),
    ]
    got, look = attempt(function, logits, targets), "Five guesses of nine classes."
    require(verdict(got, right, tolerance=1e-5, known=known, look=look))


def descent(network, pasts, targets, rate, steps, zero=True):
    """The losses of plain gradient descent in bits; `zero=False` lets gradients pile up."""
    network, losses = copy.deepcopy(network), []
    for _ in range(steps):
        if zero:
            network.zero_grad()
        nats = F.cross_entropy(network(pasts), targets)
        nats.backward()
        with torch.no_grad():
            for weights in network.parameters():
                weights -= rate * weights.grad
        losses.append(nats.item() / LN2)
    return losses


@hidden
def train(function):
    random = fresh("train")
    network = nn.Linear(5, 4).double()
    for weights in network.parameters():
        with torch.no_grad():
            weights.copy_(torch.from_numpy(random.normal(0, 0.3, weights.shape)))
    pasts = torch.from_numpy(random.normal(0, 1, (30, 5)))
    targets = torch.from_numpy(random.integers(0, 4, 30))
    asked = (pasts, targets, 0.7, 7)
    right = descent(network, *asked)
    known = [
        ([right[0]] * 7, "No step is taken."),
        (descent(network, *asked, zero=False), "Gradients pile up: set them to zero first."),
        (descent(network, pasts, targets, -0.7, 7), "Uphill: step *against* the gradient."),
        (descent(network, pasts, targets, 0.7 / LN2, 7), "Gradients of bits; take nats."),
        (descent(network, pasts, targets, 2, 7), "`rate` is not used: that is 2."),
        (descent(network, pasts, targets, 0.7, 8)[1:], "That is the loss *after* each step."),
    ]
    got, look = attempt(function, copy.deepcopy(network), *asked), "A rate of 0.7, 7 steps."
    require(verdict(got, right, tolerance=1e-4, known=known, look=look))


copies = answer(
    ["B", "D"], [["A", "C", "E"], ["B"], ["D"], ["B", "C", "D"], ["B", "D", "E"], ["A", "B", "D"]]
)


def choice(scores, by, moment=np.argmin):
    """(rate, moment) that one of the three lists chooses."""
    rate = min(scores, key=lambda each: min(scores[each][by]))
    return rate, int(moment(scores[rate][by]))


def invented(random):
    """Scores of four rates, in which each of the three lists chooses another rate."""
    rates = random.permutation([0.02, 0.2, 2.0, 20.0]).tolist()
    scores = {
        rate: {
            name: random.uniform(6, 8, 6).tolist() for name in ("training", "validation", "test")
        }
        for rate in rates
    }
    scores[rates[1]]["validation"] = random.uniform(8, 9, 6).tolist()  # but for one moment
    for rate, name in zip(rates, ("training", "validation", "test"), strict=False):
        scores[rate][name][int(random.integers(1, 5))] = 5.0
    best, test = np.argmin(scores[rates[1]]["validation"]), scores[rates[1]]["test"]
    if np.argmin(test) == best:
        test[best], test[0] = test[0], test[best]
    return scores


@hidden
def choose(function):
    scores = invented(fresh("choose"))
    rate, moment = choice(scores, "validation")
    lines = scores[rate]
    learned, at = choice(scores, "training")
    peeked, then = choice(scores, "test")
    usual = min(scores, key=lambda each: np.mean(scores[each]["validation"]))
    last = min(scores, key=lambda each: scores[each]["validation"][-1])
    known = [
        ((learned, scores[learned]["test"][at]), "Chosen by the training loss."),
        ((learned, scores[learned]["test"][-1]), "Chosen by the training loss."),
        ((peeked, scores[peeked]["test"][then]), "Chosen by the test loss, which may only report."),
        ((rate, lines["test"][-1]), "The right rate, but not its best moment."),
        ((last, scores[last]["test"][-1]), "Chosen by the last moment; an earlier one was better."),
        (
            (usual, scores[usual]["test"][choice({usual: scores[usual]}, "validation")[1]]),
            "Chosen by the mean of each list; the least number counts.",
        ),
        ((rate, min(lines["test"])), "The moment was chosen by the test loss."),
        ((rate, lines["validation"][moment]), "Report the test set's bits, not those that chose."),
    ]
    look = "The least number of all validation lists; the test loss at that place."
    right = (rate, lines["test"][moment])
    require(verdict(attempt(function, scores), right, tolerance=1e-6, known=known, look=look))


rate = answer([0.3, 25], [[0.03, 25], [3, 25], [0.3, 400], [0.3, 0], [0.3, 1], [0.3, 325]])
temper_hand = answer(
    0.25 / 0.38, [0.25, 0.5**0.5 / sum(p**0.5 for p in (0.2, 0.3, 0.5)), 0.5, 1.0],
    tolerance=0.004,
)  # fmt: skip


@hidden
def temper(function):
    random = fresh("temper")
    logits, _ = guesses(random)
    for temperature in (random.uniform(0.2, 0.4), random.uniform(2, 4)):
        right = torch.softmax(logits / temperature, 1)
        power = torch.softmax(logits, 1) ** (1 / temperature)
        known = [
            (torch.softmax(logits * temperature, 1), "Multiplied; the logits are divided by T."),
            (torch.softmax(logits, 1), "`temperature` is not used."),
            (torch.softmax(2 * logits, 1), "`temperature` is not used: that is 1/2."),
            (power, "Not scaled back to a sum of 1."),
            (torch.softmax(logits, 1) / temperature, "Probabilities divided; divide the logits."),
        ]
        got, look = attempt(function, logits, temperature), f"T = {temperature:.2f}."
        require(verdict(got, right, tolerance=1e-4, known=known, look=look))


@hidden
def draw(function):
    random = fresh("draw")
    p = random.dirichlet(np.full(12, 0.5), 40)
    u = random.uniform(0, 1, 40)
    p[:, 0] = 0
    p /= p.sum(1, keepdims=True)
    u[0], u[1] = 0.0, 1 - 1e-9
    p[1] *= 1 - 1e-6  # as rounding does
    right = np.array([np.searchsorted(np.cumsum(row) / row.sum(), x, "right")
                      for row, x in zip(p, u, strict=True)])  # fmt: skip
    loose = (np.cumsum(p, 1) < u[:, None]).sum(1)
    known = [
        (p.argmax(1), "Always the likeliest: u is not used."),
        (right + 1, "Classes are counted from 0."),
        (loose, "At u = 0 a class without any probability was drawn, or one beyond the last."),
        ((np.cumsum(p, 1) <= u[:, None]).sum(1), "A class beyond the last was drawn in row 1."),
    ]
    got = attempt(function, torch.from_numpy(p), torch.from_numpy(u))
    look = "Forty guesses; class 0 has no probability, and one sum ends below 1."
    require(verdict(got, right, tolerance=0, known=known, look=look))


@hidden
def own(got):
    rows = list(got.values()) if isinstance(got, dict) else []
    rows = [np.asarray(row, float).ravel() for row in rows]
    fine = sum(len(row) >= 3 and bool(((row > 0) & (row < 20)).all()) for row in rows)
    look = "Two settings, three seeds of each, bits from 0 to 20."
    require(verdict(min(fine, 2), 2, tolerance=0, unit="settings", look=look))
