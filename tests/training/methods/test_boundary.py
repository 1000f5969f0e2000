import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_dilation, binary_erosion

from fdgst.training.methods.boundary import contour, ring

MASKS = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(lambda shape: arrays(np.bool_, (2, 2, *shape)))


def each(operation, masks):
    """Apply a function of one mask to every mask of a batch."""
    return np.array([[operation(mask) for mask in image] for image in masks])


@given(MASKS)
def test_the_contour_is_the_mask_without_scipys_erosion(masks):
    expected = each(lambda mask: mask & ~binary_erosion(mask), masks)
    assert np.array_equal(contour(torch.from_numpy(masks).float()).numpy(), expected)


@given(MASKS, st.integers(1, 6))
def test_the_ring_is_scipys_dilation_without_the_mask(masks, width):
    expected = each(lambda mask: binary_dilation(mask, iterations=width) & ~mask, masks)
    assert np.array_equal(ring(torch.from_numpy(masks).float(), width=width).numpy(), expected)


def test_a_full_image_has_the_border_as_contour_and_no_ring():
    mask = torch.ones(1, 1, 5, 6)
    assert contour(mask).sum() == 5 * 6 - 3 * 4
    assert ring(mask, width=5).sum() == 0


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_ring_of_a_pixel_is_a_diamond(width):
    mask = torch.zeros(1, 1, 13, 13)
    mask[0, 0, 6, 6] = 1
    assert ring(mask, width=width).sum() == 2 * width * (width + 1)
