import re

import pytest
import segmentation_models_pytorch as smp
import torch

from fdgst.models import catalogue
from fdgst.study import networks
from fdgst.study.networks import network_faults


def test_the_list_holds_the_librarys_names():
    assert set(networks.known_decoders()) == {kind.__name__ for kind in smp.MODEL_ARCHITECTURES_MAPPING.values()}
    native = {name for name in smp.encoders.get_encoder_names() if not name.startswith("timm-")}
    assert set(networks.known_encoders()) == native


@pytest.mark.parametrize("decoder", ["DeepLabV3Plus", "Linknet", "PSPNet", "Unet"])
@pytest.mark.parametrize("encoder", ["densenet121", "mit_b0", "resnet18"])
def test_the_list_agrees_with_the_library(decoder, encoder):
    assert networks.stride_of(decoder, encoder) == catalogue.pair(decoder, encoder)


@pytest.mark.parametrize(
    ("decoder", "encoder"), [("DeepLabV3Plus", "mobilenet_v2"), ("PSPNet", "mit_b0"), ("Unet", "vgg11")]
)
def test_the_stride_is_the_smallest_that_passes(decoder, encoder):
    stride, network = networks.stride_of(decoder, encoder), catalogue.build(decoder, encoder)
    assert catalogue.refusal(network, 2, (32 + stride, 96 + stride)) is None
    assert stride == 1 or "divisible" in catalogue.refusal(network, 2, (64 + stride // 2, 64))


@pytest.mark.parametrize("decoder", ["DeepLabV3Plus", "DeepLabV3", "PAN", "UPerNet", "Unet", "PSPNet", "FPN"])
def test_the_least_number_of_images_trains_and_one_less_does_not(decoder):
    size_px = (128, 128)
    network = getattr(smp, decoder)("mobilenet_v2", encoder_weights=None)
    least = networks.least_images(decoder, size_px)
    network(torch.randn(least, 3, *size_px)).mean().backward()
    if least > 1:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            network(torch.randn(least - 1, 3, *size_px))


def test_the_smallest_image_alone_cannot_be_normalised():
    network = smp.Unet("mobilenet_v2", encoder_weights=None)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        network(torch.randn(1, 3, 32, 32))
    network(torch.randn(networks.least_images("Unet", (32, 32)), 3, 32, 32))


@pytest.mark.parametrize(
    ("decoder", "encoder", "size_px", "told"),
    [
        ("Unet", "tu-mobilenetv3_small_050", (64, 64), None),
        ("Unet", "tu-mobilenetv3_smal_050", (64, 64), "timm, found .*; did you mean tu-mobilenetv3_small_050"),
        ("unet", "resnet18", (64, 64), "training.decoder: expected a decoder of .*, found 'unet'; did you mean Unet"),
        ("FPN", "mobilenet_v3x", (64, 64), "encoder: .*segmentation-models-pytorch, .*; did you mean mobilenet_v2"),
        ("PAN", "tu-vgg11", (64, 64), r"training: decoder PAN does not work with encoder tu-vgg11 \("),
        ("DPT", "tu-vit_tiny_patch16_224", (64, 64), r"network_size: DPT with .* cannot take 64 x 64 \("),
        ("FPN", "tu-resnet18", (33, 64), r"network_size: expected a multiple of 32 .*, found 33 x 64"),
    ],
)
def test_names_that_are_not_on_the_list_are_judged_by_the_library(decoder, encoder, size_px, told):
    found = network_faults(decoder, encoder, size_px)
    if told is None:
        assert found == []
    else:
        (line,) = found
        assert re.search(told, line)


def test_a_stale_list_is_told(monkeypatch):
    monkeypatch.setattr(networks, "known_encoders", lambda: ("resnet18", "gone"))
    (line,) = catalogue.differences()
    assert "listed but not in the library: ['gone']" in line
