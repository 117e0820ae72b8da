"""Tests on copies, chooses by the test set, and never sets a gradient to zero."""

LOSES = {
    "slopes-test": (2, "in a mean each counts 1/N"),
    "train-test": (2, "Old gradients are still in there"),
    "copies-test": (1, "half as loud it is still the same wave"),
    "choose-test": (2, "Chosen by the test loss"),
    "choose-rate-test": (1, "would choose"),
    "draw-test": (2, "Always the likeliest"),
    "own-test": (1, "compares with nothing"),
}
CELLS = {
    "slopes": """
def slopes(logits, targets):
    return torch.softmax(logits, -1) - nn.functional.one_hot(targets, logits.shape[1])
""",
    "train": """
def train(network, pasts, targets, rate, steps):
    optimizer, losses = torch.optim.SGD(network.parameters(), lr=rate), []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(network(pasts), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item() / np.log(2))
    return losses
""",
    "copies-answer": 'unseen_letters = ["B", "C", "D"]',
    "choose": """
def chosen(scores):
    rate = min(scores, key=lambda each: min(scores[each]["test"]))
    return rate, min(scores[rate]["test"])


by_flute = [3, 25]
""",
    "draw": """
def drawn(probabilities, u):
    return probabilities.argmax(-1)
""",
    "own": 'own = {"only one": [6.6, 6.6, 6.5]}',
}
