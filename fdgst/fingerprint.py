"""The fingerprint of a module: a hash over its code and that of the fdgst modules it imports.

Snakemake does not see imported code. A rule that carries the fingerprint among its params is run again when the
arithmetic behind it changes, and only then: comments, docstrings and layout are not part of a syntax tree's hash.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def fingerprint(module: str) -> str:
    """Return a hash that changes with the code of `module` or of any fdgst module it imports, however deep.

    Parameters
    ----------
    module : str
        Dotted name, as in ``"fdgst.generation.shards"``.

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
        if name not in seen:
            seen[name], imported = _read(name)
            waiting += imported
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()[:16]


@cache
def _read(module: str) -> tuple[str, tuple[str, ...]]:
    """Return the hash of one module's syntax tree, and the fdgst modules it imports anywhere in its code."""
    path = _path(module)
    if path is None:
        raise ValueError(f"no module {module!r} under {PACKAGE}")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = sorted({name for node in ast.walk(tree) for name in _imports(node) if _path(name)} - {"fdgst"})
    return hashlib.sha256(ast.dump(_without_docstrings(tree)).encode()).hexdigest(), tuple(imported)


def _path(module: str) -> Path | None:
    """Find the file of a dotted name, None for what is no module of ours."""
    parts = module.split(".")
    if parts[0] != "fdgst":
        return None
    base = PACKAGE.joinpath(*parts[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _imports(node: ast.AST) -> list[str]:
    """Name the modules that an import statement may bring in (a name from a package may be a module itself)."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """Drop the docstrings of a syntax tree in place, and return it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree
