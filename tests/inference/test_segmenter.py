"""One photograph: where it is looked at, masks, flags and uncertainty."""

import shutil

import numpy as np
import pytest

from fdgst.core.masks import bounding_box
from fdgst.errors import ConfigError
from fdgst.inference import segmenter as one
from fdgst.inference.bundle import Bundle
from fdgst.inference.bundling import make_bundle
from fdgst.inference.locating import Candidate, locate
from fdgst.inference.segmenter import Segmenter
from tests.inference.locating.conftest import drawn

__all__ = ["drawn"]


@pytest.fixture(scope="module")
def bundle(bundled):
    return Bundle(bundled)


def picture(size=(60, 90), middle=(40, 30)):
    """A bright disc as those of the training, and its mask."""
    y, x = np.mgrid[: size[0], : size[1]]
    distance = np.hypot(x - middle[0], y - middle[1])
    region = np.digitize(-distance, [-14, -7])
    noise = np.random.default_rng(0).integers(-20, 20, (*size, 3))
    return (60 + 60 * region[..., None] + noise).astype(np.uint8), distance < 14


def dice(one_mask, other):
    return 2 * (one_mask & other).sum() / (one_mask.sum() + other.sum())


def test_a_given_part_is_segmented_at_its_own_size(bundle):
    image, truth = picture()
    found = Segmenter([bundle], locator=None, roi=(16, 6, 48, 48))(image)
    assert found.masks.shape == (2, 48, 48)
    assert dice(found.masks[1], truth[6:54, 16:64]) > 0.8
    assert found.confidence is None


def test_a_whole_photograph_of_another_aspect_is_padded_and_nothing_is_found_in_the_padding(bundle):
    image, _ = picture(size=(48, 80))
    found = Segmenter([bundle], locator=None, roi="whole")(image)
    assert found.box == (0, -16, 80, 80)
    assert not found.masks[:, :16].any()
    assert not found.masks[:, 64:].any()


@pytest.mark.parametrize("number", [1, 2, 4])
def test_the_part_is_cut_around_what_is_located_at_the_scale_of_the_training(bundle, drawn, number):
    drawing = drawn(number)
    found = Segmenter([bundle], locator=None, roi="auto")(drawing.image)
    left, top, width, height = found.box
    inside = drawing.mask("disc")[max(top, 0) : top + height, max(left, 0) : left + width]
    assert inside.sum() >= 0.95 * drawing.mask("disc").sum()
    located = locate(drawing.image)
    assert found.confidence == located.confidence
    tall, _ = bundle.contents.roi_diameters
    assert 0.6 <= height / tall / ((located.width + located.height) / 2) <= 1.6


@pytest.mark.parametrize("least", [one.AGREED, 0.2])
def test_what_the_network_finds_is_flagged_where_it_hardly_overlaps_with_what_was_located(
    bundle, drawn, monkeypatch, least
):
    monkeypatch.setattr(one, "AGREED", least)
    drawing = drawn(1)
    found, located = Segmenter([bundle], locator=None, roi="auto")(drawing.image), locate(drawing.image)
    held = np.zeros(drawing.image.shape[:2], int)
    left, top, width, height = (round(side) for side in (located.left, located.top, located.width, located.height))
    held[top : top + height, left : left + width] += 1
    (x, y), (rows, columns) = found.box[:2], bounding_box(found.masks[1])
    held[y + rows.start : y + rows.stop, x + columns.start : x + columns.stop] += 1
    overlap = (held == 2).sum() / (held > 0).sum()
    assert 0.3 < overlap < 0.5  # it was trained for seconds
    said = [flag for flag in found.flags if flag.startswith("outer unlike what was located (overlap ")]
    assert len(said) == (overlap < least)
    assert all(abs(float(flag.split()[6].rstrip(",")) - overlap) < 0.02 for flag in said)


def test_rectangles_overlap_by_the_share_of_their_union():
    square = Candidate(0, 0, 4, 4, 1.0)
    others = [square, Candidate(2, 0, 4, 4, 1.0), Candidate(0, 2, 8, 4, 1.0), Candidate(4, 4, 4, 4, 1.0)]
    assert [square.overlap(other) for other in others] == [1, 8 / 24, 8 / 40, 0]


def test_where_nothing_is_located_nothing_is_segmented_and_that_is_said(bundle, drawn):
    found = Segmenter([bundle], locator=None, roi="auto")(drawn(1, disc="outside").image)
    assert found.box is None
    assert found.masks.shape == (2, 0, 0)
    assert found.flags[0].startswith("no outer found")


def test_two_bundles_of_one_network_change_nothing_and_agree(bundle, tmp_path):
    twin = shutil.copytree(bundle.folder, tmp_path / "twin")
    (twin / "bundle.json").write_text((twin / "bundle.json").read_text().replace('"seed": 0', '"seed": 1'))
    image, _ = picture()
    single, double = (
        Segmenter(bundles, locator=None, roi=(16, 6, 48, 48))(image) for bundles in ([bundle], [bundle, Bundle(twin)])
    )
    np.testing.assert_array_equal(single.masks, double.masks)
    assert double.disagreement == (0, 0)
    assert np.isnan(single.disagreement).all()


def test_bundles_that_do_not_go_together_are_refused(bundle, short_run, house, bundle_settings, tmp_path):
    rois = [house / "a.h5", house / "b.h5"]
    other = bundle_settings(threshold=0.6, nest=False)
    make_bundle(short_run, tmp_path / "other", settings=other, rois=rois, table=None, onnx=False)
    with pytest.raises(ConfigError) as caught:
        Segmenter([bundle, Bundle(tmp_path / "other")], locator=None, roi="whole")
    assert [fault.split("expected ")[1].split()[0] for fault in caught.value.faults] == ["threshold", "nest"]


def test_a_locator_is_refused_where_nothing_is_located(bundle):
    with pytest.raises(ConfigError, match="a locator has nothing to do here"):
        Segmenter([bundle], locator=bundle, roi="whole")


def test_a_locator_is_a_bundle_of_one_structure_in_whole_images(bundle):
    with pytest.raises(ConfigError, match="expected a locator"):
        Segmenter([bundle], locator=bundle, roi="auto")


@pytest.mark.parametrize(("level", "bits"), [(0.0, 1.0), (30.0, 0.0)])
def test_the_rim_s_entropy_is_a_bit_where_the_network_knows_nothing_and_none_where_it_is_sure(level, bits):
    logits = np.full((12, 12), -level)
    logits[3:9, 3:9] = level + 1e-9
    assert one._rim_entropy(logits, 0.5) == pytest.approx(bits, abs=1e-6)


def test_without_a_structure_its_rim_has_no_entropy():
    assert np.isnan(one._rim_entropy(np.full((5, 5), -3.0), 0.5))


def test_disagreement_is_one_minus_the_dice():
    planes = np.zeros((2, 4, 4), bool)
    planes[0, :2], planes[1, 1:3] = True, True
    assert one._disagreement(planes) == pytest.approx(0.5)
    assert one._disagreement(np.zeros((3, 4, 4), bool)) == 0


def test_specks_are_no_components():
    mask = np.zeros((20, 20), bool)
    mask[:10, :10] = True
    mask[19, 19] = True
    assert one._parts(mask) == 1
    mask[14:17, 14:17] = True
    assert one._parts(mask) == 2


@pytest.mark.parametrize(
    ("box", "cut"), [((20, 20, 30, 30), False), ((20, -5, 30, 30), True), ((75, 20, 30, 30), True)]
)
def test_a_mask_along_the_photograph_s_border_is_cut(box, cut):
    mask = np.zeros((30, 30), bool)
    mask[5:25, 5:25] = True
    mask &= one._seen((80, 90), box)
    assert one._is_cut(mask, box, (80, 90), None) == cut


def test_a_mask_along_the_field_s_edge_is_cut(drawn):
    from fdgst.inference.locating.field import view_of

    for place, cut in (("edge", True), ("inside", False)):
        drawing = drawn(1, disc=place)
        rows, columns = np.nonzero(drawing.mask("disc"))
        box = (int(columns.min()) - 5, int(rows.min()) - 5, 70, 70)
        mask = np.zeros((70, 70), bool)
        field = drawing.image.max(axis=2) > 40
        mask[rows - box[1], columns - box[0]] = field[rows, columns]
        assert one._is_cut(mask, box, drawing.image.shape[:2], view_of(drawing.image)) == cut


def test_every_doubt_about_masks_is_a_flag_of_its_own(bundle):
    asked = Segmenter([bundle], locator=None, roi="whole")
    logits = np.full((2, 32, 32), -5.0, np.float32)
    logits[0, 4:8, 4:8] = 5  # inner, out of its parent
    logits[1, 12:20, 12:20], logits[1, 26:30, 26:30] = 5, 5
    found = asked._found(np.zeros((48, 48, 3), np.uint8), (0, 0, 48, 48), logits[None])
    assert "no inner" in found.flags  # cut to its parent, nothing is left
    assert "outer in 2 components" in found.flags
    logits[0, 12:20, 12:20] = 5
    found = asked._found(np.zeros((20, 20, 3), np.uint8), (0, 0, 20, 20), logits[None])
    assert "inner out of its outer (20 %)" in found.flags
    assert found.flags[-1] == "photograph too small (20x20 px for 32)"
