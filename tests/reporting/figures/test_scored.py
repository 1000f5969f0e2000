"""Figures of scores, predictions and histories: what they show is what the files say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba

from fdgst.errors import ConfigError, DataError
from fdgst.reporting.figures import make, style
from fdgst.reporting.figures.agreement import agreement
from fdgst.reporting.figures.boxes import boxes
from fdgst.reporting.figures.contours import Pictures, contours, gallery, models
from fdgst.reporting.figures.curves import curves
from fdgst.reporting.figures.inputs import FigureRun, runs, table, titles, titles_of_methods
from fdgst.reporting.figures.pairs import WORST, declared, pairs
from fdgst.reporting.figures.ranks import ranks
from fdgst.storage.scores import read_scores
from fdgst.study.slices import Row
from fdgst.study.task import Measure
from tests.compared import FUNDUS, LESION, task_of, task_of_many


@pytest.fixture
def named(given):
    """The scores, and the titles of methods and domains."""
    return read_scores(given.scores), titles_of_methods(given.methods, []), titles(given.domains, [])


def colours(figure):
    """The colours that a drawn figure holds, as (red, green, blue) in grey levels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return {tuple(pixel) for pixel in np.asarray(canvas.buffer_rgba())[..., :3].reshape(-1, 3).tolist()}


def test_figure_5_draws_truth_red_cup_blue_and_disc_green(given, named):
    with style.styled():
        figure = contours(given.rois, models(given.predictions), *named, task=FUNDUS)
    edges = [tuple(c.get_edgecolor()[0]) for panel in figure.axes for c in panel.collections]
    assert {to_rgba(colour) for colour in (style.TRUTH, style.predicted(0), style.predicted(1))} == set(edges)
    assert edges.count(to_rgba(style.TRUTH)) == 2 * len(figure.axes)  # cup and disc of every panel
    assert {(255, 0, 0), (0, 0, 255), (0, 255, 0)} <= colours(figure)


def test_figure_5_shows_one_image_per_column_and_one_method_per_row(given, named):
    figure = contours(given.rois, models(given.predictions), *named, task=FUNDUS)
    heads = [panel.get_title().split("\n") for panel in figure.axes]
    assert [head[0] for head in heads if head != [""]] == [*named[2].values()]
    assert [panel.texts[-1].get_text() for panel in figure.axes[:: len(named[2])]] == [*named[1].values()]


def test_figure_5_shows_the_image_of_the_median_dice(given, named):
    scores, _, domains = named
    shown = contours(given.rois, models(given.predictions), *named, task=FUNDUS).axes[0].get_title().split("\n")[1]
    means = scores[(scores["unseen"] == next(iter(domains))) & (scores["seed"] == 0)].groupby("image")["dsc"].mean()
    assert sorted(means)[1] == means[shown]  # the lower median of four


def test_the_gallery_begins_with_the_worst_image(given, named):
    first = gallery(given.rois, models(given.predictions), *named, task=FUNDUS).axes[0].get_title()
    assert first == "Camera 2\neye07, seed 0"  # DeepAll, which found no disc there


def test_the_boxes_stand_at_the_quartiles_of_the_images(named):
    scores = named[0]
    panel = boxes(*named, task=FUNDUS).axes[0]  # Dice of the cup
    rows = scores[(scores["structure"] == "cup") & (scores["method"] == "deepall") & (scores["unseen"] == "domain1")]
    values = rows.groupby("image")["dsc"].mean()
    heights = panel.patches[0].get_path().vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx(np.percentile(values, [25, 75]))


def test_many_methods_get_boxes_of_the_whole_width(named):
    scores, _, domains = named
    figure = boxes(scores, {f"method{number}": f"Method {number}" for number in range(9)}, domains, task=FUNDUS)
    assert len({panel.get_position().x0 for panel in figure.axes}) == 1


def test_agreement_says_bias_limits_and_how_many_images_could_not_be_measured(named):
    scores = named[0]
    once = scores[(scores["method"] == "deepall") & (scores["structure"] == "cup")]
    difference = (once["vcdr_prediction"] - once["vcdr_truth"]).dropna()
    low, high = difference.mean() - 1.96 * difference.std(), difference.mean() + 1.96 * difference.std()
    title = agreement(*named, task=FUNDUS).axes[0].get_title()
    assert f"bias {difference.mean():+.3f} ({low:+.3f}, {high:+.3f})" in title
    assert title.endswith("n = 23, not measured 1")


def test_curves_begin_where_pre_training_ends(given, named):
    _, methods, domains = named
    panel = curves(runs(given.runs), methods, domains).axes[0]
    pretrained, *others = panel.lines[: 1 + len(methods)]
    assert pretrained.get_xdata()[-1] == 80
    assert all(line.get_xdata()[0] == 90 for line in others)
    assert {line.get_xdata()[0] for line in panel.lines[1 + len(methods) :]} == {80, 190}  # changes of learning rate


def test_a_row_that_holds_its_own_pre_training_is_not_drawn_behind_it(given, named):
    _, methods, domains = named
    panel = curves(runs(given.runs), methods, domains, from_the_first_step=[[*methods][1]]).axes[0]
    _, *others = panel.lines[: 1 + len(methods)]
    assert [line.get_xdata()[0] for line in others] == [90, 10, 90]


def test_a_point_is_an_image_and_stands_above_the_diagonal_where_the_row_is_better(named):
    scores, methods, domains = named
    panel = pairs(scores, [("fdg", "deepall")], methods, domains, task=FUNDUS).axes[0]
    assert [panel.get_xlabel(), panel.get_ylabel()] == ["DeepAll, DSC (%)", "FDG, DSC (%)"]
    means = scores[scores["structure"] == "cup"].groupby(["method", "unseen", "image"])["dsc"].mean()
    drawn = panel.lines[0]  # the first domain
    assert sorted(drawn.get_xdata()) == pytest.approx(sorted(means["deepall", "domain1"]))
    assert sorted(drawn.get_ydata()) == pytest.approx(sorted(means["fdg", "domain1"]))


def test_the_images_on_which_a_row_falls_furthest_behind_are_named(named):
    scores, methods, domains = named
    behind = scores["method"].eq("fdg") & scores["image"].eq("eye07") & scores["unseen"].eq("domain3")
    scores.loc[behind, "dsc"] = 3.0
    panel = pairs(scores, [("fdg", "deepall")], methods, domains, task=FUNDUS).axes[0]
    names = panel.texts[-1].get_text().split("\n")
    assert names[0] == "1  eye07"
    assert len(names) <= WORST


def test_declared_pairs_are_drawn_and_where_there_are_none_every_row_against_the_first(study):
    compared = table([study / "significance.csv"], ["family"])
    assert declared(compared, ["deepall", "fdg", "fdg_st"]) == [("fdg_st", "fdg"), ("fdg", "deepall")]
    assert declared(compared, ["deepall", "fdg"]) == [("fdg", "deepall")]
    none = compared[compared["family"] == "exploratory"]
    assert declared(none, ["deepall", "fdg", "fdg_st"]) == [("fdg", "deepall"), ("fdg_st", "deepall")]


def test_ranks_stand_in_their_order_with_the_share_of_draws(study):
    figure = ranks(table([study / "ranks.csv"], ["rank"]), {"deepall": "DeepAll", "fdg": "FDG", "fdg_st": "FDG+ST"})
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["FDG+ST", "FDG", "DeepAll"]
    assert [label.get_text() for label in axes.child_axes[0].get_yticklabels()] == ["90 %", "10 %", "0 %"]


def test_one_row_has_no_pair(given, titled, tmp_path, study):
    with pytest.raises(ConfigError, match="figure pairs: expected two rows to compare or more, found one"):
        make(
            "pairs",
            tmp_path / "p.png",
            replace(given, methods=titled["methods"][:1], tables=[study / "significance.csv"]),
        )


def test_a_run_is_named_by_its_folder_or_by_any_file_in_it():
    folder = Path("results/runs/fdg_st/domain3/seed12")
    assert runs([folder, folder / "scores.csv"]) == [FigureRun("fdg_st", "domain3", 12, folder)]
    with pytest.raises(ConfigError, match=r"results/scores\.csv: expected a run's folder"):
        runs([Path("results/scores.csv")])


def test_an_upper_bound_is_named_as_one_and_ids_stay_text(tmp_path):
    given = Row(id="1", title="Intra", upper_bound=True), Row(id="NA", title="B")
    assert titles_of_methods(given, []) == {"1": "Intra (upper bound)", "NA": "B"}
    (tmp_path / "table.csv").write_text("method,mean\n1,2\nNA,3\n")
    assert table([tmp_path / "table.csv"], ["mean"])["method"].tolist() == ["1", "NA"]


def test_a_history_without_losses_is_named(tmp_path, named):
    folder = tmp_path / "runs/fdg/domain1/seed0"
    folder.mkdir(parents=True)
    (folder / "history.csv").write_text("step,loss\n1,0.5\n")
    with pytest.raises(
        DataError, match=r"history\.csv: expected a table with the columns learning_rate, found step, loss"
    ):
        curves(runs([folder]), *named[1:])


def test_a_task_without_measures_has_no_figure_of_agreement(named):
    with pytest.raises(ConfigError, match="expected a task with measures, found none"):
        agreement(*named, task=LESION)


def test_every_side_of_a_rim_has_panels_of_its_own(named):
    scores, methods, domains = named
    sides = [f"rim_{side}_{kind}" for side in ("top", "right", "bottom", "left") for kind in ("truth", "prediction")]
    rim = Measure(id="rim", title="Rim", kind="rim_width", of="cup", to="disc")
    task = task_of(*FUNDUS.structures, measures=(rim,))
    figure = agreement(scores.assign(**dict.fromkeys(sides, 3.0)), methods, domains, task=task)
    assert [block.get_supylabel().split(",")[1] for block in figure.subfigs] == [" top", " right", " bottom", " left"]


def test_boxes_leave_out_images_without_a_distance(made):
    def half(method, domain, seed, image, structure):
        return {"hd": None if structure == "lesion" and image % 2 else 5.0 + image}

    scores = made("a", ["d1"], half, structures=LESION.ids)
    names = {"a": "A"}, {"d1": "D"}
    panel = boxes(scores, *names, task=LESION).axes[3]
    assert panel.get_ylabel().startswith("lesion: HD")
    assert panel.lines[-2].get_ydata().tolist() == [6.0, 6.0]  # median of 5 and 7; the last line is that of outliers


@pytest.mark.parametrize(("count", "note"), [(3, "part_1 80.0, part_2 80.0\npart_3 80.0"), (8, "mean 80.0")])
def test_a_panel_notes_the_dice_of_each_structure_or_of_many_the_mean(count, note):
    task = task_of_many(count)
    scores = pd.DataFrame({"structure": task.ids, "dsc": 80.0})
    assert Pictures([], {}, task).note(scores) == note
