"""Imports point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
FLOORS = {"data", "generation", "training", "inference", "evaluation", "reporting", "viewing"}
ALLOWED = {
    "core": {"core"},
    "study": {"study", "core"},
    "storage": {"storage", "core"},
    "models": {"models", "core", "study"},
    "data": {"data", "core", "storage", "study"},
    "generation": {"generation", "core", "storage", "study"},
    "training": {"training", "core", "storage", "study", "models"},
    "inference": {"inference", "core", "storage", "study", "models", "training"},
    "evaluation": {"evaluation", "core", "storage", "study", "inference"},
    "reporting": {"reporting", "core", "storage", "study", "evaluation", "viewing"},
    "viewing": {"viewing", "core", "storage", "study", "data", "generation"},
    "cli": {"cli", *FLOORS, "storage", "study", "models"},
}
COMMON = {"errors", "progress", "fingerprint", "__version__"}
HEAVY = {"h5py": {"storage"}, "segmentation_models_pytorch": {"models"}, "matplotlib": {"reporting", "viewing"}}
MODULES = sorted((HOUSE / "fdgst").rglob("*.py"))


def imports(path):
    """Every module that a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor(path):
    """The package below fdgst that a file belongs to, none for those at the top."""
    parts = path.relative_to(HOUSE / "fdgst").parts
    return parts[0] if len(parts) > 1 else None


@pytest.mark.parametrize(
    "path", [path for path in MODULES if floor(path)], ids=lambda path: str(path.relative_to(HOUSE))
)
def test_a_module_imports_only_what_stands_below_it(path):
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("fdgst.")}
    assert ours <= ALLOWED[floor(path)] | COMMON


@pytest.mark.parametrize("library", HEAVY)
def test_a_library_is_imported_only_where_it_belongs(library):
    users = {floor(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert users <= HEAVY[library]


def test_the_core_imports_nothing_but_arrays():
    known = {"numpy", "scipy", "PIL", "fdgst"}
    for path in (HOUSE / "fdgst/core").glob("*.py"):
        outside = {name.split(".")[0] for name in imports(path)} - known - set(sys.stdlib_module_names)
        assert not outside, f"{path.name} imports {outside}"


def loaded_after(statement):
    """The top-level modules that a fresh interpreter holds after a statement."""
    code = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_command_line_loads_neither_numpy_nor_torch_for_its_help():
    assert not loaded_after("import fdgst, fdgst.cli") & {"numpy", "torch", "h5py", "scipy", "matplotlib", "yaml"}


@pytest.mark.parametrize("package", ["generation", "reporting", "data", "storage"])
def test_torch_is_loaded_by_none_of_the_modules_without_a_network(package):
    modules = [
        ".".join(path.relative_to(HOUSE).with_suffix("").parts)
        for path in sorted((HOUSE / "fdgst" / package).rglob("*.py"))
        if path.name != "__init__.py"
    ]
    assert "torch" not in loaded_after("import " + ", ".join(modules)) if modules else True
