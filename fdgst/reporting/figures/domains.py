"""Figure 1 of the paper: samples of every domain."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from fdgst.reporting.figures import style
from fdgst.storage.rois import open_rois

SAMPLES = 3


def samples(rois: Sequence[Path]) -> Figure:
    """Draw one column per domain, `SAMPLES` training images in each: first, middle and last by name.

    Parameters
    ----------
    rois : sequence of Path
        ROI files, in the order of the columns.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(open_rois(path)) for path in rois]
        figure, axes = style.sheet(
            [(style.aspect(files), 0.0)] * SAMPLES, len(files), label_in=0.02, head_in=style.TITLE_IN
        )
        for column, domain in enumerate(files):
            rows = domain.indices("train")
            for line, row in enumerate(rows[np.linspace(0, len(rows) - 1, SAMPLES).round().astype(int)]):
                shown = style.picture(domain.image(row), domain.white)
                style.show_stretched(axes[line][column], shown, title="" if line else domain.title)
    return figure
