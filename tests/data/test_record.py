import json
import os

import pytest

from fdgst.data.record import FIRST, known, read_record, stamp_of, states, write_record
from fdgst.errors import DataError, FormatError


@pytest.fixture
def files(tmp_path):
    """Three files."""
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


@pytest.fixture
def record(files, tmp_path):
    """The record of a reading of them."""
    path = tmp_path / "record.json"
    write_record(path, domain="a", stamp=FIRST, files=known(states(files)), lines=[], warnings=[])
    return path


def replaced(path, data, *, seconds=-1000):
    """Put other bytes in the place of a file, with a date before or after its own."""
    date = path.stat().st_mtime_ns + seconds * 10**9
    path.write_bytes(data)
    os.utime(path, ns=(date, date))


def test_unchanged_files_keep_their_stamp_and_are_not_read(files, record, monkeypatch):
    monkeypatch.setattr("fdgst.data.record.digest_of", lambda path: pytest.fail(f"{path} was read"))
    assert stamp_of(record, files) == FIRST


@pytest.mark.parametrize("data", [b"b.pgn", b"another size"])
def test_a_file_that_is_replaced_by_an_older_one_is_noticed(files, record, data):
    replaced(files[1], data)
    assert stamp_of(record, files) != FIRST


def test_another_date_alone_changes_nothing(files, record):
    replaced(files[1], files[1].read_bytes(), seconds=-5)
    assert stamp_of(record, files) == FIRST


def test_a_stamp_stays_when_it_has_been_recorded_and_changes_once_more(files, record):
    replaced(files[1], b"b.pgn")
    second = stamp_of(record, files)
    write_record(record, domain="a", stamp=second, files=known(states(files)), lines=[], warnings=[])
    assert stamp_of(record, files) == second
    replaced(files[1], b"b.png")  # as it was at first
    assert stamp_of(record, files) not in (FIRST, second)


def test_a_further_file_is_another_stamp(files, record, tmp_path):
    (tmp_path / "d.png").write_bytes(b"d")
    assert stamp_of(record, [*files, tmp_path / "d.png"]) != FIRST


def test_without_a_record_it_is_the_first_reading(files, tmp_path):
    assert stamp_of(tmp_path / "none.json", files) == FIRST


def test_a_file_that_changes_while_it_is_read_is_refused(files):
    before = states(files)
    replaced(files[0], b"other")
    files[1].unlink()
    with pytest.raises(DataError) as caught:
        known(before)
    hint = "changed while it was read; run the same command again"
    assert list(caught.value.faults) == [f"{path}: {hint}" for path in files[:2]]


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, '{"domain": 1}'])
def test_what_is_no_record_is_told_and_counts_as_none(files, tmp_path, text):
    path = tmp_path / "record.json"
    path.write_text(text)
    assert stamp_of(path, files) == FIRST
    with pytest.raises(FormatError, match=r"record.json: expected the record of a domain"):
        read_record(path)


def test_a_record_of_odd_values_counts_as_none(files, record):
    recorded = json.loads(record.read_text())
    for odd in (7, [], {str(files[0]): 3}, {str(files[0]): []}):
        record.write_text(json.dumps(recorded | {"files": odd}))
        assert isinstance(stamp_of(record, files), str)
