"""Writes the formulas as they stand: powers overflow, logarithms of 0, nats for bits."""

LOSES = {
    "hand-bits-test": (1, "That is in nats"),
    "softmax-test": (2, "It holds NaN or infinite values"),
    "loss-test": (2, "is rounded to 0"),
    "entropy-test": (1, "0 times infinity is NaN"),
    "likelihood-test": (1, "powers of e"),
    "temper-hand-test": (1, "That is its square"),
    "temper-test": (1, "Powers no longer add up to 1"),
}
CELLS = {
    "hand": "bits_by_hand = np.log(8)\nslopes_by_hand = [-0.875, 0.25, 0.625]",
    "softmax": """
def softmax(logits):
    return torch.exp(logits) / torch.exp(logits).sum(-1, keepdim=True)
""",
    "loss": """
def cross_entropy(logits, targets):
    p = torch.softmax(logits, -1)[torch.arange(len(targets)), targets]
    return -torch.log2(p).mean().item()
""",
    "entropy": """
def entropy(logits):
    p = torch.softmax(logits, -1)
    return -(p * torch.log2(p)).sum(-1)
""",
    "likelihood": "powers_of_ten = 0.5 * 16_000 * np.log(2)",
    "temper-hand": "last_probability = 0.25",
    "temper": """
def tempered(logits, temperature):
    return torch.softmax(logits, -1) ** (1 / temperature)
""",
}
