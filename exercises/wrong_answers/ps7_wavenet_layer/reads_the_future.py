"""Pads at the wrong side, reads the queue at its wrong end, and takes the skip after the sum."""

LOSES = {
    "causal-test": (2, "output t reads the future"),
    "frame-test": (2, "sample by sample"),
    "layer-test": (2, "Skip is taken after the sum"),
    "measure-test": (2, "the gradient of all outputs"),
    "queue-test": (2, "One step late"),
    "star-test": (1, "The taps are the wrong way round"),
}
CELLS = {
    "causal": """
def causal(x, weight, bias, dilation=1):
    zeros = (0, (weight.shape[-1] - 1) * dilation)
    return F.conv1d(F.pad(x, zeros), weight, bias, dilation=dilation)
""",
    "frame": """
def conditioned(y, condition, hop, first=0):
    return y + condition.repeat(1, 1, y.shape[-1] // condition.shape[-1])
""",
    "layer": """
def layer(x, z, w, dilation):
    y = gate(add_per_frame(dilated(x, w["dilated"], dilation), w["condition"] @ z))
    handed_on = x + w["residual"] @ y
    return handed_on, w["skip"] @ handed_on
""",
    "measure": """
def measured_field(stack, longest=300):
    x = torch.randn(1, 1, longest, requires_grad=True)
    (slope,) = torch.autograd.grad(stack(x).sum(), x)
    return longest - int(slope[0, 0].nonzero()[0])
""",
    "queue": """
def by_steps(ask, weight, dilation, count):
    queue = deque([torch.zeros(weight.shape[1])] * (dilation + 1))
    outputs = [torch.zeros(len(weight))]
    for _ in range(count):
        newest = ask(outputs[-1])
        past = queue.popleft()
        queue.append(newest)
        outputs.append(weight[..., 0] @ past + weight[..., 1] @ newest)
    return torch.stack(outputs[1:], dim=1)
""",
    "star": """
def by_steps_of(ask, weight, dilation, count):
    reach, outputs = (weight.shape[-1] - 1) * dilation, [torch.zeros(len(weight))]
    kept = deque([torch.zeros(weight.shape[1])] * (reach + 1), maxlen=reach + 1)
    for _ in range(count):
        kept.appendleft(ask(outputs[-1]))
        read = [kept[tap * dilation] for tap in range(weight.shape[-1])]
        outputs.append(sum(weight[..., tap] @ each for tap, each in enumerate(read)))
    return torch.stack(outputs[1:], dim=1)
""",
}
