"""What only a GPU can tell: each line that is for one runs at least once, and does what its documentation says."""

import warnings
from contextlib import ExitStack
from io import BytesIO
from types import SimpleNamespace

import pytest
import torch

from fdgst.errors import TrainingError
from fdgst.models import build_network
from fdgst.training import methods
from fdgst.training.batches import Batches, Sampling
from fdgst.training.clock import DataClock
from fdgst.training.device import choose, configure, free_gib, has_bfloat16
from fdgst.training.run import train
from fdgst.training.state import TrainingState
from fdgst.training.store import Store
from tests.training.test_run import execution, model

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
TRAINERS = ["plain", "dofe", "fact", "feddg"]


@pytest.fixture
def gpu():
    """Return the GPU of this process, with torch set as a training sets it; on the way out as it was."""
    device = choose("cuda")
    configure(device, threads=1, tf32=True, deterministic=True)
    yield device
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def step(make_run, settings, house, tmp_path, gpu):
    """Return a function that makes a trainer and the batches of its run, on the GPU."""
    files = ExitStack()

    def make(trainer="plain", *, resident_gib=1.0, **replaced):
        chosen = settings(deterministic=True, **replaced)
        run = make_run(tmp_path, "grid", trainer=trainer)
        store = files.enter_context(Store(run, gpu, resident_gib))
        network = build_network(chosen, channels=3, structures=2, seed=0, size_px=store.size_px)
        network.to(gpu).to(memory_format=torch.channels_last)
        made = methods.build(trainer, network, settings=chosen, options={}, sources=2, seed=0)
        made.prepare((source, images) for source in range(2) for images in store.originals(source, 4))
        how = {"steps": 3, "per_source": 2, "pairs": made.pairs, "scale_probability": 0.5, "scale_max": 1.5}
        return made, Batches(store, Sampling(identity=("main", "c", 0), **how))

    with files:
        yield make


def test_pinned_memory_is_filled_in_a_thread_and_copied_without_waiting(step):
    _, resident = step()
    _, chunked = step(resident_gib=0.0)
    read, _ = chunked._reader.submit(chunked._read, 0).result()
    assert read.is_pinned()
    with resident, chunked:
        for number in range(60):  # page-locked memory that is used again too early would show
            one, other = resident(number), chunked(number)
            assert torch.equal(one.images, other.images)
            assert torch.equal(one.masks, other.masks)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_deterministic_step_in_bfloat16_gives_the_same_bytes_again(step, gpu, trainer):
    weights = []
    for _ in range(2):
        made, batches = step(trainer)
        assert made.mixed == has_bfloat16(gpu)
        with batches:
            for number in range(4):
                torch.manual_seed(number)
                made.update(batches(number))
        weights.append(made.weights())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize("trainer", TRAINERS)
def test_fused_adam_goes_on_from_a_loaded_state_as_if_it_had_never_stopped(step, trainer):
    made, batches = step(trainer)
    with batches:
        made.update(batches(0))
        buffer = BytesIO()
        torch.save(made.state(), buffer)
        buffer.seek(0)
        loaded, _ = step(trainer)
        loaded.load_state(torch.load(buffer, map_location="cpu", weights_only=True))
        assert {state["step"].device.type for state in loaded.optimiser.state.values()} == {"cuda"}
        for trained in (made, loaded):
            torch.manual_seed(1)
            trained.update(batches(1))
    ours, theirs = made.weights(), loaded.weights()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_functional_call_changes_no_running_statistic_but_those_of_its_own_pass(step):
    made, batches = step("feddg")
    with batches:
        made.update(batches(0))
    statistics = {name: value for name, value in made.network.named_buffers() if "running_mean" in name}
    assert statistics
    assert all(torch.isfinite(value).all() for value in statistics.values())
    tracked = {int(value) for name, value in made.network.named_buffers() if name.endswith("num_batches_tracked")}
    assert tracked == {1}


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_step_whose_pixels_are_in_memory_waits_for_nobody(step, trainer):
    made, batches = step(trainer)
    with batches:
        made.update(batches(0))  # makes the optimiser's state
        torch.cuda.set_sync_debug_mode("error")
        try:
            made.update(batches(1))
        finally:
            torch.cuda.set_sync_debug_mode("default")


def test_the_question_whether_weights_are_finite_waits_once(step):
    made, _ = step()
    asked = SimpleNamespace(trainer=made, step=1)
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as waits:
            warnings.simplefilter("always")
            TrainingState.check(asked)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(waits) == 1
    with torch.no_grad():
        next(made.network.parameters()).fill_(torch.inf)
    with pytest.raises(TrainingError, match="is not finite after step 1"):
        TrainingState.check(asked)


def test_events_time_the_steps(step, gpu):
    made, batches = step()
    clock = DataClock(gpu)
    with batches:
        for number in range(3):
            clock.begin()
            batch = batches(number)
            clock.data_done()
            made.update(batch)
            clock.end()
    clock.look()
    assert 0 < clock.data_seconds < clock.seconds < 60


@pytest.mark.parametrize("tf32", [True, False])
def test_the_precision_of_float32_products_is_what_was_asked_for(gpu, tf32):
    configure(gpu, threads=1, tf32=tf32, deterministic=False)
    assert torch.backends.cuda.matmul.allow_tf32 == torch.backends.cudnn.allow_tf32 == tf32
    assert torch.get_float32_matmul_precision() == ("high" if tf32 else "highest")
    exact = torch.full((64, 64), 1 + 2.0**-20, device=gpu)
    rounded = bool((exact @ torch.eye(64, device=gpu) != exact).any())
    assert rounded <= tf32


def test_a_compiled_network_trains(run, settings):
    train(run("grid"), settings(compile=True), execution(device="cuda"))
    assert model(run())


@pytest.mark.parametrize("resident_gib", [0.0, 1.0])
def test_a_gpu_that_is_full_before_the_first_step_is_one_line(run, settings, gpu, resident_gib):
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-6, gpu)
    try:
        with pytest.raises(TrainingError) as told:
            train(run("grid"), settings(), execution(device="cuda", resident_gib=resident_gib))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, gpu)
    assert str(told.value).startswith("row without c, seed 0: the GPU's memory is full: lower training.images_per_step")
    assert str(told.value).endswith("; it was too early for a checkpoint")
    assert "\n" not in str(told.value)


def test_this_process_has_a_gpu_of_its_own_and_keeps_it(gpu):
    assert choose("cuda") == choose("auto") == gpu
    assert torch.cuda.current_device() == gpu.index
    assert 0 < free_gib(gpu) < float("inf")
