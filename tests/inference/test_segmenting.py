"""The verb `segment`: its files, going on, and its gallery."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from html import escape
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.core.masks import masks_of_greys
from fdgst.errors import ConfigError, DataError
from fdgst.inference.bundling import completed
from fdgst.inference.listing import Listed, eyes_of
from fdgst.inference.segmenter import Segmented
from fdgst.inference.segmenting import Request, row_of
from tests.inference.test_segmenter import picture
from tests.reporting.pages import look
from tests.training.conftest import TASK


@pytest.fixture
def photographs(tmp_path):
    """Three photographs of a bright disc, one of them grey, in a folder."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for number, middle in enumerate([(30, 28), (24, 24), (27, 22)]):
        image, _ = picture(size=(48, 52), middle=middle)
        saved = Image.fromarray(image)
        (saved.convert("L") if number == 2 else saved).save(folder / f"eye{number}.png")
    return folder


@pytest.fixture
def run(bundled, photographs, tmp_path):
    """Return a function that runs the verb on the photographs as wholes."""

    def segment(*flags, out="out", roi="whole"):
        call = ["segment", bundled, photographs, "--out", tmp_path / out, "--roi", roi, "--jobs", 1, *flags]
        result = CliRunner().invoke(fdgst, [str(part) for part in call], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return tmp_path / out

    return segment


def table(out):
    with (out / "measures.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def files(out):
    """What lies in a folder, by name, but for the rows' files, which hold dates."""
    paths = [path for path in out.rglob("*") if path.is_file() and path.parent.name != "rows"]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def test_masks_have_the_photograph_s_size_and_the_task_s_values(run):
    out = run()
    for row in table(out):
        grey = np.asarray(Image.open(out / "masks" / f"{row['image'].split('/')[-1]}"))
        assert grey.shape == (48, 52)
        masks = masks_of_greys({"mask": grey}, TASK.structures)
        assert [int(row["inner_px"]), int(row["outer_px"])] == [masks[0].sum(), masks[1].sum()]
        assert masks[1].sum() > 300


def test_the_table_has_the_columns_of_the_documents(run):
    header = list(table(run())[0])
    rim = [f"inner_outer_rim_width_{side}" for side in ("top", "right", "bottom", "left")]
    ratios = [f"inner_outer_{kind}_ratio" for kind in ("height", "width", "area")]
    doubts = ["inner_entropy", "outer_entropy"]
    place = ["left", "top", "width", "height", "confidence", "flags"]
    assert header == ["image", "inner_px", "outer_px", *ratios, *rim, *doubts, *place]


def test_the_nose_is_to_the_right_of_a_right_eye(run, tmp_path, caplog):
    (tmp_path / "eyes.csv").write_text("image,eye\neye0.png,OD\nphotographs/eye1.png,left\n")
    right, left, unknown = table(run("--laterality", tmp_path / "eyes.csv"))
    assert "and so nothing nasal or temporal (1): eye2.png" in caplog.text
    name = "inner_outer_rim_width_{}".format
    assert right[name("nasal")] == right[name("right")] != ""
    assert left[name("nasal")] == left[name("left")] != ""
    assert left[name("temporal")] == left[name("right")]
    assert unknown[name("nasal")] == ""


def test_measures_of_a_mask_drawn_by_hand_are_what_a_ruler_says():
    masks = np.zeros((2, 40, 50), bool)
    masks[1, 4:34, 6:46] = True  # 30 high, 40 wide
    masks[0, 10:25, 16:26] = True  # 15 high, 10 wide: 6 above, 9 below, 10 to its left, 20 to its right
    found = Segmented((5, 7, 50, 40), 0.987654, masks, (0.5, 0.25), (0.125, 0.0), ("one", "two"))
    request = Request((Path("a"), Path("b")), None, "auto", {"eye.png": "right"})
    row = row_of(Listed(Path("in/eye.png"), "eye"), found, completed(TASK), request)
    assert (row["inner_px"], row["outer_px"]) == ("150", "1200")
    ratios = [row[f"inner_outer_{kind}_ratio"] for kind in ("height", "width", "area")]
    assert ratios == ["0.5000", "0.2500", "0.1250"]
    rim = [row[f"inner_outer_rim_width_{side}"] for side in ("top", "right", "bottom", "left", "nasal", "temporal")]
    assert rim == ["6", "20", "9", "10", "20", "10"]
    assert [row[name] for name in ("left", "top", "width", "height")] == ["5", "7", "50", "40"]
    assert (row["outer_entropy"], row["inner_disagreement"], row["confidence"]) == ("0.2500", "0.1250", "0.988")
    assert row["flags"] == "one; two"


def test_a_photograph_in_which_nothing_was_found_has_no_numbers():
    nothing = Segmented(None, None, np.zeros((2, 0, 0), bool), (np.nan,) * 2, (np.nan,) * 2, ("no outer found",))
    row = row_of(Listed(Path("eye.png"), "eye"), nothing, completed(TASK), Request((Path("a"),), None, "auto", {}))
    assert {name for name, cell in row.items() if cell} == {"image", "flags"}


def test_of_a_structure_that_was_not_found_there_is_no_number_but_of_an_optional_one_there_is():
    masks = np.zeros((2, 20, 20), bool)
    masks[1, 4:16, 4:16] = True
    found = Segmented((0, 0, 20, 20), None, masks, (np.nan,) * 2, (np.nan,) * 2, ("no inner",))
    request = Request((Path("a"),), None, "whole", {})
    optional = TASK.structures[0].model_copy(update={"optional": True}), TASK.structures[1]
    for structures, ratio in ((TASK.structures, ""), (optional, "0.0000")):
        task = completed(TASK.model_copy(update={"structures": structures}))
        row = row_of(Listed(Path("eye.png"), "eye"), found, task, request)
        assert {row[f"inner_outer_{kind}_ratio"] for kind in ("height", "width", "area")} == {ratio}
        assert (row["inner_px"], row["outer_px"]) == ("0", "144")


def test_eyes_of_names_that_no_photograph_has_are_refused(bundled, photographs, tmp_path):
    (tmp_path / "eyes.csv").write_text("image,eye\nsomebody.png,OD\n")
    call = ["segment", bundled, photographs, "--out", tmp_path / "out", "--laterality", tmp_path / "eyes.csv"]
    result = CliRunner().invoke(fdgst, [str(part) for part in call])
    assert "expected names of these photographs, found somebody.png" in str(result.exception)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a.png,both\n", r"expected right \(OD\) or left \(OS\) for a.png"),
        ("a.png,OD\nx/a.png,OS\n", "found right and left"),
    ],
)
def test_an_eye_that_is_none_or_both_is_one_line(tmp_path, rows, said):
    (tmp_path / "eyes.csv").write_text(f"image,eye\n{rows}")
    with pytest.raises(DataError, match=said):
        eyes_of(tmp_path / "eyes.csv")


def test_another_eye_of_one_photograph_makes_its_row_anew_alone(run, tmp_path):
    (tmp_path / "eyes.csv").write_text("image,eye\neye0.png,OD\neye1,OD\n")
    out = run("--laterality", tmp_path / "eyes.csv")
    before = {path.name: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    (tmp_path / "eyes.csv").write_text("image,eye\neye0.png,OD\neye1,OS\n")
    run("--laterality", tmp_path / "eyes.csv")
    after = {path.name: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    assert [name for name in before if before[name] != after[name]] == ["eye1.json"]


def test_a_mask_that_was_lost_is_made_again(run):
    out = run()
    first = files(out)
    (out / "masks/eye1.png").unlink()
    run()
    assert files(out) == first


def test_masks_of_a_photograph_that_is_damaged_now_are_taken_away(run, photographs):
    out = run()
    (photographs / "eye1.png").write_bytes(b"no picture")
    run()
    assert sorted(path.name for path in (out / "masks").iterdir()) == ["eye0.png", "eye2.png"]
    assert sorted(path.name for path in (out / "overlays").iterdir()) == ["eye0.jpg", "eye2.jpg"]


def test_what_a_file_manager_leaves_behind_is_no_photograph(run, photographs):
    (photographs / "._eye0.png").write_bytes(b"of a file manager")
    assert len(table(run())) == 3


@pytest.mark.parametrize("roi", ["-90,-90,48,48", "500,10,48,48"])
def test_a_part_beside_the_photograph_holds_nothing(run, roi):
    for row in table(run(roi=roi)):
        assert row["outer_px"] == "0"
        assert "no outer" in row["flags"]
        assert row["flags"].startswith("part beside the photograph")


def test_what_was_done_is_not_done_again(run, photographs):
    out = run()
    before = {path: path.stat().st_mtime_ns for path in (out / "masks").iterdir()}
    image, _ = picture(size=(48, 52), middle=(20, 20))
    Image.fromarray(image).save(photographs / "eye1.png")  # edited
    run()
    changed = [path.name for path, stamp in before.items() if path.stat().st_mtime_ns != stamp]
    assert changed == ["eye1.png"]


def test_another_request_segments_anew(run):
    out = run()
    first = files(out)
    run(roi="2,1,46,46")
    assert files(out)["measures.csv"] != first["measures.csv"]
    run()
    assert files(out) == first


def test_a_damaged_photograph_is_a_row_with_the_reason_and_not_the_end(run, photographs):
    (photographs / "eye1.png").write_bytes(b"no picture")
    rows = table(run())
    assert len(rows) == 3
    assert rows[1]["flags"].startswith("cannot be read: ")
    assert rows[1]["outer_px"] == ""
    assert rows[2]["outer_px"]


def test_where_no_photograph_can_be_read_the_command_fails_and_the_table_says_why(bundled, photographs, tmp_path):
    for path in photographs.iterdir():
        path.write_bytes(b"no picture")
    call = ["segment", bundled, photographs, "--out", tmp_path / "out", "--jobs", 1]
    result = CliRunner().invoke(fdgst, [str(part) for part in call])
    assert isinstance(result.exception, DataError)
    said = r"eye0\.png: cannot be read: expected .*; nor can the 2 others: .*measures\.csv says why"
    assert re.search(said, str(result.exception))
    assert all(row["flags"].startswith("cannot be read: ") for row in table(tmp_path / "out"))


def test_several_processes_write_what_one_does(run):
    assert files(run("--jobs", 2, out="two")) == files(run(out="one"))


def test_neither_torch_nor_anything_else_that_trains_is_needed(bundled, photographs, tmp_path):
    absent = dict.fromkeys(("torch", "safetensors", "onnx", "pandas", "matplotlib", "tqdm", "snakemake"))
    code = f"import sys; sys.modules.update({absent}); from fdgst.cli import fdgst; fdgst()"  # as if not installed
    call = ["segment", bundled, photographs, "--roi", "whole", "--out", tmp_path / "out", "--jobs", "1"]
    done = subprocess.run([sys.executable, "-c", code, *map(str, call)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(table(tmp_path / "out")) == 3


@pytest.mark.parametrize(
    ("flags", "error", "said"),
    [
        (["--laterality", "both.csv"], DataError, "expected right (OD), left (OS) or a CSV, found both.csv"),
        (["--also", "nowhere"], Exception, "expected a bundle"),
        (["--roi", "1,2,3"], SystemExit, ""),
        (["--roi", "0,0,999999,999999"], SystemExit, ""),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(bundled, photographs, tmp_path, flags, error, said):
    call = ["segment", bundled, photographs, "--out", tmp_path / "out", *flags]
    result = CliRunner().invoke(fdgst, [str(part) for part in call])
    assert isinstance(result.exception, error)
    assert said in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_two_photographs_of_one_name_are_told_apart_by_their_folders(bundled, photographs, tmp_path):
    other = shutil.copytree(photographs, tmp_path / "again")
    call = ["segment", bundled, photographs, other, "--roi", "whole", "--out", tmp_path / "out", "--jobs", 1]
    assert CliRunner().invoke(fdgst, [str(part) for part in call], catch_exceptions=False).exit_code == 0
    assert len(list((tmp_path / "out/masks").iterdir())) == 6


@pytest.mark.slow
def test_killed_again_and_again_it_writes_every_row_once_and_the_same_bytes(run, bundled, photographs, tmp_path):
    for number in range(3, 30):
        shutil.copy(photographs / f"eye{number % 3}.png", photographs / f"eye{number}.png")
    call = ["segment", bundled, photographs, "--roi", "whole", "--out", tmp_path / "killed", "--jobs", "1"]
    command = [sys.executable, "-m", "fdgst.cli", *map(str, call)]
    for kill in range(5):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ)
        while process.poll() is None and len(list((tmp_path / "killed").glob("rows/*.json"))) < 5 * (kill + 1):
            time.sleep(0.005)
        process.kill()
        process.wait()
    assert not (tmp_path / "killed/measures.csv").exists()
    subprocess.run(command, check=True, capture_output=True)
    assert files(tmp_path / "killed") == files(run(out="undisturbed"))
    assert len(table(tmp_path / "killed")) == 30


def test_the_gallery_needs_no_other_file_and_holds_every_row(run):
    page = (run() / "index.html").read_text()
    assert not re.search(r'(src|href)=["\']?(http|//)', page)
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert [row["name"] for row in data["rows"]] == ["eye0", "eye1", "eye2"]
    assert all(row["picture"].startswith("data:image/jpeg;base64,") for row in data["rows"])
    (rim,) = data["rims"]
    assert rim["sides"] == ["top", "right", "bottom", "left"]
    assert set(rim["columns"]) < set(data["columns"])
    assert "not a medical device" in data["about"][0]
    assert "trained on Clinic a, Clinic b" in data["about"][1]


DEEDS = """column.value = data.columns.indexOf("outer_px"); column.dispatchEvent(new Event("change")); order.click();
  const told = parent.document.body.dataset;
  told.order = JSON.stringify([...document.querySelectorAll("h2")].map(title => title.textContent));
  column.options[0].textContent = "a label that is far too long for a phone ".repeat(4);
  told.seen = innerWidth;
  const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth);
  told.over = wide.map(e => e.tagName).join(" ");
  [...document.images].forEach(picture => picture.loading = "eager");
  const cards = document.querySelectorAll("article").length;
  setTimeout(() => {
    told.shown = [...document.images].filter(picture => picture.naturalWidth > 0).length;
    only.click();
    told.flagged = document.querySelectorAll("article").length;
  }, 2000);"""


@pytest.mark.parametrize("width", [390, 1400])
def test_a_browser_shows_the_gallery_on_a_phone_and_wide_and_sorts_it(run, photographs, tmp_path, width):
    (photographs / "eye1.png").write_bytes(b"no picture")
    shutil.copy(photographs / "eye0.png", photographs / "<b>&.png")
    out = run()
    # in a frame: a window of Chromium is never narrower than 500 px
    frame = (
        f'<iframe width="{width}" height="800" style="border: 0" srcdoc="{escape((out / "index.html").read_text())}">'
    )
    deeds = f"document.querySelector('iframe').contentWindow.eval({json.dumps(DEEDS)})"
    page, complaints = look(f"<!doctype html><body>{frame}</iframe></body>", tmp_path, deeds)
    assert (page.body["data-seen"], page.body["data-over"], complaints) == (str(width), "", [])
    sizes = {Path(row["image"]).stem: int(row["outer_px"] or 0) for row in table(out)}
    order = json.loads(page.body["data-order"])
    assert [sizes[name] for name in order] == sorted(sizes.values(), reverse=True)
    assert order[-1] == "eye1"  # without a number, last whichever way
    assert page.body["data-shown"] == "3"
    assert int(page.body["data-flagged"]) == sum(bool(row["flags"]) for row in table(out))


def test_a_bundle_is_not_asked_twice(bundled, photographs, tmp_path):
    call = ["segment", bundled, photographs, "--out", tmp_path / "out", "--also", bundled]
    result = CliRunner().invoke(fdgst, [str(part) for part in call])
    assert "given twice; a network never disagrees with itself" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_bundles_that_contradict_each_other_are_one_line(bundled, photographs, tmp_path):
    other = shutil.copytree(bundled, tmp_path / "other")
    contents = json.loads((other / "bundle.json").read_text()) | {"threshold": 0.9}
    (other / "bundle.json").write_text(json.dumps(contents))
    call = ["segment", bundled, photographs, "--out", tmp_path / "out", "--also", other]
    result = CliRunner().invoke(fdgst, [str(part) for part in call])
    assert isinstance(result.exception, ConfigError)
    assert "expected threshold 0.5" in str(result.exception)
