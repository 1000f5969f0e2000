"""The faster way of dilated depthwise convolutions is another way to the same numbers."""

import pytest
import torch
from torch import nn

from fdgst.models.depthwise import ShiftedConv2d, quicken


def passes(conv, maps):
    """Output and gradients of a convolution, for a fixed gradient of the output."""
    maps = maps.clone().requires_grad_()
    conv.zero_grad()
    out = conv(maps)
    out.backward(torch.linspace(-1, 1, out.numel()).reshape(out.shape))
    return out, maps.grad, conv.weight.grad.clone()


@pytest.mark.parametrize("size", [(4, 4), (5, 7), (1, 3), (8, 8), (30, 6)])
@pytest.mark.parametrize("dilation", [2, 4, 6])
def test_outputs_and_gradients_are_those_of_the_convolution(size, dilation):
    torch.manual_seed(0)
    conv = nn.Conv2d(5, 5, 3, padding=dilation, dilation=dilation, groups=5, bias=False)
    maps = torch.randn(3, 5, *size)
    expected = passes(conv, maps)
    for found, wanted in zip(passes(quicken(conv), maps), expected, strict=True):
        assert torch.allclose(found, wanted, atol=1e-5)
    assert isinstance(conv, ShiftedConv2d)


@pytest.mark.parametrize(
    "other",
    [
        {"dilation": 1, "padding": 1},
        {"stride": 2},
        {"groups": 1},
        {"padding": 0},
        {"bias": True},
        {"kernel_size": 5},
        {"padding_mode": "reflect"},
    ],
)
def test_other_convolutions_are_left_alone(other):
    arguments = {"kernel_size": 3, "padding": 2, "dilation": 2, "groups": 4, "bias": False} | other
    assert type(quicken(nn.Conv2d(4, 4, **arguments))) is nn.Conv2d


def test_names_and_weights_stay():
    network = nn.Sequential(nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=4, bias=False))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    after = quicken(network).state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert list(after) == list(before)
