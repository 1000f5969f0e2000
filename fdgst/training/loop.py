"""The training loop, in the order of events. It decides nothing: schedules and sampling are functions of the step."""

from collections.abc import Callable, Mapping
from time import monotonic

import torch

from fdgst.core.seeding import seed
from fdgst.progress import Progress
from fdgst.training.batch import Batch
from fdgst.training.clock import DataClock
from fdgst.training.interruption import Interrupted, Interruption
from fdgst.training.keeper import Keeper
from fdgst.training.ledger import Ledger
from fdgst.training.methods.trainer import Trainer
from fdgst.training.schedule import Schedule


def fit(
    trainer: Trainer,
    batches: Callable[[int], Batch],
    plan: Schedule,
    *,
    name: str,
    identity: tuple[str | int, ...],
    start: int,
    ledger: Ledger,
    keeper: Keeper,
    interruption: Interruption,
    epoch_done: Callable[[int], None],
    row_done: Callable[[Mapping[str, float]], None],
) -> DataClock:
    """Train from step `start` to the end of the plan.

    Parameters
    ----------
    trainer : Trainer
    batches : callable
        Step to batch, pure.
    plan : Schedule
    name : str
        Of the run, for messages.
    identity : tuple
        Stage, unseen domain and seed: with the step, what dropout and the trainers draw from torch's generator.
    start : int
        Steps already done.
    ledger : Ledger
    keeper : Keeper
        Of checkpoints.
    interruption : Interruption
        Where the signals are noted.
    epoch_done : callable
        Called with the number of epochs done at the end of each.
    row_done : callable
        Called with every new row of the history.

    Returns
    -------
    DataClock
        With the time that the data path took.

    Raises
    ------
    TrainingError
        If a loss is not finite (looked at every `log_steps` and before every save), or a weight before a save.
    Interrupted
        After SIGTERM or Ctrl-C, when the step is done and saved.
    """
    clock = DataClock(trainer.device)
    with Progress(plan.steps, description=name, unit="step", initial=start) as shown:
        begun, speed = monotonic(), ""
        for step in range(start, plan.steps):
            torch.manual_seed(seed("step", *identity, step))  # so that dropout needs no generator state to resume
            clock.begin()
            batch = batches(step)
            clock.data_done()
            for group in trainer.optimiser.param_groups:
                group["lr"] = plan.rate(step)
            ledger.add(trainer.update(batch))
            clock.end()
            last = step + 1 == plan.steps
            if (step + 1) % ledger.log_steps == 0 or last:
                ledger.look(step)
                row_done(ledger.close_row(step, batch.epoch, plan.rate(step)))
                speed = f"{plan.images_per_step * (step + 1 - start) / (monotonic() - begun):.0f}"
                clock.look()
            shown.advance(**_fields(batch, plan, ledger, speed))
            if (step + 1) % plan.steps_per_epoch == 0:
                epoch_done(batch.epoch + 1)
            if not last and (interruption.number or keeper.due()):
                ledger.look(step)
                keeper.save(step + 1)
            if interruption.number and not last:
                said = f"{name}: stopped by a signal after step {step + 1} of {plan.steps}; saved"
                raise Interrupted(f"{said}; run the same command again to go on from there", interruption.number)
    return clock


def _fields(batch: Batch, plan: Schedule, ledger: Ledger, speed: str) -> dict[str, str]:
    """Say in words where the training is."""
    fields = {"epoch": f"{batch.epoch + 1}/{plan.epochs}"}
    if ledger.history:
        fields["loss"] = f"{ledger.history[-1]['loss']:.4f}"
    if speed:
        fields["images/s"] = speed
    return fields
