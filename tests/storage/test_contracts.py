import hashlib
import json

import numpy as np
import pytest
import torch

from fdgst.errors import FormatError
from fdgst.storage import format as form
from fdgst.storage.contracts import (
    DENSE_BANK,
    GRID_SHARD,
    PREDICTIONS,
    RESIDUAL_SHARD,
    ROIS,
    SOFT_BANK,
    verify,
    verify_all,
)
from fdgst.training.results import write_results
from tests.generation.files import write_domain, write_shard


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contracts")
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain, count=2)
    for changes in ({}, {"id": "st", "alpha": 0.05}, {"id": "residual", "encoding": "residual"}):
        write_shard(folder, **changes)
    return folder


def test_every_kind_of_file_keeps_its_contract(folder):
    counts, faults = verify_all([folder])
    assert faults == []
    assert counts == {"rois": 2, "dense_bank": 2, "soft_bank": 2, "shard": 3}


@pytest.mark.parametrize("name", ["rois/domain1.h5", "banks/domain1/roi-0.05.h5", "shards/fdg/domain1/domain2.h5"])
def test_a_flipped_bit_is_found_anywhere(folder, tmp_path, name):
    whole = (folder / name).read_bytes()
    places = np.random.default_rng(3).integers(0, len(whole), 60)
    for place in (0, 20, 100, 511, 512, len(whole) - 1, *places):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        (tmp_path / "damaged.h5").write_bytes(damaged)
        with pytest.raises(FormatError, match=r"damaged\.h5: "):
            verify(tmp_path / "damaged.h5")


@pytest.mark.parametrize("length", [0, 100, 512, 5000])
def test_a_truncated_file_is_found(folder, tmp_path, length):
    (tmp_path / "cut.h5").write_bytes((folder / "rois/domain1.h5").read_bytes()[:length])
    with pytest.raises(FormatError, match=r"cut\.h5: "):
        verify(tmp_path / "cut.h5")


def test_a_whole_file_that_breaks_its_contract_is_told_all_about_it(tmp_path):
    with form.create(tmp_path / "bank.h5", kind="dense_bank", settings={}) as file:
        file["amplitude"] = np.zeros((2, 3, 8, 5))
    with pytest.raises(FormatError, match=r"'amplitude': expected f4 N C H F, found float64.*'name' is missing"):
        verify(tmp_path / "bank.h5")


def test_sizes_that_contradict_each_other_are_found(tmp_path):
    with form.create(tmp_path / "bank.h5", kind="dense_bank", settings={}) as file:
        file["amplitude"] = np.zeros((2, 3, 8, 5), "f4")
        form.add_strings(file, "name", ["only one"])
    with pytest.raises(FormatError, match="'name': expected text N"):
        verify(tmp_path / "bank.h5")


def test_all_damaged_files_are_listed_and_the_sound_ones_counted(folder, tmp_path):
    (tmp_path / "a.h5").write_bytes(b"not ours" * 100)
    (tmp_path / "b.h5").write_bytes((folder / "rois/domain1.h5").read_bytes())
    (tmp_path / "empty").mkdir()
    counts, faults = verify_all([tmp_path / "a.h5", tmp_path, tmp_path / "empty"])
    assert counts == {"rois": 1}
    assert len(faults) == 2
    assert "a.h5: expected an HDF5 file of fdgst, found another" in faults[1]
    assert "no HDF5 file" in faults[0]


@pytest.mark.parametrize(("white", "kind"), [(255, "u1"), (65535, "u2")])
def test_the_depth_of_the_images_chooses_between_two_types(tmp_path, white, kind):
    sizes = dict(zip("NLhwC", (2, 3, 4, 5, 1), strict=True))
    with form.create(tmp_path / "a.h5", kind="shard", settings={}) as file:
        file.attrs["white"] = white
        image = GRID_SHARD.add_items(file, "image", sizes, white=white, per_item=2)
        assert (image.dtype, image.shape, image.chunks) == (np.dtype(kind), (2, 3, 4, 5, 1), (1, 1, 4, 5, 1))
        assert not [fault for fault in GRID_SHARD.faults(file) if "'image'" in fault]
        file.attrs["white"] = 65535 if white == 255 else 255
        assert any("'image': expected u1/u2 N L h w C" in fault for fault in GRID_SHARD.faults(file))


@pytest.mark.parametrize("contract", [ROIS, DENSE_BANK, SOFT_BANK, GRID_SHARD, RESIDUAL_SHARD, PREDICTIONS])
def test_a_file_without_its_datasets_is_told_of_each(tmp_path, contract):
    with form.create(tmp_path / "a.h5", kind="rois", settings={}) as file:
        assert len(list(contract.faults(file))) == len(contract.datasets) > 1


def test_a_flipped_bit_of_a_model_is_found_by_its_record(tmp_path):
    folder = tmp_path / "runs"
    write_results(folder, {"weight": torch.arange(9.0)}, record={}, history="", snapshots=[])
    assert verify_all([folder]) == ({"model": 1}, [])
    model = folder / "model.safetensors"
    model.write_bytes(model.read_bytes()[:-1] + b"\1")
    (fault,) = verify_all([folder])[1]
    assert fault.startswith(f"{model}: damaged: expected SHA-256 ")
    assert fault.endswith("; delete it and run snakemake again")


def test_a_bundle_is_verified_by_the_checksums_that_it_names(tmp_path):
    (tmp_path / "card.md").write_text("a card")
    files = {"card.md": hashlib.sha256(b"a card").hexdigest(), "model.onnx": "0" * 64, "../above": "0" * 64}
    (tmp_path / "bundle.json").write_text(json.dumps({"files": files}))
    (tmp_path.parent / "above").write_text("not of the bundle")
    missing = f"{tmp_path}/model.onnx: missing, and bundle.json names it; make the bundle again"
    assert verify_all([tmp_path]) == ({"files of bundles": 1}, [missing])
    (tmp_path / "card.md").write_text("a cart")
    damaged = verify_all([tmp_path / "bundle.json"])[1][0]
    assert damaged.startswith(f"{tmp_path}/card.md: damaged: expected SHA-256 ")
    assert damaged.endswith("make the bundle again")


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (
            '{"files": {"card.md"',
            "bundle.json: damaged: expected JSON, found what cannot be read as such; make the bundle",
        ),
        (json.dumps({"files": {"a" * 300: "0"}}), "a: missing, and bundle.json names it; make the bundle again"),
        (json.dumps({"files": {"..": "0", "": "0", "a/b": "0"}}), "no HDF5 file (*.h5), no model and no bundle below"),
        (json.dumps(["another program's"]), "no HDF5 file (*.h5), no model and no bundle below"),
    ],
)
def test_a_bundle_s_record_that_is_damaged_or_odd_is_one_line(tmp_path, record, told):
    (tmp_path / "bundle.json").write_text(record)
    counts, (fault,) = verify_all([tmp_path])
    assert counts == {}
    assert told in fault
