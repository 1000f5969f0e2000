"""A finished training as a function, and the command that uses it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from torch import nn

from fdgst.cli import fdgst
from fdgst.errors import FormatError
from fdgst.inference.predictor import Predictor
from fdgst.storage.predictions import open_predictions
from fdgst.study.training import Execution
from fdgst.training.run import train
from tests.training.conftest import TASK

CPU = {"weights": None, "device": "cpu", "threads": 1}
HOW = {"device": "cpu", "threads": 1, "checkpoint_seconds": 1e9, "resident_gib": 1.0, "tensorboard": False}


@pytest.fixture(scope="module", params=["plain", "dofe"])
def trained(request, make_run, settings, tmp_path_factory):
    """A short training of each kind of network, with a snapshot of its first epoch."""
    run = make_run(tmp_path_factory.mktemp("trained"), trainer=request.param)
    train(run, settings(epochs=2, final_epochs=0, snapshot_epochs=1), Execution(**HOW))
    return run.out


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)


@pytest.fixture
def command(trained, house, tmp_path):
    """Return a function that runs the command and opens what it wrote."""
    structures = [item.model_dump(mode="json") for item in TASK.structures]
    (tmp_path / "settings.json").write_text(
        json.dumps({"split": "all", "threshold": 0.75, "nest": True, "structures": structures})
    )

    def run(*flags):
        files = ["--run", trained, "--rois", house / "c.h5", "--settings", tmp_path / "settings.json"]
        arguments = ["predict", *files, "--out", tmp_path / "p.h5", "--device", "cpu", *flags]
        result = CliRunner().invoke(fdgst, [str(part) for part in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return open_predictions(tmp_path / "p.h5")

    return run


def test_a_prediction_depends_on_its_own_image_alone(trained, images):
    predictor = Predictor(trained, **CPU)
    np.testing.assert_allclose(predictor(images)[1:2], predictor(images[1:2]), atol=1e-4)
    assert predictor(images).shape == (3, 2, 32, 32)


def test_normalised_by_the_test_batch_a_prediction_depends_on_its_neighbours(trained, images):
    predictor = Predictor(trained, **CPU, normalisation="test_batch")
    assert np.abs(predictor(images)[:2] - predictor(images[:2])).max() > 1e-3
    assert predictor.batch == json.loads((trained / "run.json").read_text())["images_per_step"]


def test_the_test_batch_s_statistics_are_those_that_layers_in_training_mode_take(trained, images):
    running, batch = (Predictor(trained, **CPU, normalisation=name) for name in ("running", "test_batch"))
    network = running._trainer.network
    running._trainer.network.eval = lambda: network  # let no one switch back
    for module in network.modules():
        module.train(isinstance(module, nn.modules.batchnorm._BatchNorm))
    np.testing.assert_allclose(batch(images), running(images), atol=1e-4)


def test_a_snapshot_predicts_otherwise_than_the_last_weights(trained, images):
    first, last = (
        Predictor(trained, **(CPU | {"weights": trained / "snapshots" / f"epoch000{epoch}.safetensors"}))
        for epoch in (1, 2)
    )
    assert (first.weights, last.weights, Predictor(trained, **CPU).weights) == ("epoch0001", "epoch0002", "last")
    assert np.abs(first(images) - last(images)).max() > 1e-6
    np.testing.assert_array_equal(last(images), Predictor(trained, **CPU)(images))


def test_what_the_network_takes_is_in_the_record(trained):
    predictor = Predictor(trained, **CPU)
    assert (predictor.channels, predictor.white, predictor.size_px) == (3, 255, (32, 32))
    assert predictor.structures == ("inner", "outer")


def test_the_command_names_weights_and_view_in_what_it_writes(command, trained):
    weights = trained / "snapshots" / "epoch0001.safetensors"
    with command("--weights", weights, "--view", "centre") as found:
        assert (len(found.names), found.method, found.domain) == (6, "row", "c")
        assert (found.settings["weights"], found.settings["view"]) == ("epoch0001", "centre")
    with command() as found:
        assert (found.settings["weights"], found.settings["view"]) == ("last", "whole")


def test_a_folder_without_a_finished_training_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"run.json: expected the record of a finished training, found none"):
        Predictor(tmp_path, **CPU)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda record: record.pop("white"), "no white in it, of an older version or damaged"),
        (
            lambda record: record["settings"].update(batch=0),
            r"settings\.batch: expected at least 1, found 0; train",
        ),
    ],
)
def test_a_record_that_says_too_little_is_refused(trained, tmp_path, change, fault):
    record = json.loads((trained / "run.json").read_text())
    change(record)
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(FormatError, match=fault):
        Predictor(tmp_path, **CPU)


def test_weights_that_the_record_does_not_speak_of_are_refused(trained, tmp_path):
    record = json.loads((trained / "run.json").read_text())
    record["trainer"] = "plain" if record["trainer"] == "dofe" else "dofe"
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "model.safetensors").write_bytes((trained / "model.safetensors").read_bytes())
    with pytest.raises(FormatError, match=r"model.safetensors: not the weights that run.json speaks of"):
        Predictor(tmp_path, **CPU)


def test_the_command_says_by_whose_statistics_it_normalised(command):
    with command("--normalisation", "test_batch") as predicted:
        batch, settings = predicted.logit(0), predicted.settings
    with command() as predicted:
        assert predicted.settings["normalisation"] == "running"
        assert np.abs(batch - predicted.logit(0)).max() > 1e-3
    assert settings["normalisation"] == "test_batch"
