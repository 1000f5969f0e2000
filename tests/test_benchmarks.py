"""The table that the README takes from the benchmarks."""

from tests.benchmarks.__main__ import fill
from tests.benchmarks.harness import Row, report


def test_a_document_takes_over_what_was_measured_and_what_missed_its_target(tmp_path):
    rows = [
        Row("fdg", "the literal arithmetic", 131.234, "x", ">= 120", "400 contents"),
        Row("dry run", "", 61.5, "s", "<= 45", ""),
        Row("start", "an empty program", 2.0, "x", "", "not asked for"),
    ]
    report(rows, tmp_path / "generation.csv")
    made = fill("Before.\n<!-- benchmarks -->\nold\n<!-- end -->\nAfter.\n", tmp_path)
    assert made.splitlines()[0] == "Before."
    assert "| fdg (400 contents) | the literal arithmetic | 131 | >= 120 |" in made
    assert "| dry run |  | 61.5 s | <= 45 s (missed) |" in made
    assert "not asked for" not in made
    assert "old" not in made
    assert made.endswith("<!-- end -->\nAfter.\n")


def test_a_document_without_marks_stays_as_it_is(tmp_path):
    assert fill("nothing here\n", tmp_path) == "nothing here\n"
