"""Titles are the user's text: no sign of one is read as code by TeX, HTML, matplotlib, CSV or a shell."""

import csv
import html
import json
import re
import shutil
import subprocess

import pandas as pd
import pytest

from fdgst.cli import main
from fdgst.storage.scores import read_scores, write_scores
from tests.rough.place import EYE

TITLES = [
    "FDG$_{ST}$", "REFUGE {train} & more", "=1+1", "-5 %", "+cmd|' /C calc'!A0", "@SUM(A1)", "a\\frac{b}{c}~^_#",
    "<script>alert('x')</script>", 'q"uo\'te', "_hidden", "東京 α", "عين", "Όραση",
    "{{ 7 * 7 }} ${x} %(y)s ((( z ))) ((* if *))",
    "two\nlines", "--option", "; rm -rf ~",
]  # fmt: skip
IDS = [f"m{number}" for number in range(len(TITLES))]


@pytest.fixture(scope="module")
def made(tmp_path_factory, sound):
    """Table, figure and report of rows with such titles."""
    folder = tmp_path_factory.mktemp("made")
    one = read_scores([sound / "scores.csv"])
    scores = pd.concat([one.assign(method=name, dsc=50.0 + number) for number, name in enumerate(IDS)])
    write_scores(folder / "scores.csv", scores)
    methods = [{"id": name, "title": title} for name, title in zip(IDS, TITLES, strict=True)]
    task = EYE | {"structures": [item | {"title": f"{item['id']} $<&%_東"} for item in EYE["structures"]]}
    own = {"methods": methods, "domains": [{"id": "b", "title": "B {x} $ <b>"}], "task": task}
    judged = {"protocol": "paper", "bootstrap_samples": 10, "confidence": 0.95}
    (folder / "table.json").write_text(json.dumps(own | judged | {"data": "D & {x}", "tests": ""}))
    (folder / "figure.json").write_text(json.dumps(own))
    config = own | {
        "seeds": [0], "dataset": {"reader": "fundus", "root": "x/{y} & <z>"}, "training": {}, "roi_size": 32,
        "network_size": 32, "evaluation": judged | {"threshold": 0.5, "split": "test", "nest": False},
    }  # fmt: skip
    config["methods"] = [item | {"trainer": "plain", "augmentation": "none"} for item in methods]
    config["training"] = {"pretrain_epochs": 1, "epochs": 1, "final_epochs": 1, "budget": "equal"}
    (folder / "config.json").write_text(json.dumps(config))
    paths = {name: str(folder / name) for name in ("scores.csv", "table1.csv", "table1.tex", "boxes.png", "boxes.svg")}
    given = ["--scores", paths["scores.csv"]]
    main(
        [
            "table",
            "--settings",
            str(folder / "table.json"),
            *given,
            "--csv",
            paths["table1.csv"],
            "--tex",
            paths["table1.tex"],
        ]
    )
    main(["figure", "boxes", "--settings", str(folder / "figure.json"), *given, "--out", paths["boxes.png"]])
    files = [paths["table1.csv"], paths["scores.csv"], paths["boxes.svg"]]
    main(["report", "--config", str(folder / "config.json"), "--out", str(folder / "report.html"), *files])
    return folder


def test_every_title_stands_in_the_report_as_text(made):
    page = (made / "report.html").read_text(encoding="utf-8")
    for title in TITLES:
        assert html.escape(title, quote=False).replace("'", "&#39;").replace('"', "&#34;") in page
    assert len(re.findall(r"<script\b", page)) == page.count("</script>")
    assert "<script>alert" not in page


def test_what_no_font_draws_is_told_in_the_report(made):
    from fdgst.viewing.fonts import undrawable

    page = (made / "report.html").read_text(encoding="utf-8")
    assert ("no font here has the signs" in page) == bool(undrawable(TITLES))


def test_no_sign_of_a_title_is_tex(made, tmp_path):
    text = (made / "table1.tex").read_text(encoding="utf-8")
    assert "% The letters" in text
    assert r"FDG\$\_\{ST\}\$" in text
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    strange = re.sub("[^\x00-\u024f]", "x", text)
    page = "\\documentclass[twocolumn]{article}\\usepackage{booktabs,multirow}\\begin{document}%s\\end{document}"
    (tmp_path / "page.tex").write_text(page % strange, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout[-800:]


def test_names_that_a_spreadsheet_would_compute_are_guarded_and_read_back(sound, tmp_path):
    path, names = tmp_path / "scores.csv", ["=1+1", "-x", "+y", "@z", "'=w"]
    scores = read_scores([sound / "scores.csv"])
    known = dict(zip(sorted(scores["image"].unique()), names, strict=True))
    write_scores(path, scores.assign(image=scores["image"].map(known)))
    with path.open(newline="", encoding="utf-8") as lines:
        cells = {row["image"] for row in csv.DictReader(lines)}
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert set(read_scores([path])["image"]) == set(names)
