import csv
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.data.prepare import audit, prepare
from fdgst.errors import DataError
from fdgst.storage.rois import open_rois
from fdgst.study.slices import ReadingSettings, text_of
from tests.data.folders import Folder, mask, photograph, save
from tests.data.readers import FUNDUS, NUCLEI, structure, task
from tests.data.tables import Table, spot

OPTIONS = {"title": "Clinic", "number": 1, "task": FUNDUS, "roi_size_px": (24, 24), "network_size_px": (12, 12)} | {
    "mask_resize": "nearest",
    "compression": "none",
}


def run(folder, out, domain="domain1", fit="refuse", **options):
    """Prepare the folder's domain below `out` and return what is said."""
    dataset = {"reader": "fundus", "root": str(folder.root), "exclude": folder.exclude, "fit": fit}
    where = {"id": domain, "folder": folder.path.name}
    options = OPTIONS | options
    return prepare(out / f"{domain}.h5", out / f"{domain}.csv", dataset=dataset, domain=where, **options)


def run_table(table, out, *, fit="refuse", **options):
    """Prepare the rows of a table below `out` and return what is said."""
    dataset = {"reader": "table", "table": str(table.write()), "exclude": [], "fit": fit}
    options = OPTIONS | {"task": NUCLEI} | options
    return prepare(out / "domain1.h5", out / "domain1.csv", dataset=dataset, domain={"id": "domain1"}, **options)


def small(grey):
    """A mask at ROI size."""
    return np.asarray(Image.fromarray(grey).resize((24, 24), Image.Resampling.NEAREST))


def test_a_domain_becomes_a_roi_file_and_a_manifest(tmp_path):
    said = run(Folder(tmp_path / "data"), tmp_path)
    assert said == ["domain1: 2 train, 1 test images", "domain1: 3 images: 32 px brought to 24 px"]
    with open_rois(tmp_path / "domain1.h5") as rois, (tmp_path / "domain1.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
        assert rois.names == [row["name"] for row in rows] == ["g1", "g2", "g3"]
        assert rois.splits == [row["split"] for row in rows] == ["train", "train", "test"]
        assert rois.groups == [row["group"] for row in rows] == rois.names
        np.testing.assert_array_equal(rois.masks(0), [small(mask()) < 51, small(mask()) <= 200])


def test_excluded_images_are_left_out_and_named(tmp_path):
    folder = Folder(tmp_path / "data")
    folder.exclude.append("Domain1/train/g1.png")
    said = run(folder, tmp_path)
    assert "domain1: excluded by the configuration: Domain1/train/g1.png" in said
    with open_rois(tmp_path / "domain1.h5") as rois:
        assert rois.names == ["g2", "g3"]


def test_all_bad_files_are_told_at_once_and_nothing_is_written(tmp_path):
    folder = Folder(tmp_path / "data")
    save(folder.mask("train", "g1"), np.full((32, 32), 255, np.uint8))
    folder.image("test", "g3").write_bytes(folder.image("test", "g3").read_bytes()[:900])
    with pytest.raises(DataError) as caught:
        run(folder, tmp_path / "out")
    assert [fault.split(":")[0].rsplit("/", 1)[1] for fault in caught.value.faults] == ["g1.png", "g3.png"]
    assert not list((tmp_path / "out").rglob("*.*"))


def test_warnings_are_said_and_do_not_stop(tmp_path):
    folder = Folder(tmp_path / "data")
    grey = np.asarray(Image.open(folder.mask("train", "g1"))).copy()
    grey[0, 0] = 250
    save(folder.mask("train", "g1"), grey)
    assert any(line.startswith("warning: ") and "1 pixel of other values" in line for line in run(folder, tmp_path))


@pytest.mark.parametrize("copied", ["another split", "another domain"])
def test_the_same_image_in_two_places_is_refused(tmp_path, copied):
    folders = [Folder(tmp_path / name) for name in ("a", "b")]
    for number, split, name in [(1, "train", "g1"), (2, "train", "g2"), (3, "test", "g3")]:
        save(folders[1].image(split, name), photograph(number + 10))
    folder, split, name = (folders[0], "test", "g3") if copied == "another split" else (folders[1], "train", "g2")
    shutil.copy(folders[0].image("train", "g1"), folder.image(split, name))
    for number, each in enumerate(folders, 1):
        run(each, tmp_path, f"domain{number}")
    with pytest.raises(DataError, match=f"{name}.*g1 are the same image|g1 and .*{name} are the same image"):
        audit([tmp_path / "domain1.csv", tmp_path / "domain2.csv"], tmp_path / "audit.csv")
    assert not (tmp_path / "audit.csv").exists()


def test_one_photograph_with_two_rois_on_both_sides_of_the_split_is_refused(tmp_path):
    table = Table(tmp_path / "data")
    shutil.copy(tmp_path / "data/a0.png", tmp_path / "data/a2.png")
    for row, left in zip(table.rows, ("0", "0", "2"), strict=True):
        row |= {"roi_left": left, "roi_top": "0", "roi_width": "30", "roi_height": "30"}
    run_table(table, tmp_path)
    with pytest.raises(DataError, match=r"domain1/test/a2 and domain1/train/a0 are the same image"):
        audit([tmp_path / "domain1.csv"], tmp_path / "audit.csv")


def test_an_audit_counts_images_by_domain_and_split(tmp_path):
    run(Folder(tmp_path / "data"), tmp_path)
    audit([tmp_path / "domain1.csv"], tmp_path / "audit.csv")
    assert (tmp_path / "audit.csv").read_text() == "domain,split,images\ndomain1,test,1\ndomain1,train,2\n"


def test_groups_and_other_columns_reach_the_file_and_the_manifest(tmp_path):
    table = Table(tmp_path / "data")
    for row, group in zip(table.rows, ("p1", "p1", "p2"), strict=True):
        row |= {"group": group, "stain": "H&E", "sha256": "x"}
    run_table(table, tmp_path)
    with open_rois(tmp_path / "domain1.h5") as rois, (tmp_path / "domain1.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
        assert rois.groups == ["p1", "p1", "p2"]
    assert [row["stain"] for row in rows] == ["H&E"] * 3
    assert {row["table_sha256"] for row in rows} == {"x"}
    assert len({row["sha256"] for row in rows}) == 3


def test_an_image_of_another_aspect_is_refused_padded_or_stretched(tmp_path):
    table = Table(tmp_path / "data", shape=(16, 32))
    with pytest.raises(DataError) as caught:
        run_table(table, tmp_path)
    assert all("expected a square image, found 32x16 px;" in fault for fault in caught.value.faults)
    assert len(caught.value.faults) == 3
    stretched = run_table(table, tmp_path / "stretched", fit="stretch")
    assert "domain1: 3 images: 32x16 px stretched to 24 px" in stretched
    padded = run_table(table, tmp_path / "padded", fit="pad")
    assert "domain1: 3 images: 32x16 px padded to 32 px, and brought to 24 px" in padded
    with open_rois(tmp_path / "padded/domain1.h5") as rois:
        assert not rois.image(0)[[0, -1]].any()
        assert not rois.masks(0)[:, [0, -1]].any()
        assert rois.masks(0)[0, 12, 6]


def test_an_oblong_roi_takes_images_of_its_aspect_as_they_are(tmp_path):
    table = Table(tmp_path / "data", shape=(32, 64))
    run_table(table, tmp_path, roi_size_px=(16, 32), network_size_px=(32, 32))
    with open_rois(tmp_path / "domain1.h5") as rois:
        assert (rois.image(0).shape, rois.network_image(0).shape) == ((16, 32, 3), (32, 32, 3))


def test_a_structure_that_no_training_image_has_is_refused_even_if_it_is_optional(tmp_path):
    table = Table(tmp_path / "data")
    for row in table.rows[:2]:
        save(table.folder / row["mask"], np.zeros((32, 32), np.uint8))
    own = task(structure("nucleus", ((128, 255),), optional=True))
    with pytest.raises(DataError, match="domain1: expected nucleus in a training image, found none in 2"):
        run_table(table, tmp_path, task=own)


def test_a_structure_that_vanishes_at_roi_size_is_a_fault_and_an_optional_one_a_warning(tmp_path):
    table = Table(tmp_path / "data", shape=(96, 96))
    save(table.folder / table.rows[0]["mask"], spot((96, 96), 0, 1))
    with pytest.raises(DataError, match="nucleus of 1 pixel vanishes at ROI size, 24 px"):
        run_table(table, tmp_path)
    told = run_table(table, tmp_path, task=task(structure("nucleus", ((128, 255),), optional=True)))
    assert any("nucleus of 1 pixel vanishes at ROI size" in line for line in told)
    assert "domain1: 1 warning" in told


@pytest.mark.parametrize("rule", ["nearest", "released"])
@pytest.mark.parametrize("corner", range(4))
def test_what_vanishes_is_judged_by_the_masks_that_are_stored(tmp_path, rule, corner):
    table = Table(tmp_path / "data", shape=(96, 96))
    save(table.folder / table.rows[0]["mask"], spot((96, 96), corner, corner + 2))
    own = task(structure("nucleus", ((128, 255),), optional=True))
    told = run_table(table, tmp_path, task=own, mask_resize=rule)
    with open_rois(tmp_path / "domain1.h5") as rois:
        assert any("vanishes at ROI size" in line for line in told) is not bool(rois.masks(0).any())


def test_a_structure_that_vanishes_at_network_size_is_a_warning_unless_it_does_everywhere(tmp_path):
    table = Table(tmp_path / "data", shape=(96, 96))
    save(table.folder / table.rows[0]["mask"], spot((96, 96), 0, 2))
    sizes = {"roi_size_px": (96, 96), "network_size_px": (12, 12)}
    told = run_table(table, tmp_path, **sizes)
    assert any("nucleus vanishes at network size, 12 px, in 1 image: a0" in line for line in told)
    save(table.folder / table.rows[1]["mask"], spot((96, 96), 0, 2))
    with pytest.raises(DataError, match="found it vanished from all 2; enlarge network_size"):
        run_table(table, tmp_path, **sizes)


def test_masks_that_cover_all_corners_are_a_warning_where_no_roi_is_cut_around_them(tmp_path):
    table = Table(tmp_path / "data")
    for row in table.rows:
        save(table.folder / row["mask"], 255 - spot((32, 32), 8, 24))
    assert any(
        "nucleus covers all corners in 3 of 3 images; is it inverted?" in line for line in run_table(table, tmp_path)
    )


def test_what_was_done_to_the_images_is_counted(tmp_path):
    table = Table(tmp_path / "data")
    for row in table.rows[:2]:
        save(table.folder / row["image"], photograph(len(row["image"]) + int(row["image"][1]))[..., 0])
    assert "domain1: 2 images: grey, brought to three equal channels" in run_table(table, tmp_path)


def test_a_domains_title_changes_no_setting_of_its_file(tmp_path):
    folder = Folder(tmp_path / "data")
    run(folder, tmp_path)
    with open_rois(tmp_path / "domain1.h5") as rois:
        assert rois.title == "Clinic"


def test_the_verb_reads_a_domain_by_its_settings(tmp_path):
    folder = Folder(tmp_path / "data")
    settings = ReadingSettings(
        dataset={"reader": "fundus", "root": str(folder.root), "exclude": [], "fit": "refuse"},
        domain={"id": "domain1", "folder": "Domain1"},
        number=1,
        task=FUNDUS,
        roi_size=(24, 24),
        network_size=(12, 12),
        mask_resize="nearest",
        compression="none",
    )
    (tmp_path / "settings.json").write_text(text_of(settings))
    paths = ["--manifest", str(tmp_path / "a.csv"), "--out", str(tmp_path / "a.h5")]
    flags = ["--settings", str(tmp_path / "settings.json"), "--title", "Clinic", *paths]
    told = CliRunner().invoke(fdgst, ["rois", *flags])
    assert told.exit_code == 0, told.output
    assert "domain1: 2 train, 1 test images" in told.output
    assert (tmp_path / "a.h5").exists()


def test_what_a_pixel_of_the_roi_measures_follows_from_the_image_s(tmp_path):
    table = Table(tmp_path, shape=(48, 32))
    for row, scale in zip(table.rows, ("0.5", "1", "2e-3"), strict=True):
        row |= {"unit_per_px": scale, "unit": "um"}
    with pytest.raises(DataError, match=r"a0\.png: expected one scale in both directions, for distances in um"):
        run_table(table, tmp_path, fit="stretch")
    run_table(table, tmp_path, fit="pad")
    with open_rois(tmp_path / "domain1.h5") as rois:
        assert rois.unit == "um"
        assert rois.units_per_px == [1, 2, 4e-3]  # 48 px brought to 24 px


def test_without_a_scale_nothing_is_said_of_one(tmp_path):
    run_table(Table(tmp_path), tmp_path)
    with open_rois(tmp_path / "domain1.h5") as rois:
        assert (rois.unit, rois.units_per_px) == ("", [])
        assert "unit_per_px" not in rois.file
