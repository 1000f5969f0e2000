"""Rooms are drawn by what people do; imports point one way; what a verb imports is in its rule's fingerprint."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fdgst import fingerprint

HOUSE = Path(__file__).parents[1]
BELOW = {  # what each room may import, besides itself and what is common
    "core": set(),
    "study": {"core"},
    "storage": {"core", "study"},
    "models": {"core", "study"},
    "data": {"core", "storage", "study"},
    "generation": {"core", "storage", "study"},
    "training": {"core", "storage", "study", "models"},
    "inference": {"core", "storage", "study", "models", "training", "data"},
    "evaluation": {"core", "storage", "study", "data", "inference"},
    "viewing": {"core", "storage", "study", "data", "generation"},
    "transforms": {"core", "storage", "data"},
    "reporting": {"core", "storage", "study", "data", "evaluation", "viewing"},
    "cli": {
        "core",
        "storage",
        "study",
        "models",
        "data",
        "generation",
        "training",
        "inference",
        "evaluation",
        "viewing",
        "transforms",
    }
    | {"reporting"},
}
COMMON = {"extras", "errors", "locks", "progress", "fingerprint", "__version__"}
HEAVY = {"h5py": {"storage"}, "segmentation_models_pytorch": {"models"}, "matplotlib": {"reporting", "viewing"}}
MODULES = sorted((HOUSE / "fdgst").rglob("*.py"))
EYES = {"data/fundus.py", "data/phantom", "data/importers", "inference/locating", "reporting/printed.py", "presets"}


def imports(path):
    """Every module that a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path):
    """The package below fdgst that a file belongs to, none for those at the top."""
    parts = path.relative_to(HOUSE / "fdgst").parts
    return parts[0] if len(parts) > 1 else None


def test_every_room_has_its_place():
    assert {room(path) for path in MODULES} - {None} == set(BELOW)


def test_rooms_are_in_no_circle():
    done = set()
    while len(done) < len(BELOW):
        ready = {name for name, below in BELOW.items() if below <= done} - done
        assert ready, f"a circle among {set(BELOW) - done}"
        done |= ready


@pytest.mark.parametrize(
    "path", [path for path in MODULES if room(path)], ids=lambda path: str(path.relative_to(HOUSE))
)
def test_a_module_imports_only_what_stands_below_it(path):
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("fdgst.")}
    assert ours <= BELOW[room(path)] | {room(path)} | COMMON


@pytest.mark.parametrize("library", HEAVY)
def test_a_library_is_imported_only_where_it_belongs(library):
    users = {room(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert users == HEAVY[library]


def test_the_core_imports_nothing_but_arrays():
    known = {"numpy", "scipy", "PIL", "fdgst"}
    for path in (HOUSE / "fdgst/core").glob("*.py"):
        outside = {name.split(".")[0] for name in imports(path)} - known - set(sys.stdlib_module_names)
        assert not outside, f"{path.name} imports {outside}"


def test_every_file_is_written_by_the_one_mechanism():
    writing = {"write_text", "write_bytes", "savefig", "save_file"}
    apart = {
        "fdgst/storage/atomic.py",
        "fdgst/cli/ending.py",  # details of what was not foreseen, under a name of their own
        "fdgst/locks.py",  # a lock is no result
        "fdgst/data/phantom/raw.py",  # sets to try the importers on
        "fdgst/study/documents.py",  # this repository's own pages
        "fdgst/models/catalogue.py",
    }
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writing:
                receiver = node.func.value
                to_part = any(isinstance(place, ast.Name) and place.id == "part" for place in (receiver, *node.args))
                name = path.relative_to(HOUSE).as_posix()
                assert to_part or name in apart, f"{name}:{node.lineno}: write by fdgst.storage.atomic"


def test_no_two_classes_have_one_name():
    places = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(HOUSE)))
    inner = {"Dataset", "Domain"}  # every reader declares its own keys under these names
    inner |= {"FourierStyle"}  # one transform, under its name in each library that has such names
    assert {name: found for name, found in places.items() if len(found) > 1 and name not in inner} == {}


def test_no_parameter_is_called_by_a_word_that_says_nothing():
    empty = {"by", "of", "a", "said", "answer"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                names = {arg.arg for arg in [*node.args.args, *node.args.kwonlyargs]}
                assert not names & empty, f"{path.relative_to(HOUSE)}: {node.name}"


def test_only_what_is_about_eyes_speaks_of_them():
    word = re.compile(r"\b(cup|disc|vcdr)\b", re.IGNORECASE)
    for folder in ("fdgst", "workflow"):
        for path in (HOUSE / folder).rglob("*"):
            name = str(path.relative_to(HOUSE / folder))
            if path.is_file() and path.suffix != ".pyc" and not any(name.startswith(place) for place in EYES):
                assert not word.search(path.read_text()), name


def verbs():
    """For every verb the modules of ours that its function imports."""
    found = {}
    for path in sorted((HOUSE / "fdgst/cli").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(
                "click.command" in ast.unparse(d) for d in node.decorator_list
            ):
                inner = [n for n in ast.walk(node) if isinstance(n, ast.ImportFrom) and n.module]
                found[node.name.replace("_", "-").rstrip("-")] = {
                    n.module for n in inner if n.module.startswith("fdgst.")
                }
    return found


def rules():
    """For every rule of the workflow its verb and the modules in its fingerprints."""
    text = "".join(path.read_text() for path in sorted((HOUSE / "workflow/rules").glob("*.smk")))
    for block in re.split(r"^rule ", text, flags=re.MULTILINE)[1:]:
        verb = re.search(r'"fdgst ([a-z-]+)', block)
        if verb:
            yield block.split(":")[0], verb[1], re.findall(r'fingerprint\(\s*"(fdgst[a-z_.]+)"', block)


def closure(modules):
    """Modules and what they import, however deep."""
    seen, waiting = set(), list(modules)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += fingerprint._read(name)[1]
    return seen


@pytest.mark.parametrize(
    ("name", "verb", "modules"), [*rules()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_a_verb_imports_is_in_its_rule_s_fingerprint(name, verb, modules):
    aside = ("fdgst.study", "fdgst.errors", "fdgst.progress")  # they change no result
    wanted = {module for module in verbs()[verb] if not module.startswith(aside)}
    assert wanted, f"rule {name}: the verb {verb} imports nothing"
    assert wanted <= closure(modules)


def loaded_after(statement):
    """The top-level modules that a fresh interpreter holds after a statement."""
    code = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_command_line_loads_neither_numpy_nor_torch_for_its_help():
    assert not loaded_after("import fdgst, fdgst.cli") & {
        "numpy",
        "torch",
        "h5py",
        "scipy",
        "matplotlib",
        "yaml",
        "pydantic",
    }


@pytest.mark.parametrize(
    "package", ["core", "study", "storage", "data", "generation", "evaluation", "viewing", "reporting"]
)
def test_torch_is_loaded_by_none_of_the_rooms_without_a_network(package):
    paths = [path for path in sorted((HOUSE / "fdgst" / package).rglob("*.py")) if path.name != "__main__.py"]
    modules = [".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    assert modules
    assert "torch" not in loaded_after("import " + ", ".join(modules))
