"""What a trainer needs, read from its class without importing it: a dry run then loads no torch.

A trainer is named by the file beside the others (`fact` is fdgst/training/methods/fact.py) or, in a package of
anybody's, by "package.module:Class". Its class states its needs as literals; what it does not state it inherits from
its base classes, up to `Trainer`, which states them all.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fdgst.errors import ConfigError
from fdgst.study.faults import nearest

METHODS = "fdgst.training.methods"
BASE = (f"{METHODS}.trainer", "Trainer")
NEEDS = ("pairs", "options", "decoders", "passes", "unseen", "augmentation")
TYPES = {"number": (int, float), "integer": (int,), "boolean": (bool,), "string": (str,)}
WORDS = {"number": "a number", "integer": "a whole number", "boolean": "true or false", "string": "text"}


@dataclass(frozen=True)
class Needs:
    """What a trainer asks of the study around it.

    Attributes
    ----------
    trainer : str
        As it was named.
    module, name : str
        Where its class is defined, and what it is called there.
    pairs : bool
        Whether a step needs images and their stylised copies together, and so an even number of images per source.
    options : mapping
        Of each option, what its value may be, in the words of JSON schema: type, enum, minimum, maximum,
        exclusiveMinimum, exclusiveMaximum; and its default.
    decoders : tuple of str or None
        Decoders that it works with; None: any.
    passes : int
        Into how many passes of the network a step divides its images.
    unseen : bool
        Whether it trains on the unseen domain itself: an upper bound.
    augmentation : {'needed', 'refused', 'free'}
        Whether its row must, must not or may name an augmentation.
    """

    trainer: str
    module: str
    name: str
    pairs: bool
    options: Mapping[str, Mapping[str, Any]]
    decoders: tuple[str, ...] | None
    passes: int
    unseen: bool
    augmentation: str


def trainer_names() -> list[str]:
    """Return the ids of the trainers that fdgst has, in the order of the alphabet."""
    folder = Path(__file__).parent / "methods"
    return [path.stem for path in sorted(folder.glob("*.py")) if _trainer_in(f"{METHODS}.{path.stem}")]


def trainer_module(trainer: str) -> str:
    """Return the dotted name of the module that defines a trainer, for a fingerprint of its code."""
    return trainer.partition(":")[0] if ":" in trainer else f"{METHODS}.{trainer}"


@cache
def needs(trainer: str) -> Needs:
    """Return what a trainer needs.

    Parameters
    ----------
    trainer : str
        ``fact``, or ``package.module:Class``.

    Returns
    -------
    Needs

    Raises
    ------
    ConfigError
        If there is no such trainer, with the nearest name, or if one of its needs is not a literal.
    """
    name = trainer.partition(":")[2] if ":" in trainer else _trainer_in(trainer_module(trainer))
    if not name:
        expected = "expected the name of a trainer, or package.module:Class"
        raise ConfigError(f"trainer: {expected}, found {trainer!r}{nearest(trainer, trainer_names())}")
    stated = _stated(trainer, trainer_module(trainer), name)
    options = {option: _schema(trainer, option, stated["options"][option]) for option in stated["options"]}
    return Needs(trainer, trainer_module(trainer), name, **(stated | {"options": options}))


def option_faults(trainer: str, given: Mapping[str, Any]) -> list[str]:
    """Return one line for each option that the trainer does not have, or whose value it does not take."""
    options, faults = needs(trainer).options, []
    for name, value in given.items():
        if name not in options:
            hint = nearest(name, tuple(options)) or "; it has none"
            faults.append(f"trainer {trainer}: unknown option {name!r}{hint}")
        elif fault := _misfit(value, options[name]):
            faults.append(f"trainer {trainer}: option {name}: {fault}")
    return faults


def augmentation_faults(trainer: str, augmentation: str) -> list[str]:
    """Return why a row of the trainer must not name this augmentation, ``none`` for originals alone; at most a line."""
    rule = needs(trainer).augmentation
    if rule == "needed" and augmentation == "none":
        return [f"trainer {trainer} needs stylised copies, found none; name an augmentation"]
    if rule == "refused" and augmentation != "none":
        return [f"expected none, since trainer {trainer} sees no other domain, found {augmentation!r}"]
    return []


def complete(trainer: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options of a trainer: the given ones, and the defaults of the others.

    Raises
    ------
    ConfigError
        One line for each fault that `option_faults` finds.
    """
    if faults := option_faults(trainer, given):
        raise ConfigError(*faults)
    return {name: given.get(name, schema["default"]) for name, schema in needs(trainer).options.items()}


def _misfit(value: Any, schema: Mapping[str, Any]) -> str | None:
    """Say why a value is not what an option takes, None if it is."""
    if "enum" in schema:
        # true is no 1, although Python calls them equal
        fits = any(value == choice and isinstance(value, bool) == isinstance(choice, bool) for choice in schema["enum"])
        return None if fits else f"expected one of {', '.join(map(str, schema['enum']))}, found {value!r}"
    kind = schema["type"]
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return f"expected {WORDS[kind]}, found {value!r}"
    bounds = {
        "minimum": ("at least", lambda bound: value >= bound),
        "maximum": ("at most", lambda bound: value <= bound),
        "exclusiveMinimum": ("more than", lambda bound: value > bound),
        "exclusiveMaximum": ("less than", lambda bound: value < bound),
    }
    broken = [
        f"{words} {schema[key]}" for key, (words, holds) in bounds.items() if key in schema and not holds(schema[key])
    ]
    return f"expected {' and '.join(broken)}, found {value!r}" if broken else None


def _schema(trainer: str, option: str, stated: Any) -> dict[str, Any]:
    """Bring the statement of an option, choices or a range, into one form."""
    if isinstance(stated, tuple | list) and stated:
        return {"enum": tuple(stated), "default": stated[0]}
    if isinstance(stated, dict) and "default" in stated and ("enum" in stated or stated.get("type") in TYPES):
        return stated
    raise ConfigError(
        f"trainer {trainer}: options[{option!r}]: expected a tuple of choices, or a mapping with type"
        f" ({', '.join(TYPES)}) and default, found {stated!r}"
    )


def _stated(trainer: str, module: str, name: str) -> dict[str, Any]:
    """Collect the needs that a class states or inherits; what is stated nearest to it counts."""
    found: dict[str, Any] = {}
    lineage = list(_lineage(module, name))
    if not lineage or lineage[-1][:2] != BASE:
        raise ConfigError(f"trainer: {trainer}: expected a class derived from fdgst's Trainer, found none of that name")
    for _, _, statement in lineage:
        for line in statement.body:
            key = _assigned(line)
            if key in NEEDS and key not in found:
                try:
                    found[key] = ast.literal_eval(line.value)  # type: ignore[attr-defined]  # `_assigned` has seen it
                except ValueError as error:
                    raise ConfigError(f"trainer {trainer}: {key}: expected a literal, found an expression") from error
    return found


def _assigned(line: ast.stmt) -> str | None:
    """Return the name that a statement of a class body gives a value, None if it gives none."""
    targets: list[ast.expr] = line.targets if isinstance(line, ast.Assign) else []
    if isinstance(line, ast.AnnAssign) and line.value:
        targets = [line.target]
    return next((target.id for target in targets if isinstance(target, ast.Name)), None)


def _trainer_in(module: str) -> str | None:
    """Return the name of the trainer that a module defines, None if it defines none; the base class is none."""
    tree = _tree(module)
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)] if tree else []
    for name in classes:
        lineage = [(where, what) for where, what, _ in _lineage(module, name)]
        if len(lineage) > 1 and lineage[-1] == BASE:
            return name
    return None


def _lineage(module: str, name: str) -> Iterator[tuple[str, str, ast.ClassDef]]:
    """Yield a class and its base classes, nearest first, as far as they can be followed through imports."""
    tree = _tree(module)
    for node in tree.body if tree else []:
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield module, name, node
            for base in node.bases:
                yield from _lineage(*_origin(module, ast.unparse(base)))
            return
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            yield from _lineage(*_origin(module, name))
            return


def _origin(module: str, name: str) -> tuple[str, str]:
    """Return the module and the name there of what a module calls `name`, following one import."""
    tree = _tree(module)
    first, _, rest = name.rpartition(".")
    for node in tree.body if tree else []:
        if isinstance(node, ast.ImportFrom):
            package = _absolute(module, node)
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return package, alias.name
                if first and (alias.asname or alias.name) == first:  # from package import module
                    return f"{package}.{alias.name}", rest
        if isinstance(node, ast.Import) and first:
            for alias in node.names:
                if (alias.asname or alias.name) == first:
                    return alias.name, rest
    return module, name


def _absolute(module: str, node: ast.ImportFrom) -> str:
    """Return the dotted name of the module that an import is from; relative ones start at the importer's package."""
    if not node.level:
        return node.module or ""
    path = _file(module)
    up = node.level - (path is not None and path.name == "__init__.py")
    package = module.split(".")[: len(module.split(".")) - up]
    return ".".join([*package, *([node.module] if node.module else [])])


@cache
def _tree(module: str) -> ast.Module | None:
    """Parse a module, None if it cannot be found as a file."""
    path = _file(module)
    return ast.parse(path.read_text(encoding="utf-8")) if path else None


def _file(module: str) -> Path | None:
    """Find the file of a module without importing the packages above it, as `find_spec` of its whole name would."""
    first, *others = module.split(".")
    try:
        spec = find_spec(first)
    except ValueError:  # __main__ and the like
        return None
    name = first
    for part in others:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    path = Path(spec.origin) if spec and spec.origin else None
    return path if path and path.suffix == ".py" and path.is_file() else None
