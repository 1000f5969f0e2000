"""Which images a step sees."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fdgst.core.masks import pack, unpack
from fdgst.storage.format import digest
from fdgst.storage.rois import create_rois, open_rois
from fdgst.storage.shards import STATISTICS, Plan, create_shard
from fdgst.training.batches import Batches, Sampling, draw, planes
from fdgst.training.store import Store
from tests.tasks import structure, task

CPU = torch.device("cpu")
PLAIN = Sampling(("main", "c", 0), steps=3, per_source=4, pairs=False, scale_probability=0.0, scale_max=1.5)


@pytest.fixture
def store(run):
    """Return a function that opens a store; closed at the end."""
    opened = []

    def make(encoding=None, resident_gib=1.0, **replaced):
        opened.append(Store(run(encoding, **replaced), CPU, resident_gib))
        return opened[-1]

    yield make
    for each in opened:
        each.__exit__()


def images(store, sampling=PLAIN, steps=range(3)):
    with Batches(store, sampling) as batches:
        return torch.stack([batches(step).images for step in steps])


def test_a_batch_depends_on_its_step_alone(store):
    sampling = replace(PLAIN, scale_probability=0.5)
    forwards, backwards = (images(store("grid"), sampling, steps) for steps in ((1, 2, 7), (7, 2, 1)))
    assert torch.equal(forwards, backwards.flip(0))


@pytest.mark.parametrize("change", [("main", "c", 1), ("main", "d", 0), ("pretrain", "c", 0)])
def test_stage_unseen_domain_and_seed_change_what_is_drawn(store, change):
    layout = store().layout
    draws = [draw(layout, replace(PLAIN, identity=identity), 0).originals for identity in (PLAIN.identity, change)]
    assert (draws[0] != draws[1]).any()


def test_every_epoch_is_drawn_anew(store):
    first, second = (draw(store().layout, PLAIN, epoch).originals for epoch in (0, 1))
    assert (first != second).any()


def test_rows_differ_by_their_stylised_images_alone(store):
    without, with_copies = (draw(store(encoding).layout, PLAIN, 0) for encoding in (None, "grid"))
    for name in ("originals", "factors", "offsets"):
        np.testing.assert_array_equal(getattr(without, name), getattr(with_copies, name))


def test_every_source_gives_equally_many_images(store):
    with Batches(store(), PLAIN) as batches:
        assert batches(5).domains.tolist() == [0] * 4 + [1] * 4


def test_an_image_is_a_copy_with_probability_k_in_k_plus_one(store):
    copies = draw(store("grid").layout, replace(PLAIN, steps=4000), 0).copies
    assert (copies >= 0).mean() == pytest.approx(2 / 3, abs=0.01)


def test_copies_are_uniform_over_contents_styles_and_lambdas(store):
    layout = store("grid").layout
    copies = draw(layout, replace(PLAIN, steps=4000), 0).copies
    counts = np.bincount(copies[copies >= 0], minlength=len(layout.lambdas)) / 4000
    expected = np.repeat([4 * 2 / 3 / (3 * 4), 4 * 2 / 3 / (5 * 4)], [12, 20])  # per step, of 3 and of 5 contents
    np.testing.assert_allclose(counts, expected, rtol=0.15)


def test_a_control_with_self_shards_alone_gets_the_share_of_the_other_rows(store, house):
    shards = [house / "grid" / domain / f"{domain}.h5" for domain in "ab"]
    assert store(shards=shards).layout.share == pytest.approx(2 / 3)


def test_copies_carry_their_contents_mask_and_domain(store):
    layout = store("grid").layout
    draws = draw(layout, replace(PLAIN, steps=50), 0)
    copied = draws.copies >= 0
    shard = np.searchsorted(layout.bases, draws.copies[copied], side="right") - 1
    content = (draws.copies[copied] - layout.bases[shard]) // layout.copies_per_image + np.array([0, 0, 3, 3])[shard]
    np.testing.assert_array_equal(content, draws.originals[copied])


def test_originals_and_masks_are_those_of_the_file(store, run):
    opened = store()
    with Batches(opened, PLAIN) as batches, open_rois(run().rois[0]) as rois:
        batch, number = batches(0), int(draw(opened.layout, PLAIN, 0).originals[0, 0])
        image, masks = rois.network_image(number), unpack(rois.network_bits(number), len(rois.structures))
    np.testing.assert_allclose(batch.images[0].permute(1, 2, 0), image / 127.5 - 1, atol=1e-5)
    np.testing.assert_array_equal(batch.masks[0], masks)


def test_images_are_channels_last_and_in_range(store):
    with Batches(store("residual"), replace(PLAIN, scale_probability=1.0)) as batches:
        found = batches(0).images
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert found.abs().max() <= 1


def test_pairs_are_contents_then_their_copies_with_the_same_geometry(store):
    opened, sampling = store("grid"), replace(PLAIN, pairs=True, scale_probability=1.0)
    draws = draw(opened.layout, sampling, 0)
    assert ((draws.copies >= 0) == (np.arange(8) >= 4)).all()
    for name in ("originals", "factors", "offsets"):
        np.testing.assert_array_equal(*np.split(getattr(draws, name), 2, axis=1))
    with Batches(opened, sampling) as batches:
        assert torch.equal(*batches(0).masks.chunk(2))


@pytest.mark.parametrize("encoding", ["grid", "residual"])
def test_reading_by_chunk_gives_what_memory_gives(store, encoding):
    resident, read = store(encoding), store(encoding, resident_gib=0.0)
    assert (resident.resident, read.resident) == (True, False)
    assert torch.equal(images(resident), images(read))


def test_both_encodings_give_the_same_pictures(store):
    assert torch.equal(images(store("grid")), images(store("residual")))


def test_an_augmentation_that_draws_its_lambdas_draws_them_anew_for_every_image(store, house, tmp_path, write_shard):
    shards = [tmp_path / f"{domain}.h5" for domain in "ab"]
    for path in shards:
        write_shard(path, *[house / path.name] * 2, encoding="residual", law={"uniform": [0.5, 0.9], "copies": 2})
    draws = draw(store(shards=shards).layout, replace(PLAIN, steps=100), 0)
    lambdas = draws.lambdas[draws.copies >= 0]
    assert len(np.unique(lambdas)) > 0.9 * lambdas.size
    assert ((lambdas > 0.5) & (lambdas <= 0.9)).all()


def test_every_bit_of_a_mask_is_a_plane_of_masks():
    masks = np.random.default_rng(0).random((2, 8, 5, 7)) < 0.5
    bits = torch.from_numpy(np.stack([pack(image) for image in masks])).float()
    np.testing.assert_array_equal(planes(bits, 8).numpy(), masks)


@pytest.fixture
def deep(run, tmp_path):
    """Return a run on two ROI files of oblong grey images of 16 bits with one structure, and their shards."""
    levels, lambdas = np.arange(24 * 40, dtype="u2").reshape(24, 40, 1) * 68, np.array([[0.5]])
    size_px, shape = (24, 40), {"count": 1, "mask_resize": "nearest", "compression": "none"}
    for domain in "ab":
        path, names = tmp_path / f"{domain}.h5", {"domain": domain, "title": domain, "settings": {}}
        one = task(structure("one"), channels=1, bits=16)
        with create_rois(path, task=one, roi_size_px=size_px, network_size_px=size_px, **names, **shape) as writer:
            greys = {"mask": (levels[..., 0] > 30000).astype("u1") * 255}
            writer.add(name=domain, split="train", group=domain, image=levels, greys=greys, sha256="0" * 64)
        attributes = {"augmentation": "fdg", "window": "full", "alpha": 0.0, "seed": 1}
        attributes |= {"content_domain": domain, "style_domain": domain}
        plan = Plan([domain], [domain], lambdas, size_px, 1, 65535, "residual", "none", attributes)
        made_from = {"lambdas": [0.5], "inputs": {"content": digest(path)}}
        with create_shard(tmp_path / f"{domain}-shard.h5", plan, settings=made_from) as shard:
            shard.add(np.full((*size_px, 1), 1002.0, "f4"), np.zeros(size_px, "u1"), {key: [0] for key in STATISTICS})
            shard.close(np.zeros((2, 2, 3), "u1"))
    files = ("a.h5", "b.h5"), ("a-shard.h5", "b-shard.h5")
    rois, shards = ([tmp_path / name for name in names] for names in files)
    return run(rois=rois, shards=shards), levels


@pytest.mark.parametrize("gib", [1.0, 0.0])
def test_sixteen_bits_reach_the_network_whole(deep, gib):
    described, levels = deep
    with Store(described, CPU, gib) as store, Batches(store, replace(PLAIN, pairs=True)) as batches:
        batch = batches(0)
    images = ((batch.images.double() + 1) * 32767.5).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(images[0], levels, atol=0.02)  # 65535 in float32, to half a thousandth of a level
    np.testing.assert_allclose(images[4], np.minimum(levels + 501.0, 65535), atol=0.02)
    assert batch.masks.shape == (8, 1, 24, 40)
