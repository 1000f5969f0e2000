"""A whole training, from its files to its files, on a real network."""

import json
import logging
import signal
from contextlib import contextmanager
from hashlib import sha256

import pytest
import torch
from safetensors.torch import load_file

from fdgst.errors import ConfigError, TrainingError
from fdgst.study.training import Execution
from fdgst.training.interruption import Interrupted
from fdgst.training.methods import load
from fdgst.training.run import key, train

ALWAYS, NEVER = 1e-9, 1e9
FILES = ["history.csv", "model.safetensors", "run.json"]


def execution(**replaced):
    values = {"device": "cpu", "threads": 1, "checkpoint_seconds": NEVER, "resident_gib": 1.0, "tensorboard": False}
    return Execution(**(values | replaced))


def model(run):
    return sha256((run.out / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def finished(make_run, settings, tmp_path_factory):
    """Train to the end, undisturbed."""
    undisturbed = make_run(tmp_path_factory.mktemp("undisturbed"), "grid")
    train(undisturbed, settings(), execution())
    return undisturbed


@pytest.fixture
def told_to_stop(monkeypatch):
    """Return a context in which a signal arrives in the middle of a step."""

    @contextmanager
    def at(step, number=signal.SIGTERM, trainer="plain"):
        cls = load(trainer)
        real = cls.update

        def update(self, batch):
            if batch.step == step:
                signal.raise_signal(number)
            return real(self, batch)

        with monkeypatch.context() as patched:
            patched.setattr(cls, "update", update)
            with pytest.raises(Interrupted) as caught:
                yield
        assert caught.value.status == 128 + number
        assert f"after step {step + 1} of" in str(caught.value)

    return at


def interruptions(run):
    return json.loads((run.out / "run.json").read_text())["interruptions"]


def test_a_training_leaves_three_files_and_no_checkpoint(finished):
    assert sorted(path.name for path in finished.out.iterdir()) == FILES
    assert not finished.checkpoints.exists()
    record = json.loads((finished.out / "run.json").read_text())
    assert (record["steps"], record["images_per_step"], record["sources"]) == (9, 4, ["a", "b"])
    assert (finished.out / "history.csv").read_text().count("\n") == 1 + 5


def test_equal_runs_give_equal_bytes(finished, run, settings):
    train(run("grid"), settings(), execution())
    assert model(run("grid")) == model(finished)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_goes_on_to_the_weights_of_an_undisturbed_one(finished, run, settings, told_to_stop, number):
    with told_to_stop(4, number):
        train(run("grid"), settings(), execution())
    assert not run().out.exists()
    train(run("grid"), settings(), execution())
    assert interruptions(run()) == 1
    assert model(run()) == model(finished)
    assert (run().out / "history.csv").read_text() == (finished.out / "history.csv").read_text()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("trainer", ["plain", "dofe", "fact", "feddg"])
@pytest.mark.parametrize("resident_gib", [0.0, 1.0])
def test_on_a_gpu_too_a_stopped_run_goes_on_to_the_same_bytes(run, settings, told_to_stop, trainer, resident_gib):
    how = execution(device="cuda", resident_gib=resident_gib)
    train(run("grid", trainer=trainer), settings(deterministic=True), how)
    undisturbed = model(run())
    with told_to_stop(4, trainer=trainer):
        train(run("grid", trainer=trainer), settings(deterministic=True), how)
    train(run("grid", trainer=trainer), settings(deterministic=True), how)
    assert interruptions(run()) == 1
    assert model(run()) == undisturbed


def test_a_truncated_newest_checkpoint_costs_one_interval_and_no_weight(finished, run, settings, told_to_stop, caplog):
    with told_to_stop(4):
        train(run("grid"), settings(), execution(checkpoint_seconds=ALWAYS))
    (newest,) = run().checkpoints.rglob("step00000005.pt")
    newest.write_bytes(newest.read_bytes()[:1000])
    with caplog.at_level(logging.INFO):
        train(run("grid"), settings(), execution())
    assert "damaged" in caplog.text
    assert "going on after step 4 of 9" in caplog.text
    assert model(run()) == model(finished)


def test_a_changed_learning_rate_starts_anew_and_says_so(run, settings, told_to_stop, caplog):
    with told_to_stop(4):
        train(run(), settings(), execution())
    train(run(), settings(learning_rate=1e-2), execution())
    assert "(training.learning_rate changed): starting anew" in caplog.text
    assert interruptions(run()) == 0


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(
    run, settings, house, tmp_path, write_shard
):
    shards = [tmp_path / f"{domain}.h5" for domain in "ab"]
    for path in shards:
        write_shard(path, *[house / path.name] * 2, encoding="residual", spoil=path.name == "b.h5")
    planted = run(shards=shards, seed=2)
    with pytest.raises(TrainingError, match=r"row without c, seed 2: loss is nan at step \d; last good checkpoint: "):
        train(planted, settings(epochs=9), execution(checkpoint_seconds=ALWAYS))
    kept = [torch.load(path, weights_only=True) for path in planted.checkpoints.rglob("*.pt")]
    assert kept
    assert all(w.isfinite().all() for state in kept for w in state["trainer"]["network"].values())
    assert not planted.out.exists()


def test_a_weight_that_is_not_finite_stops_the_run_before_it_is_saved(run, settings, monkeypatch):
    real = load("plain").update

    def update(self, batch):
        loss = real(self, batch)
        if batch.step == 4:
            with torch.no_grad():
                next(self.network.parameters()).fill_(torch.nan)
            return torch.zeros(())
        return loss

    monkeypatch.setattr(load("plain"), "update", update)
    with pytest.raises(TrainingError, match=r"is not finite after step 5; last good checkpoint: .*step00000004\.pt"):
        train(run(), settings(), execution(checkpoint_seconds=ALWAYS))
    assert not run().out.exists()


def test_a_full_gpu_is_answered_with_what_to_lower(run, settings, monkeypatch):
    def update(self, batch):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    monkeypatch.setattr(load("plain"), "update", update)
    with pytest.raises(TrainingError, match=r"row without c, seed 0: the GPU's memory is full: lower training\.images"):
        train(run(), settings(), execution())


def test_a_second_training_leaves_no_snapshot_of_the_first(run, settings):
    train(run(), settings(snapshot_epochs=1), execution())
    train(run(), settings(epochs=1, final_epochs=0, snapshot_epochs=1), execution())
    assert [path.name for path in (run().out / "snapshots").iterdir()] == ["epoch0001.safetensors"]


def test_the_main_stage_starts_from_the_pre_trained_weights(run, settings, tmp_path):
    train(run(stage="pretrain", out=tmp_path / "pre"), settings(), execution())
    start = tmp_path / "pre" / "model.safetensors"
    train(run(start=start), settings(epochs=1, final_epochs=0, learning_rate=1e-12), execution())
    before, after = load_file(start), load_file(run().out / "model.safetensors")
    weights = [name for name in before if name.endswith("weight")]
    assert all(torch.allclose(before[name], after[name], atol=1e-8) for name in weights)


def test_weights_that_may_have_seen_the_unseen_domain_are_refused(run, settings, tmp_path):
    rois = [path for path in run().rois if path.stem == "a"]
    train(run(stage="pretrain", out=tmp_path / "pre", unseen="b", rois=rois), settings(), execution())
    with pytest.raises(TrainingError, match="expected weights that were trained without c, found those without b"):
        train(run(start=tmp_path / "pre" / "model.safetensors"), settings(), execution())


def test_other_weights_of_an_encoder_at_the_same_path_are_another_training(run, settings, tmp_path):
    own = settings(encoder_weights=str(tmp_path / "w.pth"))
    keys = []
    for text in ("one", "two"):
        (tmp_path / "w.pth").write_text(text)
        keys.append(key(run(), own))
    assert keys[0] != keys[1]
    assert "encoder weights" not in key(run(start=tmp_path / "w.pth"), own)  # which does not read them


def test_weights_of_another_network_are_refused(run, settings, tmp_path):
    train(run(stage="pretrain", out=tmp_path / "pre"), settings(), execution())
    with pytest.raises(TrainingError, match=r"not the weights of this network \((Missing|Unexpected) key"):
        train(run(start=tmp_path / "pre" / "model.safetensors"), settings(decoder="FPN"), execution())


def test_an_augmentation_without_shards_is_refused(run, settings):
    with pytest.raises(ConfigError, match=r"method row: augmentation fdg needs shards, found none .*self_pairs: false"):
        train(run(augmentation="fdg"), settings(), execution())


def test_shards_without_an_augmentation_are_refused(run, settings):
    with pytest.raises(ConfigError, match="method row: expected no shards without an augmentation, found 4"):
        train(run("grid", augmentation="none"), settings(), execution())


def test_an_upper_bound_takes_no_stylised_copies(run, settings):
    with pytest.raises(ConfigError, match="augmentation: expected none, since trainer intra sees no other domain"):
        train(run("grid", trainer="intra"), settings(), execution())


def test_a_step_that_the_trainer_cannot_make_is_refused(run, settings):
    with pytest.raises(ConfigError, match=r"training\.batch: expected an even number, .* found 3 images"):
        train(run("grid", trainer="fact"), settings(batch=3), execution())


def test_a_trainer_of_pairs_needs_shards(run, settings):
    with pytest.raises(ConfigError, match="trainer fact needs stylised copies"):
        train(run(trainer="fact"), settings(), execution())


@pytest.mark.parametrize("trainer", ["dofe", "fact", "feddg"])
def test_every_trainer_resumes_exactly(run, settings, trainer, told_to_stop):
    short = settings(epochs=1, final_epochs=0)
    train(run("grid", trainer=trainer), short, execution())
    undisturbed = model(run())
    with told_to_stop(1, trainer=trainer):
        train(run("grid", trainer=trainer), short, execution())
    train(run("grid", trainer=trainer), short, execution())
    assert interruptions(run()) == 1
    assert model(run()) == undisturbed


def test_an_unknown_trainer_is_refused(run, settings):
    with pytest.raises(ConfigError, match=r"trainer: expected the name of .*, found 'plane'; did you mean plain"):
        train(run(trainer="plane"), settings(), execution())


def test_snapshots_survive_an_interruption_and_end_among_the_results(run, settings, told_to_stop):
    with told_to_stop(4):
        train(run(), settings(snapshot_epochs=1), execution())
    train(run(), settings(snapshot_epochs=1), execution())
    assert sorted(path.name for path in (run().out / "snapshots").iterdir()) == [
        f"epoch000{epoch}.safetensors" for epoch in (1, 2, 3)
    ]
    assert sha256((run().out / "snapshots/epoch0003.safetensors").read_bytes()).hexdigest() == model(run())


def test_tensorboard_gets_the_rows_of_the_history(run, settings):
    train(run(), settings(), execution(tensorboard=True))
    (events,) = (run().out / "tensorboard").iterdir()
    assert events.read_bytes().count(b"learning_rate") == 5
