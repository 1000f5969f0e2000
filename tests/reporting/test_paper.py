import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.errors import ConfigError, FormatError
from fdgst.evaluation.catalogue import PROTOCOLS
from fdgst.reporting.paper import versus_paper
from fdgst.reporting.printed import ERRATA, PRINTED, PRINTED_AS
from fdgst.reporting.table import table
from fdgst.study.slices import Column, PaperSettings, text_of
from tests.compared import FUNDUS, LESION, columns

PAPERS = tuple(Column(id=f"d{number}", title=f"d{number}", paper=number) for number in range(1, 5))


@pytest.fixture
def ours(made, tmp_path):
    """A function that writes a table of ours whose every DSC is 90, and returns its path."""

    def write(methods=("fdg", "mine"), count=4, protocol="paper"):
        domains = [f"d{number}" for number in range(1, count + 1)]
        scores = made(methods, domains, lambda *key: {"dsc": 90.0, "dsc_released": 91.0})
        frame = table(scores, [*methods], domains, task=FUNDUS, protocol=protocol, samples=100, confidence=0.95)
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
    versus_paper(ours(), tmp_path / "v.csv", domains=PAPERS)
    rows = pd.read_csv(tmp_path / "v.csv").set_index(["structure", "metric", "unseen"])
    assert len(rows) == 2 * 3 * 5
    assert set(rows["method"]) == {"fdg"}
    cell = rows.loc[("disc", "dsc", "d3")]
    assert cell[["number", "ours", "printed", "difference", "inside"]].tolist() == [3, 90, 92.01, -2.01, 0]
    assert rows.loc[("disc", "dsc", "average"), "note"] == "the mean of the printed row is 92.30"
    assert rows["note"].notna().sum() == 1


def test_the_released_protocols_metrics_stand_beside_the_same_numbers(ours, tmp_path):
    versus_paper(ours(protocol="released"), tmp_path / "v.csv", domains=PAPERS)
    rows = pd.read_csv(tmp_path / "v.csv")
    assert dict(zip(rows["metric"], rows["measured_as"], strict=True)) == PROTOCOLS["released"]
    assert rows.loc[rows["metric"] == "dsc", "ours"].unique().tolist() == [91]


def test_rows_as_released_stand_beside_the_same_printed_row(ours, tmp_path):
    versus_paper(ours(methods=("fdg_st", "fdg_st_released")), tmp_path / "v.csv", domains=PAPERS)
    assert pd.read_csv(tmp_path / "v.csv")["printed_as"].unique().tolist() == ["FDG+ST"]


def test_a_printed_number_within_our_interval_is_said_to_be_inside(ours, tmp_path):
    path = ours()
    frame = pd.read_csv(path).assign(low=0.0, high=100.0)
    frame.to_csv(path, index=False)
    versus_paper(path, tmp_path / "v.csv", domains=PAPERS)
    assert (pd.read_csv(tmp_path / "v.csv")["inside"] == 1).all()


def test_some_of_the_papers_domains_are_compared_without_the_average(ours, tmp_path):
    versus_paper(ours(count=3), tmp_path / "v.csv", domains=[PAPERS[2], Column(id="d1", title="d1"), PAPERS[1]])
    rows = pd.read_csv(tmp_path / "v.csv")
    assert rows["unseen"].unique().tolist() == ["d2", "d3"]
    cell = rows[(rows["unseen"] == "d3") & (rows["structure"] == "disc") & (rows["metric"] == "dsc")]
    assert cell[["number", "printed"]].to_numpy().tolist() == [[3, 92.01]]


def test_a_domain_stands_beside_the_one_it_says_wherever_it_comes(ours, tmp_path):
    turned = [Column(id=f"d{number}", title="d", paper=5 - number) for number in range(1, 5)]
    versus_paper(ours(), tmp_path / "v.csv", domains=turned)
    rows = pd.read_csv(tmp_path / "v.csv").set_index(["structure", "metric", "unseen"])
    assert rows.loc[("disc", "dsc", "d4"), "printed"] == PRINTED["FDG", "dsc", "disc"][0]
    assert rows.loc[("disc", "dsc", "average"), "printed"] == 92.29


def test_a_fifth_domain_leaves_no_average_to_compare(ours, tmp_path):
    versus_paper(ours(count=5), tmp_path / "v.csv", domains=PAPERS)
    assert "average" not in set(pd.read_csv(tmp_path / "v.csv")["unseen"])


def test_domains_that_are_none_of_the_papers_are_not_compared(ours, tmp_path):
    with pytest.raises(ConfigError, match="no domain says which of the paper's it is"):
        versus_paper(ours(), tmp_path / "v.csv", domains=columns("d1", "d2", "d3", "d4"))


def test_other_structures_than_the_papers_are_not_compared(made, tmp_path):
    scores = made(["fdg"], ["d1"], lambda *key: {}, structures=LESION.ids)
    options = {"protocol": "paper", "samples": 100, "confidence": 0.95}
    table(scores, ["fdg"], ["d1"], task=LESION, **options).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ConfigError, match="structures of the paper's table, found organ, lesion"):
        versus_paper(tmp_path / "t.csv", tmp_path / "v.csv", domains=PAPERS)


def test_a_table_without_the_papers_methods_is_refused(ours, tmp_path):
    with pytest.raises(ConfigError, match="none of its methods"):
        versus_paper(ours(methods=("mine", "yours")), tmp_path / "v.csv", domains=PAPERS)


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match="missing method"):
        versus_paper(tmp_path / "t.csv", tmp_path / "v.csv", domains=PAPERS)


def test_the_command_writes_the_comparison(ours, tmp_path):
    out = tmp_path / "v.csv"
    words = ["versus-paper", "--settings", "-", "--table", str(ours()), "--out", str(out)]
    assert CliRunner().invoke(fdgst, words, input=text_of(PaperSettings(domains=PAPERS))).exit_code == 0
    assert out.read_text().startswith(
        "method,printed_as,structure,metric,measured_as,unseen,number,ours,low,high,printed"
    )
