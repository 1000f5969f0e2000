import csv
import json
import warnings

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.errors import ConfigError, DataError
from fdgst.storage.rois import open_rois
from fdgst.storage.shards import open_shard
from fdgst.viewing.converting import Labels, _file_name, convert_shards
from tests.generation.files import LAMBDAS, write_domain, write_shard


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("converting") / "results"
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain)
    write_shard(folder)
    write_shard(folder, id="st", alpha=0.05, encoding="residual")
    return folder


@pytest.fixture(scope="module")
def grid(results):
    return results / "shards/fdg/domain1/domain2.h5"


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def table_of(folder):
    with (folder / "images.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_pngs_are_the_originals_and_the_copies(results, grid, tmp_path):
    convert_shards([grid], tmp_path / "out", to="png", rois=None)
    rows = table_of(tmp_path / "out")
    assert len(rows) == 4 + 4 * len(LAMBDAS)
    with open_shard(grid) as shard, open_rois(results / "rois/domain1.h5") as rois:
        assert (pixels(tmp_path / "out" / rows[1]["image"]) == rois.network_image(1)).all()
        copies = [row for row in rows if row["augmentation"] and row["group"] == shard.names[1]]
        for number, row in enumerate(copies):
            assert (pixels(tmp_path / "out" / row["image"]) == shard.image(1, number)).all()
            assert row["style"] == shard.styles[1]
            assert float(row["lambda"]) == shard.lambdas[1, number]


def test_residual_shards_give_the_pictures_that_they_stand_for(results, tmp_path):
    shard = results / "shards/st/domain1/domain2.h5"
    convert_shards([shard], tmp_path / "out", to="png", rois=None)
    first = [row for row in table_of(tmp_path / "out") if row["group"] == "domain1-0.png"]
    original, unchanged, _, whole = (pixels(tmp_path / "out" / row["image"]).astype(int) for row in first)
    assert (unchanged == original).all()  # lambda 0
    assert abs(whole - original).max() > 5


def test_masks_keep_every_combination_of_structures(results, grid, tmp_path):
    convert_shards([grid], tmp_path / "out", to="png", rois=None)
    with open_rois(results / "rois/domain1.h5") as rois:
        bits = rois.network_bits(2)
    row = table_of(tmp_path / "out")[2]
    assert (pixels(tmp_path / "out" / row["mask"]) == np.select([bits == 3, bits == 2], [2, 1])).all()


def test_nnunet_finds_nothing_wrong(results, tmp_path, monkeypatch, capsys):
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its imports
        from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity
    out = tmp_path / "Dataset501_Test"
    shards = [results / f"shards/{name}/domain1/domain2.h5" for name in ("fdg", "st")]
    assert len(convert_shards(shards, out, to="nnunet", rois=None)) == 2
    verify_dataset_integrity(str(out), 1)
    assert "verify_dataset_integrity Done" in capsys.readouterr().out
    dataset = json.loads((out / "dataset.json").read_text())
    assert dataset["numTraining"] == 4 + 2 * 4 * len(LAMBDAS)
    assert dataset["labels"] == {"background": 0, "outer": [1, 2], "inner": [2]}
    assert dataset["regions_class_order"] == [1, 2]


def test_no_copy_of_an_image_is_trained_on_that_its_fold_validates_on(results, grid, tmp_path):
    convert_shards([grid], tmp_path / "Dataset501_Test", to="nnunet", rois=None)
    folds = json.loads((tmp_path / "Dataset501_Test/splits_final.json").read_text())
    assert sorted(name for fold in folds for name in fold["val"]) == [f"domain1_domain1-{i}" for i in range(4)]
    for fold in folds:
        assert not any(name.startswith(held_out) for held_out in fold["val"] for name in fold["train"])


def test_structures_that_share_no_pixel_are_plain_labels():
    assert Labels(["a", "b"], {0, 1, 2}).nnunet == {"labels": {"background": 0, "a": 1, "b": 2}}


def test_structures_that_cross_are_regions():
    made = Labels(["a", "b"], {0, 1, 2, 3})
    assert made.nnunet["labels"] == {"background": 0, "a": [1, 3], "b": [2, 3]}
    assert made.of(np.array([0, 1, 2, 3])).tolist() == [0, 1, 2, 3]


def test_what_cannot_be_converted_is_one_line(results, grid, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    with pytest.raises(ConfigError, match="full: expected an empty folder"):
        convert_shards([grid], tmp_path / "full", to="png", rois=None)
    with pytest.raises(DataError, match=r"domain1\.h5: no such ROI file"):
        convert_shards([grid], tmp_path / "out", to="png", rois=tmp_path)
    write_domain(tmp_path, "domain1", count=3)
    with pytest.raises(DataError, match="expected the ROI file that"):
        convert_shards([grid], tmp_path / "out", to="png", rois=tmp_path / "rois")


@pytest.mark.parametrize("name", ["../../evil", "..", "n" * 150, "œil 東" * 15, "a\\b"])
def test_a_file_of_a_copy_lies_in_its_folder_whatever_the_image_is_called(name, tmp_path):
    made = _file_name("domain1", name, "fdg_st", "domain2", "00")
    assert (tmp_path / f"{made}_0000.png").resolve().parent == tmp_path
    (tmp_path / f"{made}_0000.png").touch()


def test_the_verb_says_what_it_wrote(grid, tmp_path):
    arguments = ["convert", str(grid), "--to", "nnunet", "--out", str(tmp_path / "mine")]
    said = CliRunner().invoke(fdgst, arguments, catch_exceptions=False).output
    assert "wrote 4 originals and 12 copies" in said
    assert "background 0; inner 2; outer 1, 2" in said
    assert "named like Dataset501_Fundus" in said
