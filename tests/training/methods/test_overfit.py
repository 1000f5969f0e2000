"""Every method can learn: one batch of four drawn images, a small network quickly, the demo's network thoroughly."""

from types import SimpleNamespace

import pytest
import torch

from fdgst.models.deeplab import build_network
from fdgst.training.batch import Batch
from fdgst.training.methods import build

SMALL = [(13, 14, 10), (18, 19, 11), (17, 13, 9), (14, 18, 12)]  # row, column and radius of the disc, of 32 pixels
LARGE = [(24, 28, 16), (36, 40, 18), (34, 24, 14), (26, 38, 20)]  # of 64 pixels
DOMAINS = torch.tensor([0, 1, 0, 1])
METHODS = [
    ("plain", {}),
    ("intra", {}),
    ("dofe", {"memory": "ema"}),
    ("dofe", {"memory": "frozen"}),
    ("fact", {}),
    ("feddg", {}),
]


def drawn(places, size_px):
    """Images with a disc and, a little beside its centre, an inner disc of .6 of its radius; and their masks."""
    row, column = torch.meshgrid(torch.arange(size_px), torch.arange(size_px), indexing="ij")
    masks = [
        torch.stack(
            [(row - y - 1) ** 2 + (column - x + 2) ** 2 <= (0.6 * r) ** 2, (row - y) ** 2 + (column - x) ** 2 <= r**2]
        )
        for y, x, r in places
    ]
    masks = torch.stack(masks).float()
    noise = torch.randn(4, 3, size_px, size_px, generator=torch.Generator().manual_seed(0))
    return 0.7 * masks[:, 1:] + 0.5 * masks[:, :1] - 0.6 + 0.05 * noise, masks


def worst_dice(logits, masks):
    """The lowest Dice over images and structures."""
    mask = (logits > 0).float()
    return (2 * (mask * masks).sum((2, 3)) / (mask.sum((2, 3)) + masks.sum((2, 3)))).min().item()


def best_of(method, images, masks, *, steps, enough):
    """Train on one batch, looking at the predictions every 25 steps, and return the best worst Dice that was seen."""
    method.prepare((domain, images[domain == DOMAINS]) for domain in range(2))
    copies = [images, 0.5 * images + 0.1] if method.pairs else [images]
    repeats, best = len(copies), 0.0
    for step in range(steps):
        torch.manual_seed(step)  # dropout
        x = torch.cat(copies).contiguous(memory_format=torch.channels_last)
        method.update(Batch(x, masks.repeat(repeats, 1, 1, 1), DOMAINS.repeat(repeats), step, step // 10))
        if step % 25 == 24:
            best = max(best, worst_dice(method.predict(images), masks))
        if best > enough:
            break
    return best


@pytest.mark.parametrize(("name", "options"), METHODS)
def test_a_small_network_learns_one_batch_of_four_images(tiny, name, options):
    settings = SimpleNamespace(learning_rate=1e-2, adam_betas=(0.9, 0.99), mixed_precision=True)
    method = build(name, tiny(), settings=settings, options=options, sources=2, seed=0)
    assert best_of(method, *drawn(SMALL, 32), steps=250, enough=0.9) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), METHODS)
def test_the_demos_network_overfits_one_batch_of_four_images(name, options):
    settings = SimpleNamespace(
        decoder="DeepLabV3Plus", encoder="mobilenet_v2", encoder_weights="none", atrous_rates=(2, 4, 6),
        learning_rate=3e-3, adam_betas=(0.9, 0.99), mixed_precision=True,
    )  # fmt: skip
    network = build_network(settings, channels=3, structures=2, seed=0).to(memory_format=torch.channels_last)
    method = build(name, network, settings=settings, options=options, sources=2, seed=0)
    assert best_of(method, *drawn(LARGE, 64), steps=150, enough=0.95) > 0.95
