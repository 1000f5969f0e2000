"""Bundles: what is in one, and that it predicts what its training does."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.core.masks import bounding_box
from fdgst.errors import ConfigError, FormatError
from fdgst.inference.bundle import Bundle, open_onnx
from fdgst.inference.bundling import completed, make_bundle
from fdgst.inference.predictor import Predictor
from fdgst.storage.rois import open_rois
from fdgst.study.slices import text_of
from tests.tasks import structure, task


@pytest.fixture
def copied(bundled, tmp_path):
    """A bundle of the test's own."""
    return shutil.copytree(bundled, tmp_path / "copied")


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)


def test_onnx_and_torch_predict_what_the_training_does(bundled, short_run, images):
    expected = Predictor(short_run, weights=None, device="cpu", threads=1)(images)
    np.testing.assert_allclose(open_onnx(bundled / "model.onnx", white=255)(images), expected, atol=1e-4)
    np.testing.assert_array_equal(Predictor(bundled, weights=None, device="cpu", threads=1)(images), expected)


def test_onnx_takes_any_number_of_images(bundled, images):
    network = open_onnx(bundled / "model.onnx", white=255)
    np.testing.assert_allclose(network(images)[2:3], network(images[2:3]), atol=1e-4)


def test_reading_and_predicting_need_no_torch(bundled):
    code = (
        "import sys; sys.modules['torch'] = None; import numpy as np; from pathlib import Path;"
        "from fdgst.inference.bundle import Bundle;"
        f"print(Bundle(Path({str(bundled)!r})).network()(np.zeros((1, 32, 32, 3), np.uint8)).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 2, 32, 32)"


def test_the_part_s_side_is_that_of_the_training_images(bundled, house):
    sides = []
    for name in "ab":
        with open_rois(house / f"{name}.h5") as rois:
            for row in rois.indices("train"):
                rows, columns = bounding_box(rois.masks(row)[1])
                sides.append(48 / ((rows.stop - rows.start + columns.stop - columns.start) / 2))
    assert Bundle(bundled).contents.roi_diameters[0] == pytest.approx(np.median(sides), rel=0.02)


def test_the_contents_name_the_sources_and_nothing_that_was_unseen(bundled):
    contents = Bundle(bundled).contents
    assert [(item.id, item.train, item.licence) for item in contents.sources] == [("a", 3, "CC0"), ("b", 5, "CC0")]
    assert contents.unseen == "c"


def test_measures_are_completed_for_what_lies_within_another():
    names = [item.id for item in completed(task()).measures]
    assert names == [f"inner_outer_{kind}" for kind in ("height_ratio", "width_ratio", "area_ratio", "rim_width")]
    assert not completed(task(structure(), structure("b"))).measures


@pytest.mark.parametrize("name", ["model.onnx", "run.json"])
def test_a_file_that_was_changed_is_refused(copied, name):
    with (copied / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(FormatError, match=f"{name}: not the file that bundle.json speaks of"):
        Bundle(copied)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}", "expected format 'fdgst bundle 1'"), ("[1]", "expected format"), ("{", "damaged"), (None, "no such file")],
)
def test_what_is_no_bundle_is_refused(tmp_path, text, said):
    if text:
        (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(FormatError, match=said):
        Bundle(tmp_path)


def test_a_value_of_the_contents_that_cannot_be_is_named(copied):
    contents = json.loads((copied / "bundle.json").read_text()) | {"threshold": 7}
    (copied / "bundle.json").write_text(json.dumps(contents))
    with pytest.raises(ConfigError, match=r"bundle.json: threshold: .* 7"):
        Bundle(copied)


def test_roi_files_of_another_training_are_refused(short_run, bundle_settings, house, write_domain, tmp_path):
    write_domain(tmp_path / "a.h5", "a", 4)
    for rois, said in (
        ([tmp_path / "a.h5", house / "b.h5"], "not the ROI file"),
        ([house / "b.h5"], "ROI files of a "),
    ):
        with pytest.raises(FormatError, match=said):
            make_bundle(short_run, tmp_path / "out", settings=bundle_settings(), rois=rois, table=None, onnx=False)
    assert not (tmp_path / "out").exists()


def test_settings_of_another_study_are_refused(short_run, bundle_settings, tmp_path):
    other = bundle_settings(task=task(structure("nucleus")), domains=())
    with pytest.raises(ConfigError) as caught:
        make_bundle(short_run, tmp_path / "out", settings=other, rois=[], table=None, onnx=False)
    assert len(caught.value.faults) == 2


def test_the_command_line_finds_settings_and_files_in_the_results(short_run, house, bundle_settings, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(short_run, results / "runs/row/c/seed0")
    (results / "rois").mkdir()
    for name in "abc":
        shutil.copy(house / f"{name}.h5", results / "rois")
    (results / "table1.csv").write_text(
        "method,structure,metric,unseen,mean,low,high,images,missed,shown\n"
        "row,outer,dsc,c,91.5,90,93,4,1,1\nother,outer,dsc,c,1,1,1,4,0,1\nrow,outer,hd95,c,3,2,4,4,1,0\n"
    )
    call = ["bundle", str(results / "runs/row/c/seed0"), "--no-onnx", "--out", str(tmp_path / "out")]
    missing = CliRunner().invoke(fdgst, call)
    assert "expected config.json of the study, found none" in str(missing.exception)
    (results / "config.json").write_text(configuration(bundle_settings()))
    found = CliRunner().invoke(fdgst, call, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    card = (tmp_path / "out/card.md").read_text()
    assert "| outer | dsc, % | 91.50 [90.00, 93.00] |" in card
    assert "hd95" not in card
    assert "- c: no outer predicted in 1 of 4 images" in card
    assert "| a | Clinic a | 3 | CC0 |" in card
    assert not (tmp_path / "out/model.onnx").exists()
    assert Bundle(tmp_path / "out").runtime == "torch"


def configuration(settings):
    """The configuration of a study as the workflow writes it."""
    plain = json.loads(text_of(settings))
    return json.dumps(
        {
            "task": plain["task"],
            "roi_size": 48,
            "dataset": {"fit": plain["fit"], "reader": "table"},
            "evaluation": {"threshold": plain["threshold"], "nest": plain["nest"], "split": "test"},
            "domains": [item | {"folder": "x"} for item in plain["domains"]],
        }
    )
