"""One training, from its files to its files, in the order of events."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from fdgst.errors import ConfigError, TrainingError
from fdgst.fingerprint import fingerprint
from fdgst.models import build_network, reason, rebuild_network
from fdgst.storage.format import digest
from fdgst.training import methods, results
from fdgst.training.batches import Batches, Sampling
from fdgst.training.checkpoint import Checkpoints
from fdgst.training.clock import DataClock
from fdgst.training.device import choose, configure, describe, peak_memory, usable_cpus
from fdgst.training.interruption import Interruption
from fdgst.training.keeper import Keeper
from fdgst.training.ledger import Ledger
from fdgst.training.loop import fit
from fdgst.training.methods.trainer import Trainer
from fdgst.training.schedule import Schedule, schedule
from fdgst.training.settings import Execution, Run, Settings, as_json
from fdgst.training.store import Store, training_counts

log = logging.getLogger(__name__)
PREPARE_IMAGES = 16  # at once, when a trainer looks at all training images


def train(run: Run, settings: Settings, execution: Execution) -> None:
    """Train, going on where an earlier attempt at the same training stopped, and write the results.

    Parameters
    ----------
    run : Run
    settings : Settings
    execution : Execution

    Raises
    ------
    ConfigError
        If settings, inputs and trainer contradict each other, or an input holds the unseen domain.
    TrainingError
        If weights cannot be had, a loss or a weight is not finite, or the GPU's memory is too small.
    FormatError
        If an input file is damaged.
    Interrupted
        After SIGTERM or Ctrl-C; the state is saved.
    """
    if run.trainer not in methods.TRAINERS:
        raise ConfigError(f"trainer: expected one of {', '.join(methods.TRAINERS)}, found {run.trainer!r}")
    device = choose(execution.device)
    checkpoints = Checkpoints(run.checkpoints, key(run, settings))
    resumed = checkpoints.load()
    threads = resumed["threads"] if resumed else min(execution.threads, usable_cpus())
    configure(device, threads=threads, tf32=settings.mixed_precision, deterministic=settings.deterministic)
    log.info("%s, %s stage: on %s, %d thread(s)", run, run.stage, describe(device), threads)
    with Store(run, device, execution.resident_gib) as store:
        plan = _plan(run, settings, store)
        trainer = _trainer(run, settings, store, device, resumed)
        ledger = Ledger(settings.log_steps, *((resumed["history"], resumed["pending"]) if resumed else ()))
        keeper = Keeper(
            checkpoints, trainer, ledger, seconds=execution.checkpoint_seconds, threads=threads, resumed=resumed
        )
        start = resumed["step"] if resumed else 0
        if start:
            log.info("%s: going on after step %d of %d", run, start, plan.steps)
        named, batches = _named(run, checkpoints), _batches(run, settings, store, plan, trainer)
        with named, batches, _board(run, execution, start) as row_done, Interruption() as interruption:
            clock = fit(
                trainer,
                batches,
                plan,
                name=str(run),
                identity=_identity(run),
                start=start,
                ledger=ledger,
                keeper=keeper,
                interruption=interruption,
                epoch_done=_snapshots(run, settings, trainer, checkpoints),
                row_done=row_done,
            )
            keeper.check(plan.steps)
            record = _record(run, settings, store, plan, keeper, clock)
            snapshots = sorted((checkpoints.folder / results.SNAPSHOTS).glob("*.safetensors"))
            results.write_results(run.out, trainer.weights(), record=record, history=ledger.csv(), snapshots=snapshots)
            checkpoints.clear()  # so that a forced re-run trains
    log.info("%s: done, %d steps, %.0f images/s", run, plan.steps, record["images_per_second"])


def key(run: Run, settings: Settings) -> dict[str, str]:
    """Name everything that the weights depend on: settings, inputs by content, code."""
    identity = {name: getattr(run, name) for name in ("stage", "trainer", "options", "unseen", "seed")}
    files = (*run.rois, *run.shards, *run.reference)
    return {
        **{f"training.{name}": json.dumps(value) for name, value in as_json(settings).items()},
        **{name: json.dumps(value, sort_keys=True) for name, value in identity.items()},
        **{f"{number} {path.parent.name}/{path.name}": digest(path) for number, path in enumerate(files)},
        "start": hashlib.sha256(run.start.read_bytes()).hexdigest() if run.start else "none",
        "code": f"{fingerprint('fdgst.training.run')} {fingerprint(methods.module(run.trainer))}",
        "torch": str(torch.__version__),  # its own type is none that a checkpoint may hold
    }


def _plan(run: Run, settings: Settings, store: Store) -> Schedule:
    """Plan the run from its own images, or for an upper bound from those that the other rows train on."""
    return schedule(
        settings,
        stage=run.stage,
        counts=training_counts(run.reference) if run.reference else list(store.layout.counts),
        sources=len(store.domains),
        copies=store.layout.styles,
        intra=run.intra,
    )


def _trainer(
    run: Run, settings: Settings, store: Store, device: torch.device, resumed: Mapping[str, Any] | None
) -> Trainer:
    """Make the network and its trainer, as the next step wants to find them."""
    network = rebuild_network(settings) if run.start or resumed else build_network(settings, seed=run.seed)
    if run.start and not resumed:
        _load_start(network, run.start)
    network.to(device).to(memory_format=torch.channels_last)
    sources = len(store.domains)
    trainer = methods.build(
        run.trainer, network, settings=settings, options=run.options, sources=sources, seed=run.seed
    )
    if trainer.pairs and not store.shards:
        raise ConfigError(f"method {run.method}: trainer {run.trainer} needs stylised copies: name an augmentation")
    if resumed:
        trainer.load_state(resumed["trainer"])
    elif run.stage == "main":
        trainer.prepare(
            (source, images) for source in range(sources) for images in store.originals(source, PREPARE_IMAGES)
        )
    if settings.compile:
        trainer.compile()
    return trainer


def _load_start(network: torch.nn.Module, path: Path) -> None:
    """Load the weights that a run begins with."""
    try:
        network.load_state_dict(load_file(path))
    except (RuntimeError, SafetensorError) as error:  # of another network; damaged
        raise TrainingError(
            f"{path}: not the weights of this network ({reason(error)}); delete it and pre-train again"
        ) from error


def _batches(run: Run, settings: Settings, store: Store, plan: Schedule, trainer: Trainer) -> Batches:
    """Make what makes the batches."""
    if trainer.pairs and plan.images_per_source % 2:
        found = plan.images_per_source
        raise ConfigError(
            f"training.batch: trainer {run.trainer} needs an even number of images per source, found {found}"
        )
    sampling = Sampling(
        identity=_identity(run),
        steps=plan.steps_per_epoch,
        per_source=plan.images_per_source,
        pairs=trainer.pairs,
        scale_probability=settings.scale_probability,
        scale_max=settings.scale_max,
    )
    return Batches(store, sampling)


def _identity(run: Run) -> tuple[str | int, ...]:
    """Name what the run draws; not by its method, so that rows differ by their method alone."""
    return run.stage, run.unseen, run.seed


def _snapshots(run: Run, settings: Settings, trainer: Trainer, checkpoints: Checkpoints) -> Callable[[int], None]:
    """Return what happens at the end of an epoch: a snapshot every so many, kept with the checkpoints for now."""

    def keep(epochs: int) -> None:
        if run.stage == "main" and settings.snapshot_epochs and epochs % settings.snapshot_epochs == 0:
            path = checkpoints.folder / results.SNAPSHOTS / f"epoch{epochs:04d}.safetensors"
            results.save_model(path, trainer.weights())

    return keep


def _board(run: Run, execution: Execution, start: int) -> AbstractContextManager[Callable[[Mapping[str, float]], None]]:
    """Return a context whose value takes the rows of the history: to TensorBoard, or nowhere."""
    if execution.tensorboard:
        return results.tensorboard(run.out / "tensorboard", start)
    return nullcontext(lambda row: None)


@contextmanager
def _named(run: Run, checkpoints: Checkpoints) -> Iterator[None]:
    """Say which run failed, and what is left of it."""
    try:
        yield
    except (TrainingError, torch.OutOfMemoryError) as error:
        kept = checkpoints.newest()
        last = f"last good checkpoint: {kept}" if kept else "it was too early for a checkpoint"
        full = "the GPU's memory is full: lower training.images_per_step or training.resident_gib"
        said = full if isinstance(error, torch.OutOfMemoryError) else error
        raise TrainingError(f"{run}: {said}; {last}") from error


def _record(
    run: Run, settings: Settings, store: Store, plan: Schedule, keeper: Keeper, clock: DataClock
) -> dict[str, Any]:
    """Describe a finished training: what `predict` needs to rebuild the model, and what a reader may want to know."""
    seconds = keeper.seconds()
    images, trainer = plan.steps * plan.images_per_step, keeper.trainer
    return {
        **{name: getattr(run, name) for name in ("method", "unseen", "seed", "stage", "trainer")},
        "options": dict(run.options),
        "sources": store.domains,
        "settings": as_json(settings),
        "network_size_px": store.size_px,
        "epochs": plan.epochs,
        "steps": plan.steps,
        "images_per_step": plan.images_per_step,
        "seconds": round(seconds, 3),
        "images_per_second": round(images / seconds, 1),
        **peak_memory(trainer.device),
        "device": describe(trainer.device),
        "threads": keeper.threads,
        "resident": store.resident,
        "interruptions": keeper.interruptions,
        "versions": results.versions(),
        "depends_on": {
            name: value for name, value in keeper.checkpoints.key.items() if not name.startswith("training.")
        },
        "precision": "bfloat16" if trainer.mixed else "float32",
        "data_share": round(clock.share, 4),
    }
