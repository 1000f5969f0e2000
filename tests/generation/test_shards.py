import subprocess
import sys

import h5py
import numpy as np
import pytest
from PIL import Image

from fdgst.core.fourier import stylize
from fdgst.core.seeding import generator
from fdgst.errors import ConfigError, FormatError
from fdgst.generation.banks import make_bank
from fdgst.generation.draws import ShardDraws
from fdgst.generation.shards import ShardInputs, make_shard
from fdgst.storage.contracts import verify
from fdgst.storage.rois import open_rois
from fdgst.storage.shards import STATISTICS, open_shard
from tests.generation.files import LAMBDAS, augmentation, write_domain, write_shard

WINDOWS = ["full", "released", "dc", "low:0.1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generation")
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain)
    return folder


def lanczos(image, size):
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in image]
    return np.stack([np.asarray(plane.resize(size[::-1], Image.Resampling.LANCZOS)) for plane in planes], -1)


def expected_pictures(folder, shard, i, *, mixing="roi"):
    """Recompute the pictures of one content image by the formula, at the shard's lambdas."""
    with open_rois(folder / "rois/domain1.h5") as content, open_rois(folder / "rois/domain2.h5") as style:
        read = (lambda rois: rois.image) if mixing == "roi" else (lambda rois: rois.network_image)
        x = read(content)(content.names.index(shard.names[i])).transpose(2, 0, 1)
        y = read(style)(style.names.index(shard.styles[i])).transpose(2, 0, 1)
        small = content.network_image(content.names.index(shard.names[i]))
    end = stylize(x, y, lam=1, window=shard.window, alpha=shard.alpha)
    d = lanczos(end, small.shape[:2]) - small if shard.window == "full" else lanczos(end - x, small.shape[:2])
    return np.clip(np.rint(small + shard.lambdas[i][:, None, None, None] * d), 0, shard.white)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("alpha", [0, 0.05, "ac:0.2", "energy:0.9"])
@pytest.mark.parametrize("mixing", ["roi", "network"])
def test_pixels_are_the_formula_within_one_level(folder, window, alpha, mixing):
    with open_shard(write_shard(folder, window=window, alpha=alpha, mixing=mixing)) as shard:
        for i in range(len(shard)):
            expected = expected_pictures(folder, shard, i, mixing=mixing)
            assert abs(shard.images(np.array([i]))[0] - expected).max() <= 1


def test_lambda_zero_is_the_network_image_and_the_masks_are_the_contents(folder):
    with open_shard(write_shard(folder)) as shard, open_rois(folder / "rois/domain1.h5") as rois:
        rows = rois.indices("train")
        assert (shard.images(np.arange(4))[:, 0] == rois.network_images(rows)).all()
        assert (shard.bits(np.arange(4)) == rois.network_bits(rows)).all()
        assert shard.bits(np.arange(4)).any()


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Two oblong domains of every number of channels and depth."""
    folders = {}
    for channels, bits in ((1, 8), (3, 16), (1, 16)):
        folders[channels, bits] = tmp_path_factory.mktemp("others")
        for domain, kinds in (("domain1", ("fundus", "noise")), ("domain2", ("noise", "stripes"))):
            how = {"channels": channels, "bits": bits, "kinds": kinds, "count": 2}
            write_domain(folders[channels, bits], domain, roi_size_px=(52, 45), network_size_px=(17, 24), **how)
    return folders


@pytest.mark.parametrize("encoding", ["grid", "residual"])
@pytest.mark.parametrize("alpha", [0, 0.05])
@pytest.mark.parametrize("window", ["full", "low:0.1"])
@pytest.mark.parametrize("kind", [(1, 8), (3, 16), (1, 16)])
def test_any_channels_depth_and_size_keep_the_formula(others, kind, window, alpha, encoding):
    path = write_shard(others[kind], window=window, alpha=alpha, encoding=encoding)
    assert verify(path) == "shard"
    with open_shard(path) as shard, open_rois(others[kind] / "rois/domain1.h5") as rois:
        assert (shard.channels, shard.white, shard.size_px) == (kind[0], 2 ** kind[1] - 1, (17, 24))
        for i in range(len(shard)):
            expected = expected_pictures(others[kind], shard, i)
            found = of_encoding(shard, rois.network_image(i), i)
            assert abs(found - expected).max() <= 1
            assert expected.any()


def of_encoding(shard, x, i):
    """The pictures of one content image, of a residual shard too."""
    if shard.encoding == "grid":
        return shard.images(np.array([i]))[0]
    change = shard.lambdas[i][:, None, None, None] * shard.residuals(np.array([i]))[0].astype(float)
    return np.clip(np.rint(x + change), 0, shard.white)


@pytest.mark.parametrize("control", ["contrast", "jitter"])
@pytest.mark.parametrize("kind", [(1, 8), (3, 16), (1, 16)])
def test_controls_of_any_channels_and_depth_leave_lambda_zero_alone(others, kind, control):
    path = write_shard(others[kind], style="domain1", id=control, kind=control)
    with open_shard(path) as shard, open_rois(others[kind] / "rois/domain1.h5") as rois:
        first, _, last = shard.images(np.array([0]))[0].astype(int)
        assert (first == rois.network_image(0)).all()
        assert abs(last - first).max() > shard.white / 50


def test_a_residual_gives_the_grids_pixels_within_one_level(folder):
    with open_shard(write_shard(folder)) as grid:
        pictures, statistics = grid.images(np.arange(4)), grid.statistics()
    with (
        open_shard(write_shard(folder, id="res", encoding="residual")) as shard,
        open_rois(folder / "rois/domain1.h5") as rois,
    ):
        x = rois.network_images(rois.indices("train"))
        d = shard.residuals(np.arange(4)).astype(float)
        for column, lam in enumerate(LAMBDAS):
            assert abs(np.clip(np.rint(x + lam * d), 0, 255) - pictures[:, column]).max() <= 1
        np.testing.assert_allclose(shard.statistics()["contrast"], statistics["contrast"], atol=1e-2)


def test_only_the_training_split_enters_a_shard(folder):
    with open_shard(write_shard(folder)) as shard:
        assert shard.names == [f"domain1-{i}.png" for i in range(4)]
        assert set(shard.styles) <= {f"domain2-{i}.png" for i in range(4)}


def test_the_style_is_drawn_from_the_identity_of_the_pair(folder):
    with open_shard(write_shard(folder, seed=11)) as shard:
        drawn = [generator("style", 11, "domain1", "domain2", name).integers(4) for name in shard.names]
        assert shard.styles == [f"domain2-{i}.png" for i in drawn]


def test_drawn_lambdas_depend_on_the_content_and_lie_in_their_range(folder):
    law = {"uniform": [0.2, 0.4], "copies": 3}
    made = augmentation(lambdas=law)
    with open_shard(write_shard(folder, id="drawn", lambdas=law)) as shard:
        assert shard.lambdas.shape == (4, 3)
        assert len(np.unique(shard.lambdas)) == 12
        assert ((shard.lambdas >= 0.2) & (shard.lambdas < 0.4)).all()
        assert (shard.lambdas[2] == ShardDraws(7, "domain1", "domain2").lambdas(shard.names[2], made)).all()
        assert shard.law == (0.2, 0.4)


@pytest.mark.parametrize("alpha", [0, 0.05])
def test_equal_inputs_give_equal_bytes_with_any_number_of_threads(folder, alpha):
    first = write_shard(folder, alpha=alpha).read_bytes()
    assert write_shard(folder, alpha=alpha).read_bytes() == first
    assert write_shard(folder, alpha=alpha, jobs=3).read_bytes() == first


def test_pixels_do_not_depend_on_the_contents_bank(folder):
    with open_shard(write_shard(folder, alpha=0.05)) as shard:
        with_phases = shard.images(np.arange(4)).astype(int)
    with open_shard(write_shard(folder, alpha=0.05, phases=False)) as shard:
        assert abs(shard.images(np.arange(4)) - with_phases).max() <= 1


def test_contrast_shrinks_towards_the_channels_mean(folder):
    with open_shard(write_shard(folder, style="domain1", id="contrast", kind="contrast")) as shard:
        first, _, last = shard.images(np.array([0]))[0].astype(float)
        assert abs(last - first.mean((0, 1))).max() <= 0.5
        assert shard.styles == shard.names
        assert (shard.window, shard.alpha) == ("none", 0)


def test_jitter_draws_each_copy_and_leaves_lambda_zero_alone(folder):
    with open_shard(write_shard(folder, style="domain1", id="jitter", kind="jitter", lambdas=[0, 1, 1])) as shard:
        original, one, other = shard.images(np.array([0]))[0].astype(int)
        with open_rois(folder / "rois/domain1.h5") as rois:
            assert (original == rois.network_image(0)).all()
        assert abs(one - other).max() > 1


def test_statistics_describe_the_pictures(folder):
    with open_shard(write_shard(folder)) as shard:
        pictures, found = shard.images(np.array([0]))[0].astype(float), shard.statistics()
        x, last = pictures[0], pictures[2]
        assert found["mean_shift"][0, 2] == pytest.approx((last - x).mean(), abs=3)  # before and after clipping
        assert found["contrast"][0, 0] == pytest.approx(1)
        assert found["similarity"][0, 0] == pytest.approx(1)
        assert (found["clipped"][:, 0] == 0).all()
        assert np.isnan(found["contrast"][2]).all()  # a constant image


def test_attributes_and_types_are_those_of_the_format(folder):
    with h5py.File(write_shard(folder, alpha="ac:0.2", compression="gzip"), "r") as file:
        assert file.attrs["alpha"] == "ac:0.2"
        assert {file[name].dtype.str for name in STATISTICS} == {"<f4"}
        assert file["image"].chunks == (1, 1, 20, 20, 3)
        assert file["image"].fletcher32
        assert file["image"].compression == "gzip"
    with h5py.File(write_shard(folder), "r") as file:
        assert file.attrs["alpha"] == 0
        assert [file.attrs[key] for key in ("content_domain", "style_domain", "encoding")] == [
            "domain1",
            "domain2",
            "grid",
        ]


def test_a_style_bank_belongs_to_a_fourier_augmentation_and_to_no_control(folder, tmp_path):
    how = {"seed": 1, "compression": "none", "jobs": 1}
    inputs = ShardInputs(folder / "rois/domain1.h5", None, None)
    with pytest.raises(ConfigError, match="augmentation fdg: expected a style bank"):
        make_shard(inputs, tmp_path / "out.h5", augmentation=augmentation(), **how)
    inputs = ShardInputs(folder / "rois/domain1.h5", tmp_path / "bank.h5", None)
    with pytest.raises(ConfigError, match="augmentation fdg: expected no style bank"):
        make_shard(inputs, tmp_path / "out.h5", augmentation=augmentation(kind="contrast"), **how)
    assert not list(tmp_path.iterdir())


def test_banks_that_do_not_fit_are_refused_with_all_reasons(folder, tmp_path):
    make_bank(folder / "rois/domain2.h5", tmp_path / "soft.h5", alpha=0.1, mixing="network")
    inputs = ShardInputs(folder / "rois/domain1.h5", tmp_path / "soft.h5", tmp_path / "soft.h5")
    with pytest.raises(ConfigError) as caught:
        make_shard(
            inputs, tmp_path / "out.h5", augmentation=augmentation(alpha=0.05), seed=1, compression="none", jobs=1
        )
    assert len(caught.value.faults) == 5
    assert "expected a bank of alpha 0.05, found alpha 0.1" in str(caught.value)


def test_a_bank_of_other_channels_is_refused(folder, others, tmp_path):
    make_bank(others[1, 8] / "rois/domain2.h5", tmp_path / "grey.h5", alpha=0, mixing="roi")
    inputs = ShardInputs(folder / "rois/domain1.h5", tmp_path / "grey.h5", None)
    with pytest.raises(ConfigError, match=r"48 px, 3 channels, found roi images of 45x52 px, 1 channels"):
        make_shard(inputs, tmp_path / "out.h5", augmentation=augmentation(), seed=1, compression="none", jobs=1)


def test_a_shard_of_a_missing_bank_names_it(folder, tmp_path):
    inputs = ShardInputs(folder / "rois/domain1.h5", tmp_path / "none.h5", None)
    with pytest.raises(FormatError, match=r"none\.h5: expected an HDF5 file, found none"):
        make_shard(inputs, tmp_path / "out.h5", augmentation=augmentation(), seed=1, compression="none", jobs=1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_damaged_bank_is_named_and_leaves_nothing(folder, tmp_path, jobs):
    bank = tmp_path / "bank.h5"
    make_bank(folder / "rois/domain2.h5", bank, alpha=0, mixing="roi")
    with h5py.File(bank) as file:
        chunks = [file["amplitude"].id.get_chunk_info(image) for image in range(4)]
    with bank.open("r+b") as raw:
        for chunk in chunks:
            raw.seek(chunk.byte_offset)
            raw.write(b"damaged!")
    inputs = ShardInputs(folder / "rois/domain1.h5", bank, None)
    with pytest.raises(FormatError, match=r"bank\.h5: damaged amplitude"):
        make_shard(inputs, tmp_path / "out.h5", augmentation=augmentation(), seed=1, compression="none", jobs=jobs)
    assert [path.name for path in tmp_path.iterdir()] == ["bank.h5"]


def test_shards_need_no_more_than_the_smallest_installation_has(tmp_path):
    hide = "import sys; sys.modules |= dict.fromkeys(('joblib', 'tqdm', 'threadpoolctl', 'pandas', 'torch')); "
    make = "from pathlib import Path; from tests.generation.files import *; folder = Path(sys.argv[1]); "
    make += "[write_domain(folder, domain) for domain in ('domain1', 'domain2')]; write_shard(folder, jobs=2)"
    subprocess.run([sys.executable, "-c", hide + make, tmp_path], check=True)
    assert verify(tmp_path / "shards/fdg/domain1/domain2.h5") == "shard"
