"""Sound files, made once by the project's own commands, and a folder for each case."""

import json
import logging

import pandas as pd
import pytest

from fdgst.cli import main
from tests.rough.place import EYE, READING, Place

AUGMENTATION = {
    "id": "fdg", "kind": "fourier", "window": "full", "alpha": 0, "lambda": [0.5, 1.0], "encoding": "grid",
    "mixing": "roi",
}  # fmt: skip


def run(*arguments):
    """Run a command in this process; what it refuses is an error here."""
    main([str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """A folder of sound files of every kind."""
    folder = tmp_path_factory.mktemp("sound")
    settings = folder / "settings.json"
    for number, domain in enumerate("ab", 1):
        dataset = {"reader": "phantom", "seed": 1, "size_px": 48, "train": 3, "test": 2}
        own = READING | {"number": number, "dataset": dataset, "domain": {"id": domain}, "task": EYE}
        settings.write_text(json.dumps(own))
        place = folder / "rois" / domain
        files = ["--manifest", f"{place}.csv", "--record", f"{place}.json", "--out", f"{place}.h5"]
        run("rois", "--settings", settings, "--title", domain.upper(), *files)
        for name, alpha in (("dense", "0"), ("soft-0.05", "0.05")):
            run("bank", "--rois", f"{place}.h5", "--alpha", alpha, "--out", folder / f"banks/{domain}/{name}.h5")
    for encoding in ("grid", "residual"):
        own = {"augmentation": AUGMENTATION | {"encoding": encoding}, "seed": 1, "compression": "none"}
        settings.write_text(json.dumps(own))
        inputs = ["--content", folder / "rois/a.h5", "--style-bank", folder / "banks/b/dense.h5"]
        run("shard", "--settings", settings, *inputs, "--out", folder / f"shards/{encoding}/a-b.h5")
    _predictions(folder)
    _training(folder / "run")
    settings.unlink()
    return folder


def _predictions(folder):
    """Predictions that are the truth, and their scores."""
    import numpy as np

    from fdgst.storage.predictions import write_predictions
    from fdgst.storage.rois import open_rois

    path = folder / "predictions/b.h5"
    with open_rois(folder / "rois/b.h5") as rois:
        rows = rois.indices("all")
        structures = [{"id": name, "within": rois.within[name], "optional": False} for name in rois.structures]
        write_predictions(
            path,
            ((rois.masks(row), np.zeros((2, *rois.network_size_px))) for row in rows),
            names=[rois.names[row] for row in rows],
            structures=structures,
            roi_size_px=rois.roi_size_px,
            network_size_px=rois.network_size_px,
            settings={"method": "fdg", "unseen": "b", "seed": 0, "domain": "b", "split": "all", "view": "whole"},
        )
    settings = folder / "score.json"
    settings.write_text(json.dumps({"task": EYE, "nsd_tolerance_px": []}))
    out = ["--out", folder / "scores.csv"]
    run("score", "--settings", settings, "--predictions", path, "--rois", folder / "rois/b.h5", *out)
    scores = pd.read_csv(folder / "scores.csv")
    assert len(scores) == 10
    settings.unlink()


def _training(folder):
    """A training that was never trained: weights as they begin, and their record."""
    from fdgst.models import rebuild_network
    from fdgst.study.training import Training
    from fdgst.training.results import save_model
    from tests.training.conftest import TRAINING

    settings = Training(**TRAINING)
    save_model(folder / "model.safetensors", rebuild_network(settings, channels=3, structures=2).state_dict())
    record = {
        "method": "fdg", "unseen": "b", "seed": 0, "stage": "main", "trainer": "plain", "options": {}, "sources": ["a"],
        "structures": ["cup", "disc"], "channels": 3, "white": 255, "network_size_px": [32, 32],
        "images_per_step": 2, "settings": settings.as_json(),
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(record))


@pytest.fixture
def place(tmp_path, sound):
    """A folder of the test's own."""
    return Place(tmp_path, sound)


@pytest.fixture(autouse=True)
def _quiet_again():
    """Take back what a command in this process has set up for its log."""
    yield
    logging.getLogger("fdgst").handlers.clear()
