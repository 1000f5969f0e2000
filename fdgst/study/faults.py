"""From pydantic's errors to lines of ours: the key's path, what was expected, what was found, what was meant."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from fdgst.errors import ConfigError
from fdgst.study.layers import Key, written
from fdgst.study.strict import Strict

Settings = TypeVar("Settings", bound=Strict)

_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map of keys and values",
    "model_type": "a map of keys and values",
    "model_attributes_type": "a map of keys and values",
    "finite_number": "a finite number",
}
_LIMITS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda limits: f"at least {limits['ge']:g}",
    "less_than_equal": lambda limits: f"at most {limits['le']:g}",
    "greater_than": lambda limits: f"more than {limits['gt']:g}",
    "less_than": lambda limits: f"less than {limits['lt']:g}",
    "literal_error": lambda limits: "one of " + limits["expected"].replace("'", "").replace(" or ", ", "),
    "string_too_short": lambda limits: "text that is not empty",
    "string_pattern_mismatch": lambda limits: "letters, digits and underscores",
    "too_short": lambda limits: f"at least {limits['min_length']} entries",
    "too_long": lambda limits: f"at most {limits['max_length']} entries",
}
_NUMBER_READ_AS_TEXT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|[-+]?\.?[0-9][0-9_.,]*")


def checked(cls: type[Settings], values: Mapping[str, Any], where: str) -> Settings:
    """Make settings of values.

    Parameters
    ----------
    cls : type
    values : mapping
        In JSON types; what JSON has no type for is taken for its text.
    where : str
        Stands before each line as it is, such as ``dataset.``.

    Raises
    ------
    ConfigError
        One line for each key that is unknown, missing or of a wrong value.
    """
    try:  # as JSON: there a list is a tuple, strictly
        return cls.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        found = lines(error.errors(), values, lambda place: [] if place else known)
        raise ConfigError(*(f"{where}{line}" for line in found)) from error


def lines(
    errors: Iterable[Mapping[str, Any]], config: Mapping[str, Any], known: Callable[[Key], Sequence[str]]
) -> list[str]:
    """Turn pydantic's errors into one line each, in the order of the keys.

    Parameters
    ----------
    errors : iterable of mapping
        From `pydantic.ValidationError.errors`.
    config : mapping
        What was validated.
    known : callable
        From the path of a map to the names of its keys, for unknown ones.
    """
    by_place: dict[Key, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for error in errors:
        if not _is_miscounted(error):
            place, depth = _place(error, config)
            by_place[place].append((depth, error))
    deepest = _without_alternatives(by_place)
    return [f"{written(place)}: {text}" for place, found in deepest.items() for text in _said(place, found, known)]


def nearest(name: str, known: Sequence[str]) -> str:
    """Suggest the known names that were perhaps meant, as the end of a line."""
    folded = {other.casefold(): other for other in known}
    close = [folded[match] for match in get_close_matches(name.casefold(), folded, n=1)]
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(known[:20])}{', ...' if len(known) > 20 else ''}" if known else ""


def _place(error: Mapping[str, Any], config: Any) -> tuple[Key, int]:
    """Return the path of an error without pydantic's names for alternatives, and how many of these it had."""
    place: list[str | int] = []
    here, skipped, parts = config, 0, error["loc"]
    for number, part in enumerate(parts):
        inside = part in here if isinstance(here, Mapping) else _is_index(part, here)
        last_is_key = number == len(parts) - 1 and error["type"] == "missing" and isinstance(here, Mapping)
        if inside:
            place.append(part)
            here = here[part]
        elif last_is_key:
            place.append(part)
        else:
            skipped += 1
    return tuple(place), skipped


def _is_miscounted(error: Mapping[str, Any]) -> bool:
    """Tell whether a list is called too short because pydantic counts its right entries only."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _is_index(part: Any, here: Any) -> bool:
    """Tell whether a part of a path is the place of an entry in a list."""
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def _without_alternatives(
    by_place: Mapping[Key, list[tuple[int, Mapping[str, Any]]]],
) -> dict[Key, list[Mapping[str, Any]]]:
    """Of a value that fits no alternative, keep what is said of its inside: the alternative that was meant."""
    kept = {}
    for place, found in by_place.items():
        inner = any(other != place and other[: len(place)] == place for other in by_place)
        alternatives = [depth > 0 for depth, _ in found]
        if not (inner and all(alternatives)):
            kept[place] = [error for _, error in found]
    return kept


def _said(place: Key, errors: Sequence[Mapping[str, Any]], known: Callable[[Key], Sequence[str]]) -> Iterator[str]:
    """Word the errors of one key: one line, or one for each where they are no alternatives of each other."""
    kinds = {error["type"] for error in errors}
    first = errors[0]
    if "missing" in kinds and isinstance(first["loc"][-1], int):
        yield f"expected {first['loc'][-1] + 1} entries, found {_shown(first['input'])}"
    elif "missing" in kinds:
        yield "missing; see config.yaml for an example"
    elif "extra_forbidden" in kinds:
        yield f"unknown key{nearest(str(place[-1]), known(place[:-1]))}"
    elif own := [str(error["ctx"]["error"]) for error in errors if error["type"] == "value_error"]:
        yield from dict.fromkeys(own)
    else:
        expected = " or ".join(dict.fromkeys(_expected(error) for error in errors))
        yield f"expected {expected}, found {_shown(first['input'])}{_hint(first['input'], kinds)}"


def _expected(error: Mapping[str, Any]) -> str:
    """Say what one error wants."""
    kind = error["type"]
    if kind in _LIMITS:
        return _LIMITS[kind](error["ctx"])
    return _TYPES.get(kind, str(error["msg"]))


def _shown(value: Any) -> str:
    """Show a value as it was understood, shortened."""
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 80 else f"{text[:77]}..."


def _hint(value: Any, kinds: set[str]) -> str:
    """Say how YAML may have misunderstood a value."""
    numeric, textual = kinds & {"int_type", "float_type", "int_from_float"}, "string_type" in kinds
    if isinstance(value, float) and numeric and value.is_integer():
        return f"; write {int(value)}"
    if isinstance(value, str) and numeric and re.search("[eE]", value) and _NUMBER_READ_AS_TEXT.fullmatch(value):
        return f"; YAML reads {value} as text: write {float(value):g} or {_with_point(value)}"
    if isinstance(value, str) and numeric and _NUMBER_READ_AS_TEXT.fullmatch(value):
        return "; leave the quotes out, and write . for a decimal point"
    if isinstance(value, str) and value.casefold() in ("none", "null", "nil", "n/a"):
        return "; an empty value is written null"
    if isinstance(value, bool) and textual:
        return "; YAML reads yes, no, on and off as true and false: put the word in quotes"
    if isinstance(value, int | float) and textual:
        return "; YAML reads digits as a number, with underscores between them too: put it in quotes"
    if value is None and textual:
        return "; put the word in quotes, or write none where it means nothing"
    return ""


def _with_point(text: str) -> str:
    """Write a power of ten as YAML reads it as a number: with a point, and a sign in the exponent."""
    mantissa, exponent = re.split("[eE]", text)
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent if exponent[0] in '+-' else '+' + exponent}"
