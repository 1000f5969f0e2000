"""The data sheet of an augmentation: what its shards hold, and what each lambda does to an image, as one table."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.storage.atomic import write_text
from fdgst.storage.shards import STATISTICS, Shard, open_shard

COLUMNS = (
    "augmentation", "content", "style", "encoding", "window", "alpha", "seed", "images", "copy", "lambda", "lambda_min",
    "lambda_max", *STATISTICS,
)  # fmt: skip


def make_sheet(shards: Sequence[Path], out: Path) -> None:
    """Write one row for each shard and copy: means over its images.

    Parameters
    ----------
    shards : sequence of Path
    out : Path
        CSV, columns `COLUMNS`. `clipped` is a share of values, `mean_shift` in grey levels; `contrast` and
        `similarity` are ratios, empty where every image is constant.

    Raises
    ------
    FormatError
        If a shard is missing or damaged.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for path in shards:
        with open_shard(path) as shard:
            writer.writerows(rows(shard))
    write_text(out, text.getvalue())


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
