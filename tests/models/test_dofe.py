from types import SimpleNamespace

import pytest
import torch
from torch import nn

from fdgst.errors import ConfigError
from fdgst.models.deeplab import build_network
from fdgst.models.dofe import DomainFeatures, aggregate, refreshed


@pytest.fixture(scope="module")
def plain():
    """The default network at 64 px, with statistics of its normalisations that are not those of a fresh one."""
    names = {"decoder": "DeepLabV3Plus", "encoder": "mobilenet_v2", "encoder_weights": "none"}
    network = build_network(SimpleNamespace(**names, atrous_rates=(2, 4, 6)), channels=3, structures=2, seed=0)
    with torch.no_grad():
        network(images(8))
    return network.eval()


def images(count, seed=0):
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def wrapped(plain, *, calibrated):
    network = DomainFeatures(plain, domains=3, seed=0).eval()
    if calibrated:
        network.calibrate((index, images(2, index)) for index in range(3))
    return network


def test_the_aggregation_is_the_gated_sum_of_the_pool():
    h, gate = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1), torch.tensor([0.5, -1.0]).view(1, 2, 1, 1)
    pool = torch.tensor([[1.0, 0.0], [2.0, 4.0]])
    # sum_k p_k m_k = .25 (1, 0) + .75 (2, 4) = (1.75, 3); tanh(.5) = .46211716, tanh(-1) = -.76159416
    expected = torch.tensor([1 + 0.46211716 * 1.75, 2 - 0.76159416 * 3]).view(1, 2, 1, 1)
    torch.testing.assert_close(aggregate(h, gate, torch.tensor([[0.25, 0.75]]), pool), expected)


def test_an_open_domain_is_aggregated_alone():
    h, pool = torch.zeros(2, 3, 2, 2), torch.arange(6.0).view(2, 3)
    out = aggregate(h, torch.full_like(h, 100.0), torch.eye(2), pool)
    torch.testing.assert_close(out[:, :, 0, 0], pool)


def test_the_pool_is_refreshed_by_a_tenth_of_each_domains_mean():
    pool = torch.tensor([[1.0], [2.0], [3.0]])
    h = torch.tensor([[10.0], [20.0], [40.0]])
    new = refreshed(pool, h, torch.tensor([2, 0, 2]), keep=0.9)
    torch.testing.assert_close(new, torch.tensor([[0.9 + 2.0], [2.0], [2.7 + 2.5]]))
    assert torch.equal(pool, torch.tensor([[1.0], [2.0], [3.0]]))


def test_refreshing_passes_no_gradient():
    h = torch.ones(2, 4, requires_grad=True)
    assert not refreshed(torch.zeros(3, 4), h, torch.tensor([0, 1]), keep=0.9).requires_grad


@pytest.mark.parametrize("calibrated", [False, True])
def test_before_its_first_step_it_predicts_what_the_plain_network_predicts(plain, calibrated):
    network = wrapped(plain, calibrated=calibrated)
    torch.testing.assert_close(network(images(2, 9)), plain(images(2, 9)), rtol=1e-4, atol=1e-5)


def test_the_forward_pass_is_the_definition(plain):
    network, decoder, x = wrapped(plain, calibrated=True), plain.decoder, images(2, 9)
    nn.init.normal_(network.gate.weight, std=0.1, generator=torch.Generator().manual_seed(1))
    features = plain.encoder(x)
    aspp = decoder.aspp(features[-1])
    h = network.norm(torch.cat([decoder.up(aspp), decoder.block1(features[2])], 1))
    bn, relu, w2 = network.code
    q = relu(bn(aspp.flatten(2).max(2).values)) @ w2.weight.T
    torch.testing.assert_close(network.detailed(x)[1], q)
    p, m = q.softmax(1), network.pool
    g = torch.tanh(torch.einsum("dc,bchw->bdhw", network.gate.weight[:, :, 0, 0], h))
    enriched = h + g * torch.einsum("bk,kc->bc", p, m)[:, :, None, None]
    assert h.shape == (2, 304, 16, 16)
    expected = plain.segmentation_head(decoder.block2(enriched))
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-4)


def test_the_pool_begins_as_each_domains_mean_of_h(plain):
    network = wrapped(plain, calibrated=True)
    h = network.detailed(images(2, 1))[2]
    torch.testing.assert_close(network.pool[1], h.mean(0), rtol=1e-4, atol=1e-5)


def test_batches_of_unequal_size_weigh_every_image_alike(plain):
    together, apart = DomainFeatures(plain, domains=1, seed=0), DomainFeatures(plain, domains=1, seed=0)
    together.calibrate([(0, images(5))])
    apart.calibrate((0, part) for part in images(5).split(2))
    torch.testing.assert_close(together.pool, apart.pool, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together.norm.running_var, apart.norm.running_var, rtol=1e-4, atol=1e-5)


def test_after_calibration_the_new_normalisation_is_an_identity_in_training_too(plain):
    network = wrapped(plain, calibrated=True)
    fused = torch.cat([network.fused(images(2, index))[0] for index in range(3)])  # what it was calibrated on
    for mode in (True, False):
        torch.testing.assert_close(network.norm.train(mode)(fused), fused, rtol=1e-3, atol=1e-3)


def test_a_domain_without_an_image_is_refused(plain):
    with pytest.raises(ValueError, match=r"every domain needs an image, got \[2\.0, 0\.0, 2\.0\]"):
        DomainFeatures(plain, domains=3, seed=0).calibrate((index, images(2)) for index in (0, 2))


def test_equal_seeds_give_equal_new_layers(plain):
    first, same, other = (DomainFeatures(plain, domains=3, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.code[2].weight, same.code[2].weight)
    assert not torch.equal(first.code[2].weight, other.code[2].weight)


def test_another_decoder_is_refused_by_name():
    class Unet(nn.Module):
        def __init__(self):
            super().__init__()
            self.decoder = nn.Conv2d(3, 2, 1)

    with pytest.raises(ConfigError, match=r"dofe: needs training\.decoder DeepLabV3Plus, found the decoder Conv2d"):
        DomainFeatures(Unet(), domains=3, seed=0)
