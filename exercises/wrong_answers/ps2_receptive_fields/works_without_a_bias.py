"""Measures stacks that are silent without input; the witness is asked after the change."""

LOSES = {
    "future-test": (2, "look at the outputs *before* the change"),
    "measure-test": (2, "The bias sounds without any poke"),
    "formula-periods-test": (1, "how many samples one period has"),
    "design-field-test": (1, "A little too short"),
    "design-cost-test": (1, "too few for this field"),
    "design-holes-test": (2, "never arrive"),
}
CELLS = {
    "future": """
def looks_ahead(layer, length=64):
    x = np.random.default_rng(0).normal(size=length)
    changed = x.copy()
    changed[length // 2 :] += 1
    return bool(np.any(layer(changed) != layer(x)))
""",
    "measure": """
def measured_field(stack, longest=500):
    return int(np.nonzero(stack(np.eye(1, longest)[0]))[0][-1]) + 1
""",
    "formula": """
def field(kernel_size, dilations, first_kernel_size=1):
    return first_kernel_size + (kernel_size - 1) * sum(dilations)


milliseconds, periods = 191.8, 72.7
""",
    "design": "kernel_size, dilations = 2, [2**i for i in range(11)]",
}
