import csv
import json
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.data.record import write_record
from fdgst.errors import ConfigError, DataError, FormatError
from fdgst.reporting.printing import number
from fdgst.reporting.report import study_of, write_report
from fdgst.reporting.table import make_table
from fdgst.storage.scores import write_scores
from fdgst.study.task import Measure
from tests.compared import LESION, columns, rows, task_of, task_of_many
from tests.reporting.conftest import SETTINGS, compared
from tests.reporting.pages import HOUSE, Page, bare, changed, marked, printed, rows_of, words, written


def test_the_numbers_of_the_table_are_those_of_table1_csv(html, study):
    rows = [row for row in rows_of(study / "table1.csv") if row["shown"] == "1"]
    cells = Page(html).cells
    assert len(cells) == len(rows) > 0
    for row in rows:
        printed = cells[row["method"], row["structure"], row["metric"], row["unseen"]]
        mean, spread = printed.split(" ± ")
        assert (mean, spread) == (f"{float(row['mean']):.2f}", f"{float(row['sd']):.2f}")


def test_the_tests_are_printed_as_in_significance_csv(html, study):
    found, rows = marked(Page(html), "data-compared"), rows_of(study / "significance.csv")
    assert len(found) == len(rows) > 0
    for row in rows:
        text = found[row["method"], row["reference"], row["unseen"], row["structure"], row["metric"]]
        ends = f"{printed(row['low'], 2)} … {printed(row['high'], 2)}"
        alone = f"{printed(row['units_low'], 2)} … {printed(row['units_high'], 2)}"  # two seeds: both intervals
        p = "< 0.0001" if float(row["p_holm"]) < 0.0001 else number(row["p_holm"], 4)
        assert f"{printed(row['difference'], 2)} {ends} {alone} {p} " in text
        assert f"{row['wins']}, {row['losses']}, {row['ties']}" in text


def test_a_row_is_called_better_where_the_tests_say_so_and_nowhere_else(html, study):
    found, rows = marked(Page(html), "data-compared"), rows_of(study / "significance.csv")
    for row in rows:
        text = found[row["method"], row["reference"], row["unseen"], row["structure"], row["metric"]]
        title = {"": "–", "fdg": "FDG", "fdg_st": "FDG+ST", "deepall": "DeepAll"}[row["better"]]
        assert row["family"] == "exploratory" or text.endswith(f" {title}")
    assert len(marked(Page(html), "data-verdict")) == sum(row["better"] != "" for row in rows) > 0


def test_the_answer_gives_difference_and_interval_of_each_structure(html, study):
    text = words(html)
    for row in rows_of(study / "significance.csv"):
        if row["family"] == "declared" and row["metric"] == "dsc":
            sign = "+" if float(row["difference"]) > 0 else ""
            told = f"DSC {sign}{printed(row['difference'], 2)} points"
            assert f"{told} ({printed(row['low'], 2)} … {printed(row['high'], 2)})" in text


def test_a_difference_that_the_picture_shows_is_told_to_those_who_do_not_see_it(html, study):
    labels = re.findall(r'<svg class="(\w+)" role="img" aria-label="([^"]*)"', html)
    rows = [row for row in rows_of(study / "significance.csv") if row["family"] == "declared"]
    assert len(labels) == len(rows) > 0
    assert {kind for kind, _ in labels} == {"better", "open"}
    assert all(label.endswith(", better" if kind == "better" else ", open") for kind, label in labels)


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
    names = (
        "method",
        "definitions",
        "threshold",
        "checkpoint",
        "released_crop",
        "normalisation",
        "structure",
        "metric",
    )
    rows = [
        row
        for row in rows_of(study / "protocols.csv")
        if row["unseen"] == "average" and row["metric"] in ("dsc", "hd", "asd")
    ]
    assert len(found) == len(rows) > 0
    for row in rows:
        row.setdefault("normalisation", "running")
        assert found[tuple(row[name] for name in names)] == f"{printed(row['mean'], 2)} {printed(row['shift'], 2)}"


def test_the_page_asks_for_nothing_outside_itself(html):
    page = Page(html)
    assert all(source.startswith(("data:image/png;base64,", "data:image/svg+xml;base64,")) for source in page.sources)
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    assert not re.search(r"url\((?!#)|@import|<script[^>]*src", html)
    assert "default-src 'none'; img-src data:;" in html  # the browser holds the page to it


def test_figures_are_numbered_in_the_order_in_which_they_stand(html):
    numbers = [int(number) for number in re.findall(r"<figcaption>Figure (\d+)\.", html)]
    assert numbers == list(range(1, html.count("<figure") + 1)) != []


def test_a_folder_is_named_without_the_path_to_it(config, tmp_path):
    settings = json.loads(config.read_text())
    for reader, key, told in (("fundus", "root", "photographs in eyes"), ("table", "table", "listed in set/eyes:")):
        place = {"reader": reader, key: "/home/somebody/set/eyes"}
        page = written(tmp_path, changed(config, tmp_path, dataset=settings["dataset"] | place), [])
        text = words(page.split("<nav")[0])
        assert told in text
        assert "/home" not in text


def test_the_first_screen_tells_all_metrics_and_no_axis_as_an_error(html):
    first = words(html[html.index('id="answer"') : html.index('id="table"')])
    for told in ("DSC ", "; HD ", "; ASD ", "axis: −", "Would hold for other images"):
        assert told in first
    assert "±" not in first


def test_equal_inputs_give_equal_bytes(html, config, files, tmp_path):
    assert written(tmp_path, config, reversed(files)) == html


def test_a_question_is_answered_with_its_rule(html):
    text = words(html)
    assert "Is FDG+ST better than FDG? ◆ Mixed: better in" in text
    rule = (
        "p (permutation test, Holm) below 0.05, over images and over trainings, and the 95 % interval on one side of 0"
    )
    assert rule in text


def test_without_tests_nothing_is_called_better(config, study, tmp_path):
    text = words(written(tmp_path, config, [study / "table1.csv"]))
    assert "Nothing is called better here, because no test was made." in text
    assert "data-verdict" not in (tmp_path / "report.html").read_text()


def test_without_a_declared_comparison_nothing_is_called_better(config, study, tmp_path):
    lines = (study / "significance.csv").read_text().splitlines()
    (tmp_path / "significance.csv").write_text("\n".join(line for line in lines if ",declared," not in line) + "\n")
    text = words(written(tmp_path, config, [study / "table1.csv", tmp_path / "significance.csv"]))
    assert "because no comparison was said to matter before the results were seen" in text
    assert "data-verdict" not in (tmp_path / "report.html").read_text()


def test_a_section_without_a_file_is_left_out(config, study, html, tmp_path):
    few = bare(config, tmp_path, study / "table1.csv")
    left_out = {"tests", "ranks", "images", "protocols", "pictures", "distributions", "training", "sheet", "against"}
    assert not left_out & few.ids
    assert not {f"#{name}" for name in left_out} & set(few.links)
    assert left_out - {"against"} <= Page(html).ids


def test_what_was_told_at_reading_stands_in_the_report_with_the_number_of_warnings(config, study, tmp_path):
    settings, whole = study_of(config)
    readings = []
    for domain, warnings in (("domain1", ["a.png: <cup> touches"]), ("domain2", ["b.png: odd", "c.png: odd"])):
        path = tmp_path / f"rois/{domain}.json"
        path.parent.mkdir(exist_ok=True)
        lines = [f"{domain}: 3 images: turned upright (EXIF orientation 6)"]
        write_record(path, domain=domain, stamp="", files={}, lines=lines, warnings=warnings)
        readings.append(path)
    write_report(tmp_path / "report.html", settings=settings, files=[*readings, study / "table1.csv"], config=whole)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<li>domain1: 3 images: turned upright (EXIF orientation 6)</li>" in page
    assert "<summary>3 warnings at reading</summary>" in page
    assert "<li>a.png: &lt;cup&gt; touches</li>" in page


def test_masks_of_any_program_are_reported_without_a_study(study, tmp_path):
    settings = SETTINGS.model_copy(update={"data": "masks beside images.csv"})
    files = [study / f"{name}.csv" for name in ("scores", "table1", "significance", "ranks")]
    write_report(tmp_path / "report.html", settings=settings, files=files)
    text = words((tmp_path / "report.html").read_text())
    assert "Judged on masks beside images.csv: 12 images of 3 domains" in text
    assert not re.search("training.*config|epoch|phantom|Provenance|Slips|held out", text)


def test_the_gap_of_the_oracle_is_told(html):
    text = " ".join(Page(html).text.split())
    assert "Oracle minus last, DSC of Optic cup, Optic disc: DeepAll 1.00, 1.00; FDG 1.00, 1.00;" in text


def test_one_seed_is_said_to_be_one(config, html, study, tmp_path):
    compared(pd.read_csv(study / "table1.csv"), seeds=1).to_csv(tmp_path / "significance.csv", index=False)
    text = words(written(tmp_path, changed(config, tmp_path, seeds=[0]), [tmp_path / "significance.csv"]))
    assert "Trainings one of each method and domain: how far another would move the numbers is not known" in text
    assert "For other trainings: not known (one training of each)." in text
    assert "one training of each" not in words(html)
    assert "2 of each method and domain" in words(html)


def test_several_seeds_are_sure_about_trainings_in_so_many_tests(html, study):
    rows = [row for row in rows_of(study / "significance.csv") if row["family"] == "declared"]
    sure = [row["sure"] for row in rows if row["reference"] == "fdg"]
    images, trainings = len(sure) - sure.count("unknown"), sure.count("trainings")
    assert 0 < trainings < images
    assert f"Would hold for other images: {images} of 6 tests. For other trainings: {trainings} of 6." in words(html)


def test_the_report_says_on_which_data_it_was_made(config, html, tmp_path):
    assert "Made on the phantom:" in Page(html).text
    settings = json.loads(config.read_text())
    real = changed(config, tmp_path, dataset=settings["dataset"] | {"reader": "fundus", "root": "data/Fundus"})
    text = words(written(tmp_path, real, []))
    assert "Made on the phantom:" not in text
    assert "Judged on photographs in Fundus" in text


def test_what_is_drawn_says_so_and_what_is_not_does_not(config, given, tmp_path):
    (tmp_path / "fig2.png").write_bytes(b"made up")
    settings = json.loads(config.read_text())
    real = changed(config, tmp_path, dataset=settings["dataset"] | {"reader": "fundus", "root": "data/Fundus"})
    assert "drawn" not in re.sub("drawn anew", "", words(written(tmp_path, real, [tmp_path / "fig2.png"])))
    assert "The whole photographs are drawn." in words(written(tmp_path, config, [tmp_path / "fig2.png"]))


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


def report_of(task, config, made, folder, changes=lambda *key: {}):
    """Write a report of made-up scores of another task; return its page."""
    methods, domains = rows(a="plain", b="plain"), columns("d1", "d2")
    write_scores(folder / "scores.csv", made("ab", ["d1", "d2"], changes, structures=task.ids))
    options = {"task": task, "protocol": "paper", "samples": 100, "confidence": 0.95, "data": "", "tests": ""}
    table, tex = folder / "table1.csv", folder / "table1.tex"
    make_table([folder / "scores.csv"], methods, domains, csv=table, tex=tex, **options)
    settings = {
        "methods": [
            {**item.model_dump(), "trainer": "plain", "augmentation": "none", "options": {}} for item in methods
        ],
        "domains": [{"id": item.id, "title": item.title} for item in domains],
        "seeds": [0],
        "dataset": {"reader": "table", "table": "images.csv"},
        "task": json.loads(task.model_dump_json()),
    }
    return bare(changed(config, folder, **settings), folder, table)


@pytest.mark.parametrize("count", [1, 4])
def test_every_structure_of_a_task_is_in_the_table(config, made, tmp_path, count):
    task = task_of_many(count)
    page = report_of(task, config, made, tmp_path)
    assert len(page.cells) == 2 * count * 3 * 3
    for structure in task.structures:
        assert page.text.count(structure.title) >= 1 + (count > 2)


def test_a_report_of_a_task_without_eyes_has_no_word_of_them(config, made, tmp_path):
    text = report_of(LESION, config, made, tmp_path).text
    assert not re.findall(r"\b(?:cups?|discs?|optic|vcdr|eyes?|fundus|clinician|phantom)\b", text, re.IGNORECASE)


def test_the_clinics_section_is_there_for_measures_alone(config, made, tmp_path):
    page = report_of(LESION, config, made, tmp_path)
    assert "clinic" not in page.ids
    assert "#clinic" not in page.links
    area = task_of(*LESION.structures, measures=(Measure(id="size", title="Size", kind="area", of="lesion"),))
    sizes = {"size_truth": 90.0, "size_prediction": 97.0}
    page = report_of(area, config, made, tmp_path, lambda *key: sizes)
    assert "Size: the area of lesion in pixels of the ROI." in " ".join(page.text.split())
    assert marked(page, "data-clinic")["a", "both", "size_error", "average"] == "7.0"


def test_false_alarms_are_told_below_the_table(config, made, tmp_path):
    def alarms(method, domain, seed, image, structure):
        return {"truth_px": 0, "false_alarm": int(method == "a")} if (structure, image) == ("lesion", 0) else {}

    text = " ".join(report_of(LESION, config, made, tmp_path, alarms).text.split())
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
    assert "Is FDG better than DeepAll?" in " ".join(page.text.split())


def test_one_row_is_compared_with_nobody(config, study, tmp_path):
    empty = tmp_path / "significance.csv"
    empty.write_text((study / "significance.csv").read_text().splitlines()[0] + "\n")
    text = bare(config, tmp_path, empty).text
    assert "Nothing is called better here" in text


def test_an_interval_that_is_unknown_is_said_to_be(config, study, tmp_path):
    rows = rows_of(study / "significance.csv")
    with (tmp_path / "significance.csv").open("w") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows({**row, "low": "", "high": ""} for row in rows)
    text = words(written(tmp_path, config, [tmp_path / "significance.csv"]))
    assert re.search(r"unknown \S+ … \S+ (< )?0\.\d+ 0\.0312 8, 3, 1", text)
    assert not re.search(r"\bnan\b", text)


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
        written(tmp_path, config, strangers)
    assert [fault.split(":")[0] for fault in error.value.faults] == [str(path) for path in strangers]
    assert not (tmp_path / "report.html").exists()


def test_tests_of_an_older_version_are_named_with_what_they_lack(config, study, tmp_path):
    rows = pd.read_csv(study / "significance.csv").drop(columns=["sure", "units"])
    rows.to_csv(tmp_path / "significance.csv", index=False)
    with pytest.raises(FormatError, match=r"significance\.csv: expected the columns sure, units; test again"):
        written(tmp_path, config, [tmp_path / "significance.csv"])


def test_a_damaged_record_is_named(config, tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(DataError, match=r"run\.json: expected JSON"):
        written(tmp_path, config, [tmp_path / "run.json"])


def test_the_verb_writes_what_the_function_writes(html, config, files, tmp_path):
    words = ["report", "--config", str(config), "--out", str(tmp_path / "report.html"), *map(str, files)]
    assert CliRunner().invoke(fdgst, words, catch_exceptions=False).exit_code == 0
    assert (tmp_path / "report.html").read_text() == html


def test_the_framework_in_the_documents_is_that_of_the_report():
    drawn = (HOUSE / "fdgst/reporting/templates/framework.svg").read_bytes()
    assert (HOUSE / "docs/images/framework.svg").read_bytes() == drawn
