"""The training loop, in the order of events. It decides nothing: schedules and sampling are functions of the step."""

from collections.abc import Callable
from time import monotonic

from fdgst.progress import Progress
from fdgst.training.batch import Batch
from fdgst.training.clock import DataClock
from fdgst.training.interruption import Interrupted, Interruption
from fdgst.training.state import TrainingState


def fit(state: TrainingState, batches: Callable[[int], Batch], interruption: Interruption) -> DataClock:
    """Train from where a training stands to the end of its plan.

    Parameters
    ----------
    state : TrainingState
        Changed in place.
    batches : callable
        The number of a step, from 0, to its batch; pure.
    interruption : Interruption
        Where the signals are noted.

    Returns
    -------
    DataClock
        With the time that went into making batches.

    Raises
    ------
    TrainingError
        If a loss is not finite (looked at every `log_steps` and before every save), or a weight before a save.
    Interrupted
        After SIGTERM or Ctrl-C, when the step is done and saved.
    """
    plan, clock = state.plan, DataClock(state.trainer.device)
    with Progress(plan.steps, description=state.name, unit="step", initial=state.step) as shown:
        begun, first, speed = monotonic(), state.step, ""
        while not state.over:
            state.begin_step()
            clock.begin()
            batch = batches(state.step)
            clock.data_done()
            state.end_step(state.trainer.update(batch))
            clock.end()
            if state.row_is_due():
                state.close_row()
                clock.look()
                speed = f"{plan.images_per_step * (state.step - first) / (monotonic() - begun):.0f}"
            shown.advance(**_fields(state, speed))
            if state.snapshot_is_due():
                state.keep_snapshot()
            if not state.over and (interruption.number or state.save_is_due()):
                state.save()
            if not state.over and interruption.number:
                stopped = f"{state.name}: stopped by a signal after step {state.step} of {plan.steps}; saved"
                raise Interrupted(f"{stopped}; run the same command again to go on from there", interruption.number)
        state.check()
    return clock


def _fields(state: TrainingState, speed: str) -> dict[str, str]:
    """Say in words where the training is."""
    fields = {"epoch": f"{state.epoch}/{state.plan.epochs}"}
    if state.history:
        fields["loss"] = f"{state.history[-1]['loss']:.4f}"
    if speed:
        fields["images/s"] = speed
    return fields
