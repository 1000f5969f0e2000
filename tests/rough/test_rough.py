"""Every bad input of the tables ends in one line that says what is wrong, and leaves nothing behind.

A case is a row of a table in tests/rough/cases: a name, what is spoilt, and the words that the line must hold. Bad
configurations stand in tests/study/test_study.py, where the same is asked of them.
"""

import hashlib

import pytest

from fdgst.cli import main
from tests.rough.cases import CASES


def listing(folder):
    """What lies in a folder, whatever its depth: the digest of each file."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_input_ends_in_one_line_that_says_what_is_wrong(case, place, capsys):
    arguments = [str(argument) for argument in case.make(place)]
    before = listing(place.folder)
    with pytest.raises(SystemExit) as end:
        main(arguments)
    said = capsys.readouterr().err
    mark = "fdgst: error: " if case.status == 1 else "Error: "
    (line,) = (line for line in said.splitlines() if line.startswith(mark))
    assert [word for word in case.words if word not in line] == [], line
    assert end.value.code == case.status
    assert "Traceback" not in said
    assert "unexpected" not in said
    assert listing(place.folder) == before


def test_the_table_is_long():
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
