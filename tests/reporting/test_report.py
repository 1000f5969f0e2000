import csv
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.errors import ConfigError, DataError
from fdgst.reporting.figures import make
from fdgst.reporting.printing import number
from fdgst.reporting.report import write_report
from fdgst.reporting.table import make_table
from fdgst.storage.scores import write_scores
from fdgst.study.task import Measure
from tests.compared import FUNDUS, LESION, columns, rows, task_of, task_of_many

HOUSE = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EYES = """<script>addEventListener("load", () => {
  const pictures = [...document.images];
  document.body.dataset.pictures = pictures.length;
  document.body.dataset.broken = pictures.filter(picture => !(picture.complete && picture.naturalWidth > 0)).length;
  document.body.dataset.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
});</script>"""


class Page(HTMLParser):
    """What a page says: its anchors, links, sources, cells of the table, and text."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.sources, self.cells, self.text, self.body = set(), [], [], {}, "", {}
        self.marked, self._marks = {}, []  # text inside each element with a data- attribute, by (attribute, value)
        self._cell, self._tags = None, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        of = dict(attrs)
        self.ids.add(of.get("id"))
        self.links += [of["href"]] if "href" in of else []
        self.sources += [of["src"]] if "src" in of else []
        self.body = of if tag == "body" else self.body
        self._cell = of.get("data-cell", self._cell) if tag != "td" else of.get("data-cell")
        self._tags.append(of.get("class"))
        if tag in ("td", "tr", "span"):
            self._marks.append((tag, next(((k, v) for k, v in attrs if k.startswith("data-")), None)))

    def handle_endtag(self, tag):
        if tag in ("td", "tr", "span"):
            assert self._marks.pop()[0] == tag

    def handle_data(self, data):
        self.text += data
        for _, mark in self._marks:
            if mark:
                self.marked[mark] = f"{self.marked.get(mark, '')} {' '.join(data.split())}".strip()
        if self._cell and self._tags[-1] == "mean" and data.strip():
            self.cells.setdefault(tuple(self._cell.split(",")), data.strip())


@pytest.fixture(scope="module")
def config(titled, tmp_path_factory):
    """The demo's configuration, for the made-up study."""
    settings = yaml.safe_load((HOUSE / "config.yaml").read_text())
    rows = [{**item.model_dump(), "augmentation": "none", "options": {}} for item in titled["methods"]]
    domains = [{**item.model_dump(), "released_crop": False} for item in titled["domains"]]
    study = {"id": "window", "title": "Window of the spectrum", "unseen": ["domain1"], "methods": ["fdg", "fdg_st"]}
    settings |= {"methods": rows, "domains": domains, "seeds": [0, 1], "ablations": [study]}
    settings |= {"task": json.loads(FUNDUS.model_dump_json()), "inherited": ["training.batch: 16"]}
    settings["evaluation"] |= {"nest": False}
    path = tmp_path_factory.mktemp("config") / "config.json"
    path.write_text(json.dumps(settings))
    return path


@pytest.fixture(scope="module")
def files(study, given):
    """All that the made-up study has for a report."""
    for name in ("fig1", "boxes", "protocols"):
        make(name, study / f"figures/{name}.png", given)
    sheets = [study / f"shards/{name}/sheet.csv" for name in ("fdg", "fdg_st")]
    for sheet in sheets:
        sheet.parent.mkdir(parents=True)
        sheet.write_text("content,style,images,clipped\ndomain1,domain2,60,0.0125\n")
    tables = [study / f"{name}.csv" for name in ("table1", "significance", "protocols", "scores")]
    return [
        *tables,
        *sheets,
        study / "ablations/window.csv",
        *study.glob("figures/*.png"),
        *study.glob("runs/*/*/*/run.json"),
    ]


@pytest.fixture(scope="module")
def html(config, files, tmp_path_factory):
    """The report with everything in it."""
    out = tmp_path_factory.mktemp("report") / "report.html"
    write_report(out, config=config, files=files)
    return out.read_text()


def changed(config, folder, **replaced):
    """Write the configuration with other values."""
    path = folder / "changed.json"
    path.write_text(json.dumps(json.loads(config.read_text()) | replaced))
    return path


def bare(config, folder, *files):
    """Write a report of a few files, and read it."""
    write_report(folder / "report.html", config=config, files=files)
    return Page((folder / "report.html").read_text())


def look(html, folder):
    """Open a page in Chromium without a network; return the page as it stands and what the console said."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    page = folder / "page.html"
    page.write_text(html.replace("</body>", EYES + "</body>"))
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += " --disable-component-update --disable-sync --enable-logging=stderr --virtual-time-budget=5000 --dump-dom"
    apart = ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}"]
    told = subprocess.run(
        [CHROMIUM, *flags.split(), *apart, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    return Page(told.stdout), [line for line in told.stderr.splitlines() if "CONSOLE" in line]


def test_a_browser_without_a_network_shows_every_picture_and_reports_no_error(html, tmp_path):
    page, console = look(html, tmp_path)
    assert console == []
    assert page.body["data-pictures"] == str(len(page.sources)) != "0"
    assert page.body["data-broken"] == "0"
    assert page.body["data-wide"] == "0"  # nothing but wide tables scrolls sideways


def test_the_browser_test_notices_a_broken_picture_and_an_error(html, tmp_path):
    broken = html.replace("image/png;base64,iVBOR", "image/png;base64,xxxxx", 1)
    page, console = look(broken.replace("<main>", "<main><script>nothing()</script>"), tmp_path)
    assert page.body["data-broken"] == "1"
    assert "nothing is not defined" in console[0]


def test_the_numbers_of_the_table_are_those_of_table1_csv(html, study):
    rows = [row for row in rows_of(study / "table1.csv") if row["shown"] == "1"]
    cells = Page(html).cells
    assert len(cells) == len(rows) > 0
    for row in rows:
        printed = cells[row["method"], row["structure"], row["metric"], row["unseen"]]
        mean, spread = printed.split(" ± ")
        assert (mean, spread) == (f"{float(row['mean']):.2f}", f"{float(row['sd']):.2f}")


def marked(page, attribute):
    """The texts of the elements with this attribute, by the parts of its value."""
    return {tuple(value.split(",")): text for (name, value), text in page.marked.items() if name == attribute}


def rows_of(path):
    with path.open() as lines:
        return list(csv.DictReader(lines))


def printed(value, digits):
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")


def test_the_tests_are_printed_as_in_significance_csv(html, study):
    found, rows = marked(Page(html), "data-compared"), rows_of(study / "significance.csv")
    assert len(found) == len(rows) > 0
    for row in rows:
        text = found[row["method"], row["reference"], row["unseen"], row["structure"], row["metric"]]
        ends = f"{printed(row['low'], 2)} … {printed(row['high'], 2)}"
        p = "< 0.0001" if float(row["p_holm"]) < 0.0001 else number(row["p_holm"], 4)
        counts = f"{row['wins']}, {row['losses']}, {row['ties']}"
        assert f"{printed(row['difference'], 2)} {ends} {p} {printed(row['effect'], 2)} {counts}" in text


def test_a_verdict_has_the_difference_of_the_winner_minus_the_loser(html, study):
    found = marked(Page(html), "data-verdict")
    rows = [row for row in rows_of(study / "significance.csv") if row["better"] and row["unseen"] == "average"]
    assert len(found) == len(rows) > 0
    for row in rows:
        sign = 1 if row["better"] == row["method"] else -1
        loser = row["reference" if sign == 1 else "method"]
        low, high = sorted(sign * float(row[end]) for end in ("low", "high"))
        text = found[row["better"], loser, row["structure"], row["metric"]]
        expected = f"{printed(sign * float(row['difference']), 2)} ({printed(low, 2)} … {printed(high, 2)}"
        assert expected in text.replace("( ", "(")


def test_the_clinics_numbers_are_those_of_table1_csv(html, study):
    found = marked(Page(html), "data-clinic")
    rows = {
        tuple(row[k] for k in ("method", "structure", "metric", "unseen")): row for row in rows_of(study / "table1.csv")
    }
    assert len(found) == 3 * 4 * 4
    for key, text in found.items():
        assert text == printed(rows[key]["mean"], 3 if key[2] == "vcdr_error" else 1)


def test_the_protocols_numbers_are_those_of_protocols_csv(html, study):
    found = marked(Page(html), "data-protocol")
    names = ("method", "definitions", "threshold", "checkpoint", "released_crop", "structure", "metric")
    rows = [
        row
        for row in rows_of(study / "protocols.csv")
        if row["unseen"] == "average" and row["metric"] in ("dsc", "hd", "asd")
    ]
    assert len(found) == len(rows) > 0
    for row in rows:
        assert found[tuple(row[name] for name in names)] == f"{printed(row['mean'], 2)} {printed(row['shift'], 2)}"


def test_the_page_asks_for_nothing_outside_itself(html):
    page = Page(html)
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    assert not re.search(r"url\((?!#)|@import|<script", html)


def test_equal_inputs_give_equal_bytes(html, config, files, tmp_path):
    write_report(tmp_path / "report.html", config=config, files=reversed(files))
    assert (tmp_path / "report.html").read_text() == html


def test_a_better_row_is_named_with_the_rule(html, study):
    text = " ".join(Page(html).text.split())
    found = [row for row in rows_of(study / "significance.csv") if row["better"] and row["unseen"] == "average"]
    assert "By the rule “Holm-corrected p of the paired Wilcoxon test below 0.05, mean and ranks on one side”" in text
    pairs = {(row["better"], row["method"], row["reference"]) for row in found}
    assert text.count(" is better than ") == len(pairs) > 0


def test_without_tests_nothing_is_called_better(config, study, tmp_path):
    text = bare(config, tmp_path, study / "table1.csv").text
    assert " is better than " not in text
    assert "Nothing is called better here, because no test was made." in text


def test_a_missing_file_is_answered_with_the_command_that_makes_it(config, tmp_path):
    text = bare(config, tmp_path).text
    for target in ("table1.csv", "significance.csv", "figures/fig5.png", "protocols.csv", "ablations/window.csv"):
        assert f"snakemake --cores 2 results/{target}" in text
    assert "Not made: no domain says which of the paper's it is (paper: 1 to 4)." in text


def test_the_gap_of_the_oracle_is_told(html):
    text = " ".join(Page(html).text.split())
    assert "Oracle minus last, DSC of Optic cup, Optic disc: DeepAll 1.00, 1.00; FDG 1.00, 1.00;" in text


def test_one_seed_is_said_to_be_one(config, html, tmp_path):
    assert "One training seed." in bare(changed(config, tmp_path, seeds=[0]), tmp_path).text
    assert "One training seed." not in Page(html).text
    assert "2 training seeds. Intervals and tests speak of the mean of these trainings" in " ".join(
        Page(html).text.split()
    )


def test_the_report_says_on_which_data_it_was_made(config, html, tmp_path):
    assert "Made on the phantom:" in Page(html).text
    settings = json.loads(config.read_text())
    real = changed(config, tmp_path, dataset=settings["dataset"] | {"reader": "fundus", "root": "data/Fundus"})
    text = bare(real, tmp_path).text
    assert "Made on the phantom:" not in text
    assert "photographs below data/Fundus" in " ".join(text.split())


def test_what_was_taken_over_from_the_demo_is_listed_for_other_data_than_the_phantom(config, tmp_path):
    told = "Taken over from the demo’s config.yaml: training.batch: 16."
    settings = json.loads(config.read_text())
    table = settings["dataset"] | {"reader": "table", "table": "images.csv"}
    real = changed(config, tmp_path, dataset=table)
    text = " ".join(bare(real, tmp_path).text.split())
    assert told in text
    assert "images listed in images.csv" in text
    assert told not in " ".join(bare(config, tmp_path).text.split())


def test_slips_of_the_papers_table_are_shown_beside_it_alone(config, tmp_path):
    assert "92.29" not in bare(config, tmp_path).text
    domains = [{"id": "domain1", "title": "A", "paper": 1, "released_crop": False}]
    assert "92.29" in bare(changed(config, tmp_path, domains=domains), tmp_path).text


def study_of(task, config, made, folder, changes=lambda *key: {}):
    """Write a report of made-up scores of another task; return its page."""
    methods, domains = rows(a="plain", b="plain"), columns("d1", "d2")
    write_scores(folder / "scores.csv", made("ab", ["d1", "d2"], changes, structures=task.ids))
    options = {"task": task, "protocol": "paper", "samples": 100, "confidence": 0.95, "data": "", "tests": ""}
    table, tex = folder / "table1.csv", folder / "table1.tex"
    make_table([folder / "scores.csv"], methods, domains, csv=table, tex=tex, **options)
    settings = {
        "methods": [{**item.model_dump(), "augmentation": "none", "options": {}} for item in methods],
        "domains": [{"id": item.id, "title": item.title} for item in domains],
        "dataset": {"reader": "table", "table": "images.csv"},
        "task": json.loads(task.model_dump_json()),
    }
    return bare(changed(config, folder, **settings), folder, table)


@pytest.mark.parametrize("count", [1, 4])
def test_every_structure_of_a_task_is_in_the_table(config, made, tmp_path, count):
    task = task_of_many(count)
    page = study_of(task, config, made, tmp_path)
    assert len(page.cells) == 2 * count * 3 * 3
    for structure in task.structures:
        assert page.text.count(structure.title) >= 1 + (count > 2)


def test_a_report_of_a_task_without_eyes_has_no_word_of_them(config, made, tmp_path):
    text = study_of(LESION, config, made, tmp_path).text
    assert not re.findall(r"\b(?:cups?|discs?|optic|vcdr|eyes?|fundus|clinician|phantom)\b", text, re.IGNORECASE)


def test_the_clinics_section_is_there_for_measures_alone(config, made, tmp_path):
    page = study_of(LESION, config, made, tmp_path)
    assert "clinic" not in page.ids
    assert "#clinic" not in page.links
    area = task_of(*LESION.structures, measures=(Measure(id="size", title="Size", kind="area", of="lesion"),))
    sizes = {"size_truth": 90.0, "size_prediction": 97.0}
    page = study_of(area, config, made, tmp_path, lambda *key: sizes)
    assert "Size: the area of lesion in pixels of the ROI." in " ".join(page.text.split())
    assert marked(page, "data-clinic")["a", "both", "size_error", "average"] == "7.0"


def test_false_alarms_are_told_below_the_table(config, made, tmp_path):
    def alarms(method, domain, seed, image, structure):
        return {"truth_px": 0, "false_alarm": int(method == "a")} if (structure, image) == ("lesion", 0) else {}

    text = " ".join(study_of(LESION, config, made, tmp_path, alarms).text.split())
    assert "False alarms, percent of the images without lesion: a 100.0, b 0.0." in text


def test_an_upper_bound_is_labelled(config, study, tmp_path):
    bound = changed(config, tmp_path, upper_bounds=["fdg_st"])
    assert "FDG+ST (upper bound)" in bare(bound, tmp_path, study / "table1.csv").text


def test_the_configuration_versions_and_fingerprints_are_told(html):
    text = Page(html).text
    for told in ("images_per_step: 18", "torch 2.0", "code 01234567, rois/domain2.h5 fedcba98", "18 min 22 s in all"):
        assert told in text


def test_other_versions_among_the_trainings_are_noticed(config, study, tmp_path):
    record = json.loads((study / "runs/fdg/domain1/seed0/run.json").read_text())
    record["versions"]["torch"] = "3.0"
    (tmp_path / "run.json").write_text(json.dumps(record))
    page = bare(config, tmp_path, tmp_path / "run.json", study / "runs/fdg/domain1/seed1/run.json")
    assert "torch 2.0 and 3.0" in page.text
    assert "Not all trainings ran with the same versions." in page.text


def test_titles_are_printed_as_text(config, tmp_path):
    domains = [{"id": "domain1", "title": "<b>Camera & 1</b>", "released_crop": False}]
    assert "<b>Camera & 1</b>" in bare(changed(config, tmp_path, domains=domains), tmp_path).text
    assert "<b>" not in (tmp_path / "report.html").read_text()


def test_a_method_and_a_domain_may_share_an_id(config, study, tmp_path):
    domains = [{"id": "fdg", "title": "Clinic of the same name", "released_crop": True}]
    page = bare(changed(config, tmp_path, domains=domains), tmp_path, study / "significance.csv")
    assert "FDG is better than DeepAll" in " ".join(page.text.split())


def test_one_row_is_compared_with_nobody(config, study, tmp_path):
    empty = tmp_path / "significance.csv"
    empty.write_text((study / "significance.csv").read_text().splitlines()[0] + "\n")
    text = bare(config, tmp_path, empty).text
    assert "One row: nothing to compare." in text
    assert "meet the rule" not in text


def test_an_interval_that_is_unknown_is_said_to_be(config, study, tmp_path):
    rows = rows_of(study / "significance.csv")
    with (tmp_path / "significance.csv").open("w") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows({**row, "low": "", "high": ""} for row in rows)
    text = " ".join(bare(config, tmp_path, tmp_path / "significance.csv").text.split())
    assert "interval unknown, p" in text


def test_only_checkpoints_that_were_compared_are_explained(config, html, study, tmp_path):
    assert "“Oracle” picks it on the unseen domain itself" in html
    lines = (study / "protocols.csv").read_text().splitlines()
    last = tmp_path / "protocols.csv"
    last.write_text("\n".join([lines[0], *(line for line in lines if ",last," in line)]) + "\n")
    text = " ".join(bare(config, tmp_path, last).text.split())
    assert "Oracle" not in text
    assert "training.snapshot_epochs above 0 keeps some" in text


def test_files_without_a_place_are_named_one_by_one(config, tmp_path):
    strangers = [tmp_path / "what.csv", tmp_path / "notes.txt"]
    with pytest.raises(ConfigError, match="has no place in the report") as error:
        write_report(tmp_path / "report.html", config=config, files=strangers)
    assert [fault.split(":")[0] for fault in error.value.faults] == [str(path) for path in strangers]
    assert not (tmp_path / "report.html").exists()


def test_a_damaged_record_is_named(config, tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(DataError, match=r"run\.json: expected JSON"):
        write_report(tmp_path / "report.html", config=config, files=[tmp_path / "run.json"])


def test_the_verb_writes_what_the_function_writes(html, config, files, tmp_path):
    words = ["report", "--config", str(config), "--out", str(tmp_path / "report.html"), *map(str, files)]
    assert CliRunner().invoke(fdgst, words, catch_exceptions=False).exit_code == 0
    assert (tmp_path / "report.html").read_text() == html


def test_the_framework_in_the_documents_is_that_of_the_report():
    drawn = (HOUSE / "fdgst/reporting/templates/framework.svg").read_bytes()
    assert (HOUSE / "docs/images/framework.svg").read_bytes() == drawn
