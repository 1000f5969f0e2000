"""What tests of several rooms share: scores made to order."""

from itertools import product

import pandas as pd
import pytest

from fdgst.storage.scores import KEYS

PERFECT = {
    **{"dsc": 100.0, "hd": 0.0, "hd95": 0.0, "asd": 0.0, "asd_directed": 0.0, "missed": 0, "dsc_released": 100.0},
    **{"vcdr_truth": 0.5, "vcdr_prediction": 0.5, "cropped": 0, "truth_px": 100, "prediction_px": 100, "outside_px": 0},
    "false_alarm": 0,
}


@pytest.fixture(scope="session")
def made():
    """A function that makes scores: perfect ones, but for the columns that `changes` returns for a row's keys."""

    def make(methods, domains, changes, *, seeds=(0,), images=4, structures=("cup", "disc"), **more):
        rows = [
            {**dict(zip(KEYS, key, strict=True)), "domain": key[1], **PERFECT, **more, **changes(*key)}
            for key in product(methods, domains, seeds, range(images), structures)
        ]
        table = pd.DataFrame(rows)
        return table.assign(image=table["image"].map("i{:03d}".format))

    return make
