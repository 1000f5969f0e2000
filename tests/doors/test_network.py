"""A network of one's own: what it states is checked in a dry run, what it does before a training begins."""

import re
import sys
from types import SimpleNamespace

import pytest
import torch

from fdgst.errors import ConfigError
from fdgst.fingerprint import fingerprint
from fdgst.models import build_network, rebuild_network
from fdgst.study.cutting import Slices
from fdgst.study.own_network import network_needs, own_network_faults
from fdgst.study.study import load_study
from tests.workflow.graph import HOUSE

CLASS = """
from torch import nn

class Net(nn.Sequential):
    stride = 16
    smallest_px: int = 32
    channels = (1, 3)

    def __init__(self, *, channels, structures, seed):
        super().__init__(nn.Conv2d(channels, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, structures, 1))
"""
FUNCTION = """
from mine.layers import Base

def net(*, channels, structures, seed):
    return Base()

net.stride = 8
net.least_images = 1
"""
SHAPE = {"channels": 3, "structures": 2, "seed": 4, "size_px": (32, 48)}


def settings(network):
    """The only setting that a network of one's own is made of."""
    return SimpleNamespace(network=network)


def faults(overlay):
    """What is said of the demo with an overlay."""
    with pytest.raises(ConfigError) as caught:
        load_study(overlay, base=HOUSE / "config.yaml")
    return list(caught.value.faults)


def without_dofe(**training):
    """The demo's table without the row that needs a decoder."""
    row = {"id": "deepall", "title": "DeepAll", "trainer": "plain", "augmentation": "none", "options": {}}
    return {"methods": [row], "training": training}


def test_needs_are_read_from_a_class_and_not_imported(mine):
    mine(f"raise RuntimeError('imported')\n{CLASS}")
    needs = network_needs("mine.net:Net")
    assert (needs.stride, needs.smallest_px, needs.channels, needs.least_images) == (16, 32, (1, 3), 2)


def test_needs_are_read_from_beside_a_function(mine):
    mine("class Base: ...", "layers")
    mine(FUNCTION)
    needs = network_needs("mine.net:net")
    assert (needs.stride, needs.least_images, needs.channels) == (8, 1, None)


def test_needs_follow_an_import(mine):
    mine(CLASS, "deep")
    mine("from .deep import Net as Network\n")
    assert network_needs("mine.net:Network").stride == 16


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("mine.net", CLASS, "expected null, or package.module:Name, found 'mine.net'"),
        ("mine.net:Nett", CLASS, r"expected a class or a function that can be found.*found 'mine.net:Nett'"),
        ("theirs.net:Net", CLASS, "found 'theirs.net:Net'"),
        ("mine.net:Net", CLASS.replace("= 16", "= 2 * n"), "stride: expected a literal, found an expression"),
        ("mine.net:Net", CLASS.replace("= 16", "= 0"), "stride: expected a whole number of at least 1, found 0"),
        ("mine.net:Net", CLASS.replace("(1, 3)", "3"), "channels: expected a tuple of whole numbers, or None, found 3"),
        ("mine.net:Net", "class Net(:\n", r"net.py:1: expected Python, found an error"),
    ],
)
def test_a_network_that_cannot_be_used_is_told(mine, name, text, expected):
    mine(text)
    assert re.search(expected, faults(without_dofe(network=name))[0])


def test_sizes_and_channels_are_held_against_its_needs(mine):
    mine(CLASS)
    found = own_network_faults("mine.net:Net", size_px=(24, 16), channels=4)
    assert [fault.split(":")[0] for fault in found] == ["network_size", "network_size", "task.channels"]
    assert own_network_faults("mine.net:Net", size_px=(32, 48), channels=3) == []


def test_rows_that_need_a_decoder_or_a_head_are_refused(mine):
    mine(CLASS)
    rows = [
        {"id": "dofe", "title": "DoFE", "trainer": "dofe", "augmentation": "none", "options": {}},
        {"id": "feddg", "title": "FedDG", "trainer": "feddg", "augmentation": "fdg", "options": {}},
    ]
    found = faults({"methods": rows, "training": {"network": "mine.net:Net", "batch": 16}})
    assert "methods[0] (trainer dofe) needs the decoder DeepLabV3Plus" in found[0]
    assert "methods[1] (trainer feddg) looks at what the network's segmentation_head is given" in found[1]


def test_batches_hold_as_many_images_as_it_needs(mine):
    mine(CLASS + "    least_images = 20\n")
    (found,) = faults(without_dofe(network="mine.net:Net"))
    assert found == (
        "config: training.images_per_step: expected at least 20 images in a step, since batch normalisation of"
        " mine.net:Net needs 20 in a pass (method deepall), found 18"
    )


def test_what_it_does_not_read_is_in_no_slice(mine):
    mine(CLASS)
    texts = {
        Slices(load_study(without_dofe(network="mine.net:Net", **more), base=HOUSE / "config.yaml")).train(
            "deepall", "domain1"
        )
        for more in ({}, {"decoder": "Unet", "atrous_rates": [9, 9, 9], "encoder_weights": "imagenet"})
    }
    assert len(texts) == 1


def test_relative_imports_are_in_its_fingerprint(mine):
    mine("WIDTH = 4\n", "layers")
    mine("from .layers import WIDTH\n")
    before = fingerprint("mine.net")
    mine("WIDTH = 5\n", "layers")
    assert fingerprint("mine.net") != before


def test_equal_seeds_give_equal_weights_and_leave_the_global_generator(mine):
    mine(CLASS)
    state = torch.get_rng_state()
    one, two = (build_network(settings("mine.net:Net"), **SHAPE) for _ in range(2))
    other = build_network(settings("mine.net:Net"), **SHAPE | {"seed": 5})
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(one[0].weight, two[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)


def test_the_look_at_its_logits_leaves_it_as_it_was(mine):
    mine(CLASS)
    network = build_network(settings("mine.net:Net"), **SHAPE)
    assert network.training
    assert network[1].num_batches_tracked == 0
    network.load_state_dict(rebuild_network(settings("mine.net:Net"), channels=3, structures=2).state_dict())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("structures, 1)", "structures + 1, 1)", r"logits of shape \(2, 2, 32, 48\), found \(2, 3, 32, 48\)"),
        ("padding=1", "padding=0", r"found \(2, 2, 30, 46\)"),
        ("4, structures", "5, structures", r"cannot take images of 3 x 32 x 48 \(RuntimeError"),
        ("seed)", "width)", r"cannot be made with channels=3, structures=2, seed=4 \(TypeError"),
        ("from torch", "from torches", r"cannot be imported \(ModuleNotFoundError"),
    ],
)
def test_what_it_does_wrong_is_told_before_a_training(mine, old, new, expected):
    mine(CLASS.replace(old, new))
    with pytest.raises(ConfigError, match=expected):
        build_network(settings("mine.net:Net"), **SHAPE)


def test_a_function_that_returns_no_module_is_refused(mine):
    mine("class Base: ...", "layers")
    mine(FUNCTION)
    with pytest.raises(ConfigError, match=r"expected mine\.net:net to return a torch Module, found a Base"):
        build_network(settings("mine.net:net"), **SHAPE)
    assert "mine.net" in sys.modules
