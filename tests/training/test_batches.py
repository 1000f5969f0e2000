"""Which images a step sees."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fdgst.storage.rois import open_rois
from fdgst.training.batches import Batches, Sampling, draw
from fdgst.training.store import Store

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


def test_copies_carry_their_contents_label_and_domain(store):
    layout = store("grid").layout
    draws = draw(layout, replace(PLAIN, steps=50), 0)
    copied = draws.copies >= 0
    shard = np.searchsorted(layout.bases, draws.copies[copied], side="right") - 1
    content = (draws.copies[copied] - layout.bases[shard]) // layout.strengths + np.array([0, 0, 3, 3])[shard]
    np.testing.assert_array_equal(content, draws.originals[copied])


def test_originals_and_labels_are_those_of_the_file(store, run):
    opened = store()
    with Batches(opened, PLAIN) as batches, open_rois(run().rois[0]) as rois:
        batch, number = batches(0), int(draw(opened.layout, PLAIN, 0).originals[0, 0])
        image, label = rois.network_image(number), rois.network_label(number)
    np.testing.assert_allclose(batch.images[0].permute(1, 2, 0), image / 127.5 - 1, atol=1e-5)
    np.testing.assert_array_equal(batch.labels[0], [label == 2, label > 0])


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
        assert torch.equal(*batches(0).labels.chunk(2))


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
