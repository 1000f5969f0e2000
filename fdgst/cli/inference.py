"""The verb that predicts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fdgst.cli.options import FILE, FOLDER, NEW_FILE, settings_option
from fdgst.inference import NORMALISATIONS, VIEWS

if TYPE_CHECKING:
    from fdgst.study.slices import PredictSettings


@click.command
@click.option("--run", type=FOLDER, required=True, help="Folder of a finished training.")
@click.option("--weights", type=FILE, help="A snapshot of the run to use instead of its last weights.")
@click.option("--rois", type=FILE, required=True, help="ROI file of the domain to predict.")
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    default="whole",
    show_default=True,
    help="What the network is shown of a ROI; centre: 512/800 of each side (as released).",
)
@click.option(
    "--normalisation",
    type=click.Choice(NORMALISATIONS),
    default="running",
    show_default=True,
    help="By whose statistics: those gathered in training, or those of as many test images as a step had.",
)
@settings_option("PredictSettings")
@click.option("--out", type=NEW_FILE, required=True, help="Predictions, HDF5.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="At most the CPUs at hand.")
def predict(
    run: Path,
    weights: Path | None,
    rois: Path,
    view: str,
    normalisation: str,
    settings: "PredictSettings",
    out: Path,
    device: str,
    threads: int,
) -> None:
    """Predict a domain's images with a finished training: masks at ROI size, and logits.

    \b
    Examples:
      fdgst predict --run results/runs/fdg/domain3/seed0 --rois results/rois/domain3.h5 --settings predict.json \\
        --out results/runs/fdg/domain3/seed0/predictions/last/whole/domain3.h5
    """
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from fdgst.inference.predict import predict
    from fdgst.inference.predictor import Predictor
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    predictor = Predictor(run, weights=weights, device=device, threads=threads, normalisation=normalisation)
    model = {key: predictor.record[key] for key in ("method", "unseen", "seed")}
    model |= {"weights": predictor.weights, "normalisation": predictor.normalisation}
    predict(
        predictor,
        rois,
        out,
        model=model,
        view=view,
        split=settings.split,
        threshold=settings.threshold,
        nest=settings.nest,
        structures=settings.structures,
        batch=predictor.batch,
    )
