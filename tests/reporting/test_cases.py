"""The images behind a cell: which they are, and how they are outlined."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given as for_any
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw

from fdgst.cli import fdgst
from fdgst.reporting.cases import UNITS, choose, make_cases, outline
from fdgst.study.slices import text_of
from tests.reporting.conftest import SETTINGS


def long(values, metric="dsc"):
    """One method's values of one domain, in long form."""
    rows = [("a", "x", "d1", 0, name, metric, value) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["method", "structure", "unseen", "seed", "image", "metric", "value"])


@pytest.mark.parametrize(("metric", "names"), [("dsc", ["i4", "i2", "i1"]), ("hd", ["i1", "i3", "i4"])])
def test_best_lower_median_and_worst_follow_the_direction_of_the_metric(metric, names):
    values = {"i1": 10.0, "i2": 20.0, "i3": 30.0, "i4": 40.0, "i5": np.nan}
    found = dict(choose(long(values, metric), "paper"))
    assert [image for _, image in found["a", "x", metric, "d1"].index] == names
    assert found["a", "x", metric, "average"].tolist() == found["a", "x", metric, "d1"].tolist()


def test_an_images_value_is_the_mean_over_its_seeds():
    one, other = long({"i1": 10.0, "i2": 50.0}), long({"i1": 90.0, "i2": 20.0}).assign(seed=1)
    assert dict(choose(pd.concat([one, other]), "paper"))["a", "x", "dsc", "d1"].tolist() == [50.0, 35.0, 35.0]


def drawn(path, shape):
    """Fill the closed lines of a path of SVG: what a browser would, by the even-odd rule."""
    scale = 4 * max(shape) / UNITS
    field = np.zeros((4 * shape[0], 4 * shape[1]), bool)
    for line in re.findall(r"M([^M]*)z", path):
        steps = np.array([[float(number) for number in step.split()] for step in line.split("l")])
        part = Image.new("1", field.shape[::-1])
        ImageDraw.Draw(part).polygon([tuple(point) for point in np.cumsum(steps, 0) * scale], fill=1)
        field ^= np.asarray(part)
    return field[2::4, 2::4]


@for_any(arrays(bool, st.tuples(st.integers(2, 7), st.integers(2, 7))))
def test_an_outline_encloses_its_mask(mask):
    big = np.kron(mask, np.ones((8, 8), bool))
    inside = drawn(outline(big), big.shape)
    away = np.pad(big, 2, mode="edge")  # the line may round off what lies next to it
    same = np.all([away[2 + dy : away.shape[0] - 2 + dy, 2 + dx : away.shape[1] - 2 + dx] == big
                   for dy in (-2, 0, 2) for dx in (-2, 0, 2)], axis=0)  # fmt: skip
    assert (inside == big)[same].all()
    assert (outline(big) == "") == (not mask.any())


def test_the_verb_writes_each_picture_once_and_what_the_function_writes(study, given, pixels, tmp_path):
    make_cases(tmp_path / "one.json", settings=SETTINGS, scores=given.scores, pixels=pixels)
    (tmp_path / "table.json").write_text(text_of(SETTINGS))
    words = ["cases", "--settings", str(tmp_path / "table.json"), "--scores", str(study / "scores.csv")]
    words += ["--rois", *map(str, given.rois), "--predictions", *map(str, given.predictions)]
    shown = CliRunner().invoke(fdgst, [*words, "--out", str(tmp_path / "other.json")], catch_exceptions=False)
    assert shown.exit_code == 0
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()
    record = json.loads((tmp_path / "one.json").read_text())
    images = [(picture["unseen"], picture["image"]) for picture in record["pictures"]]
    assert len(images) == len(set(images)) == 12
    assert len(record["cells"]) == 3 * 2 * 3 * 4  # methods, structures, metrics, domains and the average


def test_images_without_pixels_are_outlined_all_the_same(given, pixels, tmp_path):
    class Blind:
        picture = staticmethod(lambda unseen, image: None)
        truth, predicted = staticmethod(pixels.truth), staticmethod(pixels.predicted)

    make_cases(tmp_path / "cases.json", settings=SETTINGS, scores=given.scores, pixels=Blind())
    pictures = json.loads((tmp_path / "cases.json").read_text())["pictures"]
    assert {picture["source"] for picture in pictures} == {""}
    assert all(all(picture["outlines"]) for picture in pictures)
