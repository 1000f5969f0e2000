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
from fdgst.inference.bundle import Bundle, digest_of, open_onnx
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


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"files": {"../secret.txt": "0"}}, r"files: expected .* found '../secret.txt'"),
        ({"files": {"run.json": "0"}}, "files: expected model.onnx, or"),
        ({"network_size": [32, 1000000]}, "at most 8192, found 1000000"),
        ({"roi_diameters": [-1.0, 2.0]}, "more than 0"),
        ({"roi_diameters": None}, "expected a size where task.around says of what"),
        ({"normalisation": "x / 255"}, "normalisation: expected"),
    ],
)
def test_what_a_stranger_s_bundle_says_of_itself_is_checked(copied, replaced, said):
    change(copied, **replaced)
    with pytest.raises((FormatError, ConfigError), match=said):
        Bundle(copied)


def test_a_mask_column_is_no_way_out_of_the_folder(copied):
    plain = json.loads((copied / "bundle.json").read_text())["task"]
    plain["structures"][0]["column"] = "../../elsewhere"
    change(copied, task=plain)
    with pytest.raises(FormatError, match=r"columns that can be names of folders, found '../../elsewhere'"):
        Bundle(copied)


def test_a_text_that_never_ends_is_not_read(tmp_path):
    for text, said in ((" " * 2**20 + "{}", "at most 1048576 bytes"), ("[" * 100_000, "damaged")):
        (tmp_path / "bundle.json").write_text(text)
        with pytest.raises(FormatError, match=said):
            Bundle(tmp_path)


@pytest.mark.parametrize(
    ("data", "said"), [(b"no network", "no network in ONNX"), (b"..\n\x08location\x12\x0b/etc/passwd", "in one file")]
)
def test_what_is_no_network_is_one_line_though_its_checksum_is_right(copied, data, said):
    (copied / "model.onnx").write_bytes(data)
    change(copied, files={"model.onnx": digest_of(copied / "model.onnx")})
    with pytest.raises(FormatError, match=said) as caught:
        Bundle(copied).network()
    assert "\n" not in caught.value.faults[0]


@pytest.mark.parametrize("runtime", ["onnxruntime", "torch"])
def test_a_network_of_other_structures_or_images_is_refused(copied, runtime):
    left = {"onnxruntime": ["model.onnx"], "torch": ["run.json", "model.safetensors"]}[runtime]
    files = {name: digest_of(copied / name) for name in left}
    whole = json.loads((copied / "bundle.json").read_text())["task"]
    one = whole | {"structures": [item | {"within": None} for item in whole["structures"][1:]], "measures": []}
    change(copied, files=files, task=one)
    assert Bundle(copied).runtime == runtime
    with pytest.raises(FormatError, match=r"expected logits of shape \(1, 1, 32, 32\), as bundle.json says"):
        Bundle(copied).network()
    change(copied, task=whole | {"channels": 1})
    with pytest.raises(FormatError, match=r"cannot predict an image of shape \(32, 32, 1\)"):
        Bundle(copied).network()


def test_a_record_of_another_shape_is_one_line(copied):
    record = json.loads((copied / "run.json").read_text()) | {"structures": 5}
    (copied / "run.json").write_text(json.dumps(record))
    with pytest.raises(ConfigError, match=r"run.json: structures: expected a list, found 5"):
        Predictor(copied, weights=None, device="cpu", threads=1)


def change(folder, **replaced):
    """Replace values in a bundle's contents."""
    path = folder / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | replaced))


def test_a_value_of_the_contents_that_cannot_be_is_named(copied):
    change(copied, threshold=7)
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
        "row,both,inner_outer_height_ratio_error,c,.05,.04,.06,4,,0\n"
    )
    call = ["bundle", str(results / "runs/row/c/seed0"), "--no-onnx", "--out", str(tmp_path / "out")]
    missing = CliRunner().invoke(fdgst, call)
    assert "expected config.json of the study, found none" in str(missing.exception)
    (results / "config.json").write_text(configuration(bundle_settings()))
    found = CliRunner().invoke(fdgst, call, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    card = (tmp_path / "out/card.md").read_text()
    assert "| outer | dsc, % | 91.50 [90.00, 93.00] |" in card
    assert "| both | error of: inner to outer, height ratio | 0.05 [0.04, 0.06] |" in card
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
