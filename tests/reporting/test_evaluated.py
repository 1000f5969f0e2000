"""Everything that follows from masks of any program: from an empty folder to a report."""

import pandas as pd
import pytest
from click.testing import CliRunner

import fdgst
from fdgst import cli
from fdgst.errors import ConfigError, DataError, FormatError
from fdgst.reporting.against import beside
from fdgst.storage.scores import read_csv, read_scores
from tests.evaluation.foreign_masks import CONFIG, Folder, drawn, save

pytest.importorskip("fdgst.study.comparisons")
pytest.importorskip("fdgst.reporting.cases")
PRINTED = ["method", "structure", "metric", "unseen", "mean"]
FILES = ["against.csv", "cases.json", "ranks.csv", "report.html", "scores.csv", "significance.csv", "table1.csv"]


def made(path):
    """A table of images with two methods of two seeds, one of which is nearer to the truth."""
    folder = Folder(path, images=6).make(unit_per_px=0.5)
    for seed in (0, 1):
        folder.predict(f"near/seed{seed}", moved=1 + seed)
        folder.predict(f"far/seed{seed}", moved=4 + seed)
    for number in range(12):
        save(path / "images" / f"i{number:02d}.png", drawn(number))
    return folder


@pytest.fixture
def folder(tmp_path):
    return made(tmp_path)


def judged(folder, **options):
    """Judge both methods into a folder."""
    methods = {"near": folder.path / "near/seed{seed}", "Far & away": folder.path / "far/seed{seed}"}
    more = {"out": folder.path / "out", "config": CONFIG, "nsd_tolerance_px": [1.5]} | options
    return fdgst.evaluate(folder.table, methods, **more)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Scores, the folder of all that follows from them, and what was said."""
    folder, said = made(tmp_path_factory.mktemp("judged")), []
    rows = [["near", "inner", "dsc", "average", 120.0], ["other", "inner", "dsc", "average", 1.0]]
    pd.DataFrame(rows, columns=PRINTED).to_csv(folder.path / "printed.csv", index=False)
    options = {"compare": [("near", "Far & away")], "against": folder.path / "printed.csv", "tell": said.append}
    return judged(folder, **options), folder.path / "out", said


def test_everything_follows_from_the_masks(results):
    scores, out, _ = results
    assert sorted(path.name for path in out.glob("*.*")) == sorted([*FILES, "table1.md", "table1.tex", "wins.csv"])
    assert {path.stem for path in out.glob("figures/*.svg")} == {"boxes", "ranks", "pairs"}
    pd.testing.assert_frame_equal(read_scores([out / "scores.csv"])[["dsc", "hd"]], scores[["dsc", "hd"]], atol=1e-6)
    tests = read_csv(out / "significance.csv")
    assert set(tests.loc[tests["unseen"] == "average", "family"]) == {"declared"}
    assert "Far &amp; away" in (out / "report.html").read_text()
    assert r"Far \& away" in (out / "table1.tex").read_text()


def test_the_numbers_on_the_page_are_those_of_the_table_in_the_unit_of_the_images(results):
    _, out, _ = results
    table = read_csv(out / "table1.csv").set_index(["method", "structure", "metric", "unseen"])
    page = (out / "table1.md").read_text()
    rows = [line.split(" | ") for line in page.split("## Outer")[1].splitlines() if line.startswith("| near")]
    found = {row[1].split(" (")[0]: [cell.split(" ± ")[0] for cell in row[2:5]] for row in rows}
    for title, metric, digits in (("DSC", "dsc", 2), ("HD", "hd", 3), ("NSD", "nsd_1.5", 2)):
        cells = [table.loc[("near", "outer", metric, unseen), "mean"] for unseen in ("a", "b", "average")]
        assert found[title] == [f"{cell:.{digits}f}" for cell in cells]
    assert "HD (mm) ↓" in page
    assert table.loc[("near", "outer", "hd", "a"), "mean"] == 0.75  # 1 and 2 px of half a millimetre


def test_another_s_numbers_stand_beside_ours(results):
    _, out, said = results
    table, found = read_csv(out / "table1.csv"), read_csv(out / "against.csv")
    ours = table[(table["method"] == "near") & (table["structure"] == "inner") & (table["metric"] == "dsc")]
    mean = ours.set_index("unseen").loc["average", "mean"]
    assert found[["printed", "inside"]].values.tolist() == [[120, 0]]
    assert found["difference"].iloc[0] == pytest.approx(mean - 120, abs=1e-6)
    assert [line.partition(": ")[2] for line in said] == ["1 of 2 numbers have none of ours beside them"]
    assert "Beside the other table" in (out / "table1.md").read_text()


def test_a_number_that_is_the_same_lies_inside(results):
    table = read_csv(results[1] / "table1.csv")
    found, said = beside(table, results[1] / "table1.csv")
    assert not said
    assert (found["difference"].dropna() == 0).all()
    assert set(found["inside"].dropna()) == {1}


def test_one_method_has_a_table_and_no_tests(folder):
    path = folder.path / "near/seed{seed}"
    fdgst.evaluate(folder.table, {"near": path}, out=folder.path / "one", config=CONFIG)
    names = {path.name for path in (folder.path / "one").iterdir()}
    assert {"table1.csv", "report.html"} <= names
    assert not {"significance.csv", "ranks.csv"} & names


@pytest.mark.parametrize(
    ("rows", "kind", "line"),
    [
        ("method,metric\n", FormatError, "missing structure, unseen, mean"),
        ("method,structure,metric,unseen,mean\nx,s,dsc,a,1\n", DataError, r"found none \(methods there: x\)"),
        (
            "method,structure,metric,unseen,mean\nu,s,dsc,a,1\nu,s,dsc,a,2\n",
            FormatError,
            "found that of u, s, dsc, a twice",
        ),
        ("method,structure,metric,unseen,mean\nu,s,dsc,a,high\n", FormatError, "column mean: expected numbers"),
    ],
)
def test_a_table_that_cannot_stand_beside_is_refused(tmp_path, rows, kind, line):
    (tmp_path / "printed.csv").write_text(rows)
    table = pd.DataFrame(
        [["u", "s", "dsc", "a", 1.0, 0.0, 2.0]],
        columns=["method", "structure", "metric", "unseen", "mean", "low", "high"],
    )
    with pytest.raises(kind, match=line):
        beside(table, tmp_path / "printed.csv")


def test_a_comparison_of_a_method_that_is_not_there_is_refused_before_anything_is_read(folder):
    with pytest.raises(ConfigError, match="expected two of near, Far_away, found near and fra"):
        judged(folder, compare=[("near", "fra")])
    assert not (folder.path / "out").exists()


def test_the_command_works_in_an_empty_folder_and_says_where_the_results_are(folder, monkeypatch, tmp_path):
    import yaml

    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    (tmp_path / "task.yaml").write_text(yaml.safe_dump(CONFIG))
    save(tmp_path / "near/seed0/stranger.png", drawn(0))
    methods = ["--method", "near=../near/seed{seed}", "--method", "far=../far/seed{seed}", "--compare", "near:far"]
    arguments = ["evaluate", "--table", "../images.csv", *methods, "--config", "../task.yaml", "--out", "judged"]
    done = CliRunner().invoke(cli.fdgst, [*arguments, "--nsd", "1,2"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "warning: ../near/seed0/stranger.png: expected masks of the table's images" in done.output
    assert "2 methods, 12 images: judged/report.html" in done.output
    assert {"nsd_1", "nsd_2"} <= set(read_csv(tmp_path / "empty/judged/scores.csv").columns)


def test_a_fault_leaves_no_folder(folder):
    (folder.path / "near/seed0/i00.png").unlink()
    with pytest.raises(DataError, match="expected a mask of i00"):
        judged(folder)
    assert not (folder.path / "out").exists()
