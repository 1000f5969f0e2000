"""One training from beginning to end: read its files, train, write its results.

`train` is what the command calls. It opens the images, makes network and trainer, takes up the newest checkpoint if an
earlier attempt at the same training was interrupted, hands everything to the loop (`fdgst.training.loop`), and writes
what the loop ends with.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from fdgst.errors import ConfigError, TrainingError
from fdgst.fingerprint import fingerprint
from fdgst.models import build_network, reason, rebuild_network
from fdgst.storage.access import expect_readable
from fdgst.storage.format import digest
from fdgst.study.own_network import least_images_of, network_module
from fdgst.study.training import Execution, Training
from fdgst.training import methods, results
from fdgst.training.batches import Batches, Sampling
from fdgst.training.checkpoint import Checkpoints
from fdgst.training.clock import DataClock
from fdgst.training.device import choose, configure, describe, full, peak_memory, usable_cpus
from fdgst.training.drawn import drawn
from fdgst.training.identity import TrainingRun
from fdgst.training.interruption import Interruption
from fdgst.training.loop import fit
from fdgst.training.methods.trainer import Trainer
from fdgst.training.needs import augmentation_faults, needs, trainer_module
from fdgst.training.schedule import Schedule, schedule, step_faults
from fdgst.training.state import TrainingState
from fdgst.training.store import Store, training_counts

log = logging.getLogger(__name__)
PREPARE_IMAGES = 16  # at once, when a trainer looks at all training images


def train(run: TrainingRun, settings: Training, execution: Execution) -> None:
    """Train, going on where an earlier attempt at the same training stopped, and write the results.

    Parameters
    ----------
    run : TrainingRun
        Whose training it is, what it reads, where it writes.
    settings : Training
        What is learnt, how long, how fast.
    execution : Execution
        How it is carried out.

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
    _check(run)
    checkpoints = Checkpoints(run.checkpoints, key(run, settings))
    with checkpoints.alone() as hold:
        if hold.waited and results.is_there(run.out, checkpoints.key, settings.as_json()):
            log.info("%s: trained by the process that was waited for", run)
            return
        with _in_memory(run, checkpoints):
            _train(run, settings, execution, checkpoints)


def _train(run: TrainingRun, settings: Training, execution: Execution, checkpoints: Checkpoints) -> None:
    """Train, alone with the checkpoints."""
    device = choose(execution.device)
    saved = checkpoints.load()
    threads = saved["threads"] if saved else min(execution.threads, usable_cpus())
    configure(device, threads=threads, tf32=settings.mixed_precision, deterministic=settings.deterministic)
    log.info("%s, %s stage: on %s, %d thread(s)", run, run.stage, describe(device), threads)
    with Store(run, device, execution.resident_gib) as store:
        plan = _plan(run, settings, store)
        trainer = _trainer(run, settings, store, device, begun=saved is not None)
        state = TrainingState(
            name=str(run),
            draws_by=run.draws_by,
            trainer=trainer,
            plan=plan,
            checkpoints=checkpoints,
            checkpoint_seconds=execution.checkpoint_seconds,
            threads=threads,
            log_steps=settings.log_steps,
            snapshot_epochs=settings.snapshot_epochs if run.stage == "main" else 0,
        )
        if saved:
            state.resume(saved)
        if settings.compile:
            trainer.compile()
        sampling = _sampling(run, settings, plan, trainer)
        named, batches = _named(run, checkpoints), Batches(store, sampling)
        board = results.tensorboard(run.out / "tensorboard" if execution.tensorboard else None, state.step)
        with named, batches, board as state.row_done, Interruption() as interruption:
            clock = fit(state, batches, interruption)
            record = _record(run, settings, store, state, clock) | _live_record(run, store, plan, sampling)
            snapshots = sorted((checkpoints.folder / results.SNAPSHOTS).glob("*.safetensors"))
            results.write_results(run.out, trainer.weights(), record=record, history=state.csv(), snapshots=snapshots)
            checkpoints.clear()  # so that a forced re-run trains
    log.info("%s: done, %d steps, %.0f images/s", run, plan.steps, record["images_per_second"])


def key(run: TrainingRun, settings: Training) -> dict[str, str]:
    """Name everything that the weights depend on: settings, inputs by content, code."""
    identity = {name: getattr(run, name) for name in ("stage", "trainer", "options", "unseen", "seed")}
    files = (*run.rois, *run.shards, *run.banks, *run.reference)
    return {
        **{f"training.{name}": json.dumps(value) for name, value in settings.as_json().items()},
        **{name: json.dumps(value, sort_keys=True) for name, value in identity.items()},
        **{f"{number} {path.parent.name}/{path.name}": digest(path) for number, path in enumerate(files)},
        "live": run.live.model_dump_json() if run.live else "none",
        **_encoder_key(run, settings),
        "start": hashlib.sha256(run.start.read_bytes()).hexdigest() if run.start else "none",
        "code": " ".join(fingerprint(module) for module in _modules(run, settings)),
        "torch": str(torch.__version__),  # its own type is none that a checkpoint may hold
    }


def _encoder_key(run: TrainingRun, settings: Training) -> dict[str, str]:
    """Name the weights that the encoder begins with by content, where they are a file that is read."""
    weights = settings.encoder_weights
    if run.start or settings.network or weights in ("imagenet", "none") or not Path(weights).is_file():
        return {}
    return {"encoder weights": hashlib.sha256(Path(weights).read_bytes()).hexdigest()}


def _modules(run: TrainingRun, settings: Training) -> list[str]:
    """Name the modules whose code makes the weights; those of trainer and network are found by name."""
    own = [network_module(settings.network)] if settings.network else []
    return ["fdgst.training.run", trainer_module(run.trainer), *own]


def _check(run: TrainingRun) -> None:
    """Refuse a run whose trainer and augmentation lack what they need, before any file is opened."""
    where, count = f"method {run.method}", len(run.shards)
    if run.live is not None:
        _check_live(run, where)
    elif run.augmentation != "none" and not count:
        # without this refusal the row would train on originals alone, under another row's name
        raise ConfigError(
            f"{where}: augmentation {run.augmentation} needs shards, found none among the files of this run"
            " (generation.self_pairs: false with two domains leaves no pair)"
        )
    if run.augmentation == "none" and count:
        raise ConfigError(f"{where}: expected no shards without an augmentation, found {count}; name it")
    if faults := augmentation_faults(run.trainer, run.augmentation):
        raise ConfigError(*(f"{where}: augmentation: {line}" for line in faults))


def _check_live(run: TrainingRun, where: str) -> None:
    """Refuse a run that is stylised at every step, and something else besides."""
    assert run.live is not None
    item = run.live.augmentation
    if item.id != run.augmentation or not item.is_live:
        raise ConfigError(
            f"{where}: expected settings of a live augmentation {run.augmentation}, found {item.id} ({item.encoding})"
        )
    if run.shards:
        raise ConfigError(f"{where}: expected no shards, as {item.id} is live, found {len(run.shards)}")
    if item.kind == "fourier" and not run.live.self_pairs and len(run.rois) == 1:
        raise ConfigError(
            f"{where}: augmentation {item.id} has no style: there is one source, and generation.self_pairs is false"
        )


def _plan(run: TrainingRun, settings: Training, store: Store) -> Schedule:
    """Plan the run from its own images, or for an upper bound from those that the other rows train on."""
    counts = training_counts(run.reference) if run.reference else list(store.layout.counts)
    planned = schedule(
        settings,
        stage=run.stage,
        counts=counts,
        sources=len(store.domains),
        copies=store.layout.styles,
        is_upper_bound=run.is_upper_bound,
    )
    called, least = least_images_of(settings, store.size_px)
    stated, sources = needs(run.trainer), len(counts)
    if faults := step_faults(settings, stated, row=run.method, sources=sources, least=least, network=called):
        raise ConfigError(*faults)
    return planned


def _trainer(run: TrainingRun, settings: Training, store: Store, device: torch.device, *, begun: bool) -> Trainer:
    """Make the network and its trainer: ready for the first step, or if it has begun, for a saved state."""
    shape = {"channels": store.channels, "structures": len(store.structures)}
    random = not (run.start or begun)
    if random:
        network = build_network(settings, **shape, seed=run.seed, size_px=store.size_px)
    else:
        network = rebuild_network(settings, **shape)
    if run.start and not begun:
        _load_start(network, run, run.start)
    network.to(device).to(memory_format=torch.channels_last)
    sources = len(store.domains)
    trainer = methods.build(
        run.trainer, network, settings=settings, options=run.options, sources=sources, seed=run.seed
    )
    if run.stage == "main" and not begun:
        trainer.prepare(
            (source, images) for source in range(sources) for images in store.originals(source, PREPARE_IMAGES)
        )
    return trainer


def _load_start(network: torch.nn.Module, run: TrainingRun, path: Path) -> None:
    """Load the weights that a run begins with; those of another unseen domain may have seen this one's images."""
    expect_readable(path, "weights to begin with")
    record = results.record_of(path)
    if record and record.get("unseen") not in (None, run.unseen):
        raise TrainingError(
            f"{path}: expected weights that were trained without {run.unseen}, found those without {record['unseen']};"
            " pre-train again"
        )
    try:
        network.load_state_dict(load_file(path))
    except (RuntimeError, SafetensorError) as error:  # of another network; damaged
        raise TrainingError(
            f"{path}: not the weights of this network ({reason(error)}); delete it and pre-train again"
        ) from error


def _sampling(run: TrainingRun, settings: Training, plan: Schedule, trainer: Trainer) -> Sampling:
    """Say how the run draws."""
    return Sampling(
        identity=run.draws_by,
        steps=plan.steps_per_epoch,
        per_source=plan.images_per_source,
        pairs=trainer.pairs,
        scale_probability=settings.scale_probability,
        scale_max=settings.scale_max,
    )


def _live_record(run: TrainingRun, store: Store, plan: Schedule, sampling: Sampling) -> dict[str, Any]:
    """Describe what was stylised at every step, where it was: no file tells it."""
    if run.live is None:
        return {}
    counted = drawn(store.layout, sampling, epochs=plan.epochs, domains=store.domains)
    return {"live": run.live.model_dump(mode="json", by_alias=True, exclude_none=True) | {"drawn": counted}}


@contextmanager
def _named(run: TrainingRun, checkpoints: Checkpoints) -> Iterator[None]:
    """Say which run failed, and what is left of it."""
    try:
        yield
    except TrainingError as error:
        raise TrainingError(f"{run}: {error}; {_left(checkpoints)}") from error


@contextmanager
def _in_memory(run: TrainingRun, checkpoints: Checkpoints) -> Iterator[None]:
    """Say which run found too little memory, be it for its pixels, its network, or a step."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch has no class of its own for a CPU's memory
        if fault := full(error):
            raise TrainingError(f"{run}: {fault}; {_left(checkpoints)}") from error
        raise


def _left(checkpoints: Checkpoints) -> str:
    """Say what is left of a run."""
    kept = checkpoints.newest()
    return f"last good checkpoint: {kept}" if kept else "it was too early for a checkpoint"


def _record(
    run: TrainingRun, settings: Training, store: Store, state: TrainingState, clock: DataClock
) -> dict[str, Any]:
    """Describe a finished training: what `predict` needs to rebuild the model, and what a reader may want to know."""
    seconds, plan, trainer = state.seconds, state.plan, state.trainer
    images = plan.steps * plan.images_per_step
    return {
        **{name: getattr(run, name) for name in ("method", "unseen", "seed", "stage", "trainer")},
        "options": dict(run.options),
        "augmentation": run.augmentation,
        "sources": store.domains,
        "structures": list(store.structures),
        "channels": store.channels,
        "white": store.white,
        "network_size_px": list(store.size_px),
        "settings": settings.as_json(),
        "epochs": plan.epochs,
        "steps": plan.steps,
        "images_per_step": plan.images_per_step,
        "seconds": round(seconds, 3),
        "images_per_second": round(images / seconds, 1),
        **peak_memory(trainer.device),
        "device": describe(trainer.device),
        "threads": state.threads,
        "resident": store.resident,
        "interruptions": state.interruptions,
        "versions": results.versions(),
        "depends_on": results.outside_settings(state.checkpoints.key),
        "precision": "bfloat16" if trainer.mixed else "float32",
        "data_share": round(clock.share, 4),
    }
