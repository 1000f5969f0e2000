from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from scipy.ndimage import binary_dilation, binary_erosion
from torch.func import functional_call
from torch.nn import functional

from fdgst.training.methods.feddg import boundary_contrast, embed, inner_step
from fdgst.training.methods.losses import contrastive_loss, dice_loss


def test_the_inner_step_follows_the_gradient_clipped_entry_by_entry():
    theta = {"a": torch.tensor([2.0, -3.0], requires_grad=True), "b": torch.tensor([10.0], requires_grad=True)}
    loss = (theta["a"] ** 3).sum() + theta["b"].sum() ** 4  # gradients 12, 27 and 4000
    stepped = inner_step(theta, loss)
    torch.testing.assert_close(stepped["a"], torch.tensor([2 - 0.012, -3 - 0.027]))
    torch.testing.assert_close(stepped["b"], torch.tensor([10 - 0.1]))


def test_the_inner_step_is_of_first_order():
    theta = {"a": torch.tensor([2.0], requires_grad=True)}
    (stepped,) = inner_step(theta, (theta["a"] ** 3).sum()).values()
    (stepped**2).sum().backward()
    torch.testing.assert_close(theta["a"].grad, 2 * stepped.detach())  # not times 1 - 1e-3 * 12


def test_the_inner_step_leaves_what_the_loss_does_not_reach():
    theta = {"a": torch.ones(1, requires_grad=True), "idle": torch.ones(1, requires_grad=True)}
    assert inner_step(theta, theta["a"].sum())["idle"] is theta["idle"]


def by_hand(network, batch):
    """FedDG's loss and gradient with two networks and no functional call: theta and theta' are separate leaves."""
    (x, copy), (masks, _) = batch.images.chunk(2), batch.masks.chunk(2)
    theta, shifted = network.train(), deepcopy(network).train()
    inner = dice_loss(theta(x), masks)
    gradients = torch.autograd.grad(inner, list(theta.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(shifted.parameters(), gradients, strict=True):
            parameter -= 1e-3 * gradient.clamp(-100, 100)
    maps = [net.decoder(net.encoder(half)) for net, half in ((theta, x), (shifted, copy))]
    both = [net.segmentation_head(given) for net, given in zip((theta, shifted), maps, strict=True)]
    loss = sum(dice_loss(logits, masks) for logits in both) + 0.1 * boundary_contrast(torch.stack(maps), masks)
    parts = torch.autograd.grad(loss, [*theta.parameters(), *shifted.parameters()])
    half = len(parts) // 2
    return loss.detach(), [a + b for a, b in zip(parts[:half], parts[half:], strict=True)]


def test_loss_and_gradient_are_those_of_two_networks_written_out(trainer, batch, tiny):
    method, first = trainer("feddg"), batch(size=24)
    loss, gradients = by_hand(tiny(), first)
    torch.testing.assert_close(method.update(first), loss)
    for parameter, gradient in zip(method.network.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-6)


def test_running_statistics_are_those_of_the_contents(trainer, batch):
    method, first = trainer("feddg"), batch()
    convolution, norm, _ = method.network.encoder.quarter
    x = convolution(first.images[:3]).mean((0, 2, 3)).detach()
    method.update(first)
    torch.testing.assert_close(norm.running_mean, 0.1 * x)
    assert norm.num_batches_tracked == 1


def test_embeddings_are_means_of_the_repeated_map_over_a_region():
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(2, 3, 4, 5, 5, generator=generator)
    regions = (torch.rand(2, 3, 2, 20, 20, generator=generator) > 0.7).float()
    repeated = functional.interpolate(maps.flatten(0, 1), 20, mode="nearest").unflatten(0, (2, 3))
    found = embed(maps, regions)
    for s, k, p, n in [(0, 0, 0, 0), (1, 0, 1, 2), (0, 1, 1, 1)]:
        expected = repeated[p, n][:, regions[k, n, s] == 1].mean(1)
        torch.testing.assert_close(found[s, k, p, n], expected)


def test_the_contrast_is_small_where_contour_and_ring_differ_and_large_where_not(batch):
    masks = batch(size=32).masks
    apart = torch.stack([masks[:, 1], 1 - masks[:, 1]], 1).repeat(2, 1, 1, 1, 1)
    assert boundary_contrast(apart, masks[:, 1:]).item() == pytest.approx(0, abs=1e-4)
    same = torch.ones_like(apart)
    assert boundary_contrast(same, masks[:, 1:]).item() > 1


def test_contours_and_rings_are_scipys_with_a_ring_of_five_pixels(batch):
    outer = batch(size=32).masks[:2, 1:]
    maps = torch.randn(2, 2, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    masks = outer[:, 0].numpy() == 1
    contours = [mask & ~binary_erosion(mask) for mask in masks]
    rings = [binary_dilation(mask, iterations=5) & ~mask for mask in masks]
    embeddings = [maps[p, n][:, region[n]].mean(1) for region in (contours, rings) for p in range(2) for n in range(2)]
    classes = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    expected = contrastive_loss(torch.stack(embeddings), classes, torch.ones(8, dtype=torch.bool))
    torch.testing.assert_close(boundary_contrast(maps, outer), expected)


def test_an_image_without_a_cups_contour_or_ring_is_skipped_for_the_cup_only(batch):
    masks = batch(size=32).masks.clone()
    maps = torch.randn(2, 6, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    masks[2, 0], masks[3, 0] = 0, 1  # no contour; no ring
    kept = [0, 1, 4, 5]
    expected = boundary_contrast(maps[:, kept], masks[kept, :1]) + boundary_contrast(maps, masks[:, 1:])
    torch.testing.assert_close(boundary_contrast(maps, masks), expected)


def test_a_batch_without_any_structure_gives_a_finite_step(trainer, batch):
    method, first = trainer("feddg"), batch()
    loss = method.update(replace(first, masks=torch.zeros_like(first.masks)))
    assert torch.isfinite(loss)
    assert all(torch.isfinite(parameter).all() for parameter in method.network.parameters())


def test_the_contrast_pulls_at_both_passes(batch):
    maps = torch.randn(2, 6, 4, 8, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    boundary_contrast(maps, batch(size=32).masks).backward()
    assert all(part.any() for part in maps.grad)


def test_every_weight_of_the_network_gets_a_gradient(trainer, batch):
    method = trainer("feddg")
    method.update(batch(size=24))
    assert all(parameter.grad.any() for parameter in method.network.parameters())


def test_the_shifted_parameters_are_used_without_touching_the_network(trainer, batch):
    method, images = trainer("feddg"), batch().images
    before = method.network(images)
    theta = {name: parameter + 1 for name, parameter in method.with_map.named_parameters()}
    shifted = functional_call(method.with_map, theta, (images,))[0]
    assert not torch.equal(shifted, before)
    torch.testing.assert_close(method.network(images), before)
