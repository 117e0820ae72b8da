"""Takes the gate for the filter, feeds classes in place of samples, and is one off."""

LOSES = {
    "hand-on-test": (1, "Gate and filter have changed places"),
    "hand-skip-test": (1, "Gate and filter have changed places"),
    "shape-condition-test": (1, "after the columns were repeated"),
    "gate-test": (2, "Gate and filter have changed places"),
    "field-test": (1, "The newest sample itself is missing"),
    "loop-test": (2, "Classes are fed"),
    "memory-test": (1, "That is with two taps"),
}
CELLS = {
    "hand": "handed_on_by_hand, skip_by_hand = 3.172, -0.88",
    "shape": "shape_before_gate = [1, 48, 4096]\nshape_of_condition = [1, 48, 4096]",
    "gate": """
def gated(y):
    half = y.shape[1] // 2
    return torch.sigmoid(y[:, :half]) * torch.tanh(y[:, half:])
""",
    "field": "field_of_21 = 764",
    "loop": """
def generated(step, count):
    classes, sample = [], 0.0
    for _ in range(count):
        sample = step(sample).argmax().item()
        classes.append(sample)
    return classes
""",
    "memory": "numbers_in_queues = 2 * 3 * 127 * 16",
}
