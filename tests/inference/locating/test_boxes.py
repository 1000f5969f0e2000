"""The verb `locate`."""

import csv

import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.errors import DataError


def run(*arguments):
    return CliRunner().invoke(fdgst, ["locate", *map(str, arguments)])


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(drawn, tmp_path):
    """A photograph with a disc and one without, in a folder with a text."""
    place = tmp_path / "photographs"
    place.mkdir()
    Image.fromarray(drawn(1).image).save(place / "a.png")
    Image.fromarray(drawn(1, disc="outside").image).save(place / "b.JPG")
    (place / "notes.txt").write_text("no photograph")
    return place


def test_a_folder_s_photographs_have_a_row_each_and_empty_cells_where_nothing_is_found(folder, tmp_path):
    result = run(folder, "--out", tmp_path / "boxes.csv", "--jobs", 1)
    assert result.exit_code == 0, result.output
    first, second = rows(tmp_path / "boxes.csv")
    assert [first["image"], second["image"]] == [(folder / name).as_posix() for name in ("a.png", "b.JPG")]
    assert float(first["confidence"]) > 0.5
    assert list(second.values())[1:] == [""] * 5
    assert "found in 1 of 2 photographs" in result.output


def test_several_processes_write_what_one_does(folder, tmp_path):
    for jobs in (1, 2):
        run(folder, "--out", tmp_path / f"{jobs}.csv", "--jobs", jobs)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_a_damaged_photograph_has_an_empty_row_and_is_named_at_the_end(folder, tmp_path):
    (folder / "c.png").write_bytes(b"no picture")
    result = run(folder, "--out", tmp_path / "boxes.csv", "--jobs", 1)
    assert isinstance(result.exception, DataError)
    assert "c.png: expected a whole PNG" in str(result.exception)
    assert len(rows(tmp_path / "boxes.csv")) == 3


@pytest.mark.parametrize(("given", "said"), [("nothing", "no such file or folder"), (".", "expected PNG, JPEG, TIFF")])
def test_what_is_no_photograph_is_refused_before_anything_is_written(tmp_path, given, said):
    result = run(tmp_path / given, "--out", tmp_path / "boxes.csv")
    assert said in str(result.exception)
    assert not (tmp_path / "boxes.csv").exists()
