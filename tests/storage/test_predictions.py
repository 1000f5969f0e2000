"""Predictions on disk."""

import numpy as np
import pytest

from fdgst.errors import FormatError
from fdgst.storage.predictions import open_predictions, write_predictions

IDENTITY = {"method": "fdg", "unseen": "c", "seed": 3, "domain": "c"}


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    return [(rng.random((2, 20, 20)) > 0.5, rng.normal(size=(2, 8, 8)).astype("f2")) for _ in range(3)]


def write(path, pairs, names=("x", "y", "z")):
    write_predictions(path, pairs, names=names, roi_size_px=20, network_size_px=8, settings=IDENTITY)


def test_predictions_come_back_as_they_were_written(tmp_path, pairs):
    write(tmp_path / "p.h5", pairs)
    with open_predictions(tmp_path / "p.h5") as found:
        assert (found.names, found.method, found.unseen, found.seed) == (["x", "y", "z"], "fdg", "c", 3)
        np.testing.assert_array_equal(found.masks, np.stack([mask for mask, _ in pairs]))
        np.testing.assert_array_equal(found.logits, np.stack([logit for _, logit in pairs]))
        np.testing.assert_array_equal(found.mask(1), found.masks[1])
        assert (found.masks.dtype, found.logit(2).dtype) == (bool, np.float16)


def test_equal_predictions_give_equal_bytes(tmp_path, pairs):
    for name in ("one.h5", "two.h5"):
        write(tmp_path / name, pairs)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_a_prediction_too_few_leaves_no_file(tmp_path, pairs):
    with pytest.raises(ValueError, match="zip"):
        write(tmp_path / "p.h5", pairs[:2])
    assert not list(tmp_path.iterdir())


def test_another_kind_is_refused(tmp_path):
    with (
        pytest.raises(FormatError, match="expected a file of kind 'predictions', found none"),
        open_predictions(tmp_path / "p.h5"),
    ):
        pass
