"""The phantom in the layouts of raw sets; that importers read them is tested with the importers."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.data.importers import SETS
from fdgst.data.phantom.drawing import photograph, whole
from fdgst.data.phantom.raw import LAYOUTS, write_raw

SMALL = {"seed": 3, "height_px": 64, "width_px": None, "train": 2, "test": 1, "lesions": 0.0, "jobs": 1}


def test_every_set_that_is_imported_can_be_drawn():
    assert {*LAYOUTS, "fundus"} == set(SETS)


def test_an_image_is_the_same_however_many_are_drawn(tmp_path):
    for count in (1, 2):
        write_raw(tmp_path / str(count), layout="origa", **SMALL | {"train": count})
    one, two = ((tmp_path / name / "Images/001.jpg").read_bytes() for name in ("1", "2"))
    assert one == two


def test_photographs_have_the_aspect_of_their_set(tmp_path):
    write_raw(tmp_path / "set", layout="papila", **SMALL)
    with Image.open(next(tmp_path.rglob("*.jpg"))) as picture:
        assert picture.size == (round(64 * 2576 / 1934), 64)


def test_a_whole_photograph_shows_the_disc_where_its_mask_is():
    drawing = whole(seed=1, number=1, index=0, height_px=128, width_px=150)
    disc = drawing.mask("disc")
    assert (drawing.mask("cup") <= disc).all()
    field = drawing.image.max(axis=2) > 20
    assert drawing.image[disc].mean() > drawing.image[field & ~disc].mean()  # the disc is the palest part
    assert not disc[0].any()


def test_outlines_lie_on_the_edges_of_their_masks():
    drawing = whole(seed=1, number=1, index=0, height_px=128, width_px=150)
    for structure in ("cup", "disc"):
        points = drawing.outline(structure)
        columns, rows = np.rint(points).astype(int).T
        near = [drawing.mask(structure)[rows + dy, columns + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        assert np.any(near, axis=0).all()
        assert not np.all(near, axis=0).any()


def test_a_lesion_changes_nothing_but_its_place():
    size = {"height_px": 96, "width_px": 96}
    plain, spotted = (whole(seed=1, number=2, index=0, lesion=lesion, **size) for lesion in (False, True))
    assert spotted.mask("lesion").any()
    np.testing.assert_array_equal(plain.mask("disc"), spotted.mask("disc"))
    np.testing.assert_array_equal(photograph(seed=1, number=2, index=0, **size), plain.image)


def test_the_command_line_writes_a_raw_set_and_refuses_what_it_does_not_have(tmp_path):
    call = ["phantom", "--layout", "folders", "--size-px", "48", "--train", "1", "--test", "1"]
    found = CliRunner().invoke(fdgst, [*call, "--out", str(tmp_path / "set")])
    assert found.exit_code == 0, found.output
    assert "2 images" in found.stdout
    found = CliRunner().invoke(fdgst, [*call, "--bits", "16", "--out", str(tmp_path / "deep")])
    assert "expected none of them with the layout of a raw set" in str(found.exception or found.output)


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="height_px and width_px must be >= 16, got 0"):
        write_raw(tmp_path / "set", layout="origa", **SMALL | {"height_px": 0})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("disc", "low", "high"), [("edge", 0.3, 1.0), ("outside", 0.0, 0.0)])
def test_a_disc_may_lie_at_the_field_s_edge_or_beyond_it(disc, low, high):
    drawing = whole(seed=1, number=1, index=2, height_px=160, width_px=200, disc=disc)
    y, x = np.mgrid[:160, :200]
    inside = np.hypot(x - 99.5, y - 79.5) < 0.495 * 160
    mask = drawing.mask("disc")
    assert low <= (mask & inside).sum() / max(mask.sum(), 1) <= high
    assert (mask & inside).any() == (disc == "edge")


def test_plaques_lie_away_from_the_disc_and_change_nothing_else():
    plain, spotted = (whole(seed=1, number=1, index=0, height_px=96, width_px=96, plaques=p) for p in (False, True))
    assert spotted.mask("lesion").sum() > 20
    assert not (spotted.mask("lesion") & spotted.mask("disc")).any()
    far = np.abs(plain.image.astype(int) - spotted.image).max(axis=2)[~spotted.mask("lesion")]
    assert np.median(far) == 0


def test_a_place_of_the_disc_that_is_none_is_refused():
    with pytest.raises(ValueError, match="disc must be one of"):
        whole(seed=1, number=1, index=0, height_px=96, width_px=96, disc="nowhere")
