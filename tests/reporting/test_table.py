import math
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.core.seeding import generator
from fdgst.errors import DataError
from fdgst.evaluation.catalogue import AVERAGE, cells_of
from fdgst.reporting.table import COLUMNS, make_table, table
from fdgst.reporting.tex import escape, listed
from fdgst.storage.scores import write_scores
from fdgst.study.slices import Column, Row, TableSettings, text_of
from tests.compared import FUNDUS, LESION, columns, rows, structure, task_of, task_of_many

DOMAINS = [Column(id="d1", title="Camera_1"), Column(id="d2", title="50 % & more")]
METHODS = [
    Row(id="a", title="DeepAll"),
    Row(id="i", title="Intra", upper_bound=True),
    Row(id="b", title="FDG_ST #1 {x} \\ ~ ^ α ± é"),
]


def drawn(method, domain, seed, image, structure):
    """Scores by chance, the intra row far ahead."""
    rng = generator("table", method, domain, seed, image, structure)
    gain = 10 * (method == "i")
    distances = dict(zip(("hd", "hd95", "asd", "asd_directed"), rng.uniform(2, 40, 4) / (1 + gain), strict=True))
    return {"dsc": 80 + gain + rng.normal(), "dsc_released": 80.1 + gain + rng.normal(), **distances}


def averaged(scores, *, protocol="paper", methods="ab", domains=("d1", "d2")):
    """The table of some scores, by cell."""
    made = table(scores, [*methods], [*domains], task=FUNDUS, protocol=protocol, samples=200, confidence=0.95)
    return cells_of(made.to_dict("records"))


def written(
    folder, scores, *, task=FUNDUS, protocol="paper", methods=METHODS, data="phantom", tests="significance.csv"
):
    """Write a table; return its CSV and its TeX."""
    write_scores(folder / "scores.csv", scores)
    options = {"task": task, "protocol": protocol, "samples": 200, "confidence": 0.95, "data": data, "tests": tests}
    make_table([folder / "scores.csv"], methods, DOMAINS, csv=folder / "t.csv", tex=folder / "t.tex", **options)
    return pd.read_csv(folder / "t.csv"), (folder / "t.tex").read_text()


def test_means_are_over_images_and_the_average_over_domains_is_unweighted(made):
    scores = made("ab", ["d1", "d2"], lambda method, domain, seed, image, of: {"dsc": image + 50 * (domain == "d2")})
    few = scores[(scores["unseen"] == "d1") | (scores["image"] == "i000")]
    cells = averaged(few)
    assert cells["a", "cup", "dsc", "d1"]["mean"] == 1.5
    assert cells["a", "cup", "dsc", "d2"]["mean"] == 50
    assert cells["a", "cup", "dsc", AVERAGE]["mean"] == (1.5 + 50) / 2
    assert cells["a", "cup", "dsc", AVERAGE]["images"] == 5


def test_the_spread_is_that_of_the_seeds_means(made):
    values = {"d1": (70, 73, 76), "d2": (80, 80, 92)}
    scores = made("ab", ["d1", "d2"], lambda method, domain, seed, *rest: {"dsc": values[domain][seed]}, seeds=range(3))
    cells = averaged(scores)
    assert cells["b", "disc", "dsc", "d1"]["mean"] == 73
    assert cells["b", "disc", "dsc", "d1"]["sd"] == 3
    assert cells["b", "disc", "dsc", AVERAGE]["sd"] == pytest.approx(np.std([75, 76.5, 84], ddof=1), abs=1e-6)
    assert cells["b", "disc", "dsc", AVERAGE]["seeds"] == 3


def test_one_seed_has_no_spread(made):
    assert math.isnan(averaged(made("ab", ["d1", "d2"], drawn))["a", "cup", "dsc", "d1"]["sd"])


def test_the_interval_holds_the_mean(made):
    for cell in averaged(made("ab", ["d1", "d2"], drawn, images=9)).values():
        assert cell["low"] <= cell["mean"] <= cell["high"]


def test_several_seeds_widen_the_interval_and_it_ends_where_values_do(made):
    def of(method, domain, seed, image, structure):
        return drawn(method, domain, 0, image, structure) | ({"dsc": 80.0 + image + 4 * seed} if method == "a" else {})

    one, two = (averaged(made("ab", ["d1", "d2"], of, seeds=range(count))) for count in (1, 2))
    key = "a", "cup", "dsc", AVERAGE
    assert two[key]["high"] == 100
    assert 0 < two[key]["low"] < one[key]["low"]
    alike = "b", "cup", "dsc", AVERAGE
    assert [two[alike][end] for end in ("low", "high")] == [one[alike][end] for end in ("low", "high")]


def test_a_rate_of_nothing_has_wilsons_bound(made):
    cells = averaged(made("ab", ["d1", "d2"], drawn, images=16))
    for name, place in (("missed", "cup"), ("cup_outside", "both")):
        cell = cells["a", place, name, "d1"]
        assert [cell["mean"], cell["low"], cell["high"]] == pytest.approx([0, 0, 19.36], abs=0.01)
    assert cells["a", "cup", "missed", AVERAGE]["high"] == pytest.approx(10.72, abs=0.01)  # 0 of 32


def lost(method, domain, seed, image, structure):
    """Method a misses both structures of one image, and the cup of another, on one domain."""
    missed = method == "a" and domain == "d1" and (image == 0 or (image, structure) == (1, "cup"))
    gone = {"missed": 1, "dsc": 0.0, "hd": 271.0, "hd95": 271.0, "asd": 271.0, "asd_directed": 271.0}
    ratio = {"vcdr_prediction": math.nan} if (method, domain, image) == ("a", "d1", 0) else {}
    return ratio | (gone if missed else {})


def test_misses_are_counted_for_each_structure_and_for_either(made):
    cells = averaged(made("ab", ["d1", "d2"], lost))
    assert [cells["a", of, "dsc", "d1"]["missed"] for of in ("cup", "disc")] == [2, 1]
    assert cells["a", "both", "vcdr_error", "d1"]["missed"] == 2
    assert cells["a", "cup", "dsc", AVERAGE]["missed"] == 2
    assert cells["a", "cup", "missed", "d1"]["mean"] == 50
    assert cells["b", "cup", "dsc", AVERAGE]["missed"] == 0
    assert cells["a", "cup", "hd", "d1"]["mean"] == 271 / 2


def test_images_without_a_disc_are_left_out_of_the_vcdr_error_and_counted(made):
    cell = averaged(made("ab", ["d1", "d2"], lost, vcdr_prediction=0.4))["a", "both", "vcdr_error", "d1"]
    assert cell["mean"] == pytest.approx(0.1)
    assert cell["left_out"] == 1
    assert cell["images"] == 4


def test_the_released_protocol_replaces_the_distances_of_missed_cups(made):
    cells = averaged(made("ab", ["d1", "d2"], lost), protocol="released")
    assert cells["a", "cup", "hd95", "d1"]["mean"] == cells["a", "disc", "hd95", "d1"]["mean"] == 50
    assert cells["a", "cup", "hd95", "d1"]["protocol"] == "released"
    assert {metric for (_, _, metric, _), cell in cells.items() if cell["shown"]} == {
        "dsc_released",
        "hd95",
        "asd_directed",
    }


def test_the_csv_is_tidy_and_keeps_the_order_of_rows(made, tmp_path):
    frame, _ = written(tmp_path, made("abi", ["d1", "d2"], drawn))
    assert list(frame.columns) == COLUMNS
    assert frame["method"].unique().tolist() == ["a", "i", "b"]
    assert frame["unseen"].unique().tolist() == ["d1", "d2", "average"]
    assert len(frame) == 3 * (2 * 7 + 2) * 3
    assert not frame.duplicated(["method", "structure", "metric", "unseen"]).any()


def printed(tex):
    """The lines of numbers in a table, as text without TeX's bold and subscripts, and as they stand."""
    body = tex[tex.index(r"\midrule") : tex.index(r"\bottomrule")]
    lines = [line.split("&")[-6:] for line in body.replace(r"\&", "and").splitlines() if "arrow" in line]
    cells = [[cell.strip().removesuffix(r"\\").strip() for cell in line] for line in lines]
    plain = [[re.sub(r"\\textbf\{([^}]*)\}|\$_\{.*\}\$", r"\1", cell) for cell in line] for line in cells]
    return plain, cells


@pytest.mark.parametrize("protocol", ["paper", "released"])
@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_the_numbers_in_tex_are_those_of_the_csv(made, tmp_path, protocol, seeds):
    frame, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn, seeds=seeds), protocol=protocol)
    shown = frame[(frame["shown"] == 1)]
    expected = [
        [f"{mean:.2f}" for name in ("cup", "disc") for mean in part[part["structure"] == name]["mean"]]
        for method in "abi"  # the upper bound stands last
        for _, part in shown[shown["method"] == method].groupby("metric", sort=False)
    ]
    assert len(expected) == 9
    assert printed(tex)[0] == expected


def test_the_seeds_spread_stands_behind_the_mean(made, tmp_path):
    frame, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn, seeds=(0, 1)))
    spread = cells_of(frame.to_dict("records"))["a", "cup", "dsc", "d1"]["sd"]
    assert printed(tex)[1][0][0].endswith(f"$_{{{spread:.2f}}}$")


def test_the_best_compared_mean_of_a_column_is_bold_and_an_upper_bound_never(made, tmp_path):
    def of(method, domain, seed, image, structure):
        return {
            "dsc": {"a": 81.0, "b": 82.0, "i": 99.0}[method],
            "hd": {"a": 5.0, "b": 7.0, "i": 1.0}[method],
            "asd": 3.0,
        }

    _, tex = written(tmp_path, made("abi", ["d1", "d2"], of))
    plain, cells = printed(tex)
    bold = [cell.startswith(r"\textbf") for cell, *_ in cells]
    # a: DSC, HD, ASD; b; intra. Less is better for HD; ASD ties
    assert [line[0] for line in plain] == ["81.00", "5.00", "3.00", "82.00", "7.00", "3.00", "99.00", "1.00", "3.00"]
    assert bold == [False, True, True, True, False, True, False, False, False]


def test_the_only_compared_row_is_not_bold(made, tmp_path):
    _, tex = written(tmp_path, made("ai", ["d1", "d2"], drawn), methods=METHODS[:2])
    assert r"\textbf" not in tex
    assert "Bold" not in tex


def test_the_upper_bound_stands_below_a_rule_of_its_own(made, tmp_path):
    _, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn))
    below = tex[tex.rindex(r"\midrule") : tex.index(r"\bottomrule")]
    assert "Intra" in below
    assert "DeepAll" not in below
    assert tex.count(r"\midrule") == 2


def test_the_caption_says_data_protocol_misses_and_the_rule_of_bold(made, tmp_path):
    _, tex = written(tmp_path, made("abi", ["d1", "d2"], lost))
    caption = tex[tex.index(r"\caption") : tex.index(r"\label")]
    for phrase in (
        "phantom data (1: Camera\\_1, 2: 50 \\% \\& more)",
        r"Protocol \emph{paper}",
        "of 8 predictions each: DeepAll 2/1, Intra 0/0",
        "Bold: the best mean of its column as printed, which is no test",
        "upper bounds, trained on the unseen domain itself, not compared",
        "One training seed: how far trainings vary is not known, and no difference is tested here",
    ):
        assert phrase in caption


def test_the_caption_of_several_seeds_says_so(made, tmp_path):
    _, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn, seeds=(0, 1)))
    assert "standard deviation over 2 training seeds" in tex
    assert "One training seed" not in tex
    assert "No structure was missed in 16 predictions per row" in tex
    assert "Differences between rows are tested in significance.csv, over images and trainings." in tex
    assert r"\label{tab:fdgst-t}" in tex


@pytest.mark.parametrize("left", [{"tests": ""}, {"methods": METHODS[:2]}])
def test_the_caption_promises_no_tests_where_there_are_none(made, tmp_path, left):
    _, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn, seeds=(0, 1)), **left)
    assert "tested" not in tex


def test_the_caption_names_the_domain_of_which_only_the_centre_was_seen(made, tmp_path):
    _, tex = written(
        tmp_path, made("abi", ["d1", "d2"], lambda method, domain, *rest: {"cropped": int(domain == "d2")})
    )
    assert "50 \\% \\& more: predicted and scored on the centre 512/800" in tex


def test_every_special_sign_is_escaped():
    assert escape(r"a&b%c$d#e_f{g}h") == r"a\&b\%c\$d\#e\_f\{g\}h"
    assert (
        escape("\\~^<>|") == r"\textbackslash{}\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textbar{}"
    )
    assert escape("two\n lines") == "two lines"
    assert escape("α ≤ 5") == r"\ensuremath{\alpha} \ensuremath{\leq} 5"


def balanced(tex):
    """Whether the braces that are not escaped close what they open."""
    depth = 0
    for brace in re.findall(r"\\.|([{}])", tex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


def test_braces_balance_and_every_line_has_all_columns(made, tmp_path):
    _, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn, seeds=(0, 1)))
    assert balanced(tex)
    assert not balanced(tex + "}")
    for line in tex.splitlines():
        if "arrow" in line:
            assert len(re.findall(r"(?<!\\)&", line)) == 7


def typeset(folder):
    """Make a paper of two columns of the table alone, and return what pdflatex said."""
    (folder / "paper.tex").write_text(
        r"\documentclass[twocolumn]{article}\usepackage{booktabs,multirow}\begin{document}\input{t}\end{document}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (folder / "paper.pdf").stat().st_size > 1000
    return done.stdout


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
@pytest.mark.parametrize("count", [1, 4, 8])
def test_the_tex_of_any_number_of_structures_compiles_and_no_float_is_too_large(made, tmp_path, count):
    task = task_of_many(count)
    written(tmp_path, made("abi", ["d1", "d2"], drawn, structures=task.ids), task=task)
    assert "too large for page" not in typeset(tmp_path)


@pytest.mark.parametrize("count", [1, 4, 8])
def test_every_number_of_any_number_of_structures_is_in_the_tex(made, tmp_path, count):
    task = task_of_many(count)
    frame, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn, structures=task.ids), task=task)
    lines = [line.split("&")[-3:] for line in tex.replace(r"\&", "and").splitlines() if "arrow" in line]
    plain = [[re.sub(r"\\textbf\{([^}]*)\}|\\\\", r"\1", cell).strip() for cell in line] for line in lines]
    shown = frame[frame["shown"] == 1]
    cells = cells_of(shown.to_dict("records"))
    expected = [
        [f"{cells[method, name, metric, unseen]['mean']:.2f}" for unseen in ("d1", "d2", AVERAGE)]
        for name in task.ids
        for method in "abi"
        for metric in ("dsc", "hd", "asd")
    ]
    assert plain == expected
    assert balanced(tex)
    assert tex.count(r"\multicolumn{5}{l}{\emph{Part") == (count if count > 2 else 0)


def test_shared_first_words_of_titles_are_said_once():
    assert listed(FUNDUS.structures) == "Optic cup and disc"
    assert listed(task_of_many(1).structures) == "Part 1 & more"
    assert listed([structure("a", title="Lung"), structure("b", title="Left ear")]) == "Lung and Left ear"
    assert listed([structure(name, title=name) for name in ("x", "y", "z")]) == "x, y and z"


def test_false_alarms_are_a_row_of_the_table_and_a_sentence_of_the_caption(made, tmp_path):
    def alarms(method, domain, seed, image, structure):
        return {"truth_px": 0, "false_alarm": int(method == "a")} if structure == "lesion" and image < 2 else {}

    frame, tex = written(tmp_path, made("abi", ["d1", "d2"], alarms, structures=LESION.ids), task=LESION)
    cells = cells_of(frame.to_dict("records"))
    assert [cells[method, "lesion", "false_alarm", AVERAGE]["mean"] for method in "ab"] == [100, 0]
    assert cells["a", "lesion", "false_alarm", AVERAGE]["left_out"] == 4
    assert ("a", "organ", "false_alarm", AVERAGE) not in cells
    assert "False alarms, percent of the images without lesion: DeepAll 100.0, Intra 0.0" in " ".join(tex.split())


def test_a_domain_without_any_such_structure_has_no_number(made, tmp_path):
    gone = {"truth_px": 0, **dict.fromkeys(("hd", "hd95", "asd", "asd_directed"))}
    scores = made(
        "abi", ["d1", "d2"], lambda *key: gone if key[1::3] == ("d1", "lesion") else {}, structures=LESION.ids
    )
    frame, tex = written(tmp_path, scores, task=LESION)
    cells = cells_of(frame.to_dict("records"))
    assert math.isnan(cells["a", "lesion", "hd", "d1"]["mean"])
    assert math.isnan(cells["a", "lesion", "hd", AVERAGE]["mean"])
    assert " -- " in tex


def test_the_caption_says_what_a_miss_costs_by_the_released_protocol(made, tmp_path):
    _, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn), protocol="released")
    assert "Where no cup is predicted the distances of cup and disc are 100." in tex
    alone = task_of(structure("cell"))
    _, tex = written(tmp_path, made("abi", ["d1", "d2"], drawn, structures=["cell"]), task=alone, protocol="released")
    assert "Where a structure is not predicted its distances are 100." in tex


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_the_tex_compiles_with_booktabs_and_multirow_alone(made, tmp_path, seeds):
    written(tmp_path, made("abi", ["d1", "d2"], drawn, seeds=seeds))
    typeset(tmp_path)


def test_equal_scores_give_equal_bytes(made, tmp_path):
    scores = made("abi", ["d1", "d2"], drawn)
    first = written(tmp_path, scores)[1], (tmp_path / "t.csv").read_bytes()
    assert (written(tmp_path, scores.sample(frac=1, random_state=1))[1], (tmp_path / "t.csv").read_bytes()) == first


def test_a_method_without_scores_stops_the_table(made, tmp_path):
    with pytest.raises(DataError, match="'b' on unseen domain 'd2', found no row"):
        written(tmp_path, made("ai", ["d1", "d2"], drawn))
    assert not (tmp_path / "t.csv").exists()


def test_the_command_makes_both_files(made, tmp_path):
    write_scores(tmp_path / "s.csv", made("ab", ["d1", "d2"], drawn))
    named = {"methods": rows(a="plain", b="plain"), "domains": columns("d1", "d2"), "task": FUNDUS}
    more = {"protocol": "paper", "bootstrap_samples": 200, "confidence": 0.95, "data": "", "tests": ""}
    files = ["--scores", str(tmp_path / "s.csv"), "--csv", str(tmp_path / "t.csv"), "--tex", str(tmp_path / "t.tex")]
    done = CliRunner().invoke(
        fdgst, ["table", "--settings", "-", *files], input=text_of(TableSettings(**named, **more))
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / "t.tex").read_text().startswith("%")


def test_distances_are_printed_in_what_a_pixel_measures_and_the_table_says_so(made, tmp_path):
    scores = made("ab", ["d1", "d2"], lambda *key: {"hd": 8.0}).assign(unit_per_px=0.125, unit="mm", nsd_4=90.0)
    write_scores(tmp_path / "scores.csv", scores)
    printed = {"csv": tmp_path / "t.csv", "tex": tmp_path / "t.tex", "data": "", "tests": ""}
    options = {"task": FUNDUS, "protocol": "paper", "samples": 200, "confidence": 0.95}
    make_table([tmp_path / "scores.csv"], rows(a="plain", b="plain"), columns("d1", "d2"), **printed, **options)
    table = pd.read_csv(tmp_path / "t.csv").drop_duplicates("metric").set_index("metric")
    assert table.loc["hd", ["mean", "unit"]].tolist() == [1, "mm"]
    assert table.loc["nsd_4", ["mean", "unit"]].tolist() == [90, "%"]
    text = (tmp_path / "t.tex").read_text()
    assert "between boundaries, in mm." in text
    assert "1.000" in text
