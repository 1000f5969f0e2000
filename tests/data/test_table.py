import numpy as np
import pytest

from fdgst.errors import DataError
from tests.data.folders import photograph, save
from tests.data.readers import NUCLEI, structure, table, task
from tests.data.tables import Table, spot


@pytest.fixture
def small(tmp_path):
    return Table(tmp_path)


def test_a_table_lists_its_domain_and_loads_images_and_masks(small):
    small.rows.append(small.rows[0] | {"image": "other.png", "domain": "domain2"})
    entries = table(small.write()).entries()
    assert [(entry.split, entry.name, entry.group) for entry in entries] == [
        ("train", "a0", "a0"),
        ("train", "a1", "a1"),
        ("test", "a2", "a2"),
    ]
    sample = entries[0].load()
    np.testing.assert_array_equal(sample.image, photograph(0))
    np.testing.assert_array_equal(sample.greys["mask"], spot((32, 32), 8, 24))


def test_files_are_the_table_and_what_its_rows_name(small):
    names = [path.relative_to(small.folder).as_posix() for path in table(small.write()).files()]
    assert names == ["images.csv", "a0.png", "masks/a0.png", "a1.png", "masks/a1.png", "a2.png", "masks/a2.png"]


def test_files_of_a_missing_table_are_named_without_failing(tmp_path):
    assert table(tmp_path / "none.csv").files() == [tmp_path / "none.csv"]


def test_a_byte_order_mark_and_other_columns_are_taken(small):
    small.rows[0]["stain"] = "=1+1"
    entries = table(small.write(encoding="utf-8-sig")).entries()
    assert entries[0].carried == {"stain": "=1+1"}


def test_names_are_made_unique_by_their_folders(small):
    for row, folder in zip(small.rows, ("left", "right"), strict=False):
        row["image"] = f"{folder}/a1.png"
        save(small.folder / row["image"], photograph(len(folder)))
    assert [entry.name for entry in table(small.write()).entries()] == ["left-a1", "right-a1", "a2"]


def test_a_box_is_cut_from_image_and_mask_and_filled_beyond_the_border(small):
    box = {"roi_left": "-4", "roi_top": "8", "roi_width": "20", "roi_height": "40"}
    small.rows[0] |= box
    sample = table(small.write()).entries()[0].load()
    assert sample.image.shape == (40, 20, 3)
    np.testing.assert_array_equal(sample.image[:24, 4:], photograph(0)[8:, :16])
    assert not sample.image[:, :4].any()
    assert not sample.image[24:].any()
    np.testing.assert_array_equal(sample.greys["mask"][:24, 4:], spot((32, 32), 8, 24)[8:, :16])
    assert not sample.greys["mask"][24:].any()


def test_a_mask_is_filled_with_what_the_task_calls_background(small):
    small.rows[0] |= {"roi_left": "-4", "roi_top": "0", "roi_width": "36", "roi_height": "32"}
    save(small.folder / "masks/a0.png", 255 - spot((32, 32), 8, 24))
    own = task(structure("dark", ((0, 127),)), background=((128, 255),))
    assert (table(small.write(), task=own).listed()[0].load().greys["mask"][:, :4] == 255).all()


CHANGES = {
    "image": (0, {"image": "a9.png"}, ":2: {folder}/a9.png: expected the image's file, found none"),
    "mask": (1, {"mask": ""}, ":3: expected a path in the column mask, found an empty cell"),
    "split": (2, {"split": "tets"}, ":4: expected train or test in the column split, found 'tets'; did you mean test?"),
    "no split": (0, {"split": ""}, ":2: expected train or test in the column split, found an empty cell"),
    "no domain": (0, {"domain": ""}, ":2: expected a domain, found an empty cell"),
    "box": (0, {"roi_left": "1.5", "roi_top": "0", "roi_width": "9", "roi_height": "9"}, ":2: expected a whole number"),
    "part of a box": (1, {"roi_left": "1"}, ": expected all of roi_left, roi_top, roi_width, roi_height or none"),
    "half a box": (
        1,
        {"roi_left": "1", "roi_top": "", "roi_width": "5", "roi_height": "5"},
        ":3: expected a whole number of pixels in the column roi_top, found ''",
    ),
    "no width": (
        1,
        {"roi_left": "1", "roi_top": "1", "roi_width": "0", "roi_height": "5"},
        ":3: expected a whole number of pixels above 0 in the column roi_width, found '0'",
    ),
    "same file": (1, {"image": "./a0.png"}, ": expected each image file once, found a0.png in lines 2 and 3"),
    "same name": (2, {"name": "a0"}, ": expected each name once, found a0 in lines 2 and 4"),
    "no test": (2, {"split": "train"}, ": expected test images of domain domain1, found none that is left"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_fault_of_a_row_is_one_line_with_its_number(small, case):
    place, cells, words = CHANGES[case]
    small.rows[place] |= cells
    found = table(small.write()).faults()
    assert f"{small.path}{words.format(folder=small.folder)}" in found[0]
    assert len(found) == 1


def test_a_group_on_both_sides_of_a_split_is_refused(small):
    small.rows[0]["group"] = small.rows[2]["group"] = "patient 7"
    (fault,) = table(small.write()).faults()
    assert (
        "expected the group 'patient 7' on one side of the split, found it in test (line 4) and train (line 2)" in fault
    )


def test_the_same_file_in_two_domains_is_refused(small):
    small.rows.append(small.rows[0] | {"domain": "domain2"})
    (fault,) = table(small.write()).faults()
    assert "expected each image file once" in fault


@pytest.mark.parametrize("missing", ["image", "mask", "domain", "split"])
def test_a_missing_column_is_named_with_the_nearest_one(small, missing):
    for row in small.rows:
        row[f"{missing}s"] = row.pop(missing)
    (fault,) = table(small.write()).faults()
    assert fault.endswith(f"expected a column '{missing}', found none; did you mean {missing}s?")


def test_tables_that_cannot_be_read_are_one_line(small, tmp_path):
    (fault,) = table(small.write(delimiter=";")).faults()
    assert "found semicolons" in fault
    small.path.write_bytes(b"image,mask\n\xff,b\n")
    assert "expected UTF-8 text" in table(small.path).faults()[0]
    small.path.write_text("image,mask,domain,split\na,b,c,train,e\n")
    assert f"{small.path}:2: expected 4 cells, found 5" in table(small.path).faults()[0]
    small.path.write_text("")
    assert "found an empty file" in table(small.path).faults()[0]
    assert "found no such file" in table(tmp_path / "none.csv").faults()[0]


def test_an_unknown_domain_is_refused_with_the_nearest(small):
    (fault,) = table(small.write(), value="domian1").faults()
    assert fault.endswith("found none; did you mean domain1?")


def test_excluded_rows_are_left_out_and_idle_exclusions_refused(small):
    reader = table(small.write(), exclude=["a0.png"])
    assert [entry.name for entry in reader.entries()] == ["a1", "a2"]
    (fault,) = table(small.path, exclude=["a7.png"]).faults()
    assert fault.startswith("dataset.exclude: a7.png: expected what the column image")


def test_all_faults_of_rows_and_files_are_told_at_once(small):
    small.rows[0]["mask"] = "masks/none.png"
    save(small.folder / "masks/a1.png", np.zeros((32, 32), np.uint8))
    (small.folder / "a2.png").write_bytes(b"text")
    with pytest.raises(DataError) as caught:
        table(small.write()).entries()
    assert len(caught.value.faults) == 3


def many(folder, count):
    """A table of `count` images without splits, in groups of two."""
    small = Table(folder)
    small.rows = [small.rows[0] | {"image": f"b{n:03d}.png", "split": "", "group": f"g{n // 2}"} for n in range(count)]
    for row in small.rows:
        (folder / row["image"]).touch()
    return small


def splits(small, **how):
    """The split of each image by its name."""
    return {entry.name: entry.split for entry in table(small.write(), test_fraction=0.3, **how).listed()}


def test_a_split_is_drawn_by_group_and_stable_when_images_are_added(tmp_path):
    few, all_of_them = splits(many(tmp_path, 60)), splits(many(tmp_path, 200))
    assert few == {name: all_of_them[name] for name in few}
    assert all(all_of_them[f"b{n:03d}"] == all_of_them[f"b{n + 1:03d}"] for n in range(0, 200, 2))
    assert 0.2 < sum(split == "test" for split in all_of_them.values()) / 200 < 0.4


def test_without_a_column_split_all_are_drawn(tmp_path):
    small = many(tmp_path, 20)
    before = splits(small)
    for row in small.rows:
        del row["split"]
    assert splits(small) == before


def test_a_box_beside_the_image_and_a_mask_of_another_size_are_faults_of_the_files(small):
    small.rows[0] |= {"roi_left": "40", "roi_top": "0", "roi_width": "9", "roi_height": "9"}
    save(small.folder / "masks/a0.png", spot((20, 20), 5, 9))
    with pytest.raises(DataError) as caught:
        table(small.write()).entries()[0].load()
    size, box = caught.value.faults
    assert "expected the size of its image, 32 px, found 20 px" in size
    assert "expected a ROI that meets the image of 32 px," in box


def test_one_mask_per_structure_is_read_from_its_own_column(small):
    for row in small.rows:
        row["core"] = row["mask"]
    own = task(*NUCLEI.structures, structure("core", ((128, 255),), column="core"))
    assert set(table(small.write(), task=own).entries()[0].load().greys) == {"mask", "core"}


@pytest.mark.parametrize(
    ("scales", "line"),
    [
        (("1", "0", "1"), r"images\.csv:3: expected a number above 0 in the column unit_per_px, found '0'"),
        (("1", "", "1"), "expected unit_per_px in every row or in none, found none in 1 of 3 rows"),
        (("1", "nan", "inf"), r"images\.csv:4: expected a number above 0 in the column unit_per_px, found 'inf'"),
    ],
)
def test_what_a_pixel_measures_is_a_number_above_zero_of_every_image_or_of_none(small, scales, line):
    for row, scale in zip(small.rows, scales, strict=True):
        row["unit_per_px"] = scale
    with pytest.raises(DataError, match=line):
        table(small.write()).entries()


def test_without_a_name_the_unit_is_millimetres(small):
    for row in small.rows:
        row["unit_per_px"] = "0.25"
    entries = table(small.write()).entries()
    assert [(entry.unit_per_px, entry.unit) for entry in entries] == [(0.25, "mm")] * 3
    assert entries[0].carried == {"unit_per_px": "0.25"}
