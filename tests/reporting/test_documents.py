import json

import pytest

from fdgst.errors import FormatError
from fdgst.reporting.documents import fill, main

TABLE = """method,structure,metric,unseen,mean,sd
a,lung,dsc,d1,81.26,
a,lung,dsc,average,70.04,
b,lung,dsc,d1,90,1.5
b,lung,dsc,average,,
a,lung,hd,d1,0.25,
"""
CONFIG = {
    "domains": [{"id": "d1", "title": "Clinic | 1"}],
    "methods": [{"id": "b", "title": "B"}, {"id": "a", "title": "A"}],
}
MARKED = "Before.\n\n<!-- table: table1.csv {} -->\nold | numbers\n<!-- end -->\n\nAfter.\n"
MADE = """| DSC | lung: Clinic \\| 1 | average |
| --- | --- | --- |
| B | 90.0 ± 1.5 | – |
| A | 81.3 | 70.0 |
"""


@pytest.fixture
def results(tmp_path):
    """A folder of results."""
    (tmp_path / "table1.csv").write_text(TABLE)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def test_what_stands_between_the_marks_becomes_the_table(results):
    filled = fill(MARKED.format("dsc"), results)
    assert filled == MARKED.format("dsc").replace("old | numbers\n", MADE)
    assert fill(filled, results) == filled


def test_each_metric_has_a_table_of_its_own(results):
    assert "| HD | lung: Clinic \\| 1 | average |" in fill(MARKED.format("dsc hd"), results)


def test_a_document_without_marks_stays_as_it_is(results):
    assert fill("No table.\n", results) == "No table.\n"


@pytest.mark.parametrize(
    ("words", "fault"), [("asd", "expected the metric 'asd', found dsc, hd"), ("", "a file and metrics")]
)
def test_a_mark_that_names_no_metric_of_the_table_is_refused(results, words, fault):
    with pytest.raises(FormatError, match=fault):
        fill(MARKED.format(words), results)


def test_a_missing_table_is_named_and_the_document_is_left_alone(results, capsys):
    (results / "table1.csv").unlink()
    document = results / "document.md"
    document.write_text(MARKED.format("dsc"))
    with pytest.raises(SystemExit):
        main([str(document), "--results", str(results)])
    assert "table1.csv: expected a table, found none" in capsys.readouterr().err
    assert document.read_text() == MARKED.format("dsc")
