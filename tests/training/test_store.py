"""Which files a run may read."""

import numpy as np
import pytest
import torch

from fdgst.errors import ConfigError, FormatError
from fdgst.storage.rois import open_rois
from fdgst.training.store import Store
from tests.training.conftest import COUNTS


def faults(run):
    with pytest.raises(ConfigError) as caught:
        Store(run, torch.device("cpu"), 1.0)
    return caught.value.faults


def test_the_unseen_domains_images_are_refused(run, house):
    (fault,) = faults(run(rois=[house / "a.h5", house / "c.h5"]))
    assert fault == f"{house / 'c.h5'}: holds images of c, which is unseen in this run"


def test_a_shard_in_the_unseen_domains_style_is_refused(run, house, tmp_path, write_shard):
    path = tmp_path / "shard.h5"
    write_shard(path, house / "a.h5", house / "c.h5")
    assert f"{path}: holds images of c, which is unseen in this run" in faults(run(shards=[path]))


def test_a_shard_of_a_domain_that_is_no_source_is_refused(run, house):
    refused = faults(run("grid", unseen="d", rois=[house / "a.h5", house / "c.h5"]))
    assert sum("but the sources of this run are a, c" in fault for fault in refused) == 3


def test_an_upper_bound_reads_the_unseen_domain_and_no_other(run, house):
    (fault,) = faults(run(trainer="intra"))
    assert "takes the ROI file of c alone, found a, b" in fault
    with Store(run(trainer="intra", rois=[house / "c.h5"]), torch.device("cpu"), 1.0) as store:
        assert store.domains == ["c"]


def test_a_shard_made_from_another_roi_file_is_refused(run, house, tmp_path, write_domain):
    path = tmp_path / "a.h5"
    write_domain(path, "a", COUNTS["a"], bright=30)  # the same names and sizes
    refused = faults(run("grid", rois=[path, house / "b.h5"]))
    assert [fault.partition(": ")[2] for fault in refused] == [
        "not made from the ROI file of a; run snakemake to make it again"
    ] * 2


def test_sources_without_shards_beside_sources_with_them_are_refused(run, house):
    (fault,) = faults(run(shards=[house / "grid/a/a.h5"]))
    assert "expected equally many shards of every source domain, found [0, 1]" in fault


def test_a_domain_given_twice_is_refused(run, house):
    assert "one ROI file per domain" in faults(run(rois=[house / "a.h5"] * 2))[0]


def test_a_pair_given_twice_is_refused(run, house):
    (fault,) = faults(run(shards=[house / f"grid/{pair}.h5" for pair in ("a/a", "a/a", "b/a", "b/b")]))
    assert fault.endswith("expected one shard per pair of domains, found more of a in the style of a")


def test_shards_of_two_augmentations_are_refused(run, house, tmp_path, write_shard):
    write_shard(tmp_path / "a.h5", *[house / "a.h5"] * 2, augmentation="fda")
    (fault,) = faults(run(shards=[tmp_path / "a.h5", house / "grid/b/b.h5"]))
    assert fault.endswith("expected shards of one augmentation, found fda (grid, 2 lambdas), fdg (grid, 2 lambdas)")


@pytest.mark.parametrize("gib", [1.0, 0.0])
def test_a_damaged_chunk_is_named_by_its_own_file(run, house, tmp_path, write_domain, gib):
    for domain in "ab":
        write_domain(tmp_path / f"{domain}.h5", domain, COUNTS[domain])
    path = tmp_path / "a.h5"
    with open_rois(path) as rois:
        pixels = rois.network_image(0).tobytes()
    data = bytearray(path.read_bytes())
    data[data.index(pixels) + 5] ^= 1
    path.write_bytes(data)
    described = run(rois=[path, tmp_path / "b.h5"])
    with (
        pytest.raises(FormatError, match=r"/a\.h5: damaged network/image"),
        Store(described, torch.device("cpu"), gib) as store,
    ):
        store.pictures.read(np.array([0]), False)
