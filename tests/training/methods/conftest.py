"""A network of DeepLabV3+'s shape that is small enough for a test, and batches for it."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from fdgst.training.batch import Batch
from fdgst.training.methods import build


class Decoder(nn.Module):
    """The parts of smp's DeepLabV3+ decoder, with few channels."""

    def __init__(self):
        super().__init__()
        self.aspp = nn.Sequential(nn.Conv2d(8, 6, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.block1 = nn.Sequential(nn.Conv2d(5, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        separable = nn.Sequential(nn.Conv2d(10, 10, 3, padding=1, groups=10, bias=False), nn.Conv2d(10, 7, 1))
        self.block2 = nn.Sequential(separable, nn.BatchNorm2d(7), nn.ReLU())

    def forward(self, features):
        return self.block2(torch.cat([self.up(self.aspp(features[-1])), self.block1(features[2])], 1))


class Encoder(nn.Module):
    """Feature maps at a quarter and an eighth of the image's size."""

    def __init__(self, channels):
        super().__init__()
        self.quarter = nn.Sequential(nn.Conv2d(channels, 5, 4, stride=4), nn.BatchNorm2d(5), nn.ReLU())
        self.eighth = nn.Sequential(nn.Conv2d(5, 8, 2, stride=2), nn.BatchNorm2d(8), nn.ReLU())

    def forward(self, images):
        quarter = self.quarter(images)
        return [images, images, quarter, self.eighth(quarter)]


class Tiny(nn.Module):
    """A DeepLabV3+ with some 500 weights and no dropout."""

    def __init__(self, channels=3, structures=2):
        super().__init__()
        self.encoder, self.decoder = Encoder(channels), Decoder()
        up = nn.Upsample(scale_factor=4, mode="bilinear", align_corners=True)
        self.segmentation_head = nn.Sequential(nn.Conv2d(7, structures, 1), up)

    def forward(self, images):
        return self.segmentation_head(self.decoder(self.encoder(images)))


@pytest.fixture
def tiny():
    """Return a function from seed to a small network."""

    def make(seed=0):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return Tiny()

    return make


@pytest.fixture
def settings():
    return SimpleNamespace(learning_rate=1e-3, adam_betas=(0.9, 0.99), mixed_precision=True)


@pytest.fixture
def trainer(tiny, settings):
    """Return a function from a trainer's id and options to a trainer of a small network with three sources."""

    def make(name, *, seed=0, sources=3, **options):
        return build(name, tiny(seed), settings=settings, options=options, sources=sources, seed=seed)

    return make


@pytest.fixture
def batch():
    """Return a function from a seed to three images of two structures and their copies, 16 px."""

    def make(seed=0, *, step=0, epoch=0, domains=(0, 1, 2, 0, 1, 2), size=16):
        generator = torch.Generator().manual_seed(seed)
        images = torch.rand(len(domains), 3, size, size, generator=generator) * 2 - 1
        masks = torch.zeros(len(domains), 2, size, size)
        masks[:, 0, 6:11, 6:11] = masks[:, 1, 4:13, 3:13] = 1
        images = images.contiguous(memory_format=torch.channels_last)
        return Batch(images, masks, torch.tensor(domains), step, epoch)

    return make
