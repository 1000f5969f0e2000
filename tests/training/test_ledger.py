"""Losses: fetched late, checked always."""

import math

import pytest
import torch

from fdgst.errors import TrainingError
from fdgst.training.ledger import Ledger


def test_the_first_loss_that_is_not_finite_is_named_by_its_step():
    ledger = Ledger(log_steps=4)
    for loss in (1.0, math.nan, math.inf):
        ledger.add(torch.tensor(loss))
    with pytest.raises(TrainingError, match="loss is nan at step 11"):
        ledger.look(11)  # steps 9, 10, 11 counted from 0, that is 10, 11, 12


def test_a_row_is_the_mean_of_its_steps_however_often_somebody_looked():
    ledger = Ledger(log_steps=3)
    for step, loss in enumerate((1.0, 2.0, 6.0)):
        ledger.add(torch.tensor(loss))
        ledger.look(step)
    assert ledger.close_row(2, 0, 1e-3) == {"step": 3, "epoch": 1, "learning_rate": 1e-3, "loss": 3.0}
    assert ledger.pending == []


def test_the_history_is_a_table_of_its_rows():
    ledger = Ledger(2, [{"step": 2, "epoch": 1, "learning_rate": 1e-3, "loss": 0.5}])
    assert ledger.csv() == "step,epoch,learning_rate,loss\n2,1,0.001,0.5\n"
