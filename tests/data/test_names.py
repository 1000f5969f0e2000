import os
from pathlib import Path
from unicodedata import normalize

import pytest

from fdgst.data.names import look_alike, looked_for
from fdgst.errors import DataError
from tests.data.folders import Folder

COMPOSED, DECOMPOSED = (normalize(form, "é.png") for form in ("NFC", "NFD"))


def test_a_file_of_another_unicode_form_is_named_and_no_other(tmp_path):
    (tmp_path / DECOMPOSED).write_bytes(b"")
    assert "decomposed, not composed" in look_alike(tmp_path / COMPOSED)
    assert look_alike(tmp_path / "è.png") == ""
    assert look_alike(tmp_path / "e.png") == ""
    assert look_alike(tmp_path / "none" / COMPOSED) == ""


def test_a_relative_path_is_said_to_be_looked_for_where_the_study_runs(tmp_path, monkeypatch):
    started, study = tmp_path / "started", tmp_path / "study"
    (started / "data").mkdir(parents=True)
    study.mkdir()
    monkeypatch.chdir(study)
    monkeypatch.setenv("PWD", str(started))
    assert looked_for(Path("none")) == f" below {study}"
    assert looked_for(Path("data")) == f" below {study}, but there is one below {started}: write the whole path"
    assert looked_for(Path("/none")) == ""


def test_a_slash_at_the_end_of_a_domains_folder_changes_nothing(tmp_path):
    folder = Folder(tmp_path)
    folder.exclude.append("Domain1/train/g2.png")
    plain = folder.reader()
    slashed = type(plain)(
        plain.dataset, plain.Domain(folder="./Domain1/"), id="a", number=1, exclude=plain.exclude, fit="refuse",
        task=plain.task,
    )  # fmt: skip
    assert [entry.name for entry in slashed.entries()] == ["g1", "g3"]
    assert slashed.exclusions() == plain.exclusions() == ["Domain1/train/g2.png"]
    assert slashed.files() == plain.files()


def test_a_name_that_is_no_text_is_refused_before_anything_is_read(tmp_path):
    folder = Folder(tmp_path)
    for path in (folder.image("train", "g1"), folder.mask("train", "g1")):
        path.rename(path.with_name(os.fsdecode(b"g\xff.png")))
    with pytest.raises(DataError) as caught:
        folder.reader().entries()
    assert all("expected a name that is text (UTF-8)" in fault for fault in caught.value.faults)
