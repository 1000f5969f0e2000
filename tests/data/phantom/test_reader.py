import hashlib
import itertools

import numpy as np
import pytest
from scipy import ndimage

from fdgst.core.resize import resize_grey, resize_image
from fdgst.data.phantom.drawing import draw, photograph
from fdgst.data.phantom.reader import has_lesion
from fdgst.errors import DataError
from tests.data.readers import phantom, structure, task

CAMERAS = (1, 2, 3, 4)


def drawn(**changes):
    """An ROI, small unless said otherwise."""
    return draw(**{"seed": 1, "number": 1, "split": "train", "index": 0, "size_px": (64, 64)} | changes)


def roi(*, size_px=64, **changes):
    """Image and label (0 background, 1 rim, 2 cup) of a square ROI."""
    drawing = drawn(size_px=(size_px, size_px), **changes)
    return drawing.image, drawing.mask("disc").astype(np.uint8) + drawing.mask("cup")


@pytest.fixture(scope="module")
def sample():
    """Eight ROIs of each camera: images (8, 96, 96, 3) and labels (8, 96, 96)."""
    rois = {number: [roi(number=number, index=index, size_px=96) for index in range(8)] for number in CAMERAS}
    return {number: tuple(map(np.stack, zip(*pairs, strict=True))) for number, pairs in rois.items()}


def heights(mask):
    """Height of each mask, in pixels."""
    return mask.any(axis=2).sum(axis=1)


def test_the_same_identity_gives_the_same_picture():
    for first, second in zip(roi(), roi(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("change", [{"seed": 2}, {"number": 2}, {"split": "test"}, {"index": 1}], ids=str)
def test_another_seed_domain_split_or_index_is_another_eye(change):
    (image, label), (other_image, other_label) = roi(), roi(**change)
    assert (image != other_image).any()
    assert (label != other_label).any()


def test_what_was_drawn_before_changes_nothing():
    alone = roi(index=3)[0]
    np.random.default_rng(0).normal()
    roi(index=2)
    np.testing.assert_array_equal(roi(index=3)[0], alone)


@pytest.mark.parametrize("number", CAMERAS)
def test_the_label_is_the_same_at_192_and_at_800_pixels(number):
    small, large = (roi(number=number, size_px=size_px)[1] for size_px in (192, 800))
    assert (resize_grey(large, (192, 192), rule="nearest") != small).mean() < 0.005


@pytest.mark.parametrize("number", CAMERAS)
def test_the_picture_is_the_same_at_192_and_at_800_pixels(number):
    small, large = (roi(number=number, size_px=size_px)[0] for size_px in (192, 800))
    coarse, fine = (resize_image(image, (48, 48)).astype(float) for image in (small, large))
    assert np.abs(coarse - fine).mean() < 2.5
    assert np.corrcoef(coarse.ravel(), fine.ravel())[0, 1] > 0.995


def test_every_label_has_a_cup_inside_a_disc_inside_the_frame(sample):
    for _, labels in sample.values():
        assert {0, 1, 2} == set(np.unique(labels))
        for label in labels:
            cup, disc = label == 2, label > 0
            assert not (ndimage.binary_dilation(cup) & ~disc).any()
            assert ndimage.label(disc)[1] == ndimage.label(cup)[1] == 1
            assert not np.concatenate([disc[0], disc[-1], disc[:, 0], disc[:, -1]]).any()


def test_discs_take_a_third_to_a_bit_more_than_half_of_the_frame(sample):
    for _, labels in sample.values():
        share = heights(labels > 0) / 96
        assert share.min() > 0.33
        assert share.max() < 0.56


def test_the_cup_is_paler_than_the_rim_and_the_rim_than_the_fundus_in_every_image(sample):
    for images, labels in sample.values():
        for image, label in zip(images.astype(float), labels, strict=True):
            around = ndimage.binary_dilation(label > 0, iterations=12) & (label == 0)
            cup, rim, fundus = (np.median(image[mask][:, 1]) for mask in (label == 2, label == 1, around))
            assert cup > rim + 6
            assert rim > fundus + 6


def test_cameras_differ_in_mean_colour_more_than_their_images_do(sample):
    colours = {number: images.mean(axis=(1, 2)) for number, (images, _) in sample.items()}
    for one, other in itertools.combinations(CAMERAS, 2):
        apart = np.linalg.norm(colours[one].mean(axis=0) - colours[other].mean(axis=0))
        assert apart > 1.5 * max(colours[one].std(axis=0).max(), colours[other].std(axis=0).max())


def test_clinics_differ_in_their_cups(sample):
    ratios = {number: (heights(labels == 2) / heights(labels > 0)).mean() for number, (_, labels) in sample.items()}
    assert ratios[1] > ratios[2] > ratios[3]
    assert ratios[1] - ratios[3] > 0.08


def test_cup_to_disc_ratios_stay_between_a_third_and_three_quarters(sample):
    for _, labels in sample.values():
        ratio = heights(labels == 2) / heights(labels > 0)
        assert ratio.min() > 0.3
        assert ratio.max() < 0.8


@pytest.mark.parametrize(("change", "said"), [({"size_px": 15}, "size_px"), ({"number": 0}, "number")], ids=str)
def test_impossible_drawings_are_refused(change, said):
    with pytest.raises(ValueError, match=f"{said} must be >= "):
        roi(**change)


def test_cameras_beyond_the_fourth_are_drawn_too():
    fifth, sixth = (roi(number=number)[0].mean(axis=(0, 1)) for number in (5, 6))
    assert np.abs(fifth - sixth).max() > 2
    np.testing.assert_array_equal(roi(number=5)[0], roi(number=5)[0])


@pytest.mark.parametrize(("height_px", "width_px"), [(120, 160), (160, 120)])
def test_a_photograph_is_round_and_black_around(height_px, width_px):
    picture = photograph(seed=1, number=2, index=0, height_px=height_px, width_px=width_px)
    assert picture.shape == (height_px, width_px, 3)
    assert picture.dtype == np.uint8
    assert picture[:4, :4].mean() < 12
    assert picture[height_px // 2 - 10 : height_px // 2 + 10, width_px // 2 - 10 : width_px // 2 + 10].mean() > 50


def test_a_photograph_holds_a_disc_brighter_than_the_rest_to_one_side():
    picture = photograph(seed=1, number=1, index=0, height_px=160, width_px=160)[..., 1].astype(float)
    _, column = np.unravel_index(ndimage.gaussian_filter(picture, 4).argmax(), picture.shape)
    assert abs(column - 80) > 20


def test_an_oblong_roi_shows_more_of_the_eye_along_its_longer_side():
    square, wide = (drawn(size_px=size) for size in ((64, 64), (64, 96)))
    assert wide.image.shape == (64, 96, 3)
    for name in ("cup", "disc"):
        np.testing.assert_array_equal(wide.mask(name)[:, 16:80], square.mask(name))


def test_vessels_lie_in_the_disc_and_out_of_it_and_are_darker_than_what_is_beside_them():
    drawing = drawn(size_px=(96, 96))
    vessels, disc = drawing.mask("vessels"), drawing.mask("disc")
    beside = ndimage.binary_dilation(vessels, iterations=4) & ~ndimage.binary_dilation(vessels)
    for where in (disc, ~disc):
        inside, outside = (np.median(drawing.image[mask & where][:, 1]) for mask in (vessels, beside))
        assert inside < outside - 5


def test_a_lesion_changes_the_picture_around_it_alone():
    without, with_one = drawn(size_px=(96, 96)), drawn(size_px=(96, 96), lesion=True)
    mask = with_one.mask("lesion")
    changed = np.abs(with_one.image.astype(int) - without.image).max(axis=2)
    assert not without.mask("lesion").any()
    assert changed[mask].mean() > 20
    assert changed[~ndimage.binary_dilation(mask, iterations=20)].max() < 20


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
def test_exactly_the_share_that_is_asked_for_has_a_lesion(share):
    assert sum(has_lesion(index, share) for index in range(16)) == 16 * share


def test_sixteen_bits_of_grey_are_finer_than_eight():
    drawing = drawn()
    coarse, fine = (drawing.levels(channels=1, bits=bits) for bits in (8, 16))
    assert (coarse.dtype, fine.dtype, fine.shape) == (np.uint8, np.uint16, (64, 64, 1))
    assert np.abs(fine / 257 - coarse).max() <= 0.5 + 1e-3
    assert len(np.unique(fine)) > len(np.unique(coarse))


def test_the_reader_lists_training_images_first_by_index():
    found = phantom(number=2).entries()
    names = ["c2_train_000", "c2_train_001", "c2_train_002", "c2_test_000", "c2_test_001"]
    assert [entry.name for entry in found] == names
    assert [entry.split for entry in found] == ["train"] * 3 + ["test"] * 2


def test_the_reader_draws_what_the_name_says():
    sample = phantom(number=2).entries()[1].load()
    drawing = drawn(seed=7, number=2, index=1)
    np.testing.assert_array_equal(sample.image, drawing.image)
    np.testing.assert_array_equal(sample.greys["mask"] == 0, drawing.mask("cup"))
    np.testing.assert_array_equal(sample.greys["mask"] < 255, drawing.mask("disc"))
    assert (sample.name, sample.group, sample.split, sample.warnings) == ("c2_train_001", "c2_train_001", "train", ())
    assert sample.sha256 == hashlib.sha256(drawing.image.tobytes()).hexdigest()


def test_the_reader_draws_the_columns_that_the_task_names():
    own = task(*(structure(name, ((128, 255),), column=name) for name in ("vessels", "lesion")), channels=1, bits=16)
    first, second = (entry.load() for entry in phantom(task=own, lesions=0.5).entries()[:2])
    assert (first.image.shape, first.image.dtype) == ((64, 64, 1), np.uint16)
    assert [bool(sample.greys["lesion"].any()) for sample in (first, second)] == [False, True]
    assert set(np.unique(first.greys["vessels"])) == {0, 255}


def test_a_camera_is_the_domains_place_unless_it_is_named():
    assert phantom(number=2).entries()[0].name == "c2_train_000"
    assert phantom(number=2, camera=4).entries()[0].name == "c4_train_000"


def test_the_reader_reads_no_files():
    assert phantom().files() == []


def test_images_can_be_excluded_by_name():
    reader = phantom(number=2, exclude=["domain2/train/c2_train_001.png", "domain1/test/c1_test_000.png"])
    assert [entry.name for entry in reader.entries()][:2] == ["c2_train_000", "c2_train_002"]
    assert reader.exclusions() == ["domain2/train/c2_train_001.png"]


def test_an_emptied_split_and_unknown_exclusions_are_told_at_once():
    with pytest.raises(DataError) as raised:
        phantom(exclude=["domain1/test/c1_test_000.png", "domain1/test/g1.png"]).entries()
    unknown, empty = raised.value.faults
    assert unknown.startswith("dataset.exclude: domain1/test/g1.png: ")
    assert empty.startswith("dataset.test: expected at least one image of domain1")


def test_too_few_numbers_and_columns_that_are_not_drawn_are_faults():
    assert "expected a number for each domain, found 2" in phantom(number=3).faults()[0]
    own = task(structure("polyp", ((128, 255),), column="polyp"))
    assert "expected a column that the phantom draws" in phantom(task=own).faults()[0]
