"""The packaged configuration, and what is said of one that differs from it."""

from pathlib import Path

import pytest

from fdgst.errors import ConfigError
from fdgst.study.study import load_study

HOUSE = Path(__file__).parents[2]
BASE = HOUSE / "config.yaml"


@pytest.fixture
def demo():
    """A function that returns the study of an overlay."""
    return lambda overlay: load_study(overlay, base=BASE)


@pytest.fixture
def faults(demo):
    """A function that returns the lines that are said of an overlay."""

    def told(overlay):
        with pytest.raises(ConfigError) as caught:
            demo(overlay)
        return list(caught.value.faults)

    return told
