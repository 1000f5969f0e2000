import pytest

from fdgst.evaluation import documents
from fdgst.evaluation.catalogue import METRICS


def test_the_page_lists_the_metrics_as_they_are_declared():
    assert "`asd_directed`" in documents.PAGE.read_text()
    assert documents.fill(documents.PAGE.read_text()) == documents.PAGE.read_text(), (
        "python -m fdgst.evaluation.documents"
    )


def test_every_metric_has_a_row_with_its_meaning():
    rows = documents.listed().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [*METRICS, "nsd_4"]
    assert all(metric.what in row for metric, row in zip(METRICS.values(), rows, strict=False))


def test_a_stale_list_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(documents, "PAGE", tmp_path / "page.md")
    (tmp_path / "page.md").write_text("<!-- metrics -->\nold\n<!-- end -->\n")
    with pytest.raises(SystemExit):
        documents.main(["--check"])
    assert "python -m fdgst.evaluation.documents" in capsys.readouterr().err
    documents.main([])
    documents.main(["--check"])
