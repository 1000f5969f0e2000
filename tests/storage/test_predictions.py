"""Predictions on disk."""

import h5py
import numpy as np
import pytest

from fdgst.errors import FormatError
from fdgst.storage.contracts import verify
from fdgst.storage.parts import records
from fdgst.storage.predictions import open_predictions, write_predictions
from tests.tasks import structure

IDENTITY = {"method": "fdg", "unseen": "c", "seed": 3, "domain": "c"}


def made(count):
    rng = np.random.default_rng(0)
    return [(rng.random((count, 20, 24)) > 0.5, rng.normal(size=(count, 8, 9)).astype("f2")) for _ in range(3)]


def write(path, pairs, names=("x", "y", "z")):
    structures = records(structure(f"s{k}") for k in range(len(pairs[0][0])))
    sizes = {"roi_size_px": (20, 24), "network_size_px": (8, 9)}
    write_predictions(path, pairs, names=names, structures=structures, settings=IDENTITY, **sizes)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_predictions_come_back_as_they_were_written(tmp_path, count):
    pairs = made(count)
    write(tmp_path / "p.h5", pairs)
    assert verify(tmp_path / "p.h5") == "predictions"
    with open_predictions(tmp_path / "p.h5") as found:
        assert (found.names, found.method, found.unseen, found.seed) == (["x", "y", "z"], "fdg", "c", 3)
        assert found.structures == tuple(f"s{k}" for k in range(count))
        assert found.roi_size_px == (20, 24)
        for row, (mask, logit) in enumerate(pairs):
            np.testing.assert_array_equal(found.masks_of(row), mask)
            np.testing.assert_array_equal(found.logit(row), logit)
        assert (found.masks_of(0).dtype, found.logit(2).dtype) == (bool, np.float16)


def test_bit_k_of_a_stored_mask_is_structure_k(tmp_path):
    pairs = made(2)
    write(tmp_path / "p.h5", pairs)
    with h5py.File(tmp_path / "p.h5") as file:
        inner, outer = pairs[1][0]
        np.testing.assert_array_equal(file["mask"][1], inner + 2 * outer)


def test_equal_predictions_give_equal_bytes(tmp_path):
    for name in ("one.h5", "two.h5"):
        write(tmp_path / name, made(2))
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_a_prediction_too_few_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="zip"):
        write(tmp_path / "p.h5", made(2)[:2])
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named(tmp_path):
    with (
        pytest.raises(FormatError, match="expected a file of kind 'predictions', found none"),
        open_predictions(tmp_path / "p.h5"),
    ):
        pass
