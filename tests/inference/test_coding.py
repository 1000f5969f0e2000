"""Masks as grey values: what is read again is what was written."""

import numpy as np
import pytest

from fdgst.core.masks import masks_of_greys
from fdgst.inference.coding import grey_masks
from tests.tasks import structure, task


def nested():
    outer = np.zeros((6, 6), bool)
    outer[1:5, 1:5] = True
    inner = np.zeros((6, 6), bool)
    inner[2:4, 2:4] = True
    return np.stack([inner, outer])


def test_nested_structures_are_read_again_as_they_were():
    greys = grey_masks(nested(), task())
    assert set(np.unique(greys["mask"])) == {0, 126, 255}
    np.testing.assert_array_equal(masks_of_greys(greys, task().structures), nested())


@pytest.mark.parametrize("values", [((1, 255),), ((7, 7),), ((0, 3), (9, 12))])
def test_any_values_of_one_structure_are_read_again(values):
    one = task(structure("s", values)).model_copy(update={"background": ()})
    planes = nested()[:1]
    np.testing.assert_array_equal(masks_of_greys(grey_masks(planes, one), one.structures), planes)


def test_structures_of_several_files_have_a_file_each():
    two = task(structure("a", ((255, 255),), column="a"), structure("b", ((255, 255),), column="b"))
    two = two.model_copy(update={"background": ((0, 0),)})
    greys = grey_masks(nested(), two)
    assert set(greys) == {"a", "b"}
    np.testing.assert_array_equal(greys["b"], np.where(nested()[1], 255, 0))


def test_what_no_value_means_is_written_as_the_most_that_one_does():
    apart = nested()
    apart[0, 0, 0] = True  # an inner pixel out of its parent: no grey value says so
    greys = grey_masks(apart, task())
    assert greys["mask"][0, 0] == 255
    np.testing.assert_array_equal(masks_of_greys(greys, task().structures), nested())


def test_sixteen_bits_are_written_where_the_values_need_them():
    deep = task(structure("s", ((1000, 65535),))).model_copy(update={"background": ((0, 999),)})
    assert grey_masks(nested()[:1], deep)["mask"].dtype == np.uint16


def test_eight_structures_of_one_file_that_lie_in_each_other_are_read_again():
    eight = task(*(structure(f"s{k}", ((0, 10 * k + 9),)) for k in range(8)))
    planes = np.stack([np.arange(24) < 3 * k + 2 for k in range(8)])[:, None]
    np.testing.assert_array_equal(masks_of_greys(grey_masks(planes, eight), eight.structures), planes)
