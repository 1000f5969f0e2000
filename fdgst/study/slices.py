"""What each verb needs of a study, and no more: a rule is run again when its slice changes, and only then.

A slice goes to its job as JSON text. Titles are in no slice before tables, so that a new title trains nothing again.
"""

import json
import sys
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import field_validator

from fdgst.errors import ConfigError
from fdgst.study import faults
from fdgst.study.augmentations import Augmentation
from fdgst.study.layers import half_letter
from fdgst.study.strict import Id, InnerShare, Natural, Strict, Title, Tolerance
from fdgst.study.task import Structure, Task
from fdgst.study.training import Training

Size = tuple[int, int]


class ReadingSettings(Strict):
    """Of the verb `rois`: how one domain is read."""

    dataset: dict[str, Any]
    """The configuration's `dataset`: reader, fit, what is excluded of this domain, and the reader's own keys."""
    domain: dict[str, Any]
    """`id` of the domain, and the reader's own keys of it."""
    number: int
    """The domain's place in the configuration, from 1."""
    task: Task
    """What is segmented."""
    roi_size: Size
    """Height and width of the stored ROI, pixels."""
    network_size: Size
    """Height and width of what the network sees, pixels."""
    mask_resize: Literal["nearest", "released"]
    """How masks are resized."""
    compression: Literal["none", "gzip"]
    """HDF5 filter of pixels."""


class ShardSettings(Strict):
    """Of the verb `shard`: what is stylised, and how."""

    augmentation: Augmentation
    """As in the configuration."""
    seed: Natural
    """The configuration's `generation.seed`."""
    compression: Literal["none", "gzip"]
    """HDF5 filter of pixels."""

    @field_validator("augmentation")
    @classmethod
    def _written(cls, augmentation: Augmentation) -> Augmentation:
        """Refuse what no shard holds."""
        if augmentation.is_live:
            raise ValueError(f"expected encoding grid or residual, found live: {augmentation.id} has no shards")
        return augmentation


class Live(Strict):
    """How a trainer stylises at every step."""

    augmentation: Augmentation
    """As in the configuration; its encoding is live."""
    self_pairs: bool
    """Whether a domain also lends its style to itself."""


class TrainSettings(Strict):
    """Of the verb `train`: what makes a model, besides its files."""

    trainer: str
    """Id of a trainer, or package.module:Name."""
    options: dict[str, Any]
    """Of the trainer."""
    training: Training
    """The configuration's `training`; of a value that the stage does not read, any."""
    live: Live | None = None
    """How the row is stylised at every step; null: from shards, or not at all."""


class PredictSettings(Strict):
    """Of the verb `predict`: which images, and how masks are made of what the network returns."""

    split: Literal["train", "test", "all"]
    """Which images."""
    threshold: InnerShare
    """Probability above which a pixel belongs to a structure."""
    nest: bool
    """Cut a structure to the one that it is within."""
    structures: tuple[Structure, ...]
    """Their post-processing."""


class ScoreSettings(Strict):
    """Of the verb `score`."""

    task: Task
    """What is measured."""
    nsd_tolerance_px: tuple[Tolerance, ...]
    """Tolerances of the normalised surface distance, pixels of the ROI."""


class RescoreSettings(Strict):
    """Of the verb `rescore`."""

    task: Task
    """What is measured, and how masks are made."""
    thresholds: tuple[InnerShare, ...]
    """Probabilities at which stored logits are cut again."""
    nest: bool
    """Cut a structure to the one that it is within."""


class BundledDomain(Strict):
    """A domain of a bundle's card."""

    id: Id
    """Of the domain."""
    title: Title
    """As printed."""
    licence: str | None = None
    """Under which terms its images may be used."""


class BundleSettings(Strict):
    """Of the verb `bundle`: what whoever predicts with a model must know of its study."""

    task: Task
    """What is segmented."""
    roi_size: Size
    """Height and width of the ROI, pixels."""
    fit: Literal["refuse", "pad", "stretch"]
    """What becomes of images of another aspect than the ROI's."""
    threshold: InnerShare
    """Probability above which a pixel belongs to a structure."""
    nest: bool
    """Cut a structure to the one that it is within."""
    domains: tuple[BundledDomain, ...]
    """All domains of the study."""


class Row(Strict):
    """A row of a table."""

    id: Id
    """Of the method."""
    title: Title
    """As printed."""
    upper_bound: bool = False
    """Whether it is trained on the unseen domain itself: shown, and never compared."""


class Column(Strict):
    """An unseen domain of a table."""

    id: Id
    """Of the domain."""
    title: Title
    """As printed."""
    paper: int | None = None
    """Which of the paper's domains it is."""


class Compared(Strict):
    """What tables, tests and figures show, in which order."""

    methods: tuple[Row, ...]
    """The rows."""
    domains: tuple[Column, ...]
    """The columns."""
    task: Task
    """Structures and measures, with their titles."""


class TableSettings(Compared):
    """Of the verb `table`."""

    protocol: Literal["paper", "released"]
    """Whose metric definitions are shown."""
    bootstrap_samples: int
    """Of the intervals."""
    confidence: InnerShare
    """Of the intervals."""
    data: str
    """What the scores were made on, for the caption; empty: not named."""
    tests: str
    """File that tests the rows against each other, for the caption; empty: none."""


class StatisticsSettings(Compared):
    """Of the verb `statistics`."""

    protocol: Literal["paper", "released"]
    """Whose metrics are tested."""
    compare: tuple[tuple[Id, Id], ...]
    """The comparisons declared beforehand: ids of method and reference."""
    bootstrap_samples: int
    """Of the intervals."""
    confidence: InnerShare
    """Of the intervals; the rest is the level of the tests."""


class ProtocolsSettings(Compared):
    """Of the verb `protocols`."""

    threshold: InnerShare
    """Of the reference that shifts are measured from."""


class FigureSettings(Compared):
    """Of the verb `figure`."""


class PaperSettings(Strict):
    """Of the verb `versus-paper`."""

    domains: tuple[Column, ...]
    """Which domain is which of the paper's."""


Settings = TypeVar("Settings", bound=Strict)


def text_of(settings: Strict) -> str:
    """Write settings as JSON, equal ones as equal text, in ASCII: any shell and any terminal hands it on unchanged."""
    return json.dumps(settings.model_dump(mode="json", by_alias=True), sort_keys=True)


def read_settings(source: str, cls: type[Settings]) -> Settings:
    """Read the settings of a verb.

    Parameters
    ----------
    source : str
        Path of a JSON file; ``-`` is standard input.
    cls : type
        One of the classes of this module.

    Raises
    ------
    ConfigError
        One line for each fault: the key's path, what was expected, what was found.
    """
    where = "--settings -" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        plain = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        fault = f"{where}: expected settings in JSON, found what cannot be read as such ({reason})"
        raise ConfigError(fault) from error
    if not isinstance(plain, dict):
        raise ConfigError(f"{where}: expected a map of settings, found {type(plain).__name__}")
    if fault := half_letter(plain):
        raise ConfigError(f"{where}: {fault}")
    try:
        return faults.checked(cls, plain, f"{where}: ")
    except ConfigError as error:  # of a verb's own settings, of which its help has the example
        hints = "see config.yaml for an example", "see --help of this verb for an example"
        raise ConfigError(*(fault.replace(*hints) for fault in error.faults)) from error
