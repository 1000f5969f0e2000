"""Every method can learn: one batch of four drawn images, to a Dice above .95."""

from types import SimpleNamespace

import pytest
import torch

from fdgst.models import build_network
from fdgst.training.batch import Batch
from fdgst.training.methods import build

PLACES = [(24, 28, 16), (36, 40, 18), (34, 24, 14), (26, 38, 20)]  # row, column and radius of the disc, pixels
DOMAINS = torch.tensor([0, 1, 0, 1])


def drawn():
    """Four images of 64 px with a disc and, a little beside its centre, a cup of .6 of its radius; and their labels."""
    row, column = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    labels = [
        torch.stack(
            [(row - y - 1) ** 2 + (column - x + 2) ** 2 <= (0.6 * r) ** 2, (row - y) ** 2 + (column - x) ** 2 <= r**2]
        )
        for y, x, r in PLACES
    ]
    labels = torch.stack(labels).float()
    noise = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    return 0.7 * labels[:, 1:] + 0.5 * labels[:, :1] - 0.6 + 0.05 * noise, labels


def worst_dice(logits, labels):
    """The lowest Dice over images and structures."""
    mask = (logits > 0).float()
    return (2 * (mask * labels).sum((2, 3)) / (mask.sum((2, 3)) + labels.sum((2, 3)))).min().item()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain", {}),
        ("intra", {}),
        ("dofe", {"memory": "ema"}),
        ("dofe", {"memory": "frozen"}),
        ("fact", {}),
        ("feddg", {}),
    ],
)
def test_the_method_overfits_one_batch_of_four_images(name, options):
    settings = SimpleNamespace(
        decoder="DeepLabV3Plus", encoder="mobilenet_v2", encoder_weights="none", atrous_rates=(2, 4, 6),
        learning_rate=3e-3, adam_betas=(0.9, 0.99), mixed_precision=True,
    )  # fmt: skip
    network = build_network(settings, seed=0).to(memory_format=torch.channels_last)
    method = build(name, network, settings=settings, options=options, sources=2, seed=0)
    images, labels = drawn()
    method.prepare((domain, images[domain == DOMAINS]) for domain in range(2))
    copies = [images, 0.5 * images + 0.1] if method.pairs else [images]
    repeats = len(copies)
    for step in range(150):
        torch.manual_seed(step)  # dropout
        x = torch.cat(copies).contiguous(memory_format=torch.channels_last)
        method.update(Batch(x, labels.repeat(repeats, 1, 1, 1), DOMAINS.repeat(repeats), step, step // 10))
        if step >= 60 and step % 10 == 9 and worst_dice(method.predict(images), labels) > 0.95:
            return
    assert worst_dice(method.predict(images), labels) > 0.95
