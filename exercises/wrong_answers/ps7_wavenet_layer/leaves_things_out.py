"""Pads on both sides, sigmoid twice, no residual connection, and a queue that nothing goes into."""

LOSES = {
    "hand-on-test": (1, "Its input goes on, too"),
    "shape-gate-test": (1, "after the gate, which halves"),
    "causal-test": (2, "a tap reads the future"),
    "frame-test": (2, "The first column for the whole sound"),
    "gate-test": (2, "Sigmoid twice"),
    "layer-test": (2, "The residual connection is missing"),
    "measure-test": (2, "The newest sample counts, too"),
    "queue-test": (2, "The queue stays full of zeros"),
    "loop-test": (2, "the decoder never gets its own output"),
    "memory-test": (1, "each of them is a number per channel"),
    "star-test": (1, "That is dilation 1"),
}
CELLS = {
    "hand": "handed_on_by_hand, skip_by_hand = -1.5, 1.125",
    "shape": "shape_before_gate = [1, 24, 4096]\nshape_of_condition = [1, 48, 8]",
    "causal": """
def causal(x, weight, bias, dilation=1):
    zeros = (weight.shape[-1] - 1) * dilation // 2
    return F.conv1d(x, weight, bias, dilation=dilation, padding=zeros)
""",
    "frame": """
def conditioned(y, condition, hop, first=0):
    return y + condition[..., :1]
""",
    "gate": """
def gated(y):
    half = y.shape[1] // 2
    return torch.sigmoid(y[:, :half]) * torch.sigmoid(y[:, half:])
""",
    "layer": """
def layer(x, z, w, dilation):
    y = gate(add_per_frame(dilated(x, w["dilated"], dilation), w["condition"] @ z))
    return w["residual"] @ y, w["skip"] @ y
""",
    "measure": """
def measured_field(stack, longest=300):
    x = torch.randn(1, 1, longest, requires_grad=True)
    (slope,) = torch.autograd.grad(stack(x)[0, 0, -1], x)
    return longest - 1 - int(slope[0, 0].nonzero()[0])
""",
    "queue": """
def by_steps(ask, weight, dilation, count):
    queue = deque([torch.zeros(weight.shape[1])] * dilation)
    outputs = [torch.zeros(len(weight))]
    for _ in range(count):
        newest = ask(outputs[-1])
        outputs.append(weight[..., 0] @ queue[0] + weight[..., 1] @ newest)
    return torch.stack(outputs[1:], dim=1)
""",
    "loop": """
def generated(step, count):
    return [int(step(0.0).argmax()) for _ in range(count)]
""",
    "memory": "numbers_in_queues = 762",
    "star": """
def by_steps_of(ask, weight, dilation, count):
    taps, outputs = weight.shape[-1], [torch.zeros(len(weight))]
    kept = deque([torch.zeros(weight.shape[1])] * taps, maxlen=taps)
    for _ in range(count):
        kept.append(ask(outputs[-1]))
        outputs.append(sum(weight[..., tap] @ kept[tap] for tap in range(taps)))
    return torch.stack(outputs[1:], dim=1)
""",
}
