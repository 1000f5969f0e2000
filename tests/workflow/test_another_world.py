"""Nothing is tied to the eye: 16-bit grey, oblong, four structures that overlap, one of them optional, for real."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.graph import HOUSE, environment, snakemake

TINY = HOUSE / "workflow/presets/tiny.yaml"
OVERLAY = """
dataset: {reader: table, table: data/images.csv}
domains:
  - {id: domain1, title: "Clinic {north} $x_1$"}
  - {id: domain2, title: Κλινική 2}
task:
  channels: 1
  bits: 16
  background: [[0, 127]]
  around: null
  structures:
    - {id: inner, title: Inner, column: cup, values: [[128, 255]], regions: largest, holes: fill, within: outer}
    - {id: outer, title: Outer, column: disc, values: [[128, 255]], regions: largest, holes: fill, within: null}
    - {id: tree, title: Tree, column: vessels, values: [[128, 255]], regions: all, holes: keep, within: null}
    - {id: spot, title: Spot, column: lesion, values: [[128, 255]], regions: all, holes: fill, within: null,
       optional: true}
  measures:
    - {id: ratio, title: Ratio of areas, kind: area_ratio, of: inner, to: outer}
roi_size: [160, 224]
network_size: [64, 96]
methods:
  - {id: deepall, title: DeepAll, trainer: plain, augmentation: none, options: {}}
  - {id: fdg_st, title: FDG+ST, trainer: plain, augmentation: fdg_st, options: {}}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder in which table and report were made from a table of images."""
    folder = tmp_path_factory.mktemp("world")
    size = ["--height-px", "160", "--width-px", "224", "--train", "4", "--test", "3", "--domains", "2"]
    kind = ["--layout", "table", "--channels", "1", "--bits", "16", "--lesions", "0.5"]
    command = [sys.executable, "-m", "fdgst.cli", "phantom", "--out", folder / "data", *size, *kind]
    subprocess.run(command, check=True, capture_output=True, env=environment())
    (folder / "mine.yaml").write_text(OVERLAY, encoding="utf-8")
    told = snakemake(
        folder, "--configfile", TINY, folder / "mine.yaml", "--", "results/table1.tex", "results/report.html"
    )
    (folder / "results/told.txt").write_text(told.stderr)
    return folder / "results"


def test_the_table_has_every_structure_and_the_measure(results):
    with (results / "table1.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["structure"] for row in rows} == {"inner", "outer", "tree", "spot", "both"}
    assert {"ratio_error", "inner_outside"} <= {row["metric"] for row in rows if row["structure"] == "both"}
    assert "false_alarm" in {row["metric"] for row in rows if row["structure"] == "spot"}


def test_images_without_the_optional_structure_have_no_distance(results):
    with (results / "scores.csv").open(newline="", encoding="utf-8") as lines:
        spots = [row for row in csv.DictReader(lines) if row["structure"] == "spot"]
    without = [row for row in spots if int(float(row["truth_px"])) == 0]
    assert 0 < len(without) < len(spots)
    assert all(row["hd"] == "" for row in without)
    assert all(float(row["dsc"]) == 100 * (float(row["false_alarm"]) == 0) for row in without)


def test_the_report_has_titles_as_they_are_and_no_word_of_eyes(results):
    page = (results / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"data:image/png;base64,[^\"]+", "", page)
    assert "Clinic {north} $x_1$" in text
    assert "Κλινική 2" in text
    assert not re.search(r"\b(cup|disc|vcdr|fundus|eye|eyes|optic)\b", text.split('id="errata"')[0], re.IGNORECASE)


def test_what_is_taken_over_from_the_demo_is_listed(results):
    assert "Taken over from the demo's config.yaml, since" in (results / "told.txt").read_text()
    assert "training.learning_rate: 0.003" in (results / "report.html").read_text(encoding="utf-8")


def test_the_files_hold_what_their_document_says(results):
    fdgst = Path(sys.executable).with_name("fdgst")
    assert subprocess.run([fdgst, "verify", results], check=False, env=environment()).returncode == 0
