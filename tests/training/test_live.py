"""Stylising at every step: the pixels of a shard, drawn by the step, resumed to the same bytes."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from fdgst.errors import ConfigError
from fdgst.generation.banks import make_bank
from fdgst.storage.rois import open_rois
from fdgst.storage.shards import open_shard
from fdgst.study.augmentations import Augmentation
from fdgst.study.slices import Live
from fdgst.training.batches import Batches, Sampling, draw
from fdgst.training.drawn import drawn
from fdgst.training.live import Banked, Contrast, Spectra, thresholds_of
from fdgst.training.run import train
from fdgst.training.store import Store
from tests.generation.files import augmentation, write_domain, write_shard
from tests.training.test_run import execution, interruptions, model, told_to_stop  # noqa: F401 - a fixture

CPU = torch.device("cpu")
PLAIN = Sampling(("main", "c", 0), steps=5, per_source=6, pairs=False, scale_probability=0.0, scale_max=1.5)
LAW = {"uniform": [0.2, 0.6]}


def live(self_pairs=True, **changes):
    """How a row is stylised live: at network size, unless asked otherwise."""
    return Live(
        augmentation=augmentation(**({"encoding": "live", "mixing": "network"} | changes)), self_pairs=self_pairs
    )


@pytest.fixture(scope="module")
def banks(house, tmp_path_factory):
    """Soft banks of the domains a and b, of ROI size."""
    paths = [tmp_path_factory.mktemp("banks") / f"{domain}.h5" for domain in "ab"]
    for path in paths:
        make_bank(house / path.name, path, alpha=0.05, mixing="roi")
    return paths


@pytest.fixture
def rows(run, banks):
    """A function that describes a live run: through spectra at network size, or from banks at ROI size."""

    def make(route="network", self_pairs=True, **replaced):
        how = live(self_pairs) if route == "network" else live(self_pairs, mixing="roi", alpha=0.05)
        return run(augmentation="fdg", live=how, banks=[] if route == "network" else banks, **replaced)

    return make


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two domains of fundus-like images, odd and oblong at network size."""
    folder = tmp_path_factory.mktemp("live")
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain, roi_size_px=(96, 96), network_size_px=(35, 40), kinds=("fundus", "dim"), count=5)
    return folder


def shard_and_inputs(folder, path):
    """All pictures of a shard by copy; the contents, their styles' pixels and numbers, and lambdas."""
    with (
        open_shard(path) as shard,
        open_rois(folder / "rois/domain1.h5") as own,
        open_rois(folder / "rois/domain2.h5") as other,
    ):
        train = other.indices("train")
        styles = np.array([other.names.index(name) for name in shard.styles])
        x, y = (
            torch.from_numpy(np.stack([rois.network_image(int(row)) for row in rows])).permute(0, 3, 1, 2).float()
            for rois, rows in ((own, own.indices("train")), (other, train[styles] if shard.window != "none" else train))
        )
        pictures = torch.from_numpy(shard.images(np.arange(len(shard)))).permute(1, 0, 4, 2, 3).float()
        return pictures, x, y, torch.from_numpy(styles), shard.lambdas, other.network_images(train)


@pytest.mark.parametrize("window", ["full", "released", "low:0.1", "dc"])
@pytest.mark.parametrize("alpha", [0, 0.05, "ac:0.2", "energy:0.9"])
def test_at_network_size_a_step_makes_the_pixels_of_a_shard_within_one_level(folder, window, alpha):
    path = write_shard(folder, window=window, alpha=alpha, mixing="network")
    pictures, x, y, styles, lambdas, images = shard_and_inputs(folder, path)
    found = thresholds_of(lambda numbers: images[numbers], len(images), alpha)
    thresholds = None if found is None else torch.from_numpy(found)
    item = augmentation(window=window, alpha=alpha, mixing="network", encoding="live")
    stylist = Spectra(item, size_px=(35, 40), white=255, thresholds=thresholds, device=CPU)
    for copy, expected in enumerate(pictures):
        lam = torch.from_numpy(lambdas[:, copy]).float()
        assert (stylist(x, torch.arange(5), styles, lam, y) - expected).abs().max() <= 1


def test_the_live_contrast_is_that_of_a_shard_within_one_level(folder):
    path = write_shard(folder, "domain1", "domain1", kind="contrast", id="contrast")
    with open_shard(path) as shard, open_rois(folder / "rois/domain1.h5") as rois:
        x = torch.from_numpy(rois.network_images(rois.indices("train"))).permute(0, 3, 1, 2).float()
        none = torch.zeros(len(x), dtype=int)
        for copy in range(shard.lambdas.shape[1]):
            lam = torch.from_numpy(shard.lambdas[:, copy]).float()
            made = Contrast(white=255)(x, none, none, lam, None).permute(0, 2, 3, 1)
            assert np.abs(made.numpy() - shard.images(np.arange(len(x)))[:, copy]).max() <= 1


def test_banks_of_all_sources_count_images_on_from_bank_to_bank(folder):
    path = write_shard(folder, alpha=0.05)
    pictures, x, _, styles, lambdas, _ = shard_and_inputs(folder, path)
    banks = [folder / "banks" / domain / "roi-0.05.h5" for domain in ("domain1", "domain2")]
    stylist = Banked(banks, size_px=(35, 40), white=255, device=CPU)
    lam = torch.from_numpy(lambdas[:, -1]).float()
    found = stylist(x, torch.arange(5), styles + 5, lam, None)
    assert (found - pictures[-1]).abs().max() <= 1


@pytest.mark.parametrize("route", ["network", "roi"])
def test_a_batch_holds_originals_and_copies_in_the_drawn_styles(rows, route):
    with Store(rows(route), CPU, 1.0) as store, Batches(store, PLAIN) as batches:
        draws, found = draw(store.layout, PLAIN, 0), batches(2)
        originals = store.pictures.gather(torch.from_numpy(draws.originals[2])).permute(0, 3, 1, 2) / 127.5 - 1
    same = torch.isclose(found.images, originals, atol=1e-6).flatten(1).all(1).numpy()
    copies = draws.copies[2]  # an image in its own style is itself where nothing is thresholded
    unchanged = (copies < 0) | (draws.lambdas[2] == 0) | ((copies == draws.originals[2]) & (route == "network"))
    np.testing.assert_array_equal(same, unchanged)
    assert 0 < same.sum() < len(same)


def test_rows_differ_by_their_copies_alone_and_decide_alike_what_is_one(rows, run):
    with Store(rows(), CPU, 1.0) as ours, Store(run("grid"), CPU, 1.0) as shards:
        one, other = (draw(store.layout, PLAIN, 3) for store in (ours, shards))
    for name in ("originals", "factors", "offsets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.copies >= 0, other.copies >= 0)


def test_styles_are_uniform_over_domains_and_over_their_images(rows):
    with Store(rows(), CPU, 1.0) as store:
        draws = draw(store.layout, replace(PLAIN, steps=4000), 0)
    counts = np.bincount(draws.copies[draws.copies >= 0], minlength=8) / 4000
    np.testing.assert_allclose(counts, np.repeat([12 * 2 / 3 / 2 / 3, 12 * 2 / 3 / 2 / 5], [3, 5]), rtol=0.1)


def test_without_self_pairs_every_style_is_of_another_domain(rows):
    with Store(rows(self_pairs=False), CPU, 1.0) as store:
        draws, share = draw(store.layout, replace(PLAIN, steps=100), 0), store.layout.share
    copied = draws.copies >= 0
    assert ((draws.copies >= 3) != (draws.originals >= 3))[copied].all()
    assert share == pytest.approx(1 / 2)


@pytest.mark.parametrize(("strengths", "low", "high"), [([0.3, 1], 0.3, 1), (LAW, 0.2, 0.6)])
def test_lambda_is_taken_from_the_grid_or_drawn_by_the_law(run, strengths, low, high):
    with Store(run(augmentation="fdg", live=live(lambdas=strengths)), CPU, 1.0) as store:
        draws = draw(store.layout, replace(PLAIN, steps=2000), 0)
    lambdas = draws.lambdas[draws.copies >= 0]
    assert (lambdas.min(), lambdas.max()) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))
    assert lambdas.mean() == pytest.approx((low + high) / 2, abs=0.01)
    assert (len(np.unique(lambdas)) == 2) == (strengths != LAW)


@pytest.mark.parametrize("route", ["network", "roi"])
def test_reading_by_chunk_gives_what_memory_gives(rows, route):
    found = []
    for gib in (1.0, 0.0):
        with Store(rows(route), CPU, gib) as store, Batches(store, PLAIN) as batches:
            found.append(torch.stack([batches(step).images for step in (4, 0, 7)]))
    assert torch.equal(*found)


@pytest.mark.parametrize("route", ["network", "roi"])
def test_a_stopped_live_run_goes_on_to_the_same_bytes(rows, settings, told_to_stop, route):  # noqa: F811
    train(rows(route), settings(), execution())
    undisturbed = model(rows())
    with told_to_stop(4):
        train(rows(route), settings(), execution())
    train(rows(route), settings(), execution())
    assert interruptions(rows()) == 1
    assert model(rows()) == undisturbed


@pytest.mark.parametrize("trainer", ["fact", "feddg"])
def test_trainers_of_pairs_take_live_copies(rows, settings, trainer):
    train(rows(trainer=trainer), settings(epochs=1, final_epochs=0), execution())
    record = json.loads((rows().out / "run.json").read_text())
    assert record["live"]["drawn"]["copies"] == record["live"]["drawn"]["images"] // 2


def test_the_record_says_what_was_drawn(rows, settings):
    train(rows("roi"), settings(), execution())
    record = json.loads((rows().out / "run.json").read_text())
    counted = record["live"]["drawn"]
    assert counted["images"] == record["steps"] * record["images_per_step"]
    assert sum(row["copies"] for row in counted["styles"]) == counted["copies"] > 0
    assert [row["style"] for row in counted["styles"]] == ["a", "b"]
    assert all(0 < row["images"] <= count for row, count in zip(counted["styles"], (3, 5), strict=True))
    assert record["live"]["augmentation"]["alpha"] == 0.05


def test_the_drawn_lambdas_are_summed_up_by_style_domain(rows):
    with Store(rows(), CPU, 1.0) as store:
        (a, b) = drawn(store.layout, PLAIN, epochs=200, domains=["a", "b"])["styles"]
    assert (a["images"], b["images"]) == (3, 5)
    assert a["lambda"] == pytest.approx((0 + 0.3 + 1) / 3, abs=0.02)
    assert (b["lambda_min"], b["lambda_max"]) == (0, 1)


def refused(described):
    with pytest.raises(ConfigError) as caught, Store(described, CPU, 1.0):
        pass
    return caught.value.faults


def test_banks_that_are_not_the_sources_are_refused(rows, banks, house, tmp_path):
    make_bank(house / "c.h5", tmp_path / "c.h5", alpha=0.05, mixing="roi")
    make_bank(house / "b.h5", tmp_path / "b.h5", alpha=0.1, mixing="roi")
    assert refused(replace(rows("roi"), banks=(banks[0], tmp_path / "c.h5"))) == (
        f"{tmp_path / 'c.h5'}: holds images of c, which is unseen in this run",
    )
    (fault,) = refused(replace(rows("roi"), banks=(banks[0], tmp_path / "b.h5")))
    assert fault.endswith("expected spectra of roi images with alpha 0.05, found spectra of roi images with alpha 0.1")
    assert refused(replace(rows("roi"), banks=()))[0].endswith("expected 2 banks, found 0")


def test_a_live_run_with_shards_is_refused(rows, run, settings):
    with pytest.raises(ConfigError, match="method row: expected no shards, as fdg is live, found 4"):
        train(replace(rows(), shards=run("grid").shards), settings(), execution())


def test_one_source_without_self_pairs_is_refused(rows, settings, house):
    with pytest.raises(ConfigError, match=r"has no style: there is one source, and generation\.self_pairs is false"):
        train(rows(self_pairs=False, rois=[house / "a.h5"]), settings(), execution())


def test_settings_of_a_live_augmentation_have_their_json(rows):
    how = rows().live
    assert Augmentation.model_validate_json(how.augmentation.model_dump_json(by_alias=True)) == how.augmentation
