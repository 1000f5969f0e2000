"""The state of a training: losses fetched late and checked always, rows, snapshots, and what a checkpoint holds."""

import math
from types import SimpleNamespace

import pytest
import torch

from fdgst.errors import TrainingError
from fdgst.training.checkpoint import Checkpoints
from fdgst.training.schedule import Schedule
from fdgst.training.state import TrainingState


@pytest.fixture
def state(tmp_path):
    """Return a function that makes a state of 4 epochs of 3 steps, a row every so many steps."""

    def make(log_steps=3, **replaced):
        plan = Schedule(3, 4, 2, 2, 3, 1e-3, 1e-4)
        checkpoints = Checkpoints(tmp_path / "kept", {"code": "abc"})
        kept = {"weights": lambda: {"w": torch.ones(2)}, "state": lambda: {"w": torch.ones(2)}}
        trainer = SimpleNamespace(**kept, load_state=lambda state: None)
        values = {"name": "row", "draws_by": (), "trainer": trainer, "plan": plan, "checkpoints": checkpoints}
        limits = {"checkpoint_seconds": 1e9, "threads": 1, "log_steps": log_steps, "snapshot_epochs": 0}
        return TrainingState(**(values | limits | replaced))

    return make


def test_the_first_loss_that_is_not_finite_is_named_by_its_step(state):
    training = state(step=9)
    for loss in (1.0, math.nan, math.inf):  # of steps 10, 11, 12, counted from 1
        training.end_step(torch.tensor(loss))
    with pytest.raises(TrainingError, match="loss is nan at step 11"):
        training.look()


def test_a_row_is_the_mean_of_its_steps_however_often_somebody_looked(state):
    told = []
    training = state(row_done=told.append)
    for loss in (1.0, 2.0, 6.0):
        training.end_step(torch.tensor(loss))
        training.look()
    training.close_row()
    assert told == training.history == [{"step": 3, "epoch": 1, "learning_rate": 1e-3, "loss": 3.0}]
    assert training.losses == []


def test_rows_end_every_so_many_steps_and_with_the_last(state):
    training = state(log_steps=5)
    due = []
    while not training.over:
        training.end_step(torch.zeros(()))
        due += [training.step] if training.row_is_due() else []
    assert due == [5, 10, 12]


def test_snapshots_are_due_at_the_end_of_every_so_many_epochs(state):
    training = state(snapshot_epochs=2)
    due = []
    while not training.over:
        training.end_step(torch.zeros(()))
        due += [(training.step, training.epoch)] if training.snapshot_is_due() else []
    assert due == [(6, 2), (12, 4)]


def test_what_is_saved_is_what_goes_on(state):
    training, other = state(log_steps=2), state(log_steps=2)
    for loss in (1.0, 2.0, 5.0):
        training.end_step(torch.tensor(loss))
        if training.row_is_due():
            training.close_row()
    training.save()
    other.resume(training.checkpoints.load())
    assert (other.step, other.history, other.losses, other.interruptions) == (3, training.history, [5.0], 1)
    assert other.seconds >= training.checkpoints.load()["seconds"]


def test_the_history_is_a_table_of_its_rows(state):
    training = state(history=[{"step": 2, "epoch": 1, "learning_rate": 1e-3, "loss": 0.5}])
    assert training.csv() == "step,epoch,learning_rate,loss\n2,1,0.001,0.5\n"
