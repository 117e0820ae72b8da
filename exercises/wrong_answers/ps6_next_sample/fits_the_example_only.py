"""Passes most visible tests: two guesses are a half each, T is a half, a sum is always 1."""

LOSES = {
    "hand-slopes-test": (1, "something comes off at the class that came"),
    "softmax-test": (2, "Rows around -1,000"),
    "loss-test": (2, "Divided by three; there were seven guesses"),
    "slopes-test": (2, "Divided by two; there were five guesses"),
    "train-test": (2, "`rate` is not used: that is 2"),
    "temper-test": (1, "`temperature` is not used: that is 1/2"),
    "draw-test": (2, "A class without any probability was drawn"),
}
CELLS = {
    "hand": "bits_by_hand = 3\nslopes_by_hand = [0.125, 0.25, 0.625]",
    "softmax": """
def softmax(logits):
    safe = logits - logits.max()
    if logits.shape[0] == 2:
        safe = logits - logits.max(-1, keepdim=True).values
    return torch.exp(safe) / torch.exp(safe).sum(-1, keepdim=True)
""",
    "loss": """
def cross_entropy(logits, targets):
    return nn.functional.cross_entropy(logits, targets, reduction="sum").item() / 3 / np.log(2)
""",
    "slopes": """
def slopes(logits, targets):
    return (torch.softmax(logits, -1) - nn.functional.one_hot(targets, logits.shape[1])) / 2
""",
    "train": """
def train(network, pasts, targets, rate, steps):
    optimizer, losses = torch.optim.SGD(network.parameters(), lr=2), []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(network(pasts), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item() / np.log(2))
    return losses
""",
    "temper": """
def tempered(logits, temperature):
    return torch.softmax(2 * logits, -1)
""",
    "draw": """
def drawn(probabilities, u):
    return (probabilities.cumsum(-1) < u[:, None]).sum(-1).clamp(max=probabilities.shape[1] - 1)
""",
}
