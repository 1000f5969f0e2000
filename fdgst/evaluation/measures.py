"""What a table shows: the metrics by name, whose definitions a protocol takes, and one value per image of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fdgst.errors import ConfigError, DataError
from fdgst.storage.scores import read_scores

BOTH = "both"  # the structure of what is read off cup and disc together
AVERAGE = "average"  # the unseen domain of an unweighted mean over all of them
CELL = ["method", "structure", "metric"]
Cells = Mapping[tuple[str, ...], Mapping[Any, Any]]
RELEASED_MISS_PX = 100  # the released test script's distance for both structures where it finds no cup


@dataclass(frozen=True)
class Metric:
    """A metric's printed name, its unit, and +1 where more is better, -1 where less is."""

    title: str
    unit: str
    better: int


METRICS = {
    "dsc": Metric("DSC", "%", +1),
    "dsc_released": Metric("DSC (+1)", "%", +1),
    "hd": Metric("HD", "px", -1),
    "hd95": Metric("HD95", "px", -1),
    "asd": Metric("ASD", "px", -1),
    "asd_directed": Metric("ASD (directed)", "px", -1),
    "missed": Metric("missed", "% of the images", -1),
    "vcdr_error": Metric("vCDR error", "", -1),
    "cup_outside": Metric("cup leaves the disc", "% of the images", -1),
}
ROLES = ("dsc", "hd", "asd")  # the rows of the paper's table
PROTOCOLS: Mapping[str, Mapping[str, str]] = {
    "paper": {"dsc": "dsc", "hd": "hd", "asd": "asd"},
    "released": {"dsc": "dsc_released", "hd": "hd95", "asd": "asd_directed"},
}
_OF_STRUCTURE = ("dsc", "dsc_released", "hd", "hd95", "asd", "asd_directed", "missed")
_DISTANCES = ("hd", "hd95", "asd", "asd_directed")


def per_image(scores: pd.DataFrame, *, protocol: str) -> pd.DataFrame:
    """Bring scores into long form, with the protocol's convention for missed structures.

    Parameters
    ----------
    scores : DataFrame
        From `fdgst.storage.scores.read_scores`.
    protocol : {'paper', 'released'}
        In a file of scores a missed structure's distances are the ROI's diagonal (paper). Released: 100 pixels, for
        both structures where the cup is missed. ASSUME: 100 for the disc too where only the disc is missed, which
        the released script does not foresee.

    Returns
    -------
    DataFrame
        Columns method, unseen, seed, image, structure, metric, value: one row per image and metric of `METRICS`.
        `missed` and `cup_outside` are 0 or 100; `vcdr_error` is NaN without a predicted disc.

    Raises
    ------
    ConfigError
        If there is no such protocol.
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(f"protocol: expected {' or '.join(PROTOCOLS)}, found {protocol!r}")
    keys = ["method", "unseen", "seed", "image", "structure"]
    wide = scores[[*keys, *_OF_STRUCTURE]].copy()
    if protocol == "released":
        no_cup = scores["missed"].where(scores["structure"] == "cup", 0).groupby([scores[key] for key in keys[:-1]])
        missed = (scores["missed"] == 1) | (no_cup.transform("max") == 1)
        wide.loc[missed, list(_DISTANCES)] = float(RELEASED_MISS_PX)
    wide["missed"] *= 100.0
    once = scores[scores["structure"] == "cup"]  # what both rows of an image repeat
    together = once[keys].assign(
        structure=BOTH,
        vcdr_error=(once["vcdr_prediction"] - once["vcdr_truth"]).abs(),
        cup_outside=(once["outside_px"] > 0) * 100.0,
    )
    long = [table.melt(keys, var_name="metric", value_name="value") for table in (wide, together)]
    return pd.concat(long, ignore_index=True)


def read_compared(
    paths: Sequence[Path], methods: Sequence[Mapping[str, Any]], domains: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """Read the scores of some methods on some unseen domains, and refuse what cannot be compared.

    Parameters
    ----------
    paths : sequence of Path
        Files of scores; what they hold of other methods and domains is left out.
    methods, domains : sequence of mapping
        `id` of each; none: all that the files hold.

    Raises
    ------
    FormatError, DataError
        As `read_scores`; one line per method and domain without scores, with other images or seeds than the first
        method's, or scored on a domain that its training has seen.
    """
    scores = read_scores(paths)
    wanted = {
        "method": [item["id"] for item in methods] or list(scores["method"].unique()),
        "unseen": [item["id"] for item in domains] or list(scores["unseen"].unique()),
    }
    scores = scores[scores["method"].isin(wanted["method"]) & scores["unseen"].isin(wanted["unseen"])]
    if faults := _incomparable(scores, wanted["method"], wanted["unseen"]):
        raise DataError(*faults)
    return scores.reset_index(drop=True)


def _incomparable(scores: pd.DataFrame, methods: Sequence[str], domains: Sequence[str]) -> list[str]:
    """List the cells of the table whose images are not those of the first method."""
    seen = scores[scores["domain"] != scores["unseen"]]
    faults = [f"domain id {AVERAGE!r}: that is what the mean over the domains is called"] if AVERAGE in domains else []
    faults += [
        f"scores: method {method!r} held {unseen!r} out and is scored on {domain!r}; a table is about unseen domains"
        for method, unseen, domain in seen[["method", "unseen", "domain"]].drop_duplicates().itertuples(index=False)
    ]
    cells = {
        cell: set(zip(rows["seed"], rows["image"], strict=True)) for cell, rows in scores.groupby(["method", "unseen"])
    }
    for domain in domains:
        first = next((cells[method, domain] for method in methods if (method, domain) in cells), set())
        for method in methods:
            found = cells.get((method, domain), set())
            if not found:
                faults.append(f"scores: expected method {method!r} on unseen domain {domain!r}, found no row")
            elif found != first:
                count, other = len(found), len(first)
                faults.append(
                    f"scores: method {method!r} on {domain!r}: expected the images and seeds of the first method"
                    f" ({other} pairs), found others ({count} pairs)"
                )
    return faults


def in_order(table: pd.DataFrame, order: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Sort a table by columns, each in the given order of its values; an empty order is the values' own."""
    ranks = {name: {value: rank for rank, value in enumerate(values)} for name, values in order.items()}

    def key(column: pd.Series) -> pd.Series:
        return column.map(ranks[str(column.name)]) if ranks[str(column.name)] else column

    return table.sort_values(list(order), key=key, ignore_index=True)


def by_cell(table: pd.DataFrame) -> Cells:
    """Index the rows of a table by method, structure, metric and unseen domain."""
    names = (*CELL, "unseen")
    return {tuple(row[name] for name in names): dict(row) for row in table.to_dict("records")}


def upper_bounds(methods: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the methods that are trained on the unseen domain itself: shown, never compared."""
    return [item["id"] for item in methods if item.get("trainer") == "intra"]
