import pandas as pd
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.errors import DataError
from fdgst.evaluation.protocols import COLUMNS, VARIANT, choose, oracle_gaps, protocols
from fdgst.storage.scores import LEADING, read_scores, write_scores
from fdgst.study.slices import ProtocolsSettings, text_of
from tests.compared import FUNDUS, columns, rows

DOMAINS = ["d1", "d2"]
# mean Dice of each snapshot on the unseen domain and on the sources' test images
UNSEEN = {"epoch0010": 70.0, "epoch0020": 90.0, "last": 80.0}
SOURCES = {"epoch0010": 95.0, "epoch0020": 60.0, "last": 85.0}


def part(made, value, *, snapshot="last", threshold=0.75, methods="ab", **more):
    """Scores of one snapshot and threshold; `value` is every Dice."""
    scores = made(
        methods, DOMAINS, lambda *key: {"dsc": value, "dsc_released": value + 1, "hd": 9.0, "hd95": 4.0}, **more
    )
    return scores.assign(snapshot=snapshot, threshold=threshold, normalisation="running")


def everything(made, *, sources=True):
    """Scores of three snapshots at two thresholds, on the unseen domain and on another."""
    parts = []
    for snapshot, value in UNSEEN.items():
        for threshold, gain in ((0.75, 0), (0.5, 2)):
            parts.append(part(made, value + gain, snapshot=snapshot, threshold=threshold))
            if sources:
                parts.append(
                    part(made, SOURCES[snapshot], snapshot=snapshot, threshold=threshold).assign(domain="other")
                )
    return pd.concat(parts)


def matrix(scores, methods="ab"):
    """The matrix, by everything that names a cell but what it is measured as."""
    table = protocols(scores, [*methods], DOMAINS, task=FUNDUS, threshold=0.75)
    assert list(table.columns) == COLUMNS
    names = ["method", "structure", "metric", "unseen"]
    return table.set_index([*VARIANT, *names])


def dice(
    table,
    *,
    definitions="paper",
    threshold=0.75,
    checkpoint="last",
    crop=0,
    normalisation="running",
    unseen="average",
):
    """The cup's Dice of row a under one protocol."""
    return table.loc[(definitions, threshold, checkpoint, crop, normalisation, "a", "cup", "dsc", unseen)]


def test_the_matrix_is_complete(made):
    table = matrix(everything(made))
    assert len(table) == 2 * 2 * 3 * (2 * 2 * 3 * 3)
    assert not table.index.duplicated().any()


def test_the_crop_is_compared_on_the_same_images(made):
    whole = pd.concat([part(made, 80.0, images=4), part(made, 70.0, images=4, snapshot="epoch0010")])
    cropped = part(made, 80.0, images=20).assign(cropped=1)  # of the last weights every image is cropped
    cropped.loc[~cropped["image"].isin(whole["image"]), "dsc"] = 0.0
    cell = dice(matrix(pd.concat([whole, cropped[cropped["unseen"] == "d2"]])), crop=1, unseen="d2")
    assert (cell["images"], cell["shift"]) == (4, 0)


def test_each_definition_takes_its_own_metrics(made):
    table = matrix(part(made, 80.0))
    assert dice(table)["mean"] == 80
    assert dice(table, definitions="released")["mean"] == 81
    assert table.loc[("released", 0.75, "last", 0, "running", "a", "cup", "hd", "d1"), "measured_as"] == "hd95"
    assert table.loc[("released", 0.75, "last", 0, "running", "a", "cup", "hd", "d1"), "mean"] == 4


def test_a_shift_is_measured_from_the_papers_definitions_and_the_last_weights(made):
    table = matrix(everything(made))
    assert dice(table)["shift"] == 0
    assert dice(table, threshold=0.5)["shift"] == 2
    assert dice(table, definitions="released")["shift"] == 1
    assert dice(table, checkpoint="oracle")["shift"] == 10
    assert dice(table, checkpoint="oracle", threshold=0.5, definitions="released")["shift"] == 13


def test_the_oracle_chooses_on_the_unseen_domain_and_source_validation_does_not(made):
    table = matrix(everything(made))
    assert dice(table, checkpoint="oracle")["mean"] == UNSEEN["epoch0020"]
    assert dice(table, checkpoint="source_validation")["mean"] == UNSEEN["epoch0010"]


def test_only_checkpoints_that_the_files_allow_are_shown(made):
    assert set(matrix(part(made, 80.0)).index.get_level_values("checkpoint")) == {"last"}
    without = matrix(everything(made, sources=False))
    assert set(without.index.get_level_values("checkpoint")) == {"last", "oracle"}


def test_each_model_has_its_own_choice(made):
    def of(method, domain, seed, image, structure):
        return {"dsc": 90.0 if (method, domain, seed) == ("a", "d1", 1) else 50.0}

    early = made("ab", DOMAINS, of, seeds=(0, 1)).assign(snapshot="epoch0010")
    late = made("ab", DOMAINS, lambda *key: {"dsc": 60.0}, seeds=(0, 1)).assign(snapshot="last")
    chosen = choose(pd.concat([early, late]), dice="dsc")
    assert chosen["a", "d1", 1] == "epoch0010"
    assert (chosen.drop(("a", "d1", 1)) == "last").all()


def test_of_equal_snapshots_the_later_is_chosen(made):
    several = [part(made, 80.0, snapshot=name) for name in ("last", "epoch0020", "epoch0010")]
    assert set(choose(pd.concat(several), dice="dsc")) == {"last"}
    assert set(choose(pd.concat(several[1:]), dice="dsc")) == {"epoch0020"}


def test_a_choice_is_by_the_unweighted_mean_over_domains(made):
    big, small = part(made, 0.0, images=9), part(made, 0.0, images=1)
    early = [big.assign(dsc=60.0, domain="x"), small.assign(dsc=90.0, domain="y")]
    late = [big.assign(dsc=70.0, domain="x"), small.assign(dsc=70.0, domain="y")]
    scores = pd.concat([*(table.assign(snapshot="epoch0010") for table in early), *late])
    assert set(choose(scores, dice="dsc")) == {"epoch0010"}  # 75 over 70; by images 63 under 70


def test_the_crop_replaces_the_domains_that_were_cropped(made):
    whole = part(made, 80.0)
    centre = part(made, 90.0).assign(cropped=1)
    table = matrix(pd.concat([whole, centre[centre["unseen"] == "d2"]]))
    assert dice(table, crop=0)["mean"] == 80
    assert dice(table, crop=1, unseen="d1")["mean"] == 80
    assert dice(table, crop=1, unseen="d2")["mean"] == 90
    assert dice(table, crop=1)["mean"] == 85
    assert dice(table, crop=1)["shift"] == 5


def test_a_crop_of_the_last_weights_alone_leaves_nothing_to_choose_from(made):
    crop = part(made, 90.0).assign(cropped=1)
    table = matrix(pd.concat([everything(made), crop[crop["unseen"] == "d2"]]))
    of_crop = table.index.get_level_values("released_crop") == 1
    assert set(table[of_crop].index.get_level_values("checkpoint")) == {"last"}
    assert set(table[~of_crop].index.get_level_values("checkpoint")) == {"last", "source_validation", "oracle"}


def test_the_normalisation_of_the_test_batch_is_one_more_protocol_of_the_last_weights(made):
    scores = pd.concat(
        [everything(made), *(part(made, 84.0, threshold=t).assign(normalisation="test_batch") for t in (0.5, 0.75))]
    )
    table = matrix(scores)
    assert dice(table, normalisation="test_batch")[["mean", "shift"]].tolist() == [84, 4]
    assert dice(table)["mean"] == 80
    assert dice(table, checkpoint="oracle")["mean"] == UNSEEN["epoch0020"]
    of_batch = table.index.get_level_values("normalisation") == "test_batch"
    assert set(table[of_batch].index.get_level_values("checkpoint")) == {"last"}
    assert len(table) == (2 * 2 * 3 + 2 * 2) * (2 * 2 * 3 * 3)


def test_the_normalisation_is_compared_on_the_same_images(made):
    few = part(made, 90.0, images=2).assign(normalisation="test_batch")
    assert dice(matrix(pd.concat([part(made, 80.0), few])))["images"] == 4


def test_images_seeds_and_misses_are_counted(made):
    def of(method, domain, seed, image, structure):
        return {"missed": int((domain, image, structure) == ("d1", 0, "cup")), "dsc": 70.0 + 10 * seed}

    scores = made("ab", DOMAINS, of, seeds=(0, 1)).assign(snapshot="last", threshold=0.75, normalisation="running")
    table = matrix(scores)
    assert dice(table)[["images", "seeds", "missed"]].tolist() == [8, 2, 2]
    assert dice(table, unseen="d2")["missed"] == 0
    assert dice(table)["sd"] == pytest.approx(10 / 2**0.5, abs=1e-6)


def test_snapshots_are_compared_on_the_images_that_all_of_them_have(made):
    scores = everything(made)
    few = scores[(scores["snapshot"] == "last") | (scores["image"] != "i000")]
    easy = few.assign(dsc=few["dsc"].where(few["image"] != "i000", 0))
    assert dice(matrix(easy))[["mean", "images"]].tolist() == [UNSEEN["last"], 6]


def test_the_gap_of_the_oracle_is_said_for_every_row(made):
    table = protocols(everything(made), ["a", "b"], DOMAINS, task=FUNDUS, threshold=0.75)
    lines = oracle_gaps(table, {"a": "FDG", "b": "b"}, task=FUNDUS, threshold=0.75)
    assert lines == [
        f"{name}: oracle minus last, average: Optic cup +10.00, Optic disc +10.00 DSC" for name in ("FDG", "b")
    ]
    alone = protocols(part(made, 80.0), ["a"], DOMAINS, task=FUNDUS, threshold=0.75)
    assert not oracle_gaps(alone, {}, task=FUNDUS, threshold=0.75)


def test_a_row_without_its_last_weights_is_refused(made):
    scores = everything(made)
    holed = scores[(scores["snapshot"] != "last") | (scores["method"] == "a")]
    with pytest.raises(DataError) as error:
        protocols(holed, ["a", "b"], DOMAINS, task=FUNDUS, threshold=0.75)
    assert len(error.value.faults) == 2


def test_a_reference_threshold_that_was_not_scored_is_refused(made):
    with pytest.raises(DataError, match=r"threshold 0\.6, found \[0\.5, 0\.75\]"):
        protocols(everything(made), ["a"], DOMAINS, task=FUNDUS, threshold=0.6)


def test_a_chosen_snapshot_must_be_scored_on_the_unseen_domain(made):
    scores = everything(made)
    holed = scores[(scores["snapshot"] != "epoch0010") | (scores["domain"] == "other")]
    with pytest.raises(DataError, match="'a', seed 0: expected scores of snapshot 'epoch0010' on 'd1', found none"):
        protocols(holed, ["a"], DOMAINS, task=FUNDUS, threshold=0.75)


def test_the_command_writes_the_matrix_and_prints_the_gap(made, tmp_path):
    scores = everything(made)
    files = []
    for (snapshot, domain), part_of in scores.groupby(["snapshot", "domain"]):
        files.append(tmp_path / f"{snapshot}-{domain}.csv")
        write_scores(files[-1], part_of)
    names = rows(a="plain", b="plain"), columns(*DOMAINS)
    settings = text_of(ProtocolsSettings(methods=names[0], domains=names[1], task=FUNDUS, threshold=0.75))
    arguments = [*map(str, files), "--settings", "-", "--out", str(tmp_path / "p.csv")]
    done = CliRunner().invoke(fdgst, ["protocols", *arguments], input=settings)
    assert done.exit_code == 0, done.output
    assert "a: oracle minus last, average: Optic cup +10.00" in done.output
    assert len(pd.read_csv(tmp_path / "p.csv")) == 2 * 2 * 3 * (2 * 2 * 3 * 3)
    assert len(read_scores(files, leading=LEADING)) == len(scores)
