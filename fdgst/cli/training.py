"""The verb that trains."""

import sys
from typing import TYPE_CHECKING, Any

import click

from fdgst.cli.options import FILE, NEW_FOLDER, Output, Variadic, settings_option

if TYPE_CHECKING:
    from fdgst.study.slices import TrainSettings


WRITTEN = ("model.safetensors", "run.json", "history.csv")


@click.command(cls=Variadic)
@click.option("--stage", type=click.Choice(["pretrain", "main"]), required=True)
@click.option("--method", required=True, help="Id of the row; names the run.")
@click.option(
    "--augmentation",
    default="none",
    show_default=True,
    help="Id of the augmentation; refused without shards, unless the settings say how it is made live.",
)
@click.option("--unseen", required=True, help="Id of the domain held out; refused among the inputs.")
@click.option("--seed", type=click.IntRange(0), required=True)
@settings_option("TrainSettings")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI files, one per source domain.")
@click.option("--shard", "shards", type=FILE, multiple=True, help="Stylised copies, one file per pair of sources.")
@click.option("--bank", "banks", type=FILE, multiple=True, help="Soft banks of the sources, for a live augmentation.")
@click.option(
    "--reference", type=FILE, multiple=True, help="ROI files that lend their number of images (upper bounds)."
)
@click.option("--start", type=FILE, help="Weights to begin with, safetensors.")
@click.option("--checkpoints", type=NEW_FOLDER, required=True, help="Where the state to resume from is kept.")
@click.option(
    "--out",
    type=Output(file_okay=False, names=WRITTEN),
    required=True,
    help="Where model.safetensors, run.json, history.csv go.",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="At most the CPUs at hand.")
@click.option(
    "--checkpoint-seconds",
    type=click.FloatRange(0, min_open=True),
    required=True,
    help="Between two checkpoints: what an interruption loses at most.",
)
@click.option(
    "--resident-gib", type=click.FloatRange(0), required=True, help="Pixels up to this size are kept in memory."
)
@click.option("--tensorboard/--no-tensorboard", default=False, show_default=True)
def train(
    settings: "TrainSettings",
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
      fdgst train --stage main --method fdg --augmentation fdg --unseen domain3 --seed 0 --settings train.json \\
        --rois results/rois/domain1.h5 results/rois/domain2.h5 --shard results/shards/fdg/domain[12]/domain[12].h5 \\
        --start results/pretrained/domain3/seed0/model.safetensors \\
        --checkpoints results/checkpoints/runs/fdg/domain3/seed0 --out results/runs/fdg/domain3/seed0 \\
        --checkpoint-seconds 60 --resident-gib 4

    \b
    A row that is stylised live has no shards; train.json then says how ("live": {"augmentation": {...}, "self_pairs":
    true}), and at ROI size the sources' soft banks are given:
      fdgst train --stage main --method fdg_st --augmentation fdg_st --unseen domain3 --seed 0 --settings train.json \\
        --rois results/rois/domain[12].h5 --bank results/banks/domain[12]/soft-0.05.h5 \\
        --checkpoints checkpoints/fdg_st --out runs/fdg_st --checkpoint-seconds 60 --resident-gib 4
    """
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a thread that waits leaves its CPU to a neighbour's training
    from fdgst.progress import log_to_stderr
    from fdgst.study.training import Execution
    from fdgst.training.identity import TrainingRun
    from fdgst.training.interruption import Interrupted
    from fdgst.training.run import train

    log_to_stderr()
    execution = Execution(
        device=device,  # type: ignore[arg-type]  # click has checked it
        threads=threads,
        checkpoint_seconds=checkpoint_seconds,
        resident_gib=resident_gib,
        tensorboard=tensorboard,
    )
    try:
        run = TrainingRun(trainer=settings.trainer, options=settings.options, live=settings.live, **identity)
        train(run, settings.training, execution)
    except Interrupted as stop:
        click.echo(stop, err=True)
        sys.exit(stop.status)
