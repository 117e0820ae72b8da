"""Problem set 7: what its prediction, its model answer and its rubric say about random stacks."""

import numpy as np
from problem_set import source

from nsynth_edu.models.sensitivity import input_sensitivity

PS7 = "ps7_wavenet_layer"
DOUBLINGS = [2**i for i in range(8)]


def test_the_oldest_sample_of_a_random_stack_acts_as_little_as_the_sheet_says():
    space = {}
    for cell in ("target", "layer-given", "layer-ours", "far-given"):
        exec(source(PS7, cell), space)

    def ratios(dilations=DOUBLINGS, larger=1, **kind):
        """oldest : newest, of the seeds 0 to 4."""
        found = []
        for seed in range(5):
            stack = space["RandomStack"](seed, dilations, **kind)
            for weight in stack.parameters():
                weight.data *= larger
            slopes = input_sensitivity(stack, 255, 0)
            assert np.count_nonzero(slopes) == (256 if dilations != [85] * 3 else 4)
            found.append(slopes[0] / slopes[-1])
        return found

    for found, least, most in (
        (ratios(), 0.9e-8, 5e-8),  # below a millionth: the prediction
        (ratios(residual=False), 1e-7, 7e-7),
        (ratios(larger=3), 8e-5, 2e-3),
        (ratios([85, 85, 85]), 1.5e-3, 2e-2),
        (ratios(DOUBLINGS[::-1]), 1e-8, 5e-8),
    ):
        assert least <= min(found) and max(found) <= most, found
