import io
import shutil
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load, save

from fdgst.errors import ConfigError
from fdgst.training import methods
from fdgst.training.batch import Batch
from fdgst.training.needs import trainer_names
from tests.training.methods.conftest import Tiny

EVERY = trainer_names()


def parameters(trainer):
    return {name: tensor.detach().clone() for name, tensor in trainer.network.named_parameters()}


@pytest.mark.parametrize("name", EVERY)
def test_an_update_moves_the_network_and_returns_a_detached_number(trainer, batch, name):
    method = trainer(name)
    before = parameters(method)
    loss = method.update(batch())
    assert loss.shape == ()
    assert not loss.requires_grad
    assert torch.isfinite(loss)
    assert any(not torch.equal(before[key], value) for key, value in parameters(method).items())


@pytest.mark.parametrize("name", EVERY)
def test_a_prediction_changes_nothing(trainer, batch, name):
    method = trainer(name)
    method.update(batch())
    before = {key: tensor.clone() for key, tensor in method.weights().items()}
    logits = method.predict(batch().images)
    assert logits.shape == (6, 2, 16, 16)
    assert not logits.requires_grad
    assert all(torch.equal(before[key], tensor) for key, tensor in method.weights().items())


@pytest.mark.parametrize("name", EVERY)
def test_an_image_is_predicted_alone_as_among_others(trainer, batch, name):
    method = trainer(name)
    method.update(batch())
    images = batch(1).images
    torch.testing.assert_close(method.predict(images[:1]), method.predict(images)[:1])


@pytest.mark.parametrize("name", EVERY)
def test_a_state_read_back_without_unpickling_goes_on_to_the_same_weights(trainer, batch, name):
    first, second = trainer(name), trainer(name, seed=7)
    second.seed = first.seed  # what is drawn is part of the run's identity, not of its state
    for step in range(3):
        first.update(batch(step, step=step))
    file = io.BytesIO()
    torch.save(first.state(), file)
    file.seek(0)
    second.load_state(torch.load(file, weights_only=True))
    for step in range(3, 6):
        for method in (first, second):
            method.update(batch(step, step=step, epoch=5))
    assert first.weights().keys() == second.weights().keys()
    assert all(torch.equal(tensor, second.weights()[key]) for key, tensor in first.weights().items())


@pytest.mark.parametrize("name", EVERY)
def test_the_weights_in_safetensors_make_the_same_predictions(trainer, batch, name):
    first, second = trainer(name), trainer(name, seed=7)
    first.prepare((index, batch(index).images) for index in range(3))
    first.update(batch())
    second.load_weights(load(save({key: tensor.contiguous() for key, tensor in first.weights().items()})))
    assert torch.equal(first.predict(batch(1).images), second.predict(batch(1).images))


@pytest.mark.parametrize("name", EVERY)
def test_gradients_of_the_step_before_are_forgotten(trainer, batch, name):
    first, second = trainer(name), trainer(name)
    for parameter in second.network.parameters():
        parameter.grad = torch.full_like(parameter, 1e3)
    for method in (first, second):
        method.update(batch())
    assert all(torch.equal(tensor, second.weights()[key]) for key, tensor in first.weights().items())


def test_adam_has_the_rates_of_the_settings(trainer):
    (group,) = trainer("plain").optimiser.param_groups
    assert group["lr"] == 1e-3
    assert group["betas"] == (0.9, 0.99)


def test_mixed_precision_is_for_gpus(trainer, batch):
    method = trainer("plain")
    assert method.logits(batch().images).dtype == torch.float32
    with method.autocast():
        assert not torch.is_autocast_enabled("cpu")


def test_an_unknown_option_is_named(trainer):
    with pytest.raises(ConfigError, match=r"trainer dofe: unknown option 'memroy'; did you mean memory\?"):
        trainer("dofe", memroy="ema")
    with pytest.raises(ConfigError, match=r"trainer plain: unknown option 'memory'; it has none"):
        trainer("plain", memory="ema")


def test_a_value_that_is_no_choice_is_named_with_the_choices(trainer):
    with pytest.raises(ConfigError, match=r"memory: expected one of ema, frozen, found 'frosen'"):
        trainer("dofe", memory="frosen")


def test_all_faults_of_the_options_are_told_at_once(trainer):
    with pytest.raises(ConfigError) as caught:
        trainer("dofe", memory="none", teacher=1)
    assert len(caught.value.faults) == 2


def test_an_unknown_trainer_is_named_with_the_nearest(trainer):
    with pytest.raises(ConfigError, match=r"expected the name of a trainer.*, found 'fakt'; did you mean fact\?"):
        trainer("fakt")


def test_trainers_load_no_library_of_networks():
    code = "import fdgst.training.methods.fact, sys; assert 'segmentation_models_pytorch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", EVERY)
def test_a_trainer_in_mixed_precision_learns_in_bfloat16_and_predicts_in_float32(trainer, batch, name, monkeypatch):
    monkeypatch.setattr("fdgst.training.methods.trainer.has_bfloat16", lambda device: True)
    method = trainer(name)
    seen = []
    convolution = next(layer for layer in method.network.modules() if isinstance(layer, torch.nn.Conv2d))
    convolution.register_forward_hook(lambda layer, given, made: seen.append(made.dtype))
    for step in range(3):
        loss = method.update(batch(step, step=step))
        assert loss.dtype == torch.float32
        assert torch.isfinite(loss)
    assert torch.bfloat16 in seen
    assert method.predict(batch().images).dtype == torch.float32
    assert seen[-1] == torch.float32


def test_only_fact_and_feddg_need_copies_beside_the_contents():
    assert [name for name in EVERY if methods.load(name).pairs] == ["fact", "feddg"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler for the CPU")
@pytest.mark.parametrize("name", ["plain", "dofe", "fact", "feddg"])
def test_a_compiled_trainer_learns_the_same(trainer, batch, name):
    compiled, plain = trainer(name), trainer(name)
    compiled.compile()
    for step in range(3):
        torch.testing.assert_close(compiled.update(batch(step, step=step)), plain.update(batch(step, step=step)))
    assert compiled.state().keys() == plain.state().keys()
    assert compiled.weights().keys() == plain.weights().keys()
    # Adam's first steps have the size of the rate whatever the gradient's: rounding can turn the smallest ones
    torch.testing.assert_close(compiled.predict(batch().images), plain.predict(batch().images), rtol=0, atol=1e-2)


@pytest.mark.parametrize("name", EVERY)
def test_a_prediction_needs_neither_an_optimiser_nor_a_teacher(trainer, batch, name):
    method = trainer(name)
    method.predict(batch().images)
    method.load_weights(method.weights())
    assert not {"optimiser", "teacher"} & vars(method).keys()


@pytest.mark.parametrize(("channels", "structures"), [(1, 1), (3, 5)])
@pytest.mark.parametrize("name", EVERY)
def test_a_trainer_takes_any_channels_and_any_overlapping_structures(settings, name, channels, structures):
    network = Tiny(channels, structures)
    method = methods.build(name, network, settings=settings, options={}, sources=2, seed=0)
    images, masks = torch.rand(4, channels, 16, 24) * 2 - 1, (torch.rand(4, structures, 16, 24) > 0.5).float()
    assert torch.isfinite(method.update(Batch(images, masks, torch.tensor([0, 1, 0, 1]), 0, 0)))
    assert method.predict(images).shape == (4, structures, 16, 24)
