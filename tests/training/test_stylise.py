import numpy as np
import pytest
import torch

from fdgst.errors import ConfigError
from fdgst.generation.banks import make_bank
from fdgst.storage.rois import open_rois
from fdgst.storage.shards import open_shard
from fdgst.training.stylise import Stylist
from tests.generation.files import write_domain, write_shard


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stylise")
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain, roi_size_px=(96, 96), network_size_px=(40, 40), kinds=("fundus", "dim"), count=6)
    return folder


def bank(folder, domain, alpha, mixing="roi"):
    return folder / "banks" / domain / f"{mixing}-{alpha}.h5"


def inputs(folder, path):
    """Images, content numbers, style numbers and all pictures of a shard."""
    with open_shard(path) as shard, open_rois(folder / "rois/domain1.h5") as rois:
        names = [rois.names[row] for row in style_rows(folder)]
        styles = torch.tensor([names.index(name.replace("domain2", "domain1")) for name in shard.styles])
        images = torch.from_numpy(rois.network_images(rois.indices("train"))).permute(0, 3, 1, 2)
        pictures = torch.from_numpy(shard.images(np.arange(len(shard)))).permute(1, 0, 4, 2, 3)
        return images, torch.arange(len(shard)), styles, pictures, shard.lambdas


def style_rows(folder):
    with open_rois(folder / "rois/domain2.h5") as rois:
        return rois.indices("train")


@pytest.mark.parametrize("mixing", ["roi", "network"])
@pytest.mark.parametrize("alpha", [0.05, 0.3, 1.0, "ac:0.2"])
@pytest.mark.parametrize(
    "device",
    ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"))],
)
def test_a_batch_is_the_offline_shard_within_one_level(folder, alpha, mixing, device):
    images, contents, styles, pictures, lambdas = inputs(folder, write_shard(folder, alpha=alpha, mixing=mixing))
    banks = [bank(folder, domain, str(alpha).replace(":", "-"), mixing) for domain in ("domain1", "domain2")]
    stylist = Stylist(*banks, size_px=(40, 40), white=255, device=device)
    for copy, expected in enumerate(pictures):
        lam = torch.from_numpy(lambdas[:, copy])
        found = stylist(*(part.to(device) for part in (images, contents, styles, lam))).cpu()
        assert (found - expected.float()).abs().max() <= 1


def test_a_batch_may_hold_one_image_many_times(folder):
    write_shard(folder, alpha=0.05)
    stylist = Stylist(
        bank(folder, "domain1", 0.05), bank(folder, "domain2", 0.05), size_px=(40, 40), white=255, device="cpu"
    )
    images = torch.full((3, 3, 40, 40), 100, dtype=torch.uint8)
    one, other, zero = stylist(images, torch.tensor([2, 2, 2]), torch.tensor([1, 4, 1]), torch.tensor([1, 1, 0]))
    assert (one - other).abs().max() > 1
    assert (zero == 100).all()


def test_banks_that_do_not_fit_are_refused(folder, tmp_path):
    make_bank(folder / "rois/domain1.h5", tmp_path / "dense.h5", alpha=0, mixing="roi")
    make_bank(folder / "rois/domain1.h5", tmp_path / "soft.h5", alpha=0.5, mixing="roi")
    make_bank(folder / "rois/domain2.h5", tmp_path / "other.h5", alpha=0.4, mixing="roi")
    make_bank(folder / "rois/domain2.h5", tmp_path / "fine.h5", alpha="energy:1", mixing="roi")
    make_bank(folder / "rois/domain1.h5", tmp_path / "fine1.h5", alpha="energy:1", mixing="roi")
    for pair, message in (
        (("dense", "soft"), "expected soft banks"),
        (("soft", "other"), "one alpha, size"),
        (("fine1", "fine"), "outside the block of 25"),
    ):
        with pytest.raises(ConfigError, match=message):
            Stylist(*(tmp_path / f"{name}.h5" for name in pair), size_px=(40, 40), white=255, device="cpu")
