"""fdgst: domain generalisation with the Fourier transform and soft thresholding, from photographs to tables.

`fdgst.open_shard` and `fdgst.ShardDataset` are for people who train with their own code, `fdgst.evaluate` for people
who have masks of any program (docs/evaluating-masks.md); everything else is reached through the command line
(`fdgst --help`) and the Snakemake workflow beside it.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_PUBLIC = {
    "open_shard": "fdgst.storage.shards",
    "ShardDataset": "fdgst.training.dataset",
    "evaluate": "fdgst.reporting.evaluated",
}
__all__ = ["ShardDataset", "__version__", "evaluate", "open_shard"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import fdgst` costs neither numpy nor torch."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'fdgst' has no attribute {name!r}; public names are {sorted(_PUBLIC)}")
    return getattr(import_module(_PUBLIC[name]), name)
