import pytest

from fdgst.errors import WriteError
from fdgst.storage.atomic import atomic, write_text


def test_a_failed_write_leaves_nothing_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), atomic(path) as part:
        part.write_text(str(1 / (part.write_text("half") - 4)))
    assert path.read_text() == "old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]


def test_the_final_name_holds_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with atomic(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_part_has_a_name_that_no_other_writer_has(tmp_path):
    path = tmp_path / "file.txt"
    with atomic(path) as one:
        pass
    with atomic(path) as two:
        pass
    assert one != two
    assert {one.parent, two.parent} == {tmp_path}


def test_an_error_about_another_file_is_not_blamed_on_the_one_that_is_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"), atomic(tmp_path / "file.txt"):
        (tmp_path / "nowhere").read_text()


def test_a_name_that_is_too_long_and_a_file_in_place_of_a_folder_are_one_line(tmp_path):
    (tmp_path / "file").touch()
    for path, reason in ((tmp_path / ("x" * 250), "File name too long"), (tmp_path / "file/x", "File exists")):
        with pytest.raises(WriteError) as told:
            write_text(path, "text")
        (fault,) = told.value.faults
        assert fault.startswith(f"{path}: cannot be written: {reason}; nothing is lost: ")
