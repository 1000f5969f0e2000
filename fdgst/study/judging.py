"""What masks of any program are judged by: a task and a protocol; a study's configuration serves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from fdgst.errors import ConfigError
from fdgst.study.contradictions import task_faults
from fdgst.study.faults import checked, nearest
from fdgst.study.layers import read_yaml
from fdgst.study.model import Configuration, Evaluation
from fdgst.study.packaged import base_config
from fdgst.study.strict import Count, Id, InnerShare, Strict, Title, Tolerance
from fdgst.study.task import Task

# ASSUME: without a task a mask has one structure, everything above 0: {0, 1}, {0, 255}, or labels taken together
ONE_STRUCTURE: dict[str, Any] = {
    "channels": 3, "bits": 8, "background": [[0, 0]], "around": None, "measures": [],
    "structures": [
        {"id": "structure", "title": "Structure", "values": [[1, 65535]],
         "regions": "all", "holes": "keep", "within": None},
    ],
}  # fmt: skip


class JudgedDomain(Strict):
    """What a domain of the table of images is called."""

    id: Id
    """Name in files and tables."""
    title: Title
    """Name as printed."""
    value: str | None = None
    """What the table's column domain says of it; null: its id."""


class JudgedMethod(Strict):
    """What a method is called in print."""

    id: Id
    """Name in files and tables."""
    title: Title
    """Name as printed."""


class Judging(Strict):
    """How masks are read, measured and compared."""

    task: Task
    """Structures and measures."""
    protocol: Literal["paper", "released"]
    """Whose metric definitions the table shows."""
    nsd_tolerance_px: tuple[Tolerance, ...]
    """Tolerances of the normalised surface distance, pixels of the masks."""
    bootstrap_samples: Count
    """Resamples of the intervals."""
    confidence: InnerShare
    """Of the intervals; the rest is the level of the tests."""
    compare: Literal["auto"] | tuple[tuple[Id, Id], ...] = "auto"
    """The comparisons declared beforehand: pairs of method and reference."""
    domains: tuple[JudgedDomain, ...] = ()
    """Titles of domains."""
    methods: tuple[JudgedMethod, ...] = Field(default=())
    """Titles of methods."""


def read_judging(config: Path | Mapping[str, Any] | None, **given: Any) -> Judging:
    """Read how masks are judged.

    Parameters
    ----------
    config : Path, mapping or None
        YAML, or what it holds: a task, or a mapping with the key ``task`` and, if need be, ``evaluation``, ``domains``
        and ``methods`` as in a study's configuration, whose other keys are not looked at. None: masks of one structure.
        What is not said about the evaluation is as in the packaged config.yaml.
    **given
        Values of keys of `Judging` that go before the file's; None for none.

    Raises
    ------
    ConfigError
        One line for each key that is unknown or of a wrong value.
    """
    where = f"{config}: " if isinstance(config, Path) else "config: "
    values = dict(read_yaml(config) if isinstance(config, Path) else config or {"task": ONE_STRUCTURE})
    if "structures" in values:
        values = {"task": values}
    known, of_evaluation = list(Configuration.model_fields), dict(values.get("evaluation") or {})
    strange = [f"{where}unknown key {key!r}{nearest(str(key), known)}" for key in values if key not in known]
    keys = [*Evaluation.model_fields, "compare"]
    strange += [
        f"{where}evaluation: unknown key {key!r}{nearest(str(key), keys)}" for key in of_evaluation if key not in keys
    ]
    if "task" not in values and not strange:
        strange.append(f"{where}expected the key task, found {', '.join(map(str, values)) or 'nothing'}")
    if strange:
        raise ConfigError(*strange)
    judged = read_yaml(base_config())["evaluation"] | of_evaluation
    settings = {name: judged[name] for name in Judging.model_fields if name in judged}
    settings |= {"task": values["task"]} | {name: value for name, value in given.items() if value is not None}
    for name, cls in (("domains", JudgedDomain), ("methods", JudgedMethod)):
        own = list(cls.model_fields)
        settings[name] = [{key: item[key] for key in own if key in item} for item in values.get(name) or ()]
    found = checked(Judging, settings, where)
    if faults := [f"{where}{fault}" for fault in task_faults(found.task)]:
        raise ConfigError(*faults)
    return found
