import subprocess
import sys

import pytest

from fdgst.study.networks import known_decoders, known_encoders, least_images, network_faults, unknown

DEFAULT = ("DeepLabV3Plus", "mobilenet_v2")


def nobody(decoder, encoder, size_px):
    raise AssertionError("the library was asked about names on the list")


@pytest.mark.parametrize("size_px", [(32, 32), (256, 256), (160, 224), (48, 176)])
def test_multiples_of_the_stride_are_no_fault(size_px):
    assert network_faults(*DEFAULT, size_px, judge=nobody) == []


@pytest.mark.parametrize(("size_px", "found"), [((33, 33), "33"), ((160, 225), "160 x 225"), ((40, 64), "40 x 64")])
def test_another_size_is_one_line_with_the_stride(size_px, found):
    expected = f"a multiple of 16 (the stride of DeepLabV3Plus with mobilenet_v2), found {found}"
    assert network_faults(*DEFAULT, size_px, judge=nobody) == [f"network_size: expected {expected}"]


def test_unet_takes_any_size():
    assert network_faults("Unet", "resnet18", (33, 47), judge=nobody) == []


def test_a_size_that_the_decoder_pools_to_nothing_is_refused():
    told = ["network_size: expected at least 128 (decoder PAN), found 64"]
    assert network_faults("PAN", "resnet18", (64, 64), judge=nobody) == told
    assert network_faults("PAN", "resnet18", (128, 128), judge=nobody) == []


@pytest.mark.parametrize(
    ("decoder", "encoder"),
    [("PAN", "vgg11"), ("DeepLabV3Plus", "densenet121"), ("Linknet", "mit_b0"), ("DPT", "resnet18")],
)
def test_names_that_do_not_go_together_are_one_line(decoder, encoder):
    told = [f"training: decoder {decoder} does not work with encoder {encoder}"]
    assert network_faults(decoder, encoder, (256, 256), judge=nobody) == told


@pytest.mark.parametrize(
    ("decoder", "encoder"), [("Unett", "resnet18"), ("Unet", "tu-resnet18"), ("Unet", "timm-efficientnet-b0")]
)
def test_a_name_that_is_not_on_the_list_is_put_to_the_judge(decoder, encoder):
    asked = []
    assert network_faults(decoder, encoder, (64, 96), judge=lambda *names: asked.append(names) or ["no"]) == ["no"]
    assert asked == [(decoder, encoder, (64, 96))]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("mobilenet_v3x", "mobilenet_v2"),
        ("MobileNetV2", "mobilenet_v2"),
        ("RESNET_18", "resnet18"),
        ("efficientnet_b0", "efficientnet-b0"),
        ("timm-efficientnet-b0", "efficientnet-b0"),
    ],
)
def test_a_misspelt_encoder_gets_the_nearest(name, meant):
    told = f"training.encoder: expected an encoder, found {name!r}; did you mean {meant}?"
    assert unknown("encoder", "an encoder", name, known_encoders()) == told


def test_a_name_near_none_gets_the_first_of_the_list():
    assert unknown("decoder", "a decoder", "@", known_decoders()).endswith("found '@'; known are " + FIRST_DECODERS)


FIRST_DECODERS = (
    "DPT, DeepLabV3, DeepLabV3Plus, FPN, Linknet, MAnet, PAN, PSPNet, Segformer, UPerNet, Unet, UnetPlusPlus, ..."
)


@pytest.mark.parametrize(
    ("decoder", "size_px", "images"),
    [
        ("DeepLabV3Plus", (256, 256), 2),  # normalises a pooled map
        ("UPerNet", (256, 256), 2),
        ("Unet", (256, 256), 1),
        ("Unet", (32, 32), 2),  # the encoder's last map is one pixel
        ("Unet", (32, 64), 1),
        ("PSPNet", (32, 32), 1),
        ("a.module:Network", (256, 256), 2),
    ],
)
def test_batch_normalisation_needs_two_images_where_one_pixel_is_left(decoder, size_px, images):
    assert least_images(decoder, size_px) == images


def test_names_on_the_list_are_judged_without_the_library():
    heavy = "{'torch', 'timm', 'segmentation_models_pytorch', 'numpy'} & set(sys.modules)"
    calls = "n.network_faults('Unet', 'resnet18', (64, 64)); n.network_faults('PAN', 'vgg11', (33, 33))"
    code = f"import sys; from fdgst.study import networks as n; {calls}; print({heavy})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "set()"
