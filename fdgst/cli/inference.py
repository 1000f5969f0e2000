"""The verb that predicts."""

from pathlib import Path
from typing import Any

import click

from fdgst.cli.options import FILE, FOLDER, Variadic, parallel


@click.command(cls=Variadic)
@click.option("--run", type=FOLDER, multiple=True, required=True, help="Folder of a finished training.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI file of the domain to predict.")
@click.option("--split", type=click.Choice(["train", "test", "all"]), required=True)
@click.option("--threshold", type=click.FloatRange(0, 1, min_open=True, max_open=True), required=True)
@click.option("--cup-in-disc", is_flag=True, help="Cut the cup to the disc.")
@click.option("--crop-centre", is_flag=True, help="Show the network the centre 512/800 of the ROI only (as released).")
@click.option("--weights", type=FILE, multiple=True, help="A snapshot of the run to use instead of its final weights.")
@click.option("--out", type=FILE, multiple=True, required=True, help="Predictions, HDF5.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="At most the CPUs at hand.")
def predict(
    run: tuple[Path, ...],
    rois: tuple[Path, ...],
    weights: tuple[Path, ...],
    out: tuple[Path, ...],
    device: str,
    threads: int,
    **options: Any,
) -> None:
    """Predict a domain's images with a finished training: masks at ROI size, and logits.

    Several predictions in one go: --run, --rois, --weights and --out are read side by side; one given once serves all.

    \b
    Examples:
      fdgst predict --run results/runs/fdg/domain3/seed0 --rois results/rois/domain3.h5 --split test \\
        --threshold 0.75 --out results/runs/fdg/domain3/seed0/predictions.h5
    """
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from fdgst.inference.predict import predict
    from fdgst.inference.predictor import Predictor
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    for folder, images, snapshot, path in parallel(run=run, rois=rois, weights=weights, out=out):
        predictor = Predictor(folder, weights=snapshot, device=device, threads=threads)
        model = {key: predictor.record[key] for key in ("method", "unseen", "seed")}
        predict(predictor, rois=images, out=path, model=model, **options)
