"""What code states in literals, read from its syntax tree without importing it: a dry run then loads no torch.

Trainers and networks state what they need of the study around them in the body of their classes, or beside a function.
What a class does not state it inherits from its base classes, as far as they can be followed through imports.
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fdgst.errors import ConfigError


def lineage(module: str, name: str) -> Iterator[tuple[str, str, ast.ClassDef]]:
    """Yield a class and its base classes, nearest first, as far as they can be followed through imports."""
    tree = tree_of(module)
    for node in tree.body if tree else []:
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield module, name, node
            for base in node.bases:
                yield from lineage(*_origin(module, ast.unparse(base)))
            return
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            yield from lineage(*_origin(module, name))
            return


def statements(module: str, name: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is stated about a class or a function: names and what they are set to, nearest first.

    In the body of a class and of its base classes (``stride = 16``), or after a function, as its attributes
    (``unet.stride = 16``).
    """
    for _, _, definition in lineage(module, name):
        for line in definition.body:
            target, value = _assigned(line)
            if isinstance(target, ast.Name) and value:
                yield target.id, value
    where, called = definition_of(module, name)
    tree = tree_of(where)
    for line in tree.body if tree else []:
        target, value = _assigned(line)
        if isinstance(target, ast.Attribute) and value and ast.unparse(target.value) == called:
            yield target.attr, value


def literal(value: ast.expr) -> Any:
    """Return the value of a literal; ValueError if it is an expression that would have to be evaluated."""
    return ast.literal_eval(value)


def definition_of(module: str, name: str) -> tuple[str, str]:
    """Return where a name that a module may have imported is defined, and what it is called there."""
    seen: set[tuple[str, str]] = set()
    here = (module, name)
    while here not in seen:
        seen.add(here)
        here = _origin(*here)
    return here


def is_defined(module: str, name: str) -> bool:
    """Tell whether a class or a function of that name can be found from a module."""
    where, called = definition_of(module, name)
    tree = tree_of(where)
    kinds = (ast.ClassDef, ast.FunctionDef)
    return any(isinstance(node, kinds) and node.name == called for node in (tree.body if tree else []))


def _assigned(line: ast.stmt) -> tuple[ast.expr | None, ast.expr | None]:
    """Return what a statement sets, and to what; nothing if it sets nothing."""
    if isinstance(line, ast.Assign):
        return line.targets[0], line.value
    return (line.target, line.value) if isinstance(line, ast.AnnAssign) else (None, None)


def _origin(module: str, name: str) -> tuple[str, str]:
    """Return the module and the name there of what a module calls `name`, following one import."""
    tree = tree_of(module)
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
def tree_of(module: str) -> ast.Module | None:
    """Parse a module, None if it cannot be found as a file; ConfigError if it is not Python."""
    path = _file(module)
    try:
        return ast.parse(path.read_text(encoding="utf-8")) if path else None
    except (SyntaxError, ValueError) as error:  # ValueError: bytes that are no text
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else str(path)
        raise ConfigError(f"{where}: expected Python, found an error ({getattr(error, 'msg', error)})") from error


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
