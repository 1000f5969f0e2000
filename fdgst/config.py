"""Checking a configuration: every fault at once, one line each, with the path of its key.

The schema (workflow/schemas/config.schema.yaml) holds what one key may be; `_contradictions` what keys must be to
each other.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fdgst.errors import ConfigError

OF_PAIRS = ("fact", "feddg")  # trainers that need an image and its copy together


def check(config: Mapping[str, Any], schema: Path) -> None:
    """Raise unless `config` is complete, spelt as in the schema, in range and consistent.

    Parameters
    ----------
    config : mapping
        The merged configuration.
    schema : Path
        A JSON schema in YAML.

    Raises
    ------
    ConfigError
        With one line per fault: the key's path, what was expected, what was found.
    """
    import jsonschema
    import yaml

    validator = jsonschema.Draft202012Validator(yaml.safe_load(schema.read_text(encoding="utf-8")))
    errors = sorted(validator.iter_errors(config), key=lambda error: [str(part) for part in error.absolute_path])
    faults = [line for error in errors for line in _lines(error)]
    if not faults:
        faults = list(_contradictions(config))
    if faults:
        raise ConfigError(*faults)


def _lines(error: Any) -> Iterator[str]:
    """Turn one error of jsonschema into lines in our words."""
    where = _key(error.absolute_path)
    if error.validator == "additionalProperties":
        known = sorted(error.schema["properties"])
        for name in sorted(set(error.instance) - set(known)):
            yield f"config: {_key([*error.absolute_path, name])}: unknown key{_nearest(name, known)}"
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance and f"'{name}'" in error.message:
                yield f"config: {_key([*error.absolute_path, name])}: missing; see config.yaml for an example"
    elif error.validator == "oneOf" and error.context:
        yield from _closest(where, error)
    else:
        yield f"config: {where}: expected {_expected(error)}, found {error.instance!r}"


def _closest(where: str, error: Any) -> Iterator[str]:
    """Of a value's alternatives, speak of the one whose type it has; where it has none, name all types."""
    fitting = [inner for inner in error.context if inner.validator != "type" or inner.relative_path]
    if fitting:
        for inner in fitting:
            yield from _lines(inner)
    else:
        types = " or ".join(inner.validator_value for inner in error.context)
        yield f"config: {where}: expected {types}, found {error.instance!r}"


def _expected(error: Any) -> str:
    """Say what the schema wants of a value."""
    value = error.validator_value
    sentences = {
        "enum": lambda: "one of " + ", ".join(str(item) for item in value),
        "type": lambda: " or ".join([value] if isinstance(value, str) else value),
        "minimum": lambda: f"at least {value}",
        "maximum": lambda: f"at most {value}",
        "exclusiveMinimum": lambda: f"more than {value}",
        "exclusiveMaximum": lambda: f"less than {value}",
        "minItems": lambda: f"at least {value} entries",
        "maxItems": lambda: f"at most {value} entries",
        "pattern": lambda: f"text like {value}",
        "uniqueItems": lambda: "entries that differ",
    }
    return sentences[error.validator]() if error.validator in sentences else error.message


def _contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults that no single key shows."""
    own = [m for study in config["ablations"] for m in study["methods"] if isinstance(m, dict)]
    methods = [*config["methods"], *own]
    lists = {name: config[name] for name in ("domains", "augmentations")}
    for where, items in {**lists, "methods": methods, "ablations": config["ablations"]}.items():
        yield from _repeated(where, [item["id"] for item in items])
    yield from _names_without_meaning(config, methods)
    yield from _trainers_that_clash(config, methods)
    yield from _numbers_that_clash(config)


def _names_without_meaning(config: Mapping[str, Any], methods: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the faults of names that stand for nothing in the configuration."""
    ids = [method["id"] for method in methods]
    domains, folders = ([domain[key] for domain in config["domains"]] for key in ("id", "folder"))
    augmentations = [augmentation["id"] for augmentation in config["augmentations"]]
    for method in methods:
        if method["augmentation"] not in ("none", *augmentations):
            found, where = method["augmentation"], f"method {method['id']}: augmentation"
            yield f"config: {where}: expected none or one of {', '.join(augmentations)}, found {found!r}"
    for study in config["ablations"]:
        for name in study["methods"]:
            if isinstance(name, str) and name not in ids:
                yield f"config: ablation {study['id']}: methods: expected the id of a method, found {name!r}"
        for name in study["unseen"]:
            if name not in domains:
                yield f"config: ablation {study['id']}: unseen: expected one of {', '.join(domains)}, found {name!r}"
    for name in config["dataset"]["exclude"]:
        if not any(name.startswith(f"{folder}/") for folder in folders):
            yield f"config: dataset.exclude: expected folder/split/file below {', '.join(folders)}, found {name!r}"


def _trainers_that_clash(config: Mapping[str, Any], methods: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the faults of rows that their trainer would refuse, after hours of pre-training."""
    decoder = config["training"]["decoder"]
    for method in methods:
        trainer, augmentation = method["trainer"], method["augmentation"]
        where = f"config: method {method['id']}: trainer {trainer}"
        if trainer in OF_PAIRS and augmentation == "none":
            yield f"{where}: expected an augmentation, since it needs stylised copies, found none"
        if trainer == "intra" and augmentation != "none":
            yield f"{where}: expected augmentation none, since it sees no other domain, found {augmentation!r}"
        if trainer == "dofe" and decoder != "DeepLabV3Plus":
            yield f"{where}: expected training.decoder DeepLabV3Plus, found {decoder!r}"


def _numbers_that_clash(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of numbers that do not go together."""
    count = len(config["domains"])
    for split in ("train", "test"):
        counts = config["dataset"][split]
        if isinstance(counts, list) and len(counts) != count:
            found = f"one number for each of {count} domains, found {len(counts)}"
            yield f"config: dataset.{split}: expected {found}"
    images, unit = config["training"]["images_per_step"], 2 * (count - 1)
    if images is not None and images % unit:
        # half contents and half copies, evenly from each source
        yield f"config: training.images_per_step: expected a multiple of {unit} (twice the sources), found {images}"
    for augmentation in config["augmentations"]:
        low, high = augmentation["lambda"]["uniform"] if isinstance(augmentation["lambda"], dict) else (0, 1)
        if low > high:
            where = f"augmentation {augmentation['id']}: lambda.uniform"
            yield f"config: {where}: expected low <= high, found {[low, high]}"
    if config["network_size"] > config["roi_size"]:
        yield f"config: network_size: expected at most roi_size {config['roi_size']}, found {config['network_size']}"
    if len(config["figures"]["photographs"]) == 1:
        yield "config: figures.photographs: expected a content and a style photograph or none, found one"


def _repeated(where: str, ids: list[str]) -> Iterator[str]:
    """Yield a fault for every id that stands more than once."""
    for name, count in Counter(ids).items():
        if count > 1:
            yield f"config: {where}: expected ids that differ, found {name!r} {count} times"


def _nearest(name: str, known: list[str]) -> str:
    """Suggest the known key that was perhaps meant."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _key(path: Any) -> str:
    """Write a path as in ``augmentations[1].lambda``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the whole"
