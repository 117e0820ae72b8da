"""One convolution, two ways: all of time at once (held equal to torch), and sample by sample."""

import pytest
import torch
import torch.nn.functional as F

from nsynth_edu.models import receptive_field
from nsynth_edu.models.convolution import Convolution, Queue

SHAPES = [(1, 1), (2, 1), (2, 8), (3, 1), (3, 4), (5, 2)]  # kernel size, dilation


def convolution_and_sound(*arguments, time=40, **options):
    """A convolution 3 -> 5 with random weights, and a batch of two sounds."""
    torch.manual_seed(0)
    return Convolution(3, 5, *arguments, **options), torch.randn(2, 3, time)


@pytest.mark.parametrize("kernel_size, dilation", SHAPES)
def test_causal_forward_equals_torch_on_a_sound_padded_in_front(kernel_size, dilation):
    convolution, x = convolution_and_sound(kernel_size, dilation)
    padded = F.pad(x, ((kernel_size - 1) * dilation, 0))
    expected = F.conv1d(padded, convolution.weight, convolution.bias, dilation=dilation)
    torch.testing.assert_close(convolution(x), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kernel_size, dilation", [(1, 1), (3, 1), (3, 4), (5, 2)])
def test_centred_forward_equals_torch_on_a_sound_padded_on_both_sides(kernel_size, dilation):
    convolution, x = convolution_and_sound(kernel_size, dilation, causal=False)
    expected = F.conv1d(x, convolution.weight, convolution.bias, dilation=dilation, padding="same")
    torch.testing.assert_close(convolution(x), expected, rtol=0, atol=1e-6)


def test_gradients_equal_those_of_torch():
    convolution, x = convolution_and_sound(3, 4)
    expected = F.conv1d(F.pad(x, (8, 0)), convolution.weight, convolution.bias, dilation=4)
    weights = [convolution.weight, convolution.bias]
    wanted = torch.autograd.grad(expected.square().sum(), weights)
    found = torch.autograd.grad(convolution(x).square().sum(), weights)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("kernel_size, dilation", SHAPES)
def test_sample_by_sample_equals_all_at_once(kernel_size, dilation):
    convolution, x = convolution_and_sound(kernel_size, dilation)
    queue = convolution.queue(batch=2)
    steps = [convolution.step(x[..., t], queue) for t in range(x.shape[-1])]
    torch.testing.assert_close(torch.stack(steps, -1), convolution(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kernel_size, dilation", SHAPES)
def test_future_samples_do_not_change_the_past(kernel_size, dilation):
    convolution, x = convolution_and_sound(kernel_size, dilation)
    changed = x.clone()
    changed[..., 20:] = torch.randn(2, 3, 20)
    before, after = convolution(x), convolution(changed)
    assert torch.equal(before[..., :20], after[..., :20])
    assert not torch.equal(before[..., 20], after[..., 20])


def test_a_causal_output_hears_its_taps_and_nothing_between_them():
    convolution, x = convolution_and_sound(3, 4)
    x.requires_grad_()
    convolution(x)[..., 30].sum().backward()
    assert x.grad.abs().sum((0, 1)).nonzero().flatten().tolist() == [22, 26, 30]


def test_a_centred_output_hears_as_far_ahead_as_back():
    convolution, x = convolution_and_sound(3, 4, causal=False)
    x.requires_grad_()
    convolution(x)[..., 20].sum().backward()
    assert x.grad.abs().sum((0, 1)).nonzero().flatten().tolist() == [16, 20, 24]


def test_a_sound_shorter_than_the_reach_keeps_its_length():
    convolution, x = convolution_and_sound(3, 16, time=5)
    expected = F.conv1d(F.pad(x, (32, 0)), convolution.weight, convolution.bias, dilation=16)
    assert convolution(x).shape == (2, 5, 5)
    torch.testing.assert_close(convolution(x), expected, rtol=0, atol=1e-6)


def test_a_1x1_convolution_needs_no_memory():
    assert convolution_and_sound(1)[0].queue(batch=2) is None


def test_a_queue_gives_back_what_went_in_as_many_steps_ago():
    queue = Queue(3, 1, 1, torch.empty(0))
    for step in range(8):
        past = [float(queue.past(delay)) for delay in (1, 2, 3)]
        assert past == [max(step - 1, 0), max(step - 2, 0), max(step - 3, 0)]
        queue.push(torch.full((1, 1), float(step)))


def test_a_centred_convolution_without_a_middle_tap_is_refused():
    with pytest.raises(ValueError, match="kernel size 2 and dilation 1 has no middle tap; use an"):
        Convolution(1, 1, 2, causal=False)


@pytest.mark.parametrize(
    "arguments, samples",
    [
        ((3, [2 ** (i % 10) for i in range(30)], 3), 6141),  # NSynth, measured on the original
        ((2, [2**i for i in range(10)]), 1024),  # one block of WaveNet, as its paper says
        ((2, [1, 2, 4, 8]), 16),  # the drawing in WaveNet's paper
        ((2, []), 1),
        ((2, [], 3), 3),
        ((1, [1, 2, 4]), 1),
        ((3, (2**i for i in range(2))), 7),
    ],
)
def test_receptive_field(arguments, samples):
    assert receptive_field(*arguments) == samples


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0, [1]), "kernel_size is 0; expected 1 or more taps."),
        ((2, [1], -1), "first_kernel_size is -1; expected 1 or more taps."),
        ((2, [4, 0]), "the smallest dilation is 0; expected 1 or more"),
    ],
)
def test_a_receptive_field_without_taps_or_steps_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        receptive_field(*arguments)
