"""The fingerprint of a module: a hash over its code and that of the fdgst modules it imports.

Snakemake does not see imported code. A rule that carries the fingerprint among its params is run again when the
arithmetic behind it changes, and only then: comments, docstrings and layout are not part of a syntax tree's hash.
"""

import ast
import hashlib
from collections.abc import Collection, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(__file__).parent
SETTINGS = "fdgst.study"  # reaches rules as their params: an edit of it, or of its documentation, makes nothing again


def fingerprint(module: str, *, without: Collection[str] = ()) -> str:
    """Return a hash that changes with the code of `module` or of any fdgst module it imports, however deep.

    Parameters
    ----------
    module : str
        Dotted name, as in ``"fdgst.generation.shards"``.
    without : collection of str
        Modules that are imported and never called by what is asked for: left out, with what only they import.

    Returns
    -------
    str
        Sixteen hexadecimal digits.

    Raises
    ------
    ValueError
        If there is no such module.
    """
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen and name not in without:
            seen[name], imported = _read(name)
            waiting += [other for other in imported if other != SETTINGS and not other.startswith(f"{SETTINGS}.")]
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()[:16]


def module_of(name: str) -> str:
    """Return the module of ``package.module:Name``, the form in which readers and trainers are named."""
    return name.partition(":")[0]


@cache
def _read(module: str) -> tuple[str, tuple[str, ...]]:
    """Return the hash of one module's syntax tree, and the fdgst modules it imports anywhere in its code."""
    path = _path(module)
    if path is None:
        raise ValueError(f"no module {module!r} under {PACKAGE}")
    home = {"fdgst", module.split(".")[0]}  # code from outside brings its own package along
    above = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    words: list[str] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    _tell(ast.parse(path.read_text(encoding="utf-8")), words, imports)
    names = {name for node in imports for name in _imported(node, above) if name.split(".")[0] in home}
    imported = sorted({name for name in names if _path(name)} - {"fdgst"})
    return hashlib.sha256("\n".join(words).encode()).hexdigest(), tuple(imported)


def _path(module: str) -> Path | None:
    """Find the file of a dotted name: of a module of ours, or of a package that the first module belongs to."""
    package, *parts = module.split(".")
    if package == "fdgst":
        base = PACKAGE.joinpath(*parts)
    else:
        spec = find_spec(package)
        if spec is None:
            return None
        if spec.origin is None:  # a folder without __init__.py
            places = [Path(place, *parts) for place in spec.submodule_search_locations or ()]
            return next((found for place in places if (found := _file_at(place))), None)
        origin = Path(spec.origin)
        base = (origin.parent if origin.name == "__init__.py" else origin.with_suffix("")).joinpath(*parts)
    return _file_at(base)


def _file_at(base: Path) -> Path | None:
    """Find the file of a module or of a package at a path without suffix."""
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _tell(node: ast.AST, words: list[str], imports: list[ast.Import | ast.ImportFrom]) -> None:
    """Write a syntax tree down without docstrings, and gather its imports: one walk, as every workflow begins with it.

    Left out are also texts that stand below a name as its documentation. `ast.dump` would write the same, with two more
    walks for the rest (measured for the whole package: .7 s against .4).
    """
    words.append(type(node).__name__)
    if isinstance(node, ast.Import | ast.ImportFrom):
        imports.append(node)
    is_documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            _tell(value, words, imports)
        elif isinstance(value, list):
            words.append(f"{field} [")
            for item in value:
                if not isinstance(item, ast.AST):
                    words.append(repr(item))
                elif not (is_documented and field == "body" and _is_text(item)):
                    _tell(item, words, imports)
            words.append("]")
        else:
            words.append(repr(value))


def _imported(node: ast.Import | ast.ImportFrom, above: Sequence[str]) -> list[str]:
    """Name the modules that an import statement may bring in (a name from a package may be a module itself).

    `above` is the package that relative imports of the module begin at, part by part.
    """
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = above[: len(above) - node.level + 1] if node.level else []
    source = ".".join([*base, *([node.module] if node.module else [])])
    return [source, *(f"{source}.{alias.name}" for alias in node.names)]


def _is_text(line: ast.AST) -> bool:
    """Tell whether a statement is a text and nothing else."""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)
