"""How far the protocol alone moves each row: the same trainings, other definitions, thresholds and checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from fdgst.errors import DataError
from fdgst.evaluation.catalogue import AVERAGE, PROTOCOLS, ROLES, in_order, per_image, read_of_task
from fdgst.inference import NORMALISATIONS
from fdgst.storage.atomic import write_text
from fdgst.storage.scores import LEADING
from fdgst.study.slices import Column, Row
from fdgst.study.task import Task

RUNNING, TEST_BATCH = NORMALISATIONS
CHECKPOINTS = ("last", "source_validation", "oracle")
VARIANT = ["definitions", "threshold", "checkpoint", "released_crop", "normalisation"]
_MODEL = ["method", "unseen", "seed"]
_SNAPSHOT = [*_MODEL, "snapshot"]
_CELL = ["method", "structure", "metric", "measured_as", "unseen"]
COLUMNS = [*VARIANT[:-1], *_CELL, "mean", "sd", "images", "seeds", "missed", "shift", VARIANT[-1]]


def make_protocols(
    scores: Sequence[Path],
    methods: Sequence[Row],
    domains: Sequence[Column],
    *,
    task: Task,
    out: Path,
    threshold: float,
) -> list[str]:
    """Write the matrix of protocols as CSV.

    Parameters
    ----------
    scores : sequence of Path
        From ``fdgst rescore``: of the last weights and, for the other checkpoints, of snapshots, on the unseen domain
        and on the sources' test images; for the crop, on the centre of the ROIs of domains that are released so; and
        normalised by the test batch.
    methods, domains : sequence of Row, of Column
        In the order of rows.
    task : Task
        Whose structures are scored.
    out : Path
        Columns `COLUMNS`.
    threshold : float
        Of the reference that `shift` is measured from.

    Returns
    -------
    list of str
        One line per method: by how much the oracle beats the last weights.

    Raises
    ------
    FormatError, DataError
        If the scores cannot be read, or lack the last weights of a method on an unseen domain.
    """
    ids = [item.id for item in methods], [item.id for item in domains]
    table = protocols(read_of_task(scores, task, leading=LEADING), *ids, task=task, threshold=threshold)
    write_text(out, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    return oracle_gaps(table, {item.id: item.title for item in methods}, task=task, threshold=threshold)


def protocols(
    scores: pd.DataFrame, methods: Sequence[str], domains: Sequence[str], *, task: Task, threshold: float
) -> pd.DataFrame:
    """Average the same predictions under every protocol that they allow.

    Parameters
    ----------
    scores : DataFrame
        From `read_scores` with `LEADING`.
    methods, domains : sequence of str
        Ids, in the order of rows.
    task : Task
        Whose structures are scored.
    threshold : float
        Of the reference.

    Returns
    -------
    DataFrame
        `COLUMNS`, six decimals. definitions: paper or released. checkpoint: last; source_validation, the snapshot with
        the best mean Dice on the sources' test images; oracle, the best on the unseen domain itself (an upper bound).
        released_crop: 1 where domains scored on the centre of their ROI were taken so. normalisation: running or
        test_batch, whose statistics normalised the images; test_batch of the last weights on whole ROIs alone. images:
        those on which all of a model's snapshots and views are scored. metric: dsc, hd or asd; measured_as: the metric
        that this is by the definitions. missed: structures not predicted, over images and seeds. shift: mean minus the
        mean by the paper's definitions, `threshold`, last weights, no crop and running statistics. The average is
        unweighted.

    Raises
    ------
    DataError
        If the last weights of a method are not scored on an unseen domain.
    """
    scores = scores[scores["method"].isin(methods) & scores["unseen"].isin(domains)]
    _check(scores, methods, domains)
    scores = _shared(scores)
    tables = [
        _means(per_image(chosen, task=task, protocol=definitions), definitions).assign(**variant)
        for definitions in PROTOCOLS
        for variant, chosen in _variants(scores, definitions)
    ]
    table = _shifted(pd.concat(tables, ignore_index=True), threshold)
    order = {
        "definitions": list(PROTOCOLS),
        "threshold": (),
        "checkpoint": CHECKPOINTS,
        "released_crop": (),
        "normalisation": NORMALISATIONS,
        "method": methods,
        "structure": task.ids,
        "metric": ROLES,
        "unseen": [*domains, AVERAGE],
    }
    return in_order(table, order).astype({"missed": int})[COLUMNS].round(6)


def choose(scores: pd.DataFrame, *, dice: str) -> pd.Series:
    """Choose a snapshot for each model: that with the best mean Dice.

    Parameters
    ----------
    scores : DataFrame
        Of one threshold, on the images that may decide.
    dice : str
        Column of Dice.

    Returns
    -------
    Series of str
        Indexed by method, unseen and seed. The mean is over structures and unweighted over domains. Of equal ones the
        later wins, ``last`` being the latest.
    """
    of_domain = scores.groupby([*_MODEL, "snapshot", "domain"])[dice].mean()
    means = of_domain.groupby([*_MODEL, "snapshot"]).mean().round(9).reset_index()
    ordered = means.assign(late=means["snapshot"] == "last").sort_values([dice, "late", "snapshot"])
    return ordered.groupby(_MODEL)["snapshot"].last()


def oracle_gaps(table: pd.DataFrame, titles: Mapping[str, str], *, task: Task, threshold: float) -> list[str]:
    """Say by how much choosing on the unseen domain itself would have beaten the last weights.

    Parameters
    ----------
    table : DataFrame
        From `protocols`.
    titles : mapping of str
        What to print for each method's id.
    task : Task
        Whose structures are scored.
    threshold : float
        Of the reference.
    """
    at = (table["threshold"] == threshold) & (table["definitions"] == "paper") & (table["released_crop"] == 0)
    cells = table[at & (table["metric"] == "dsc") & (table["unseen"] == AVERAGE) & (table["checkpoint"] == "oracle")]
    lines = []
    for method, rows in cells.groupby("method", sort=False):
        gaps = rows.set_index("structure")["shift"]
        found = ", ".join(f"{item.title} {gaps[item.id]:+.2f}" for item in task.structures)
        lines.append(f"{titles[str(method)]}: oracle minus last, average: {found} DSC")
    return lines


def _check(scores: pd.DataFrame, methods: Sequence[str], domains: Sequence[str]) -> None:
    """Raise DataError, one line per method and domain without scores of the last weights."""
    scores = scores[(scores["cropped"] == 0) & (scores["normalisation"] == RUNNING)]
    last = scores[(scores["snapshot"] == "last") & (scores["domain"] == scores["unseen"])]
    there = set(zip(last["method"], last["unseen"], strict=True))
    faults = [
        f"protocols: expected scores of {method!r}'s last weights on unseen domain {domain!r}, found none"
        for method, domain in product(methods, domains)
        if (method, domain) not in there
    ]
    if faults:
        raise DataError(*faults)


def _shared(scores: pd.DataFrame) -> pd.DataFrame:
    """Keep the images on which a model is scored by all snapshots and views: only the protocol may differ."""
    model = [*_MODEL, "domain"]
    view = scores["snapshot"] + scores["cropped"].astype(str) + scores["normalisation"]
    views = view.groupby([scores[name] for name in model]).transform("nunique")
    return scores[view.groupby([scores[name] for name in (*model, "image")]).transform("nunique") == views]


def _variants(scores: pd.DataFrame, definitions: str) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Yield each threshold, checkpoint, crop and normalisation with its rows: one per model, image and structure."""
    dice = PROTOCOLS[definitions]["dsc"]
    for threshold, rows in scores.groupby("threshold"):
        batch = rows[(rows["normalisation"] != RUNNING) & (rows["snapshot"] == "last") & (rows["cropped"] == 0)]
        if len(batch):
            yield dict(zip(VARIANT, (definitions, threshold, "last", 0, TEST_BATCH), strict=True)), batch
        rows = rows[rows["normalisation"] == RUNNING]
        held_out = rows["domain"] == rows["unseen"]
        unseen, sources = rows[held_out], rows[~held_out & (rows["cropped"] == 0)]
        for crop in sorted(unseen["cropped"].unique()):
            whole = unseen[unseen["cropped"] == 0]
            tested = _cropped(unseen) if crop else whole
            chosen = {"last": tested[tested["snapshot"] == "last"]}
            # a choice needs every snapshot: the crop is often there for the last weights only
            complete = len(tested[_SNAPSHOT].drop_duplicates()) == len(whole[_SNAPSHOT].drop_duplicates())
            if len(sources) and complete:
                chosen["source_validation"] = _of_snapshots(tested, choose(sources, dice=dice))
            if tested["snapshot"].nunique() > 1 and complete:
                chosen["oracle"] = _of_snapshots(tested, choose(tested, dice=dice))
            for checkpoint, of_checkpoint in chosen.items():
                variant = (definitions, threshold, checkpoint, int(crop), RUNNING)
                yield dict(zip(VARIANT, variant, strict=True)), of_checkpoint


def _cropped(unseen: pd.DataFrame) -> pd.DataFrame:
    """Take the scores on the centre of the ROI where there are such, the others elsewhere."""
    return unseen[unseen["cropped"] == unseen.groupby(_MODEL)["cropped"].transform("max")]


def _of_snapshots(scores: pd.DataFrame, chosen: pd.Series) -> pd.DataFrame:
    """Return the rows of each model's chosen snapshot."""
    wanted = scores[_MODEL].join(chosen.rename("chosen"), on=_MODEL)["chosen"]
    rows = scores[scores["snapshot"] == wanted]
    if lost := set(chosen.index) - set(rows.set_index(_MODEL).index):
        method, unseen, seed = min(lost)
        name = chosen[method, unseen, seed]
        raise DataError(
            f"protocols: {method!r}, seed {seed}: expected scores of snapshot {name!r} on {unseen!r}, found none"
        )
    return rows


def _means(long: pd.DataFrame, definitions: str) -> pd.DataFrame:
    """Average one variant's images and seeds into the cells of the table."""
    roles = {metric: role for role, metric in PROTOCOLS[definitions].items()}
    long = long.rename(columns={"metric": "measured_as"})
    missed = long[long["measured_as"] == "missed"].groupby(["method", "structure", "unseen"])["value"].sum() / 100
    long = long[long["measured_as"].isin(roles)].assign(metric=long["measured_as"].map(roles))
    seeds = long.groupby([*_CELL, "seed"], as_index=False).agg(mean=("value", "mean"), images=("image", "nunique"))
    seeds["missed"] = seeds.set_index(["method", "structure", "unseen"]).index.map(missed.to_dict())
    cell = [name for name in _CELL if name != "unseen"]
    average = seeds.groupby([*cell, "seed"], as_index=False).agg(
        mean=("mean", "mean"), images=("images", "sum"), missed=("missed", "sum")
    )
    both = pd.concat([seeds, average.assign(unseen=AVERAGE)])
    spread = ("mean", lambda values: values.std(ddof=1))
    return both.groupby(_CELL, as_index=False).agg(
        mean=("mean", "mean"),
        sd=spread,
        images=("images", "first"),
        seeds=("seed", "nunique"),
        missed=("missed", "first"),
    )


def _shifted(table: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Measure each row from the reference."""
    key = ["method", "structure", "metric", "unseen"]
    reference = table[
        (table["definitions"] == "paper")
        & (table["threshold"] == threshold)
        & (table["checkpoint"] == "last")
        & (table["released_crop"] == 0)
        & (table["normalisation"] == RUNNING)
    ]
    if reference.empty:
        raise DataError(
            f"protocols: expected scores at the threshold {threshold}, found {sorted(set(table['threshold']))}"
        )
    table["shift"] = table["mean"] - table.set_index(key).index.map(reference.set_index(key)["mean"].to_dict())
    return table
