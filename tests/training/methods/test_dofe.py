import pytest
import torch

from fdgst.training.methods.dofe import soft_label


def filled(method, batch):
    """Let the trainer fill its pool from three domains' images."""
    method.prepare((index, batch(index).images) for index in range(3))
    return method


def test_the_loss_is_the_cross_entropy_and_a_tenth_of_the_codes_squared_error(trainer, batch):
    method, same, first = filled(trainer("dofe"), batch), filled(trainer("dofe"), batch), batch(step=5)
    logits, code, _ = same.network.train().detailed(first.images)
    bce = torch.nn.functional.binary_cross_entropy(logits.sigmoid(), first.masks)
    error = (code.exp() / code.exp().sum(1, keepdim=True) - same._soft_label(first)) ** 2
    torch.testing.assert_close(method.update(first), (bce + 0.1 * error.mean()).detach())


def test_with_memory_ema_the_pool_follows_each_domain_of_the_batch(trainer, batch):
    method, same = filled(trainer("dofe", memory="ema"), batch), filled(trainer("dofe"), batch)
    first = batch(domains=(0, 0, 2, 0, 2, 0))
    h, before = same.network.train().detailed(first.images)[2].detach(), same.network.pool.clone()
    method.update(first)
    expected = before.clone()
    expected[0] = 0.9 * before[0] + 0.1 * h[[0, 1, 3, 5]].mean(0)
    expected[2] = 0.9 * before[2] + 0.1 * h[[2, 4]].mean(0)
    torch.testing.assert_close(method.network.pool, expected)
    assert torch.equal(method.network.pool[1], before[1])


def test_with_memory_frozen_the_pool_never_changes(trainer, batch):
    method = filled(trainer("dofe", memory="frozen"), batch)
    before = method.network.pool.clone()
    for step in range(3):
        method.update(batch(step, step=step))
    assert torch.equal(method.network.pool, before)


def test_the_pool_follows_the_batches_unless_said_otherwise(trainer):
    assert trainer("dofe").chosen == {"memory": "ema"}


def test_gradients_reach_every_weight_but_not_the_pool(trainer, batch):
    method = filled(trainer("dofe"), batch)
    method.update(batch())  # opens the gate, without which the code's weights see the domain loss only
    method.update(batch(1, step=1))
    named = dict(method.network.named_parameters())
    assert {"gate.weight", "code.2.weight", "norm.weight", "network.encoder.quarter.0.weight"} <= named.keys()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in named.values())
    assert method.network.pool.grad is None
    assert not method.network.pool.requires_grad
    assert "pool" in method.weights()


def test_the_gate_learns_from_its_first_step(trainer, batch):
    method = filled(trainer("dofe"), batch)
    method.update(batch())
    assert method.network.gate.weight.abs().max().item() == pytest.approx(1e-3, rel=1e-3)  # one step of Adam


def test_the_soft_label_gives_the_own_domain_most_and_the_others_the_rest():
    draws = torch.tensor([[0.5, 0.2, 0.6], [0.3, 0.0, 0.1]])
    expected = torch.tensor([[0.9, 0.025, 0.075], [0.15, 0.8, 0.05]])  # the rest as 1:3 and 3:1
    torch.testing.assert_close(soft_label(torch.tensor([0, 1]), draws), expected)


@pytest.mark.parametrize("draw", [0.0, 0.5, 1 - 2**-24])
@pytest.mark.parametrize("sources", [1, 2, 3, 7])
def test_soft_labels_are_shares_whatever_is_drawn(sources, draw):
    domains = torch.arange(sources)
    label = soft_label(domains, torch.full((sources, sources), draw))
    torch.testing.assert_close(label.sum(1), torch.ones(sources))
    assert (label >= 0).all()
    assert (label.diagonal() >= 0.8).all()


def test_soft_labels_are_drawn_from_seed_and_step(trainer, batch):
    method, other = trainer("dofe", seed=1), trainer("dofe", seed=2)
    assert torch.equal(method._soft_label(batch(step=3)), method._soft_label(batch(step=3)))
    assert not torch.equal(method._soft_label(batch(step=3)), method._soft_label(batch(step=4)))
    assert not torch.equal(method._soft_label(batch(step=3)), other._soft_label(batch(step=3)))
