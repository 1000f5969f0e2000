"""A trained locator: a bundle of one structure in whole images."""

import csv

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.errors import ConfigError
from fdgst.inference.bundle import Bundle
from fdgst.inference.bundling import make_bundle
from fdgst.inference.segmenter import Segmenter, open_locator
from fdgst.study.training import Execution
from fdgst.training.run import train
from tests.inference.conftest import HOW
from tests.inference.test_segmenter import picture
from tests.tasks import structure, task
from tests.training.conftest import write_whole


@pytest.fixture(scope="module")
def locator(make_run, settings, bundle_settings, tmp_path_factory):
    """A locator, trained on photographs of bright discs as wholes."""
    folder = tmp_path_factory.mktemp("locator")
    one = task(structure("outer", ((0, 200),)))
    for name in "ab":
        write_whole(folder / f"{name}.h5", name, one)
    run = make_run(folder, rois=[folder / "a.h5", folder / "b.h5"])
    train(run, settings(epochs=30, final_epochs=5, learning_rate=3e-3), Execution(**HOW))
    rois = [folder / "a.h5", folder / "b.h5"]
    make_bundle(run.out, folder / "bundle", settings=bundle_settings(task=one), rois=rois, table=None, onnx=True)
    return folder / "bundle"


def test_it_locates_what_it_was_trained_to_find(locator):
    image, truth = picture(size=(80, 80), middle=(50, 30))
    (found,) = open_locator(Bundle(locator)).located(image)
    rows, columns = np.nonzero(truth)
    assert found.left + found.width / 2 == pytest.approx(columns.mean() + 0.5, abs=5)
    assert found.top + found.height / 2 == pytest.approx(rows.mean() + 0.5, abs=5)
    assert 0.5 < found.confidence <= 1


def test_the_part_is_cut_around_what_it_located(locator, bundled):
    image, truth = picture(size=(120, 120), middle=(75, 45))
    found = Segmenter([Bundle(bundled)], locator=Bundle(locator), roi="auto")(image)
    left, top, width, height = found.box
    assert truth[max(top, 0) : top + height, max(left, 0) : left + width].sum() >= 0.95 * truth.sum()


def test_the_command_line_writes_its_boxes_and_refuses_what_is_no_locator(locator, bundled, tmp_path):
    Image.fromarray(picture(size=(80, 80))[0]).save(tmp_path / "eye.png")
    call = ["locate", str(tmp_path / "eye.png"), "--jobs", "1", "--out", str(tmp_path / "boxes.csv"), "--locator"]
    result = CliRunner().invoke(fdgst, [*call, str(locator)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    with (tmp_path / "boxes.csv").open() as file:
        assert float(next(csv.DictReader(file))["confidence"]) > 0.5
    refused = CliRunner().invoke(fdgst, [*call, str(bundled)])
    assert isinstance(refused.exception, ConfigError)
