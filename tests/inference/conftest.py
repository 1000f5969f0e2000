"""Trainings to predict with: made by the fixtures of the trainings' own tests."""

from tests.training.conftest import house, make_run, settings

__all__ = ["house", "make_run", "settings"]
