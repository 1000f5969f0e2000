import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.errors import ConfigError, FormatError
from fdgst.evaluation.measures import PROTOCOLS
from fdgst.reporting.paper import versus_paper
from fdgst.reporting.printed import ERRATA, PRINTED, PRINTED_AS
from fdgst.reporting.table import table


@pytest.fixture
def ours(made, tmp_path):
    """A function that writes a table of ours whose every DSC is 90, and returns its path."""

    def write(methods=("fdg", "mine"), count=4, protocol="paper"):
        domains = [f"d{number}" for number in range(1, count + 1)]
        scores = made(methods, domains, lambda *key: {"dsc": 90.0, "dsc_released": 91.0})
        frame = table(scores, [*methods], domains, protocol=protocol, samples=100, confidence=0.95)
        frame.to_csv(tmp_path / "table1.csv", index=False)
        return tmp_path / "table1.csv"

    return write


def test_the_printed_averages_are_the_means_of_their_rows_but_for_one():
    wrong = [key for key, row in PRINTED.items() if abs(np.mean(row[:4]) - row[4]) > 0.00501]
    assert wrong == [("FDG", "dsc", "disc")]
    assert any("92.29" in erratum.printed for erratum in ERRATA)


def test_the_printed_table_has_every_row_metric_and_structure():
    assert len(PRINTED) == 3 * 3 * 2
    assert {row for row, _, _ in PRINTED} == set(PRINTED_AS.values())


def test_soft_thresholding_wins_13_of_the_papers_24_cells():
    won = 0
    for (row, metric, structure), numbers in PRINTED.items():
        if row == "FDG+ST":
            other = PRINTED["FDG", metric, structure]
            better = 1 if metric == "dsc" else -1
            won += sum(better * (mine - theirs) > 0 for mine, theirs in zip(numbers[:4], other[:4], strict=True))
    assert won == 13


def test_our_numbers_stand_beside_the_printed_ones(ours, tmp_path):
    versus_paper(ours(), tmp_path / "v.csv")
    rows = pd.read_csv(tmp_path / "v.csv").set_index(["structure", "metric", "unseen"])
    assert len(rows) == 2 * 3 * 5
    assert set(rows["method"]) == {"fdg"}
    cell = rows.loc[("disc", "dsc", "d3")]
    assert cell[["number", "ours", "printed", "difference", "inside"]].tolist() == [3, 90, 92.01, -2.01, 0]
    assert rows.loc[("disc", "dsc", "average"), "note"] == "the mean of the printed row is 92.30"
    assert rows["note"].notna().sum() == 1


def test_the_released_protocols_metrics_stand_beside_the_same_numbers(ours, tmp_path):
    versus_paper(ours(protocol="released"), tmp_path / "v.csv")
    rows = pd.read_csv(tmp_path / "v.csv")
    assert dict(zip(rows["metric"], rows["measured_as"], strict=True)) == PROTOCOLS["released"]
    assert rows.loc[rows["metric"] == "dsc", "ours"].unique().tolist() == [91]


def test_rows_as_released_stand_beside_the_same_printed_row(ours, tmp_path):
    versus_paper(ours(methods=("fdg_st", "fdg_st_released")), tmp_path / "v.csv")
    assert pd.read_csv(tmp_path / "v.csv")["printed_as"].unique().tolist() == ["FDG+ST"]


def test_a_printed_number_within_our_interval_is_said_to_be_inside(ours, tmp_path):
    path = ours()
    frame = pd.read_csv(path).assign(low=0.0, high=100.0)
    frame.to_csv(path, index=False)
    versus_paper(path, tmp_path / "v.csv")
    assert (pd.read_csv(tmp_path / "v.csv")["inside"] == 1).all()


def test_another_number_of_domains_cannot_be_the_papers(ours, tmp_path):
    with pytest.raises(ConfigError, match="the paper's 4 unseen domains, found 3"):
        versus_paper(ours(count=3), tmp_path / "v.csv")


def test_a_table_without_the_papers_methods_is_refused(ours, tmp_path):
    with pytest.raises(ConfigError, match="none of its methods"):
        versus_paper(ours(methods=("mine", "yours")), tmp_path / "v.csv")


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match="missing method"):
        versus_paper(tmp_path / "t.csv", tmp_path / "v.csv")


def test_the_command_writes_the_comparison(ours, tmp_path):
    out = tmp_path / "v.csv"
    assert CliRunner().invoke(fdgst, ["versus-paper", "--table", str(ours()), "--out", str(out)]).exit_code == 0
    assert out.read_text().startswith(
        "method,printed_as,structure,metric,measured_as,unseen,number,ours,low,high,printed"
    )
