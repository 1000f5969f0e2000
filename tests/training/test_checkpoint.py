"""Checkpoints: two generations, keyed, and never trusted blindly."""

import logging

import pytest
import torch

from fdgst.training.checkpoint import Checkpoints

KEY = {"training.learning_rate": "0.001", "code": "abc"}


@pytest.fixture
def checkpoints(tmp_path):
    kept = Checkpoints(tmp_path / "kept", KEY)
    for step in (5, 10, 15):
        kept.save(step, {"trainer": {"weight": torch.full((64,), float(step))}, "history": []})
    return kept


def test_the_newest_of_two_generations_is_read(checkpoints):
    assert [path.name for path in sorted(checkpoints.folder.iterdir())] == ["step00000010.pt", "step00000015.pt"]
    assert checkpoints.load()["step"] == 15


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: data[:-700]])
def test_a_truncated_newest_falls_back_to_the_older_with_a_warning(checkpoints, caplog, damage):
    newest = checkpoints.newest()
    newest.write_bytes(damage(newest.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert checkpoints.load()["step"] == 10
    assert "step00000015.pt: damaged (wrong checksum): set aside" in caplog.text
    checkpoints.save(12, {})
    kept = ["step00000010.pt", "step00000012.pt", "step00000015.pt.damaged"]
    assert [path.name for path in sorted(checkpoints.folder.iterdir())] == kept


def test_where_both_are_damaged_the_run_starts_anew(checkpoints):
    for path in checkpoints.folder.iterdir():
        path.write_bytes(b"")
    assert checkpoints.load() is None
    assert checkpoints.newest() is None


def test_a_disk_that_fails_is_no_damage(checkpoints):
    newest = checkpoints.newest()
    newest.unlink()
    newest.mkdir()  # cannot be read, whoever asks
    with pytest.raises(IsADirectoryError):
        checkpoints.load()


def test_a_flipped_byte_of_a_tensor_is_noticed(checkpoints):
    newest = checkpoints.newest()
    data = bytearray(newest.read_bytes())
    data[data.index(torch.full((64,), 15.0).numpy().tobytes()) + 100] ^= 1
    newest.write_bytes(data)
    assert checkpoints.load()["step"] == 10


def test_another_key_starts_anew_and_says_what_changed(checkpoints, caplog):
    changed = Checkpoints(checkpoints.root, KEY | {"training.learning_rate": "0.01"})
    with caplog.at_level(logging.WARNING):
        assert changed.load() is None
    assert "of another training (training.learning_rate changed): starting anew" in caplog.text
    changed.save(1, {})
    assert changed.load()["step"] == 1
    assert checkpoints.load()["step"] == 15  # with the old settings again


def test_clearing_leaves_what_is_not_its_own(checkpoints):
    Checkpoints(checkpoints.root, {"code": "old"}).save(3, {})
    thesis = checkpoints.root / "thesis"
    thesis.mkdir()
    checkpoints.clear()
    assert list(checkpoints.root.iterdir()) == [thesis]
    thesis.rmdir()
    checkpoints.clear()
    assert not checkpoints.root.exists()


def test_nothing_of_a_checkpoint_is_unpickled(checkpoints, caplog):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

    checkpoints.save(20, {"trap": Trap()})
    with caplog.at_level(logging.WARNING):
        assert checkpoints.load()["step"] == 15
    assert "holds more than tensors" in caplog.text


def test_what_a_kill_left_half_written_is_swept_away_when_the_run_is_taken_up(checkpoints):
    (checkpoints.folder / "step00000016.pt.0123abcd.part").write_bytes(b"half")
    with checkpoints.alone() as hold:
        assert not hold.waited
        assert checkpoints.load()["step"] == 15
    assert [path.name for path in sorted(checkpoints.folder.iterdir())] == ["step00000010.pt", "step00000015.pt"]
