"""A study: its configuration, checked as a whole, and the reader of each of its domains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fdgst.errors import ConfigError
from fdgst.study import contradictions, faults, rooms
from fdgst.study.augmentations import Augmentation
from fdgst.study.layers import Key, is_given, laid_over, leaves, read_yaml, written
from fdgst.study.model import Configuration, Dataset, Domain, Method
from fdgst.study.strict import Strict

RENAMED: dict[Key, str] = {
    ("label_resize",): "mask_resize",
    ("evaluation", "cup_in_disc"): "evaluation.nest",
    ("evaluation", "crop_domain4"): "released_crop: true, a key of the domain that is to be cropped",
}


@dataclass(frozen=True)
class Study:
    """A study whose configuration was checked.

    Attributes
    ----------
    config : Configuration
    reader_settings : Strict
        The reader's own keys of `dataset`.
    domain_settings : mapping of Strict
        The reader's own keys of each domain, by id.
    inherited : tuple of str
        Values of `training` and `evaluation` that the packaged config.yaml gave and the overlay did not, as
        ``training.batch: 16``.
    """

    config: Configuration
    reader_settings: Strict
    domain_settings: Mapping[str, Strict]
    inherited: tuple[str, ...]

    @cached_property
    def domains(self) -> list[str]:
        """The ids of the domains."""
        return [domain.id for domain in self.config.domains]

    @cached_property
    def rows(self) -> list[str]:
        """The ids of the rows of the table."""
        return [method.id for method in self.config.methods]

    @cached_property
    def methods(self) -> dict[str, Method]:
        """The rows of the table and those of the ablations, by id."""
        return {method.id: method for method in self.config.every_method}

    @cached_property
    def augmentations(self) -> dict[str, Augmentation]:
        """The augmentations by id."""
        return {item.id: item for item in self.config.augmentations}

    @property
    def drawn(self) -> bool:
        """Whether images are drawn and not read."""
        return bool(rooms.reader_class(self.config.dataset.reader).drawn)

    def domain(self, name: str) -> Domain:
        """Return a domain by its id."""
        return self.config.domains[self.domains.index(name)]

    def is_upper_bound(self, method: str) -> bool:
        """Tell whether a row is trained on the unseen domain itself."""
        return bool(rooms.needs(self.methods[method].trainer).unseen)

    def reader(self, domain: str) -> Any:
        """Return the reader of a domain."""
        return reader_of(self.config, self.reader_settings, self.domain_settings, domain)


def load_study(overlay: Mapping[str, Any], *, base: Path, overlays: Sequence[Path] = ()) -> Study:
    """Check a configuration and return the study that it describes.

    Parameters
    ----------
    overlay : mapping
        What the user says.
    base : Path
        The packaged config.yaml, which holds every value once.
    overlays : sequence of Path
        The files that `overlay` was read from, if any: they are read once more for keys that are given twice.

    Raises
    ------
    ConfigError
        One line for every fault that can be known before an image is opened: the key's path, what was expected, what
        was found, what to do. Contradictions of keys, and what readers know of their files, are looked for once each
        key is right by itself.
    """
    for path in overlays:
        read_yaml(path)
    demo = read_yaml(base)
    merged = laid_over(demo, overlay)
    found = [f"{written(place)}: is now {new}" for place, new in RENAMED.items() if is_given(overlay, place)]
    for place in RENAMED:
        merged = _without(merged, place)
    found += _text_keys(merged)
    plain, own = _apart(merged)
    config = None
    try:
        config = Configuration.model_validate_json(_as_json(plain))
    except ValidationError as error:
        found += faults.lines(error.errors(), plain, _known)
    own_faults, reader_settings, domain_settings = _own_settings(own)
    found += own_faults
    if config and not found:
        found += contradictions.faults_of(config)
        found += _reader_faults(config, reader_settings, domain_settings)
    if found:
        raise ConfigError(*(f"config: {line}" for line in found))
    assert config is not None
    inherited = () if rooms.reader_class(config.dataset.reader).drawn else tuple(_inherited(merged, overlay))
    return Study(config, reader_settings, domain_settings, inherited)


def reader_of(config: Configuration, settings: Strict, domain_settings: Mapping[str, Strict], domain: str) -> Any:
    """Make the reader of a domain."""
    place = [item.id for item in config.domains].index(domain)
    return rooms.reader_class(config.dataset.reader)(
        settings,
        domain_settings[domain],
        id=domain,
        number=place + 1,
        exclude=config.dataset.exclude,
        fit=config.dataset.fit,
        task=config.task.untitled(),
    )


def _as_json(config: Any) -> str:
    """Write a configuration for pydantic; what YAML makes of a date is its text, which no key wants."""
    import json

    return json.dumps(config, default=str)


def _text_keys(config: Any, place: Key = ()) -> list[str]:
    """List keys that YAML did not read as text, such as no or 1."""
    found = []
    if isinstance(config, Mapping):
        for key, value in config.items():
            if not isinstance(key, str):
                found.append(f"{written(place)}: expected keys that are text, found {key!r}; put it in quotes")
            found += _text_keys(value, (*place, key))
    elif isinstance(config, list):
        for number, item in enumerate(config):
            found += _text_keys(item, (*place, number))
    return found


def _without(config: Mapping[str, Any], place: Sequence[str | int]) -> dict[str, Any]:
    """Return a copy of a configuration without the key at a path, if there is one."""
    first, *below = place
    if not below:
        return {key: value for key, value in config.items() if key != first}
    inner = config.get(str(first))
    return {**config, str(first): _without(inner, below)} if isinstance(inner, Mapping) else dict(config)


@dataclass(frozen=True)
class _Own:
    """The keys of the reader that is chosen, taken out of the configuration, and the keys that nobody knows."""

    reader: Any
    dataset: dict[str, Any]
    domains: list[tuple[str, dict[str, Any]]]
    unknown: list[str]


def _apart(merged: Mapping[str, Any]) -> tuple[dict[str, Any], _Own]:
    """Take the keys that belong to readers out of a configuration; those of other readers are ignored.

    Snakemake merges maps, so that an overlay cannot remove the demo's keys of its own reader.
    """
    plain = dict(merged)
    dataset = merged.get("dataset")
    name = dataset.get("reader") if isinstance(dataset, Mapping) else None
    unknown: list[str] = []
    reader = None
    try:
        reader = rooms.reader_class(name) if isinstance(name, str) else None
    except ConfigError as error:
        unknown += error.faults
    classes = [rooms.reader_class(known) for known in rooms.reader_names()] + ([reader] if reader else [])
    own_dataset: dict[str, Any] = {}
    if isinstance(dataset, Mapping):
        plain["dataset"], own_dataset, strange = _sorted(dataset, Dataset, [cls.Dataset for cls in classes])
        unknown += [f"dataset.{line}" for line in strange]
    own_domains = []
    domains = merged.get("domains")
    if isinstance(domains, list):
        plain["domains"] = []
        for number, domain in enumerate(domains):
            if not isinstance(domain, Mapping):
                plain["domains"].append(domain)
                continue
            common, own, strange = _sorted(domain, Domain, [cls.Domain for cls in classes])
            plain["domains"].append(common)
            own_domains.append((str(domain.get("id", number)), own))
            unknown += [f"domains[{number}].{line}" for line in strange]
    return plain, _Own(reader, own_dataset, own_domains, unknown)


def _sorted(
    given: Mapping[str, Any], common: type[Strict], own: Sequence[type[Strict]]
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Sort keys into those of all readers, those of some reader, and faults of those that nobody knows."""
    known = list(dict.fromkeys(name for cls in (common, *own) for name in cls.model_fields))
    strange = [f"{key}: unknown key{faults.nearest(str(key), known)}" for key in given if key not in known]
    shared = {key: value for key, value in given.items() if key in common.model_fields}
    others = {key: value for key, value in given.items() if key in known and key not in common.model_fields}
    return shared, others, strange


def _own_settings(own: _Own) -> tuple[list[str], Strict, dict[str, Strict]]:
    """Check the keys of the reader that is chosen."""
    found, nothing = list(own.unknown), Strict()
    if own.reader is None:
        return found, nothing, {}
    settings, wrong = _checked(own.reader.Dataset, own.dataset, ("dataset",))
    found += wrong
    domains = {}
    for number, (name, values) in enumerate(own.domains):
        domains[name], wrong = _checked(own.reader.Domain, values, ("domains", number))
        found += wrong
    return found, settings, domains


def _checked(cls: type[Strict], values: Mapping[str, Any], place: Key) -> tuple[Strict, list[str]]:
    """Make settings of a reader's own class from those of the values that it knows."""
    mine = {key: value for key, value in values.items() if key in cls.model_fields}
    try:
        return faults.checked(cls, mine, f"{written(place)}."), []
    except ConfigError as error:
        return Strict(), list(error.faults)


def _reader_faults(config: Configuration, settings: Strict, domains: Mapping[str, Strict]) -> list[str]:
    """List what the readers know of their files without opening an image, and photographs that are not there."""
    found: list[str] = []
    claimed: set[str] = set()
    for domain in config.domains:
        reader = reader_of(config, settings, domains, domain.id)
        found += [line for line in reader.faults() if line not in found]
        claimed |= set(reader.exclusions())
    strangers = [name for name in config.dataset.exclude if name not in claimed]
    found += [f"dataset.exclude: expected an image of a domain, found {name!r}, which is of none" for name in strangers]
    for path in config.figures.photographs:
        if not Path(path).is_file():
            found.append(f"figures.photographs: expected a photograph, found no file {path} ({Path(path).absolute()})")
    return found


def _inherited(merged: Mapping[str, Any], overlay: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values of training and evaluation that the overlay leaves to the packaged config.yaml."""
    for section in ("training", "evaluation"):
        for place, value in leaves(merged[section], (section,)):
            if not is_given(overlay, place):
                yield f"{written(place)}: {value}"


def _known(place: Key) -> list[str]:
    """Name the keys of the map at a path."""
    cls: Any = Configuration
    for part in place:
        if isinstance(part, str) and hasattr(cls, "model_fields") and part in cls.model_fields:
            cls = _model_in(cls.model_fields[part].annotation)
    return _names(cls)


def _model_in(annotation: Any) -> Any:
    """Find the model that an annotation is about, inside of lists and alternatives."""
    from typing import get_args

    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _names(cls: Any) -> list[str]:
    """Name the keys of a model as they are written in YAML."""
    return [field.alias or name for name, field in cls.model_fields.items()] if hasattr(cls, "model_fields") else []
