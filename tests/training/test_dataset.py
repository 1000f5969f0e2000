import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from fdgst.errors import ConfigError, FormatError
from fdgst.storage.rois import open_rois
from fdgst.storage.shards import open_shard
from fdgst.training.dataset import ShardDataset
from tests.generation.files import LAMBDAS, write_domain, write_shard


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain)
    for encoding in ("grid", "residual"):
        for content, style in (("domain1", "domain2"), ("domain2", "domain1")):
            write_shard(folder, content, style, id=encoding, encoding=encoding)
    return folder


def shards(folder, encoding):
    return [folder / "shards" / encoding / f"domain{a}/domain{b}.h5" for a, b in ((1, 2), (2, 1))]


def rois(folder):
    return [folder / "rois/domain1.h5", folder / "rois/domain2.h5"]


def test_items_go_through_shards_contents_and_lambdas_in_order(folder):
    dataset = ShardDataset(shards(folder, "grid"))
    assert len(dataset) == 2 * 4 * len(LAMBDAS)
    item = dataset[4 * len(LAMBDAS) + len(LAMBDAS) + 2]
    with open_shard(shards(folder, "grid")[1]) as shard:
        assert (item["image"].permute(1, 2, 0).numpy() == shard.image(1, 2)).all()
        assert (item["mask"].numpy() == shard.bits(np.array([1]))[0]).all()
        assert (item["name"], item["style"]) == (shard.names[1], shard.styles[1])
    assert (item["lambda"], item["content_domain"], item["style_domain"]) == (LAMBDAS[2], "domain2", "domain1")
    assert torch.equal(dataset[-1]["image"], dataset[len(dataset) - 1]["image"])


def test_both_encodings_give_the_same_pictures_within_one_level(folder):
    grid = ShardDataset(shards(folder, "grid"))
    residual = ShardDataset(shards(folder, "residual"), rois=rois(folder))
    assert len(grid) == len(residual)
    for a, b in zip(grid, residual, strict=True):
        assert (a["image"].int() - b["image"].int()).abs().max() <= 1
        assert torch.equal(a["mask"], b["mask"])
        assert a["lambda"] == b["lambda"]


def test_drawn_lambdas_lie_in_their_range_and_change_with_the_epoch(folder):
    dataset = ShardDataset(shards(folder, "residual"), rois=rois(folder), law=(0.2, 0.8), seed=3)
    first = [item["lambda"] for item in dataset]
    assert [item["lambda"] for item in dataset] == first
    assert len(set(first)) == len(first)
    assert all(0.2 < lam <= 0.8 for lam in first)
    dataset.set_epoch(1)
    assert not set(first) & {item["lambda"] for item in dataset}


def test_a_drawn_lambda_is_the_one_that_was_mixed(folder):
    dataset = ShardDataset(shards(folder, "residual"), rois=rois(folder), law=(0, 1), seed=3)
    with open_shard(shards(folder, "residual")[0]) as shard, open_rois(rois(folder)[0]) as images:
        d, x = shard.residuals(np.array([0]))[0].astype(float), images.network_image(0)
    expected = np.clip(np.rint(x + dataset[0]["lambda"] * d), 0, 255)
    assert abs(dataset[0]["image"].permute(1, 2, 0).numpy() - expected).max() <= 1


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_with_workers_gives_the_same_batches(folder, workers):
    dataset = ShardDataset(shards(folder, "residual"), rois=rois(folder))
    expected = torch.stack([item["image"] for item in dataset])
    loader = DataLoader(dataset, batch_size=5, num_workers=workers, multiprocessing_context="fork" if workers else None)
    assert torch.equal(torch.cat([batch["image"] for batch in loader]), expected)


def test_a_dataset_with_open_files_can_be_pickled(folder):
    dataset = ShardDataset(shards(folder, "residual"), rois=rois(folder))
    first = dataset[0]["image"]
    assert torch.equal(pickle.loads(pickle.dumps(dataset))[0]["image"], first)


def test_a_residual_shard_without_its_roi_file_is_refused(folder):
    with pytest.raises(ConfigError, match="needs the ROI file of domain2"):
        ShardDataset(shards(folder, "residual"), rois=rois(folder)[:1])


def test_a_roi_file_of_the_same_domain_made_otherwise_is_refused(folder, tmp_path):
    other = write_domain(tmp_path, "domain1", kinds=("noise",))
    with pytest.raises(ConfigError, match="expected the ROI file"):
        ShardDataset(shards(folder, "residual")[:1], rois=[other])


def test_a_law_for_a_grid_is_refused(folder):
    with pytest.raises(ConfigError, match="needs residual shards"):
        ShardDataset(shards(folder, "grid"), law=(0, 1))


def test_a_missing_shard_is_named(folder):
    with pytest.raises(FormatError, match=r"none\.h5"):
        ShardDataset([folder / "none.h5"])


def test_a_picture_beyond_the_last_is_an_index_error(folder):
    dataset = ShardDataset(shards(folder, "grid"))
    with pytest.raises(IndexError, match="picture 24 of 24"):
        dataset[24]
