import pytest

from fdgst import fingerprint as module


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of three modules: a imports b, c stands alone."""
    (tmp_path / "core").mkdir()
    texts = {
        "a.py": "from fdgst.core import b\nx = b.y\n",
        "core/__init__.py": "",
        "core/b.py": "y = 1\n",
        "c.py": "z = 1\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    module._read.cache_clear()
    yield tmp_path
    module._read.cache_clear()


def change(package, name, text):
    """Edit a module and return the fingerprint of `a` after it."""
    (package / name).write_text(text)
    module._read.cache_clear()
    return module.fingerprint("fdgst.a")


def test_a_comment_a_docstring_and_layout_change_nothing(package):
    before = module.fingerprint("fdgst.a")
    assert change(package, "core/b.py", '"""Says what it is."""\n\n# a comment\ny   =   1\n') == before


def test_arithmetic_of_an_imported_module_changes_it(package):
    before = module.fingerprint("fdgst.a")
    assert change(package, "core/b.py", "y = 2\n") != before


def test_a_module_that_is_not_imported_does_not(package):
    before = module.fingerprint("fdgst.a")
    assert change(package, "c.py", "z = 2\n") == before


def test_an_import_inside_a_function_counts(package):
    before = module.fingerprint("fdgst.a")
    lazy = change(package, "a.py", "def f():\n    from fdgst.c import z\n    return z\n")
    assert lazy != before
    assert change(package, "c.py", "z = 3\n") != lazy


def test_an_unknown_module_is_named():
    with pytest.raises(ValueError, match=r"fdgst\.nothing"):
        module.fingerprint("fdgst.nothing")


def test_a_module_that_is_never_called_is_left_out(package):
    before = module.fingerprint("fdgst.a", without=["fdgst.core.b"])
    change(package, "core/b.py", "y = 2\n")
    assert module.fingerprint("fdgst.a", without=["fdgst.core.b"]) == before
