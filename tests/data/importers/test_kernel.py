"""What all importers share: what is left out, refused and said; ROIs; tables of several sets; hostile files."""

import csv
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.data.importers import import_set, raw_set
from fdgst.data.importers.drawn import AbsentError, coded, eye, fill, fitted, levels, mean_shape, read_points
from fdgst.data.importers.kernel import Choice
from fdgst.errors import ConfigError, DataError
from tests.data.importers.conftest import dice, grey, rows

IDRID = Path(__file__).parents[4] / "shared/data/idrid"


@pytest.fixture
def copy(published, tmp_path):
    """A function that returns a copy of a set, to be damaged."""
    return lambda name: Path(shutil.copytree(published(name), tmp_path / "copy"))


def first(folder, pattern):
    """The first file of a pattern."""
    return min(folder.rglob(pattern))


@pytest.mark.skipif(not IDRID.is_dir(), reason="the twenty photographs of IDRiD are not beside the checkout")
def test_real_photographs_are_imported_with_rois_around_their_discs(tmp_path):
    said = import_set("idrid", IDRID, tmp_path / "images.csv", Choice(roi=2.0, test=7))
    assert "idrid: 13 train, 7 test images" in said
    for row in rows(tmp_path / "images.csv"):
        disc = grey(tmp_path / row["mask"]) < 255
        published = grey(IDRID / "disc" / f"{row['name']}.png")
        np.testing.assert_array_equal(disc, published)
        left, top, side = (int(row[f"roi_{word}"]) for word in ("left", "top", "width"))
        assert published[max(top, 0) : top + side, max(left, 0) : left + side].sum() == published.sum()


def test_a_roi_is_a_square_of_so_many_diameters_about_the_middle_of_the_disc(imported, tmp_path):
    found, _ = imported("drishti-gs", roi=2.0)
    disc = grey(tmp_path / "out" / found[0]["mask"]) <= 200
    tall, wide = np.flatnonzero(disc.any(axis=1)), np.flatnonzero(disc.any(axis=0))
    side = 2 * max(np.ptp(tall) + 1, np.ptp(wide) + 1)
    assert int(found[0]["roi_width"]) == int(found[0]["roi_height"]) == side
    assert abs(int(found[0]["roi_left"]) + side / 2 - (wide[0] + wide[-1] + 1) / 2) <= 0.5


def test_the_sides_of_the_rois_and_where_masks_went_are_said(imported, tmp_path):
    found, said = imported("drishti-gs", roi=2.0)
    sides = sorted(int(row["roi_width"]) for row in found)
    assert f"drishti_gs: square ROIs of {sides[0]} to {sides[-1]} px" in said
    assert said[-1].endswith(f"images.csv: 3 images; masks written to {tmp_path / 'out/masks'}")
    assert not any("ROIs" in line for line in imported("drishti-gs")[1])


def test_a_roi_around_what_is_located_uses_no_truth(imported):
    found, _ = imported("drishti-gs", roi=3.0, locate=lambda image: (10, 20, 8, 10))
    assert [found[0][f"roi_{word}"] for word in ("left", "top", "width", "height")] == ["-1", "10", "30", "30"]


def test_what_is_not_located_is_left_out_and_said(imported):
    with pytest.raises(DataError, match="left out: 3: nothing was located that a ROI could be cut around"):
        imported("drishti-gs", roi=2.0, locate=lambda image: None)


def test_a_draw_that_leaves_no_image_to_train_on_is_said(imported):
    found, said = imported("drishti-gs", test=99)
    assert {row["split"] for row in found} == {"test"}
    assert f"drishti_gs: --test 99 takes all {len(found)} images, and none is left to train on" in said


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_a_mask_of_several_pages_is_refused(tmp_path, kind):
    page = Image.fromarray(np.zeros((8, 8), np.uint8))
    page.save(tmp_path / "m", kind, save_all=True, append_images=[page.point(lambda _: 255)])
    with pytest.raises(DataError, match="expected one mask, found a file of 2 pages; split it"):
        levels(tmp_path / "m")


@pytest.mark.parametrize("name", ["drishti-gs", "rim-one-r3", "refuge", "papila", "idrid", "folders", "nnunet"])
def test_an_image_without_a_mask_is_left_out_and_said(imported, copy, name):
    folder = copy(name)
    ends = {"drishti-gs": "*ODsegSoftmap.png", "rim-one-r3": "*Disc-Avg.png", "refuge": "g0003.bmp"}
    ends |= {"papila": "*disc_exp2.txt", "idrid": "*_OD.tif", "folders": "masks/*.png", "nnunet": "labelsTr/*.png"}
    first(folder, ends[name]).unlink()
    for path in folder.rglob("*diskCenter.txt"):
        path.unlink()
    if name == "rim-one-r3":
        for path in [*folder.rglob("G-1-R-1-Disc*"), *folder.rglob("N-3-R-1-Disc*")]:
            path.unlink()
    found, said = imported(name, folder)
    assert len(found) == (5 if name == "refuge" else 2)
    assert sum(line.startswith("left out: 1: no ") for line in said) == 1


def test_a_mask_of_another_aspect_is_refused_and_can_be_left_out(imported, copy):
    folder = copy("refuge")
    path = first(folder, "V0001.bmp")
    Image.fromarray(grey(path)[:, :100]).save(path)
    with pytest.raises(DataError, match=r"V0001.bmp: expected a mask of its photograph's aspect, 165x160 px, found"):
        imported("refuge", folder)
    found, said = imported("refuge", folder, leave_out=True)
    assert len(found) == 5
    assert any(line.startswith("left out: ") and "V0001.bmp" in line for line in said)


def test_a_mask_of_the_same_aspect_is_brought_to_its_photograph_and_said(imported, copy, tmp_path):
    folder = copy("refuge")
    path = first(folder, "V0001.bmp")
    whole = grey(path)
    Image.fromarray(whole.repeat(2, axis=0).repeat(2, axis=1)).save(path)
    found, said = imported("refuge", folder)
    row = next(row for row in found if row["name"] == "V0001")
    np.testing.assert_array_equal(grey(tmp_path / "out" / row["mask"]), whole)
    assert "1 image: mask of another size than its photograph, brought to it (nearest)" in said


def test_all_damaged_files_are_told_at_once_and_no_table_is_written(imported, copy, tmp_path):
    folder = copy("refuge")
    for path in folder.rglob("V*.bmp"):
        path.write_bytes(b"BM text")
    with pytest.raises(DataError) as caught:
        imported("refuge", folder)
    assert len(caught.value.faults) == 3
    assert not (tmp_path / "out/images.csv").exists()


@pytest.mark.parametrize("name", ["__MACOSX/Images/._drishtiGS_009.png", "Training/Images/.drishtiGS_008.png"])
def test_what_file_managers_leave_is_no_image(imported, copy, name):
    folder = copy("drishti-gs")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x")
    found, said = imported("drishti-gs", folder)
    assert len(found) == 3
    assert not any("left out" in line for line in said)


def test_one_photograph_in_two_places_is_taken_once_and_two_of_a_name_are_refused(imported, copy):
    folder = copy("drishti-gs")
    shutil.copytree(folder / "Drishti-GS1_files", folder / "again")
    assert len(imported("drishti-gs", folder)[0]) == 3
    Image.new("RGB", (20, 20)).save(folder / "again/Training/Images/drishtiGS_001.png")
    with pytest.raises(DataError, match=r"expected one file for drishtigs_001, found .*, too; keep one of them"):
        imported("drishti-gs", folder)


def test_links_that_lead_out_of_the_folder_are_not_followed(imported, copy, tmp_path):
    folder = copy("folders")
    outside = tmp_path / "outside.png"
    shutil.copy(first(folder, "eye001.png"), outside)
    image = first(folder, "images/eye001.png")
    image.unlink()
    image.symlink_to(outside)
    (folder / "more").symlink_to(tmp_path)
    found, said = imported("folders", folder)
    assert [row["name"] for row in found] == ["eye002", "eye003"]
    assert any("a symbolic link that leads out of the folder: eye001.png" in line for line in said)


@pytest.mark.parametrize("name", ["=1+1.png", "a,b;'c\".png", "<script>.png", "ä b.png", "$(id).png"])
def test_hostile_names_are_data(imported, copy, tmp_path, name):
    folder = copy("folders")
    for kind in ("images", "masks"):
        first(folder, f"train/{kind}/eye001.png").rename(folder / "train" / kind / name)
    found, _ = imported("folders", folder)
    row = next(row for row in found if Path(row["image"]).name == name)
    assert (tmp_path / "out" / row["image"]).is_file()
    assert row["name"].isascii()
    assert not set(row["name"]) & set("=,;'\"<>$() /")


@pytest.mark.parametrize("name", ["a\nb.png", "a\x1bb.png", os.fsdecode(b"a\xff.png")])
def test_names_that_no_table_can_hold_are_left_out_and_said(imported, copy, name):
    folder = copy("folders")
    first(folder, "train/images/eye001.png").rename(folder / "train/images" / name)
    found, said = imported("folders", folder)
    assert len(found) == 2
    told = [line for line in said if "no table can hold" in line]
    assert told
    assert told[0].isprintable()


def test_several_calls_make_one_table_in_any_order(published, tmp_path):
    for out, names in ((tmp_path / "one/i.csv", ("refuge", "papila")), (tmp_path / "two/i.csv", ("papila", "refuge"))):
        for name in names:
            import_set(name, published(name), out, Choice(roi=2.0), append=True)
    texts = [(tmp_path / out / "i.csv").read_text() for out in ("one", "two")]
    assert texts[0] == texts[1]
    assert [row["domain"] for row in csv.DictReader(texts[0].splitlines())] == (
        ["papila"] * 3 + ["refuge_train"] * 3 + ["refuge_validation"] * 3
    )


def test_a_table_of_other_domains_is_kept_unless_append_is_given(imported):
    imported("papila")
    with pytest.raises(ConfigError, match="found one with the domains papila; give --append"):
        imported("refuge")


def test_a_drawn_split_has_the_number_of_test_images_asked_for(imported):
    found, said = imported("refuge", test=1)
    assert "refuge_train: 2 train, 1 test images" in said
    assert "refuge_validation: 2 train, 1 test images" in said
    assert [row["split"] for row in found] == ["train", "train", "test"] * 2


def test_masks_of_two_experts_do_not_overwrite_each_other(imported, tmp_path):
    imported("papila", expert="1")
    imported("papila", expert="2")
    assert len(list((tmp_path / "out/masks").rglob("*.png"))) == 6


def test_an_expert_that_a_set_does_not_have_is_refused(imported):
    with pytest.raises(ConfigError, match=r"--expert: expected one of mean, 1, 2, for papila, found '3'"):
        imported("papila", expert="3")
    with pytest.raises(ConfigError, match="expected nothing, as its makers publish one drawing, for refuge, found '1'"):
        imported("refuge", expert="1")


def test_a_raw_folder_stays_as_it_is(copy):
    folder = copy("refuge")
    with pytest.raises(ConfigError, match="--out: expected a table outside of"):
        import_set("refuge", folder, folder / "images.csv", Choice())


def test_an_unknown_set_is_refused():
    with pytest.raises(ConfigError, match=r"expected one of drishti-gs, .*, found 'magic'"):
        raw_set("magic")


def test_the_channels_of_an_nnunet_case_are_joined(imported, copy, tmp_path):
    folder = copy("nnunet")
    for path in folder.rglob("images*/*_0000.png"):
        for channel, plane in enumerate(np.moveaxis(grey(path), 2, 0)):
            Image.fromarray(plane).save(path.with_name(path.name.replace("_0000", f"_000{channel}")))
    found, _ = imported("nnunet", folder)
    for row in found:
        before = Image.open(next(copied for copied in published_images(folder, row["name"])))
        assert before.mode == "L"
        np.testing.assert_array_equal(grey(tmp_path / "out" / row["image"])[..., 0], np.asarray(before))


def published_images(folder, name):
    """The first channel of a case."""
    return folder.rglob(f"{name}_0000.png")


def test_an_nnunet_set_of_volumes_is_refused(imported, copy):
    folder = copy("nnunet")
    path = first(folder, "dataset.json")
    path.write_text(path.read_text().replace(".png", ".nii.gz"))
    with pytest.raises(DataError, match=r"dataset.json: expected file_ending to be one of .png, .*, found '.nii.gz'"):
        imported("nnunet", folder)


@pytest.mark.parametrize(
    "text",
    [
        "1.5 2.5\n10.5 2.5\n10.5 9.5\n",
        "1.5 2.5\r\n10.5 2.5\r\n10.5 9.5\r\n",
        "1,5 2,5\n10,5 2,5\n10,5 9,5\n",
        "1,5;2,5\r\n10,5;2,5\r\n\r\n10,5;9,5",
        "1.5,2.5\n10.5,2.5\n10.5,9.5\n",
        "1.5, 2.5\n10.5, 2.5\n10.5, 9.5\n",
        "\ufeff1.5\t2.5\n1.05e1\t2.5\n+10.5\t9.5\n",
    ],
)
def test_contours_are_read_with_any_separator_and_decimal_mark(tmp_path, text):
    (tmp_path / "c.txt").write_bytes(text.encode())
    np.testing.assert_array_equal(read_points(tmp_path / "c.txt"), [[1.5, 2.5], [10.5, 2.5], [10.5, 9.5]])


@pytest.mark.parametrize("text", ["", "1 2\n3 4\n", "x y\n1 2\n3 4\n5 6\n", "1 2\n3 4\n5 nan\n", "1 2\n3 4\n1e400 6\n"])
def test_what_is_no_contour_is_refused_by_its_lines(tmp_path, text):
    (tmp_path / "c.txt").write_text(text)
    with pytest.raises(DataError, match=r"c.txt: expected a point \(two numbers\) per line, 3 or more, found"):
        read_points(tmp_path / "c.txt")


def test_a_contour_is_filled_by_the_centres_of_pixels():
    square = np.array([[0.6, 1.4], [3.4, 1.4], [3.4, 2.6], [0.6, 2.6]])
    filled = fill(square, (5, 6))
    assert filled.sum() == 3
    assert filled[2, 1:4].all()


@pytest.mark.parametrize("size", [(4, 5), (30, 40)])
def test_a_contour_beyond_the_border_is_cut(size):
    far = np.array([[-1e5, -1e5], [1e5, -1e5], [1e5, 1e5], [-1e5, 1e5]])
    assert fill(far, size).all()


def test_the_mean_of_two_circles_lies_halfway():
    row, column = np.mgrid[:80, :80] - 40
    small, large, half = (np.hypot(row, column) < radius for radius in (10.2, 20.2, 15.2))
    assert dice(mean_shape([small, large]), half) > 0.98


def test_a_photograph_in_place_of_a_mask_is_refused():
    noise = np.random.default_rng(1).integers(0, 256, (50, 50)).astype(np.uint8)
    with pytest.raises(DataError, match=r"expected about three values .* found \d+% of the pixels elsewhere"):
        coded(noise, Path("m.png"))


def test_soft_edges_are_read_as_the_nearest_value_and_noted():
    row, column = np.mgrid[:90, :90] - 45
    radius = np.hypot(row, column)
    mask = np.select([radius < 10, radius < 30], [0, 128], 255).astype(np.uint8)
    mask[(radius >= 29) & (radius < 30)] = 170
    disc, cup, notes = coded(mask, Path("m.png"))
    assert disc.sum() == (radius < 30).sum()
    assert cup.sum() == (radius < 10).sum()
    assert notes == ("mask with soft edges, read as the nearest of three values",)


def test_a_cup_that_reaches_out_of_the_disc_widens_it_and_is_noted():
    disc, cup = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    disc[2:6, 2:6], cup[4:7, 4:7] = True, True
    drawn = eye(disc, cup)
    assert (drawn.grey <= 200).sum() == 16 + 9 - 4
    assert drawn.notes == ("cup reaches out of the disc, which takes it in",)


def test_an_inverted_mask_is_left_out():
    with pytest.raises(AbsentError, match="inverted"):
        eye(np.ones((9, 9), bool), None)


def test_a_mask_of_a_palette_of_class_numbers_is_read_by_its_numbers(tmp_path):
    picture = Image.fromarray(np.array([[0, 1], [2, 0]], np.uint8), mode="P")
    picture.putpalette([255, 255, 255, 200, 0, 0, 0, 90, 0])
    picture.save(tmp_path / "m.png")
    np.testing.assert_array_equal(levels(tmp_path / "m.png"), [[0, 1], [2, 0]])


def test_a_mask_is_brought_to_a_size_by_its_pixels_centres():
    mask = np.array([[1, 2], [3, 4]])
    np.testing.assert_array_equal(fitted(mask, (4, 4), Path("m"))[0], mask.repeat(2, axis=0).repeat(2, axis=1))


def test_the_verb_says_counts_and_refuses_an_odd_roi(published, tmp_path):
    call = ["import", "refuge", str(published("refuge")), "--out", str(tmp_path / "images.csv"), "--test", "1"]
    found = CliRunner().invoke(fdgst, [*call, "--roi", "2.5"])
    assert found.exit_code == 0, found.output
    assert "refuge_validation: 2 train, 1 test images" in found.stdout
    found = CliRunner().invoke(fdgst, [*call, "--roi", "small"])
    assert found.exit_code == 2
    assert "expected a side of 1 to 100 diameters, none, located or located:2.5, found 'small'" in found.output
