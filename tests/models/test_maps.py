import pytest
import torch
from torch import nn

from fdgst.errors import ConfigError
from fdgst.models.maps import WithMap


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.decoder, self.segmentation_head = nn.Conv2d(3, 5, 3), nn.Conv2d(5, 2, 1)

    def forward(self, images):
        return self.segmentation_head(self.decoder(images))


def test_the_map_is_what_the_head_turns_into_logits():
    network, images = Network(), torch.ones(2, 3, 6, 6)
    logits, given = WithMap(network)(images)
    assert torch.equal(logits, network(images))
    assert torch.equal(given, network.decoder(images))


def test_gradients_pass_through_the_map():
    network = Network()
    WithMap(network)(torch.ones(1, 3, 6, 6))[1].sum().backward()
    assert network.decoder.weight.grad.any()
    assert network.segmentation_head.weight.grad is None


def test_a_network_without_a_head_is_refused():
    with pytest.raises(ConfigError, match="Conv2d has no segmentation_head"):
        WithMap(nn.Conv2d(3, 2, 1))
