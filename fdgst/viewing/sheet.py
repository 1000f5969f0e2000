"""The data sheet of an augmentation: what its shards hold, and what each lambda does to an image, as one table.

An augmentation that trainers apply at every step has no shards: its sheet says what they drew, by their records.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.errors import ConfigError
from fdgst.storage.atomic import write_text
from fdgst.storage.shards import STATISTICS, Shard, open_shard

COLUMNS = (
    "augmentation", "content", "style", "encoding", "window", "alpha", "seed", "images", "copy", "lambda", "lambda_min",
    "lambda_max", *STATISTICS,
)  # fmt: skip


LIVE_COLUMNS = (
    "augmentation", "method", "unseen", "seed", "style", "encoding", "window", "alpha", "mixing", "copies", "images",
    "lambda", "lambda_min", "lambda_max",
)  # fmt: skip


def make_sheet(files: Sequence[Path], out: Path) -> None:
    """Write one row for each shard and copy, means over its images; or for each live training and style domain.

    Parameters
    ----------
    files : sequence of Path
        Shards, or records of trainings that were stylised at every step (run.json).
    out : Path
        CSV. Of shards, columns `COLUMNS`: `clipped` is a share of values, `mean_shift` in grey levels; `contrast` and
        `similarity` are ratios, empty where every image is constant. Of trainings, columns `LIVE_COLUMNS`: the copies
        in the style of a domain, how many of its images lent it, and their lambdas.

    Raises
    ------
    ConfigError
        If files of both kinds are given, or the record of a training that was not stylised live.
    FormatError
        If a shard is missing or damaged.
    """
    records = [path for path in files if path.suffix == ".json"]
    if records and len(records) < len(files):
        raise ConfigError(f"expected shards or records of trainings, found both: {files[0]}, {records[0]}, ...")
    text = io.StringIO()
    writer = csv.DictWriter(text, LIVE_COLUMNS if records else COLUMNS, lineterminator="\n")
    writer.writeheader()
    for path in files:
        if records:
            writer.writerows(live_rows(path))
        else:
            with open_shard(path) as shard:
                writer.writerows(rows(shard))
    write_text(out, text.getvalue())


def live_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of one training, style domain after style domain."""
    record = json.loads(path.read_text(encoding="utf-8"))
    if "live" not in record:
        raise ConfigError(f"{path}: expected a training that was stylised at every step, found none of its draws")
    live = record["live"]
    item = live["augmentation"]
    for row in live["drawn"]["styles"]:
        if row["copies"]:
            yield {
                "augmentation": record["augmentation"],
                **{name: record[name] for name in ("method", "unseen", "seed")},
                **{name: item[name] for name in ("encoding", "window", "mixing")},
                "alpha": f"{item['alpha']:g}" if isinstance(item["alpha"], float) else item["alpha"],
                **row,
            }


def rows(shard: Shard) -> Iterator[dict[str, Any]]:
    """Yield the rows of one shard, copy after copy."""
    statistics = shard.statistics()
    for copy, lambdas in enumerate(shard.lambdas.T):
        yield {
            "augmentation": shard.augmentation,
            "content": shard.content_domain,
            "style": shard.style_domain,
            "encoding": shard.encoding,
            "window": shard.window,
            "alpha": f"{shard.alpha:g}" if isinstance(shard.alpha, float) else shard.alpha,
            "seed": shard.seed,
            "images": len(shard),
            "copy": copy,
            "lambda": f"{lambdas.mean():.6g}",
            "lambda_min": f"{lambdas.min():.6g}",
            "lambda_max": f"{lambdas.max():.6g}",
            **{name: _mean(table[:, copy]) for name, table in statistics.items()},
        }


def _mean(values: np.ndarray) -> str:
    """Average what is defined, as text."""
    known = values[np.isfinite(values)].astype(float)
    return f"{known.mean():.6g}" if known.size else ""
