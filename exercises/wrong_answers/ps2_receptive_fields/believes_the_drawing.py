"""Knows WaveNet from its drawing: two taps, doublings, arms that cost; the stack has holes."""

LOSES = {
    "formula-test": (2, "That is right for two taps only"),
    "formula-ms-test": (1, "That is with two taps"),
    "cost-test": (2, "That sums dilations"),
    "design-holes-test": (2, "never arrive"),
}
CELLS = {
    "formula": """
def field(kernel_size, dilations, first_kernel_size=1):
    return 1 + sum(dilations)


milliseconds, periods = 96, 42.2
""",
    "cost": """
def cost(kernel_size, dilations, channels):
    return sum(dilations) * kernel_size * channels**2


plain_layers = 8000
""",
    "design": "kernel_size = 2\ndilations = [5, 40, 400, 1000, 1000]",
}
