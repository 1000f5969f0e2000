"""The figure of the protocols: what one changed convention moves."""

import pandas as pd
import pytest

from fdgst.reporting.figures.studies import protocols
from tests.compared import CUP, task_of


def protocol_rows(**changed):
    """Rows of protocols.csv of two methods under the reference, and under one with conventions changed."""
    usual = {"definitions": "paper", "threshold": 0.75, "checkpoint": "last", "released_crop": 0}
    usual |= {"normalisation": "running", "structure": "cup", "unseen": "average"}
    cells = [{"method": method, "metric": metric} for method in ("a", "b") for metric in ("dsc", "hd", "asd")]
    return [usual | cell | {"mean": 80.0, "shift": 0.0} for cell in cells] + [
        usual | cell | changed | {"mean": 82.0, "shift": 2.0} for cell in cells
    ]


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({"normalisation": "test_batch"}, ["test batch's norm.", "all together"]),
        ({"definitions": "released"}, ["released metrics", "all together"]),
        ({"threshold": 0.5, "checkpoint": "oracle"}, ["all together"]),
    ],
)
def test_the_protocols_show_what_one_changed_convention_moves(changed, lines):
    figure = protocols(pd.DataFrame(protocol_rows(**changed)), {"a": "A", "b": "B"}, task=task_of(CUP))
    panel = figure.axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == lines
    drawn = [line.get_xdata() for line in panel.lines if line.get_marker() not in ("None", "")]
    assert [list(shifts) for shifts in drawn[1::2]] == [[0, 2], [0, 2]]
    assert all(list(shifts) == [2] * (len(lines) - 1) for shifts in drawn[::2])
