import numpy as np
import pytest

from fdgst.core.resize import label_of_grey, resize_image, resize_label, resize_plane


def test_resizing_to_the_same_size_changes_nothing_and_copies():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    same = resize_image(image, 4)
    np.testing.assert_array_equal(same, image)
    assert not np.shares_memory(same, image)


def test_the_resize_of_a_sum_of_planes_is_the_sum_of_their_resizes():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 100, (2, 50, 50)).astype(np.float32)
    np.testing.assert_allclose(resize_plane(a + b, 16), resize_plane(a, 16) + resize_plane(b, 16), atol=1e-3)


def test_a_constant_image_stays_constant_in_all_three_kinds():
    assert (resize_image(np.full((40, 40, 3), 77, np.uint8), 13) == 77).all()
    assert (resize_label(np.full((40, 40), 2, np.uint8), 13, rule="nearest") == 2).all()
    np.testing.assert_allclose(resize_plane(np.full((40, 40), 7.5, np.float32), 13), 7.5, rtol=1e-6)


def test_nearest_labels_are_the_labels_at_the_pixel_centres():
    label = np.repeat(np.repeat(np.array([[0, 1], [2, 0]], np.uint8), 4, 0), 4, 1)
    np.testing.assert_array_equal(resize_label(label, 2, rule="nearest"), [[0, 1], [2, 0]])


def test_the_released_rule_thresholds_a_resized_grey_mask_again():
    label = np.zeros((8, 8), np.uint8)
    label[:, 4:] = 2  # between cup (0) and background (255) lies what reads as rim
    assert set(np.unique(resize_label(label, 3, rule="released"))) == {0, 1, 2}


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="'linear'"):
        resize_label(np.zeros((4, 4), np.uint8), 2, rule="linear")


def test_grey_values_are_read_as_the_public_masks_mean_them():
    grey = np.array([0, 50, 51, 128, 200, 201, 255], np.uint8)
    np.testing.assert_array_equal(label_of_grey(grey), [2, 2, 1, 1, 1, 0, 0])
