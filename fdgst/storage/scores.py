"""Files of scores: CSV, one row per image and structure, of any structures and any measures.

The columns that every file has stand here once, for writers and readers. The numbers that a task derives from masks
have two columns each, ``{name}_truth`` and ``{name}_prediction``, in the same place.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from fdgst.errors import DataError, FormatError
from fdgst.storage.access import expect_readable
from fdgst.storage.atomic import write_text
from fdgst.storage.cells import guarded, unguarded
from fdgst.storage.places import refuse_misplaced

KEYS = ("method", "unseen", "seed", "image", "structure")
MEASURES = ("dsc", "hd", "hd95", "asd", "asd_directed", "missed")
MORE = ("domain", "cropped", "dsc_released", "truth_px", "prediction_px", "outside_px", "false_alarm")
FIXED = (*KEYS, *MEASURES, *MORE)
GROUP = "group"  # the patient or slide that an image is of; files of the first edition have none
UNIT = ("unit_per_px", "unit")  # what a pixel measures; only where it is known
TEXT = ("method", "unseen", "image", "structure", "domain", "snapshot", "normalisation", GROUP, "unit")
FREE = ("image", GROUP, "unit")  # texts of any signs: the others are ids
LEADING = ("snapshot", "threshold", "normalisation")  # of scores for the protocols, before the columns of all scores
DISTANCES = ("hd", "hd95", "asd", "asd_directed")  # empty where the truth has no such structure
ENDINGS = ("_truth", "_prediction")  # of the two columns of a derived number; empty where it cannot be read


_NSD = re.compile(r"nsd_(\d+(?:\.\d+)?)")


def columns(measures: Sequence[str], *, unit: bool = False, tolerances_px: Sequence[float] = ()) -> tuple[str, ...]:
    """Return the columns of a file of scores, in order.

    Parameters
    ----------
    measures : sequence of str
        Names of the task's derived numbers (see `fdgst.core.measures.names`).
    unit : bool
        Whether it is known what a pixel measures.
    tolerances_px : sequence of float
        Of the normalised surface distance.
    """
    derived = (f"{name}{ending}" for name in measures for ending in ENDINGS)
    return (*KEYS, *MEASURES, *derived, *MORE, GROUP, *(UNIT if unit else ()), *map(nsd_column, tolerances_px))


def nsd_column(tolerance_px: float) -> str:
    """Name the column of the normalised surface distance.

    Examples
    --------
    >>> nsd_column(4), nsd_column(2.5)
    ('nsd_4', 'nsd_2.5')
    """
    return f"nsd_{tolerance_px:g}"


def tolerance_of(column: str) -> float | None:
    """Return the tolerance in pixels that a column of the normalised surface distance names; None of any other."""
    found = _NSD.fullmatch(column)
    return float(found[1]) if found else None


def nsd_columns(names: Iterable[str]) -> list[str]:
    """Return the columns of the normalised surface distance among others, in their order."""
    return [name for name in names if tolerance_of(name) is not None]


def derived_names(table: pd.DataFrame) -> list[str]:
    """Return the names of the derived numbers of a table of scores, in the order of its columns."""
    first, second = ENDINGS
    names = [name.removesuffix(first) for name in table.columns if name.endswith(first)]
    return [name for name in names if f"{name}{second}" in table.columns]


def write_scores(path: Path, table: pd.DataFrame) -> None:
    """Write scores atomically: numbers with six decimals, NaN as an empty field, rows in the order of their keys."""
    ordered = table.sort_values(_identity(table), kind="stable")
    ordered = ordered.assign(**{name: ordered[name].map(_cell) for name in FREE if name in ordered.columns})
    write_text(path, ordered.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def read_scores(paths: Sequence[Path], *, leading: Sequence[str] = ()) -> pd.DataFrame:
    """Read scores and join them.

    Parameters
    ----------
    paths : sequence of Path
        Files with at least the columns of `FIXED`, in any order; all with the same derived numbers, and the same of
        `GROUP`, `UNIT` and the normalised surface distances.
    leading : sequence of str
        Further columns that must be there: `LEADING` for the scores of protocols.

    Returns
    -------
    DataFrame
        One row per key, in the order of the keys; `TEXT` as text, the rest as numbers.

    Raises
    ------
    FormatError
        One line per file that is missing, lacks a column, holds no number where one is due, or has other derived
        numbers than the first.
    DataError
        If a key stands twice, or an image lacks a structure that another has.
    """
    tables: list[pd.DataFrame] = []
    faults: list[str] = []
    for path in paths:
        try:
            tables.append(_read(path, leading))
        except FormatError as error:
            faults += error.faults
    faults += _differing(paths, tables) if not faults else []
    if faults:
        raise FormatError(*faults)
    table = pd.concat(tables, ignore_index=True)
    table = table.sort_values(_identity(table), kind="stable", ignore_index=True)
    _check_identity(table)
    return table


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table of ours, its ids as text: a domain may be called 1 and an image NA; only an empty field is empty."""
    table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), keep_default_na=False, na_values=[""])
    texts = {name: table[name].map(unguarded, na_action="ignore") for name in FREE if name in table.columns}
    return table.assign(**texts)


def _cell(text: object) -> object:
    """Guard a text; a number, or nothing, stays."""
    return guarded(text) if isinstance(text, str) else text


def _identity(table: pd.DataFrame) -> list[str]:
    """Return the columns that no two rows may share, structure last: of a protocol's scores the crop is one."""
    leading = [name for name in LEADING if name in table.columns]
    return [*leading, *(["cropped"] if leading else []), "method", "unseen", "seed", "domain", "image", "structure"]


def _differing(paths: Sequence[Path], tables: Sequence[pd.DataFrame]) -> list[str]:
    """List the files whose columns are not those of the first."""
    first = list(tables[0].columns) if tables else []
    return [
        f"{path}: expected the columns of {paths[0]}, found"
        f" {', '.join(sorted(set(first) ^ set(table.columns)))} in one of them; score again"
        for path, table in zip(paths, tables, strict=True)
        if list(table.columns) != first
    ]


def _read(path: Path, leading: Sequence[str]) -> pd.DataFrame:
    """Read one file, or raise FormatError with one line for each of its faults."""
    expect_readable(path, "a file of scores")
    try:
        table = read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are ValueErrors
        reason = " ".join(str(error).split())
        raise FormatError(f"{path}: expected CSV, found what cannot be read as such ({reason})") from error
    if missing := [name for name in (*leading, *FIXED) if name not in table.columns]:
        raise FormatError(f"{path}: expected the columns of scores, missing {', '.join(missing)}; score again")
    known = columns(derived_names(table))
    more = [name for name in (GROUP, *UNIT, *nsd_columns(table.columns)) if name in table.columns]
    table = table[[*leading, *(name for name in known if name != GROUP), *more]]
    if faults := _faults(path, table):
        raise FormatError(*faults)
    for method, unseen, seed in table[["method", "unseen", "seed"]].drop_duplicates().itertuples(index=False):
        refuse_misplaced(path, "file of scores", method=method, unseen=unseen, seed=int(seed))
    return table


def _faults(path: Path, table: pd.DataFrame) -> list[str]:
    """List what is wrong with the values of a file of scores, one line per column."""
    if table.empty:
        return [f"{path}: expected scores, found no row"]
    numbers = [name for name in table.columns if name not in TEXT]
    nsd = nsd_columns(table.columns)
    may_be_empty = {*DISTANCES, *nsd, *(name for name in numbers if name not in FIXED and name.endswith(ENDINGS))}
    faults = [
        f"{path}: column {name}: expected numbers, found {table[name].dropna().iloc[0]!r} in the first row"
        for name in numbers
        if not pd.api.types.is_numeric_dtype(table[name])
    ]
    faults += [
        f"{path}: column {name}: empty in {table[name].isna().sum()} rows"
        for name in table.columns
        if name not in may_be_empty and table[name].isna().any()
    ]
    if faults:
        return faults
    # a structure that the image has is missed at the diagonal's distance, never at none
    lost = int((table["truth_px"].gt(0) & table[[*DISTANCES, *nsd]].isna().any(axis=1)).sum())
    return [f"{path}: {lost} rows have no distance though the truth has the structure; score again"] if lost else []


def _check_identity(table: pd.DataFrame) -> None:
    """Raise DataError unless every row is there once and every image has the same structures."""
    names = _identity(table)
    twice = table[table.duplicated(names)]
    if len(twice):
        raise DataError(f"scores: {len(twice)} rows stand twice, the first is {_named(twice.iloc[0], names)}")
    every = table["structure"].nunique()
    lone = table[table.groupby(names[:-1])["structure"].transform("nunique") < every]
    if len(lone):
        count = len(lone.drop_duplicates(names[:-1]))
        raise DataError(f"scores: {count} images lack a structure, the first is {_named(lone.iloc[0], names)}")


def _named(row: pd.Series, names: Sequence[str]) -> str:
    """Say which row is meant."""
    return ", ".join(f"{name} {row[name]}" for name in names)
