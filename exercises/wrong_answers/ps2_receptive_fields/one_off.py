"""Counts fence posts for gaps: one zero, one sample and one tap too many or too few."""

LOSES = {
    "hand-zeros-test": (1, "One tap too many"),
    "layer-test": (2, "Zeros for one tap too many"),
    "measure-test": (2, "The newest sample counts, too"),
    "formula-test": (2, "The newest sample itself is missing"),
    "cost-plain-test": (1, "adds two samples, not one"),
}
CELLS = {
    "hand": "outputs_by_hand = [1, 2, 3.5, 5]\nzeros_by_hand = 12",
    "layer": """
def causal(x, taps, dilation=1):
    padded = np.concatenate([np.zeros(len(taps) * dilation), x])
    return sum(tap * padded[i * dilation :][: len(x)] for i, tap in enumerate(taps))
""",
    "measure": """
def measured_field(stack, longest=500):
    difference = stack(np.eye(1, longest)[0]) - stack(np.zeros(longest))
    return int(np.nonzero(difference)[0][-1])
""",
    "formula": """
def field(kernel_size, dilations, first_kernel_size=1):
    return (first_kernel_size - 1) + (kernel_size - 1) * sum(dilations)


milliseconds, periods = 3069 / 16, 3069 / 16_000 * 220
""",
    "cost": """
def cost(kernel_size, dilations, channels):
    return len(dilations) * kernel_size * channels**2


plain_layers = 16_000
""",
}
