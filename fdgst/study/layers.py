"""From YAML to one mapping: a strict reader of files, and overlays that are laid over the packaged config.yaml."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fdgst.errors import ConfigError

Key = tuple[str | int, ...]
MOST_VALUES = 100_000  # of a file of settings, anchors written out


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file of settings.

    Parameters
    ----------
    path : Path
        YAML (or JSON, which is YAML); nothing but plain values is made of it.

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        If it is missing, cannot be parsed, holds no mapping, or gives a key twice; one line that names the place.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: expected a file of settings, found none ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected text in UTF-8, found other bytes; save it as UTF-8") from error
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
        if tree and (grown := _grown(tree)):
            raise ConfigError(f"{path}: {grown}")
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {_parse_fault(error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: expected YAML, found brackets within brackets without end") from error
    if twice := [*_given_twice(tree)] if tree else []:
        raise ConfigError(*(f"{path}: {fault}" for fault in twice))
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: expected keys such as training:, found {type(found).__name__}")
    if fault := half_letter(found):
        raise ConfigError(f"{path}: {fault}")
    return found


def half_letter(values: Any) -> str:
    """Say that a text among values holds half a letter (a surrogate), which nothing can write; else nothing."""
    import json

    try:
        json.dumps(values, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        found = ascii(error.object[error.start : error.end])
        return f"expected text, found half a letter, {found}; write the letter itself"
    return ""


def laid_over(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `overlay`: maps are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in overlay.items():
        below = merged.get(key)
        merged[key] = laid_over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def leaves(config: Mapping[str, Any], place: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield path and value of everything in nested maps that is no map itself."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*place, key))
        else:
            yield (*place, key), value


def is_given(overlay: Any, place: Key) -> bool:
    """Tell whether an overlay says something at a path, or above it."""
    for key in place:
        if not isinstance(overlay, Mapping):
            return True  # a list, or a value, was given as a whole
        if key not in overlay:
            return False
        overlay = overlay[key]
    return True


def written(place: Key) -> str:
    """Write a path as in ``augmentations[1].lambda``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.lstrip(".") or "the whole"


def _grown(tree: Any) -> str:
    """Say that anchors make more of a text than anybody means: a map that holds itself, or too many values."""
    counts: dict[int, int] = {}  # of values, by node; 0 while it is being counted

    def values(node: Any) -> int:
        if id(node) in counts:
            return counts[id(node)] or MOST_VALUES + 1  # 0: it holds itself
        counts[id(node)] = 0
        below = node.value if isinstance(node.value, list) else []
        parts = [part for item in below for part in (item if isinstance(item, tuple) else (item,))]
        counts[id(node)] = min(1 + sum(map(values, parts)), MOST_VALUES + 1)
        return counts[id(node)]

    if values(tree) <= MOST_VALUES:
        return ""
    return f"expected at most {MOST_VALUES} values, found more, or an anchor that holds itself; write them out"


def _given_twice(node: Any, place: Key = ()) -> Iterator[str]:
    """Yield a fault for every key that a map holds twice, of which YAML would silently keep the last."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines:
                yield f"line {line}: {written((*place, name))}: given twice, before in line {lines[name]}; keep one"
            lines[name] = line
            yield from _given_twice(value, (*place, name))
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _given_twice(item, (*place, number))


def _parse_fault(error: Any) -> str:
    """Say in one line where YAML does not understand a file."""
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    problem = getattr(error, "problem", None) or "not understood"
    hint = "; YAML is indented with spaces, never with tabs" if "'\\t'" in problem else ""
    return f"{where}expected YAML, found an error ({problem}){hint}"
