import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from fdgst.data.prepare import audit, prepare
from fdgst.errors import DataError
from fdgst.storage.rois import open_rois
from tests.data.folders import Folder, photograph, save

OPTIONS = {"title": "Clinic", "number": 1, "roi_size_px": 24, "network_size_px": 12} | {
    "label_resize": "nearest",
    "compression": "none",
}


def run(folder, out, domain="domain1"):
    """Prepare the folder's domain below `out` and return what is said."""
    dataset = folder.dataset | {"reader": "fundus"}
    name = folder.path.name
    return prepare(out / f"{domain}.h5", out / f"{domain}.csv", dataset=dataset, domain=domain, folder=name, **OPTIONS)


def test_a_domain_becomes_a_roi_file_and_a_manifest(tmp_path):
    said = run(Folder(tmp_path / "data"), tmp_path)
    assert said == ["domain1: 2 train, 1 test images", "domain1: 3 images of 32 px brought to 24 px"]
    with open_rois(tmp_path / "domain1.h5") as rois, (tmp_path / "domain1.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
        assert rois.names == [row["name"] for row in rows] == ["g1", "g2", "g3"]
        assert rois.splits == [row["split"] for row in rows] == ["train", "train", "test"]


def test_excluded_images_are_left_out_and_named(tmp_path):
    folder = Folder(tmp_path / "data")
    folder.dataset["exclude"].append("Domain1/train/g1.png")
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


def test_an_audit_counts_images_by_domain_and_split(tmp_path):
    run(Folder(tmp_path / "data"), tmp_path)
    audit([tmp_path / "domain1.csv"], tmp_path / "audit.csv")
    assert (tmp_path / "audit.csv").read_text() == "domain,split,images\ndomain1,test,1\ndomain1,train,2\n"
