"""A small study made up by chance: files as the workflow leaves them, whose numbers mean nothing."""

import json
import math
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
import yaml

from fdgst.core.seeding import generator
from fdgst.evaluation.catalogue import AVERAGE, METRICS
from fdgst.evaluation.protocols import VARIANT
from fdgst.reporting.cases import make_cases
from fdgst.reporting.figures import FigureInputs, make
from fdgst.reporting.figures.contours import Pictures, models
from fdgst.reporting.table import make_table
from fdgst.storage.parts import records
from fdgst.storage.predictions import write_predictions
from fdgst.storage.rois import create_rois, open_rois
from fdgst.storage.scores import KEYS, write_scores
from fdgst.study.slices import Column, Row, TableSettings
from tests.compared import FUNDUS
from tests.reporting.pages import HOUSE, written

DOMAINS = {"domain1": "Camera 1", "domain2": "Camera 2", "domain3": "Camera 3"}
METHODS = {"deepall": "DeepAll", "fdg": "FDG", "fdg_st": "FDG+ST"}
SEEDS = (0, 1)
SIZE_PX = 48
VALUES = ("dsc", "hd", "hd95", "asd", "asd_directed", "missed", "vcdr_truth", "vcdr_prediction")
# the greys of tests/compared.py are all 0: what a mask file of these images holds
STORED = FUNDUS.model_copy(
    update={
        "structures": tuple(
            item.model_copy(update={"values": ((0, last),)})
            for item, last in zip(FUNDUS.structures, (50, 200), strict=True)
        ),
        "background": ((201, 255),),
    }
)


NAMED = {
    "methods": tuple(Row(id=name, title=title) for name, title in METHODS.items()),
    "domains": tuple(Column(id=name, title=title) for name, title in DOMAINS.items()),
}


def ellipse(height, width):
    """A centred ellipse of these axes, pixels."""
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX] - SIZE_PX // 2
    return (rows / height) ** 2 + (columns / width) ** 2 <= 1


def eye(rng, tint):
    """A made-up ROI: a bright disc with a brighter cup on a background of the camera's tint."""
    disc, cup = ellipse(*rng.uniform(14, 18, 2)), ellipse(*rng.uniform(6, 10, 2))
    image = tint + 60.0 * disc[..., None] + 50.0 * cup[..., None] + rng.normal(0, 6, (SIZE_PX, SIZE_PX, 3))
    grey = np.select([cup & disc, disc], [0, 128], 255)
    return np.clip(image, 0, 255).astype(np.uint8), grey.astype(np.uint8)


def write_rois(path, domain, number):
    """Six training and four test images."""
    rng = generator("eye", domain)
    tint = np.roll([150.0, 90.0, 40.0], number)
    shape = {"count": 10, "roi_size_px": (SIZE_PX, SIZE_PX), "network_size_px": (32, 32)}
    named = {"domain": domain, "title": DOMAINS[domain]}
    more = {"mask_resize": "nearest", "compression": "none", "task": STORED, "settings": named}
    with create_rois(path, **named, **shape, **more) as writer:
        for row in range(10):
            image, grey = eye(rng, tint)
            name, split = f"eye{row:02d}", "train" if row < 6 else "test"
            writer.add(name=name, split=split, group=name, image=image, greys={"mask": grey}, sha256="0" * 64)


def scores():
    """Rows of scores.csv: later methods are a little better; the worst row has no disc."""
    rows = []
    for (place, method), unseen, seed, image, structure in product(
        enumerate(METHODS), DOMAINS, SEEDS, range(6, 10), ("cup", "disc")
    ):
        rng = generator("score", method, unseen, seed, image, structure)
        truth, dsc = 0.3 + 0.05 * image, min(99.0, 80 + 4 * place + rng.normal(0, 6))
        missed = (method, unseen, seed, image) == ("deepall", "domain2", 0, 7)
        vcdr = math.nan if missed else round(truth + rng.normal(0, 0.08), 4)
        rows.append(
            (method, unseen, seed, f"eye{image:02d}", structure, 0 if missed else round(dsc, 3),
             *([67.9] * 4 if missed else np.round([12 - dsc / 10, 10 - dsc / 12, 6 - dsc / 20, 6 - dsc / 20], 3)),
             int(missed), round(truth, 4), vcdr)
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=[*KEYS, *VALUES])
    more = {"domain": table["unseen"], "cropped": 0, "dsc_released": table["dsc"]}
    return table.assign(**more, truth_px=500, prediction_px=500, outside_px=3, false_alarm=0)


def write_history(path, steps):
    """A loss that falls, with a lower learning rate in the last third."""
    lines = ["step,epoch,learning_rate,loss"]
    lines += [
        f"{step},{step // 10},{0.001 if step <= steps * 2 / 3 else 0.0002},{0.7 / step**0.4}"
        for step in range(10, steps + 1, 10)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def write_run(folder, method, unseen, seed, roi_masks):
    """Predictions that are the truth moved by some pixels, a history and a record."""
    (folder / "predictions/last/whole").mkdir(parents=True)
    identity = {"method": method, "unseen": unseen, "seed": seed, "domain": unseen}
    shift = int(generator("shift", method, unseen, seed).integers(0, 4))
    masks = [np.roll(planes, shift, axis=2) for planes in roi_masks]
    write_predictions(
        folder / f"predictions/last/whole/{unseen}.h5",
        [(mask, np.zeros((2, 32, 32))) for mask in masks],
        names=[f"eye{row:02d}" for row in range(6, 10)],
        structures=records(FUNDUS.structures),
        roi_size_px=(SIZE_PX, SIZE_PX),
        network_size_px=(32, 32),
        settings=identity,
    )
    write_history(folder / "history.csv", 150)
    write_record(folder / "run.json", method, unseen, seed)


def write_record(path, method, unseen, seed):
    """What a training leaves about itself."""
    record = {
        "method": method, "unseen": unseen, "seed": seed, "stage": "main", "trainer": "plain", "epochs": 15,
        "steps": 150, "images_per_step": 18, "seconds": 61.25, "images_per_second": 44.1, "device": "cpu", "threads": 1,
        "versions": {"python": "3.11.0", "fdgst": "0.1.0", "torch": "2.0"},
        "depends_on": {"seed": str(seed), "code": "0123456789abcdef", "0 rois/domain2.h5": "fedcba9876543210"},
    }  # fmt: skip
    path.write_text(json.dumps(record))


def compared(table, seeds=2):
    """Rows of significance.csv: true differences, with intervals and p made up; sure where the difference is large."""
    rows, shown = [], table[table["shown"] == 1]
    means = shown.set_index(["method", "structure", "metric", "unseen"])["mean"]
    pairs = [("fdg_st", "fdg"), ("fdg", "deepall"), ("fdg_st", "deepall")]
    for (method, reference), structure, metric, unseen in product(
        pairs, FUNDUS.ids, shown["metric"].unique(), (*DOMAINS, AVERAGE)
    ):
        difference = means[method, structure, metric, unseen] - means[reference, structure, metric, unseen]
        declared = unseen == AVERAGE and (method, reference) in pairs[:2]
        half = 1.2 if metric == "dsc" else 0.15
        sure = "trainings" if abs(difference) > 2 * half else "images" if abs(difference) > half else "unknown"
        winner = method if difference * METRICS[metric].better > 0 else reference
        rows.append(
            {"method": method, "reference": reference, "structure": structure, "metric": metric, "unseen": unseen,
             "images": 12, "seeds": seeds, "difference": difference, "low": difference - 2 * half,
             "high": difference + 2 * half, "p": 0.01, "p_holm": 0.00004 if sure == "trainings" else 0.0264,
             "effect": 0.5, "wins": 8, "losses": 3, "ties": 1,
             "better": winner if declared and sure == "trainings" else "",
             "family": "declared" if declared else "exploratory", "units": 12,
             "units_low": difference - half, "units_high": difference + half, "sure": sure,
             "p_trainings": 0.0312 if seeds > 1 else ""}
        )  # fmt: skip
    return pd.DataFrame(rows)


def write_tables(results):
    """The table, the tests, a matrix of protocols whose oracle is one point better, and a study."""
    options = {"samples": 200, "confidence": 0.95, "protocol": "paper"}
    make_table(
        [results / "scores.csv"],
        **NAMED,
        task=FUNDUS,
        csv=results / "table1.csv",
        tex=results / "table1.tex",
        data="phantom",
        tests="significance.csv",
        **options,
    )
    table = pd.read_csv(results / "table1.csv")
    variants = product(
        ("paper", "released"), (0.5, 0.75), ("last", "source_validation", "oracle"), (0, 1), ("running",)
    )
    matrix = table[table["shown"] == 1].merge(pd.DataFrame(variants, columns=VARIANT), how="cross")
    moved = 0.3 * (matrix["definitions"] == "released") + 2 * (matrix["threshold"] == 0.5)
    shift = (matrix["checkpoint"] == "oracle") + moved
    matrix.assign(mean=matrix["mean"] + shift, shift=shift).to_csv(results / "protocols.csv", index=False)
    (results / "ablations").mkdir()
    table.to_csv(results / "ablations/window.csv", index=False)
    compared(table).to_csv(results / "significance.csv", index=False)
    ranked = {"rank": [2.5, 2.25, 1.25], "low": [2, 1.5, 1], "high": [3, 3, 2], "first": [0.0, 0.1, 0.9]}
    pd.DataFrame({"method": [*METHODS]} | ranked).to_csv(results / "ranks.csv", index=False)


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """The folder of the made-up study, as the workflow would leave it."""
    results = tmp_path_factory.mktemp("study") / "results"
    for number, domain in enumerate(DOMAINS):
        write_rois(results / f"rois/{domain}.h5", domain, number)
        with open_rois(results / f"rois/{domain}.h5") as rois:
            masks = [rois.masks(row) for row in range(6, 10)]
        for method, seed in product(METHODS, SEEDS):
            write_run(results / f"runs/{method}/{domain}/seed{seed}", method, domain, seed, masks)
        for seed in SEEDS:
            write_history(results / f"pretrained/{domain}/seed{seed}/history.csv", 80)
    write_scores(results / "scores.csv", scores())
    write_tables(results)
    return results


@pytest.fixture(scope="session")
def titled():
    """The titles of the made-up study's methods and domains, as the configuration gives them."""
    return NAMED


@pytest.fixture(scope="session")
def given(study, titled):
    """Everything a figure may ask for."""
    return FigureInputs(
        rois=sorted(study.glob("rois/*.h5")),
        photographs=[],
        predictions=sorted(study.glob("runs/*/*/*/predictions/*/*/*.h5")),
        runs=sorted([*study.glob("runs/*/*/*"), *study.glob("pretrained/*/*")]),
        scores=[study / "scores.csv"],
        tables=[study / "protocols.csv"],
        task=FUNDUS,
        **titled,
    )


@pytest.fixture(scope="session")
def pixels(given):
    """The images and masks of the made-up study."""
    with Pictures(given.rois, models(given.predictions), FUNDUS) as opened:
        yield opened


SETTINGS = TableSettings(
    **NAMED, task=FUNDUS, protocol="paper", bootstrap_samples=200, confidence=0.95, data="phantom", tests=""
)


@pytest.fixture(scope="session")
def config(titled, tmp_path_factory):
    """The demo's configuration, for the made-up study."""
    settings = yaml.safe_load((HOUSE / "config.yaml").read_text())
    rows = [
        {**item.model_dump(), "trainer": "plain", "augmentation": "none", "options": {}} for item in titled["methods"]
    ]
    domains = [{**item.model_dump(), "released_crop": False} for item in titled["domains"]]
    study = {"id": "window", "title": "Window of the spectrum", "unseen": ["domain1"], "methods": ["fdg", "fdg_st"]}
    settings |= {"methods": rows, "domains": domains, "seeds": [0, 1], "ablations": [study]}
    settings |= {"task": json.loads(FUNDUS.model_dump_json()), "inherited": ["training.batch: 16"]}
    settings["evaluation"] |= {"nest": False}
    path = tmp_path_factory.mktemp("config") / "config.json"
    path.write_text(json.dumps(settings))
    return path


@pytest.fixture(scope="session")
def files(study, given, pixels):
    """All that the made-up study has for a report."""
    for name in ("fig1", "boxes", "protocols", "ranks", "pairs"):
        tables = {"protocols": "protocols", "ranks": "ranks", "pairs": "significance"}.get(name, "wins")
        make(name, study / f"figures/{name}.png", replace(given, tables=[study / f"{tables}.csv"]))
    sheets = [study / f"shards/{name}/sheet.csv" for name in ("fdg", "fdg_st")]
    for sheet in sheets:
        sheet.parent.mkdir(parents=True)
        sheet.write_text("content,style,images,clipped\ndomain1,domain2,60,0.0125\n")
    tables = [study / f"{name}.csv" for name in ("table1", "significance", "ranks", "protocols", "scores")]
    make_cases(study / "cases.json", settings=SETTINGS, scores=given.scores, pixels=pixels)
    return [
        study / "cases.json",
        study / "figures/fig1.png",
        *tables,
        *sheets,
        study / "ablations/window.csv",
        *(study / f"figures/{name}.svg" for name in ("boxes", "protocols", "ranks", "pairs")),
        *study.glob("runs/*/*/*/run.json"),
    ]


@pytest.fixture(scope="session")
def html(config, files, tmp_path_factory):
    """The report with everything in it."""
    return written(tmp_path_factory.mktemp("report"), config, files)
