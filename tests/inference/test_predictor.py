"""A finished training as a function, and the command that uses it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.errors import FormatError
from fdgst.inference.predictor import Predictor
from fdgst.storage.predictions import open_predictions
from fdgst.training.run import train
from fdgst.training.settings import Execution

CPU = {"weights": None, "device": "cpu", "threads": 1}


@pytest.fixture(scope="module", params=["plain", "dofe"])
def trained(request, make_run, settings, tmp_path_factory):
    """A short training of each kind of network, with a snapshot of its first epoch."""
    run = make_run(tmp_path_factory.mktemp("trained"), trainer=request.param)
    train(run, settings(epochs=2, final_epochs=0, snapshot_epochs=1), Execution("cpu", 1, 1e9, 1.0, False))
    return run.out


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)


def test_a_prediction_depends_on_its_own_image_alone(trained, images):
    predictor = Predictor(trained, **CPU)
    np.testing.assert_allclose(predictor(images)[1:2], predictor(images[1:2]), atol=1e-4)
    assert predictor(images).shape == (3, 2, 32, 32)


def test_a_snapshot_predicts_otherwise_than_the_last_weights(trained, images):
    first, last = (
        Predictor(trained, **(CPU | {"weights": trained / "snapshots" / f"epoch000{epoch}.safetensors"}))(images)
        for epoch in (1, 2)
    )
    assert np.abs(first - last).max() > 1e-6
    np.testing.assert_array_equal(last, Predictor(trained, **CPU)(images))


def test_the_command_predicts_with_several_trainings_at_once(trained, house, tmp_path):
    outs = [tmp_path / "one.h5", tmp_path / "two.h5"]
    flags = [part for out in outs for part in ("--run", str(trained), "--out", str(out))]
    options = ["--rois", str(house / "c.h5"), "--split", "all", "--threshold", "0.75", "--device", "cpu"]
    result = CliRunner().invoke(fdgst, ["predict", *flags, *options], catch_exceptions=False)
    assert result.exit_code == 0
    with open_predictions(outs[1]) as found:
        assert (len(found.names), found.method, found.domain) == (6, "row", "c")
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_a_folder_without_a_finished_training_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"run.json: expected the record of a finished training, found none"):
        Predictor(tmp_path, **CPU)


def test_weights_that_the_record_does_not_speak_of_are_refused(trained, tmp_path):
    record = json.loads((trained / "run.json").read_text())
    record["trainer"] = "plain" if record["trainer"] == "dofe" else "dofe"
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "model.safetensors").write_bytes((trained / "model.safetensors").read_bytes())
    with pytest.raises(FormatError, match=r"model.safetensors: not the weights that run.json speaks of"):
        Predictor(tmp_path, **CPU)
