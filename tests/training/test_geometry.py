"""Scaling and cropping: images and masks by the same map."""

import pytest
import torch

from fdgst.training.geometry import scale_and_crop


def pair(size, factors=(1.0, 1.0), offsets=(0.5, 0.5)):
    """An image whose channels are its coordinates, its masks in bits, and both after the transform."""
    y, x = torch.meshgrid(*(torch.arange(side) for side in size), indexing="ij")
    image, mask = torch.stack([y, x]).float()[None], ((y + x) % 3)[None].float()
    return image, mask, *scale_and_crop(image, mask, factors=torch.tensor([factors]), offsets=torch.tensor([offsets]))


@pytest.mark.parametrize("size", [(8, 8), (32, 32), (33, 33), (100, 100), (24, 40), (41, 16)])
def test_a_factor_of_one_is_the_identity(size):
    image, mask, image_after, mask_after = pair(size)
    assert torch.allclose(image_after, image, atol=1e-4)
    assert torch.equal(mask_after, mask)


def test_coordinates_land_where_the_enlarged_picture_has_them():
    *_, after, _ = pair((8, 8), factors=(2.0, 1.0), offsets=(1.0, 0.0))
    # 16 rows, the lower 8 kept: centres (i + .5 + 8) / 2 - .5, the last one beyond the last old centre
    assert after[0, 0, :, 0].tolist() == pytest.approx([3.75, 4.25, 4.75, 5.25, 5.75, 6.25, 6.75, 7.0], abs=1e-5)
    assert after[0, 1, 0].tolist() == pytest.approx(list(range(8)), abs=1e-5)


@pytest.mark.parametrize("axis", [0, 1])
def test_masks_go_where_their_pixels_go(axis):
    edge = (torch.arange(24) >= 11).float().expand(24, 24)
    mask = (edge if axis else edge.T).expand(8, 24, 24)
    torch.manual_seed(0)
    image, after = scale_and_crop(mask[:, None], mask, factors=1 + torch.rand(8, 2), offsets=torch.rand(8, 2))
    # across a straight edge the mixture passes one half where the nearest pixel changes
    assert torch.equal(image[:, 0] > 0.5, after > 0.5)


def test_images_of_a_batch_do_not_touch_each_other():
    torch.manual_seed(0)
    images, masks = torch.rand(3, 3, 16, 16), torch.zeros(3, 16, 16)
    factors, offsets = 1 + torch.rand(3, 2), torch.rand(3, 2)
    together, _ = scale_and_crop(images, masks, factors=factors, offsets=offsets)
    alone, _ = scale_and_crop(images[1:2], masks[1:2], factors=factors[1:2], offsets=offsets[1:2])
    assert torch.allclose(together[1:2], alone)
