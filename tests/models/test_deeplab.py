import os
from types import SimpleNamespace

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import save_file
from segmentation_models_pytorch.encoders import encoders

from fdgst.errors import ConfigError, TrainingError
from fdgst.models import deeplab as models


def build_network(settings, *, seed, channels=3, structures=2):
    return models.build_network(settings, channels=channels, structures=structures, seed=seed)


def settings(**changes):
    names = {"decoder": "DeepLabV3Plus", "encoder": "mobilenet_v2", "encoder_weights": "none"}
    return SimpleNamespace(**names | {"atrous_rates": (2, 4, 6)} | changes)


def equal(first, second):
    """Tell whether two state dicts are the same."""
    return first.keys() == second.keys() and all(torch.equal(tensor, second[key]) for key, tensor in first.items())


def test_equal_seeds_give_equal_weights():
    first, same, other = (build_network(settings(), seed=seed).state_dict() for seed in (0, 0, 1))
    assert equal(first, same)
    assert not equal(first, other)


def test_the_global_generator_is_left_as_it_was():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    build_network(settings(), seed=0)
    assert torch.equal(torch.rand(3), expected)


def test_the_default_network_gives_a_logit_per_pixel_and_structure():
    network = build_network(settings(), channels=1, structures=5, seed=0)
    assert network(torch.zeros(2, 1, 64, 96)).shape == (2, 5, 64, 96)


def test_the_pyramids_dilations_are_the_configured_rates():
    network = build_network(settings(atrous_rates=[3, 5, 7]), seed=0)
    pyramid = network.decoder.aspp[0].convs
    assert [branch[0][0].dilation for branch in list(pyramid)[1:4]] == [(3, 3), (5, 5), (7, 7)]


@pytest.mark.parametrize(
    ("decoder", "encoder"),
    [("Unet", "resnet18"), ("DeepLabV3", "mobilenet_v2"), ("FPN", "tu-mobilenetv3_small_050"), ("Segformer", "mit_b0")],
)
def test_other_decoders_and_encoders_go_by_name(decoder, encoder):
    network = build_network(settings(decoder=decoder, encoder=encoder), seed=0).eval()
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 2, 64, 64)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"decoder": "DeeplabV3plus"}, r"training\.decoder: .*, found 'DeeplabV3plus'; did you mean DeepLabV3Plus\?"),
        ({"encoder": "mobilnet_v2"}, r"training\.encoder: .*, found 'mobilnet_v2'; did you mean mobilenet_v2\?"),
        ({"encoder": "tu-mobilenetv3_smal_050"}, r"a model of timm, found .* mean tu-mobilenetv3_small_050\?"),
        ({"encoder": "timm-efficientnet-b0"}, r"found 'timm-efficientnet-b0'; did you mean efficientnet-b0\?"),
        ({"decoder": "@"}, r"expected a decoder of .*, found '@'; known are DPT, "),
        ({"encoder": "vgg11"}, r"decoder DeepLabV3Plus does not work with encoder vgg11 \('VGG' models"),
    ],
)
def test_a_network_that_cannot_be_is_refused_with_the_nearest_names(changes, told):
    with pytest.raises(ConfigError, match=told):
        build_network(settings(**changes), seed=0)


@pytest.fixture(scope="module")
def trained():
    """Return weights of a network that are those of no fresh one."""
    return {name: tensor + 1 for name, tensor in build_network(settings(), seed=3).state_dict().items()}


def encoder_of(weights):
    return {name.removeprefix("encoder."): w for name, w in weights.items() if name.startswith("encoder.")}


@pytest.mark.parametrize("kind", ["whole.safetensors", "encoder.safetensors", "encoder.pth"])
def test_the_encoder_takes_its_weights_from_a_file(tmp_path, trained, kind):
    path = tmp_path / kind
    weights = trained if kind.startswith("whole") else encoder_of(trained)
    if path.suffix == ".pth":
        # as published files are: with a classifier, without the counters of batch normalisation
        weights = {name: w for name, w in weights.items() if not name.endswith("num_batches_tracked")}
        torch.save(weights | {"classifier.1.bias": torch.zeros(1000)}, path)
    else:
        save_file(weights, path)
    network, fresh = build_network(settings(encoder_weights=str(path)), seed=0), build_network(settings(), seed=0)
    parameters = dict(network.encoder.named_parameters())
    assert all(torch.equal(parameter, encoder_of(trained)[name]) for name, parameter in parameters.items())
    assert equal(network.decoder.state_dict(), fresh.decoder.state_dict())


def test_a_missing_file_of_weights_is_told_with_the_alternatives(tmp_path):
    with pytest.raises(TrainingError, match=r"no file .*gone\.pth; set .* to none .* or to imagenet"):
        build_network(settings(encoder_weights=str(tmp_path / "gone.pth")), seed=0)


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_a_file_that_is_no_weights_is_refused_in_one_line(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK not an archive")
    with pytest.raises(TrainingError, match=r"weights\.\w+: cannot be read as tensors") as caught:
        build_network(settings(encoder_weights=str(tmp_path / name)), seed=0)
    assert len(str(caught.value).splitlines()) == 1


class Harmful:
    def __reduce__(self):
        return (os._exit, (3,))


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    torch.save({"features.0.0.weight": Harmful()}, tmp_path / "weights.pth")
    with pytest.raises(TrainingError, match="cannot be read as tensors"):
        build_network(settings(encoder_weights=str(tmp_path / "weights.pth")), seed=0)


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "weights.pth")
    with pytest.raises(TrainingError, match="expected a mapping of names to tensors"):
        build_network(settings(encoder_weights=str(tmp_path / "weights.pth")), seed=0)


def test_weights_of_another_encoder_are_refused(tmp_path, trained):
    save_file(trained, tmp_path / "weights.safetensors")
    with pytest.raises(TrainingError, match=r"not the weights of the encoder: \d+ of \d+ tensors are missing"):
        build_network(settings(encoder="resnet18", encoder_weights=str(tmp_path / "weights.safetensors")), seed=0)


def test_weights_for_colour_are_refused_for_grey_images(tmp_path, trained):
    save_file(trained, tmp_path / "weights.safetensors")
    with pytest.raises(TrainingError, match=r"weights for images of 3 channel\(s\), but those of this study have 1"):
        build_network(settings(encoder_weights=str(tmp_path / "weights.safetensors")), channels=1, seed=0)


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """Let the hub's client use nothing but an empty cache of its own."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("encoder", ["mobilenet_v2", "tu-mobilenetv3_small_050"])
def test_without_a_network_imagenet_names_both_alternatives_in_one_line(offline, encoder):
    told = rf"imagenet weights of {encoder} cannot be had \(.*\); set .* to none \(random weights\) or to the PATH"
    with pytest.raises(TrainingError, match=told) as caught:
        build_network(settings(encoder=encoder, encoder_weights="imagenet"), seed=0)
    assert len(str(caught.value).splitlines()) == 1


def test_fetched_imagenet_weights_reach_the_encoder_alone(offline, trained):
    published = encoders["mobilenet_v2"]["pretrained_settings"]["imagenet"]
    folder = offline / f"models--{published['repo_id'].replace('/', '--')}" / "snapshots" / published["revision"]
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    save_file(encoder_of(trained), folder / "model.safetensors")
    network, fresh = build_network(settings(encoder_weights="imagenet"), seed=0), build_network(settings(), seed=0)
    assert equal(network.encoder.state_dict(), encoder_of(trained))
    assert equal(network.decoder.state_dict(), fresh.decoder.state_dict())


def test_imagenet_weights_are_adapted_to_grey_images(offline, trained):
    published = encoders["mobilenet_v2"]["pretrained_settings"]["imagenet"]
    folder = offline / f"models--{published['repo_id'].replace('/', '--')}" / "snapshots" / published["revision"]
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    save_file(encoder_of(trained), folder / "model.safetensors")
    first = build_network(settings(encoder_weights="imagenet"), channels=1, seed=0).encoder.features[0][0].weight
    torch.testing.assert_close(first, encoder_of(trained)["features.0.0.weight"].sum(1, keepdim=True))


def test_a_network_is_rebuilt_without_its_first_weights(offline):
    rebuilt = models.rebuild_network(settings(encoder_weights="imagenet"), channels=3, structures=2)
    assert rebuilt.state_dict().keys() == build_network(settings(), seed=0).state_dict().keys()
