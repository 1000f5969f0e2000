"""The share of a step that its data take."""

import logging

import pytest
import torch

from fdgst.training import clock as module
from fdgst.training.clock import DataClock


@pytest.fixture
def clock(monkeypatch):
    """A clock whose data take 3 of 4 seconds of every step."""
    marks = iter(4.0 * (number // 3) + (0, 3, 4)[number % 3] for number in range(300))
    monkeypatch.setattr(module, "perf_counter", lambda: next(marks))
    return DataClock(torch.device("cpu"))


def steps(clock, count):
    for _ in range(count):
        clock.begin()
        clock.data_done()
        clock.end()
    clock.look()


def test_the_share_is_that_of_all_steps_up_to_the_last_look(clock):
    assert clock.share == 0
    steps(clock, 2)
    steps(clock, 3)
    assert (clock.data_seconds, clock.seconds, clock.share) == (15, 20, 0.75)


def test_slow_data_are_warned_of_once_and_not_too_early(clock, caplog):
    with caplog.at_level(logging.WARNING):
        steps(clock, 7)  # 28 s
        assert not caplog.records
        steps(clock, 1)
        steps(clock, 9)
    (record,) = caplog.records
    assert "the data path takes 75 % of a step" in record.getMessage()
