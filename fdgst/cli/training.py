"""The verb that trains."""

import sys
from typing import Any

import click

from fdgst.cli.options import FILE, FOLDER, MAPPING, Variadic


@click.command(cls=Variadic)
@click.option("--stage", type=click.Choice(["pretrain", "main"]), required=True)
@click.option("--method", required=True, help="Id of the row; names the run.")
@click.option("--trainer", required=True, help="plain, dofe, fact, feddg or intra.")
@click.option("--options", type=MAPPING, default="{}", help="Of the trainer.")
@click.option("--unseen", required=True, help="Id of the domain held out; refused among the inputs.")
@click.option("--seed", type=click.IntRange(0), required=True)
@click.option("--training", type=MAPPING, required=True, help="The configuration's training, without how to run.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI files, one per source domain.")
@click.option("--shard", "shards", type=FILE, multiple=True, help="Stylised copies, one file per pair of sources.")
@click.option("--reference", type=FILE, multiple=True, help="ROI files that lend their number of images (intra).")
@click.option("--start", type=FILE, help="Weights to begin with, safetensors.")
@click.option("--checkpoints", type=FOLDER, required=True, help="Where the state to resume from is kept.")
@click.option("--out", type=FOLDER, required=True, help="Where model.safetensors, run.json, history.csv go.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="At most the CPUs at hand.")
@click.option("--checkpoint-seconds", type=click.FloatRange(0, min_open=True), default=300, show_default=True)
@click.option("--resident-gib", type=click.FloatRange(0), default=8, show_default=True, help="Pixels kept in memory.")
@click.option("--tensorboard/--no-tensorboard", default=False, show_default=True)
def train(
    training: dict[str, Any],
    device: str,
    threads: int,
    checkpoint_seconds: float,
    resident_gib: float,
    tensorboard: bool,
    **identity: Any,
) -> None:
    """Train a network; SIGTERM or Ctrl-C saves and stops, and the same command again goes on to the same weights.

    \b
    Examples:
      fdgst train --stage main --method fdg --trainer plain --unseen domain3 --seed 0 --training '{decoder: ..}' \\
        --rois results/rois/domain1.h5 results/rois/domain2.h5 --shard results/shards/fdg/domain[12]/domain[12].h5 \\
        --start results/pretrained/domain3/seed0/model.safetensors \\
        --checkpoints results/checkpoints/runs/fdg/domain3/seed0 --out results/runs/fdg/domain3/seed0
    """
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a thread that waits leaves its CPU to a neighbour's training
    from fdgst.progress import log_to_stderr
    from fdgst.training.interruption import Interrupted
    from fdgst.training.run import train
    from fdgst.training.settings import Execution, Run, settings_from

    log_to_stderr()
    execution = Execution(device, threads, checkpoint_seconds, resident_gib, tensorboard)
    try:
        train(Run(**identity), settings_from(training), execution)
    except Interrupted as told:
        click.echo(told, err=True)
        sys.exit(told.status)
