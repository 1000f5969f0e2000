"""Files of scores: CSV, one row per image and structure. What is measured stands here once, for writers and readers."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from fdgst.core.masks import STRUCTURES
from fdgst.errors import DataError, FormatError
from fdgst.storage.atomic import write_text

KEYS = ("method", "unseen", "seed", "image", "structure")
MEASURES = ("dsc", "hd", "hd95", "asd", "asd_directed", "missed", "vcdr_truth", "vcdr_prediction")
MORE = ("domain", "cropped", "dsc_released", "truth_px", "prediction_px", "outside_px")
COLUMNS = (*KEYS, *MEASURES, *MORE)
TEXT = ("method", "unseen", "image", "structure", "domain", "snapshot")
LEADING = ("snapshot", "threshold")  # of scores for the protocols, before the columns of all scores
MAY_BE_EMPTY = ("vcdr_prediction",)


def write_scores(path: Path, table: pd.DataFrame) -> None:
    """Write scores atomically: numbers with six decimals, NaN as an empty field, rows in the order of their keys."""
    ordered = table.sort_values(_identity(table), kind="stable")
    write_text(path, ordered.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def read_scores(paths: Sequence[Path], *, leading: Sequence[str] = ()) -> pd.DataFrame:
    """Read scores and join them.

    Parameters
    ----------
    paths : sequence of Path
        Files with at least `COLUMNS`, in any order.
    leading : sequence of str
        Further columns that must be there: `LEADING` for the scores of protocols.

    Returns
    -------
    DataFrame
        One row per key, in the order of the keys; `TEXT` as text, the rest as numbers.

    Raises
    ------
    FormatError
        One line per file that is missing, lacks a column or holds no number where one is due.
    DataError
        If a key stands twice, or an image lacks one of its structures.
    """
    tables: list[pd.DataFrame] = []
    faults: list[str] = []
    for path in paths:
        try:
            tables.append(_read(path, (*leading, *COLUMNS)))
        except FormatError as error:
            faults += error.faults
    if faults:
        raise FormatError(*faults)
    table = pd.concat(tables, ignore_index=True)
    table = table.sort_values(_identity(table), kind="stable", ignore_index=True)
    _check_identity(table)
    return table


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table of ours, its ids as text: a domain may be called 1 and an image NA; only an empty field is empty."""
    return pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), keep_default_na=False, na_values=[""])


def _identity(table: pd.DataFrame) -> list[str]:
    """Return the columns that no two rows may share, structure last: of a protocol's scores the crop is one."""
    leading = [name for name in LEADING if name in table.columns]
    return [*leading, *(["cropped"] if leading else []), "method", "unseen", "seed", "domain", "image", "structure"]


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read one file, or raise FormatError with one line for each of its faults."""
    if not path.is_file():
        raise FormatError(f"{path}: expected a file of scores, found none; run snakemake to make it")
    try:
        table = read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are ValueErrors
        raise FormatError(f"{path}: expected CSV, found what cannot be read as such ({error})") from error
    if missing := [name for name in columns if name not in table.columns]:
        raise FormatError(f"{path}: expected the columns of scores, missing {', '.join(missing)}; score again")
    if faults := _faults(path, table[[*columns]]):
        raise FormatError(*faults)
    return table[[*columns]]


def _faults(path: Path, table: pd.DataFrame) -> list[str]:
    """List what is wrong with the values of a file of scores, one line per column."""
    if table.empty:
        return [f"{path}: expected scores, found no row"]
    numbers = [name for name in table.columns if name not in TEXT]
    faults = [
        f"{path}: column {name}: expected numbers, found {table[name].dropna().iloc[0]!r} in the first row"
        for name in numbers
        if not pd.api.types.is_numeric_dtype(table[name])
    ]
    faults += [
        f"{path}: column {name}: empty in {table[name].isna().sum()} rows"
        for name in table.columns
        if name not in MAY_BE_EMPTY and table[name].isna().any()
    ]
    strange = sorted(set(table["structure"].dropna()) - set(STRUCTURES))
    faults += [f"{path}: column structure: expected {' or '.join(STRUCTURES)}, found {strange[0]!r}"] if strange else []
    return faults


def _check_identity(table: pd.DataFrame) -> None:
    """Raise DataError unless every row is there once and every image has both structures."""
    names = _identity(table)
    twice = table[table.duplicated(names)]
    if len(twice):
        raise DataError(f"scores: {len(twice)} rows stand twice, the first is {_named(twice.iloc[0], names)}")
    lone = table[table.groupby(names[:-1])["structure"].transform("nunique") < len(STRUCTURES)]
    if len(lone):
        raise DataError(f"scores: {len(lone)} images lack a structure, the first is {_named(lone.iloc[0], names)}")


def _named(row: pd.Series, names: Sequence[str]) -> str:
    """Say which row is meant."""
    return ", ".join(f"{name} {row[name]}" for name in names)
