"""What makes a model (`Settings`), whose run it is (`Run`), and how it is carried out (`Execution`). No defaults."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from fdgst.errors import ConfigError

STAGES = ("pretrain", "main")
BUDGETS = ("equal", "released")
LEAST = {"batch": 1, "log_steps": 1, "pretrain_epochs": 0, "epochs": 0, "final_epochs": 0, "snapshot_epochs": 0}


@dataclass(frozen=True)
class Settings:
    """The configuration's `training`, without the keys that only say how to run (meaning: config.schema.yaml)."""

    decoder: str
    encoder: str
    encoder_weights: str
    atrous_rates: tuple[int, ...]
    batch: int
    images_per_step: int | None
    adam_betas: tuple[float, float]
    pretrain_epochs: int
    epochs: int
    learning_rate: float
    final_epochs: int
    final_learning_rate: float
    scale_probability: float
    scale_max: float
    budget: str
    mixed_precision: bool
    compile: bool
    deterministic: bool
    snapshot_epochs: int
    log_steps: int


@dataclass(frozen=True)
class Execution:
    """How a training is carried out: no change of these changes what it is asked to learn.

    Attributes
    ----------
    device : {'auto', 'cpu', 'cuda'}
    threads : int
        At most; never more than the usable CPUs.
    checkpoint_seconds : float
        Time between two checkpoints: what a kill loses at most.
    resident_gib : float
        Pixels up to this size are kept in (GPU) memory.
    tensorboard : bool
        Also write TensorBoard event files.
    """

    device: str
    threads: int
    checkpoint_seconds: float
    resident_gib: float
    tensorboard: bool


@dataclass(frozen=True)
class Run:
    """One training: its identity, its inputs, and where it writes.

    Attributes
    ----------
    stage : {'pretrain', 'main'}
    method : str
        Id of the row; names the run in messages, draws nothing.
    trainer : str
        plain, dofe, fact, feddg or intra.
    options : mapping
        Of the trainer.
    unseen : str
        Id of the domain held out; refused among the inputs unless the trainer is intra, which trains on it alone.
    seed : int
        Training seed.
    rois, shards : tuple of Path
        One ROI file per source domain, which sets the order of the domains; stylised copies, one file per pair.
    reference : tuple of Path
        ROI files that only lend their number of training images, so that `intra` gets the budget of the others.
    start : Path or None
        Weights to begin with.
    checkpoints, out : Path
        Folders: of the state to resume from, and of the results.
    """

    stage: str
    method: str
    trainer: str
    options: Mapping[str, Any]
    unseen: str
    seed: int
    rois: tuple[Path, ...]
    shards: tuple[Path, ...]
    reference: tuple[Path, ...]
    start: Path | None
    checkpoints: Path
    out: Path

    @property
    def intra(self) -> bool:
        """Whether the run trains on the unseen domain itself (an upper bound)."""
        return self.trainer == "intra"

    def __str__(self) -> str:
        """Name the run in messages."""
        return f"{self.method} without {self.unseen}, seed {self.seed}"


def settings_from(mapping: Mapping[str, Any]) -> Settings:
    """Read the configuration's `training`.

    Parameters
    ----------
    mapping : mapping
        All keys of `Settings` and no other.

    Returns
    -------
    Settings

    Raises
    ------
    ConfigError
        One line per key that is missing, unknown, of another type or out of range.
    """
    types = {field.name: field.type for field in fields(Settings)}
    faults = [f"training.{key}: missing" for key in types if key not in mapping]
    faults += [f"training.{key}: unknown key; known are {', '.join(types)}" for key in mapping if key not in types]
    faults += [
        f"training.{key}: expected {_name(types[key])}, found {value!r}"
        for key, value in mapping.items()
        if key in types and not _fits(value, types[key])
    ]
    faults = faults or _out_of_range(mapping)
    if faults:
        raise ConfigError(*faults)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in mapping.items()}
    return Settings(**values)


def as_json(settings: Settings) -> dict[str, Any]:
    """Return the settings in JSON types, tuples as lists: the inverse of `settings_from`."""
    return json.loads(json.dumps(asdict(settings)))


def _fits(value: Any, expected: Any) -> bool:
    """Tell whether `value` has the type of a field; a whole number may stand for a float, a bool for neither."""
    if expected is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if expected in (bool, str):
        return isinstance(value, expected)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if expected == int | None:
        return value is None or _fits(value, int)
    wanted = float if expected == tuple[float, float] else int
    right_length = wanted is int or (isinstance(value, list | tuple) and len(value) == 2)
    return isinstance(value, list | tuple) and right_length and all(_fits(item, wanted) for item in value)


def _out_of_range(mapping: Mapping[str, Any]) -> list[str]:
    """List the values that have the right type and no meaning."""
    small = [key for key, least in LEAST.items() if mapping[key] < least]
    faults = [f"training.{key}: expected at least {LEAST[key]}, found {mapping[key]}" for key in small]
    if mapping["budget"] not in BUDGETS:
        faults.append(f"training.budget: expected one of {', '.join(BUDGETS)}, found {mapping['budget']!r}")
    return faults


def _name(expected: Any) -> str:
    """Say a type in words."""
    words = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
    return words.get(expected, "a whole number or null" if expected == int | None else "a list of numbers")
