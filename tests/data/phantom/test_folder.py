import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.data.phantom.folder import write_folder
from fdgst.data.phantom.reader import STRUCTURES
from fdgst.errors import ConfigError, DataError
from tests.data.readers import EYE, fundus, phantom, structure, table, task

SMALL = {"seed": 3, "size_px": (48, 48), "train": 2, "test": 1, "domains": 2, "rgb_masks": (2,), "jobs": 1}


def test_what_is_written_reads_back_as_it_was_drawn(tmp_path):
    assert write_folder(tmp_path / "set", **SMALL) == 6
    for number in (1, 2):
        written = fundus(tmp_path / "set", f"Domain{number}").entries()
        drawn = phantom(number=number, seed=3, size_px=48, train=2, test=1).entries()
        assert [(entry.split, entry.name) for entry in written] == [(entry.split, entry.name) for entry in drawn]
        for one, other in zip(written, drawn, strict=True):
            read, original = one.load(), other.load()
            np.testing.assert_array_equal(read.image, original.image)
            np.testing.assert_array_equal(read.greys["mask"], original.greys["mask"])
            assert read.warnings == ()


def test_sixteen_bits_of_grey_read_back_as_they_were_drawn(tmp_path):
    write_folder(tmp_path / "set", **SMALL, channels=1, bits=16)
    own = task(*EYE, background=((201, 255),), channels=1, bits=16)
    written = fundus(tmp_path / "set", "Domain1", task=own).entries()[0].load()
    drawn = phantom(task=own, seed=3, size_px=48).entries()[0].load()
    np.testing.assert_array_equal(written.image, drawn.image)
    assert written.image.dtype == np.uint16


def test_a_table_of_four_structures_reads_back_as_it_was_drawn(tmp_path):
    write_folder(tmp_path / "set", **SMALL | {"size_px": (48, 64)}, layout="table", lesions=0.5)
    four = [structure(name, ((128, 255),), column=name, optional=name == "lesion") for name in STRUCTURES]
    written = table(tmp_path / "set/images.csv", task=task(*four)).entries()
    drawn = phantom(task=task(*four), seed=3, size_px=(48, 64), train=2, test=1, lesions=0.5).entries()
    assert [entry.name for entry in written] == [entry.name for entry in drawn]
    for one, other in zip(written, drawn, strict=True):
        for column in STRUCTURES:
            np.testing.assert_array_equal(one.load().greys[column], other.load().greys[column])


def test_sixteen_bits_in_colour_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="expected 8 for images in colour, found 16"):
        write_folder(tmp_path / "set", **SMALL, bits=16)


def test_masks_are_grey_but_for_the_domains_named(tmp_path):
    write_folder(tmp_path / "set", **SMALL)
    for path in tmp_path.rglob("mask/*.png"):
        with Image.open(path) as picture:
            assert picture.mode == {"Domain1": "L", "Domain2": "RGB"}[path.parts[-5]]


@pytest.mark.slow
def test_processes_change_nothing(tmp_path):
    for jobs in (1, 2):
        write_folder(tmp_path / f"jobs{jobs}", **SMALL | {"jobs": jobs})
    one, two = ({path.relative_to(top): path.read_bytes() for path in top.rglob("*.png")} for top in tmp_path.iterdir())
    assert one == two


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="expected a new or an empty folder"):
        write_folder(tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "set").mkdir()
    assert write_folder(tmp_path / "set", **SMALL) == 6


def test_rgb_masks_of_a_domain_that_is_not_drawn_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="expected domains from 1 to 2, found 5"):
        write_folder(tmp_path / "set", **SMALL | {"rgb_masks": (1, 5)})
    assert not any(tmp_path.iterdir())


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="size_px must be >= 16, got 0"):
        write_folder(tmp_path / "set", **SMALL | {"size_px": (0, 48)})
    assert not any(tmp_path.iterdir())


def test_the_command_line_writes_and_says_what(tmp_path):
    flags = ["--seed", "3", "--size-px", "48", "--train", "2", "--test", "1", "--domains", "2", "--rgb-masks", "2"]
    result = CliRunner().invoke(fdgst, ["phantom", "--out", str(tmp_path / "set"), *flags])
    assert result.exit_code == 0
    assert "6 images of 48 px in 2 domains" in result.stdout
    assert len(list(tmp_path.rglob("*.png"))) == 12
