"""Trainings to predict with, and bundles of them: made by the fixtures of the trainings' own tests."""

import pytest

from fdgst.inference.bundling import make_bundle
from fdgst.study.slices import BundledDomain, BundleSettings
from fdgst.study.training import Execution
from fdgst.training.run import train
from tests.training.conftest import TASK, house, make_run, settings, write_domain

__all__ = ["house", "make_run", "settings", "write_domain"]
HOW = {"device": "cpu", "threads": 1, "checkpoint_seconds": 1e9, "resident_gib": 1.0, "tensorboard": False}


@pytest.fixture(scope="session")
def short_run(make_run, settings, tmp_path_factory):
    """The results of a short training on domains a and b, long enough to find something."""
    run = make_run(tmp_path_factory.mktemp("short"))
    train(run, settings(epochs=25, final_epochs=5, learning_rate=3e-3), Execution(**HOW))
    return run.out


@pytest.fixture(scope="session")
def bundle_settings():
    """A function that describes the study of the short training, some values replaced."""

    def make(**replaced):
        values = {
            "task": TASK.model_copy(update={"around": "outer"}),
            "roi_size": (48, 48),
            "fit": "pad",
            "threshold": 0.5,
            "nest": True,
            "domains": tuple(BundledDomain(id=name, title=f"Clinic {name}", licence="CC0") for name in "abc"),
        }
        return BundleSettings(**(values | replaced))

    return make


@pytest.fixture(scope="session")
def bundled(short_run, house, bundle_settings, tmp_path_factory):
    """A bundle of the short training."""
    out = tmp_path_factory.mktemp("bundles") / "row"
    rois = [house / f"{name}.h5" for name in "abc"]
    make_bundle(short_run, out, settings=bundle_settings(), rois=rois, table=None, onnx=True)
    return out
