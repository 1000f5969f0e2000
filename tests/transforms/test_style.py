import json
import multiprocessing
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fdgst.core.fourier import stylize, stylize_complex
from fdgst.core.resize import resize_image
from fdgst.errors import ConfigError, DataError
from fdgst.generation.banks import make_bank
from fdgst.storage.rois import open_rois
from fdgst.transforms import FourierStyle
from tests.core.pictures import draw_image
from tests.generation.files import write_domain

WINDOWS = st.sampled_from(["full", "released", "dc", "low:0", "low:0.05", "low:0.12", "low:0.4", "low:1"])
ALPHAS = st.sampled_from([0, 0.05, 0.3, 1, "ac:0.05", "ac:0.5", "energy:0.9", "energy:0.99"])
SHAPES = st.tuples(st.integers(1, 70), st.integers(1, 70))
KINDS = st.sampled_from(["fundus", "noise", "constant", "black", "stripes"])
DEPTHS = {
    "uint8": lambda image: image,
    "uint16": lambda image: image.astype(np.uint16) * 257,
    "float32": lambda image: image.astype(np.float32) / 255,
    "negative": lambda image: image.astype(np.float32) / 60 - 2,
    "zero": lambda image: image - image.mean((1, 2), keepdims=True),
}


def hwc(image):
    return np.ascontiguousarray(image.transpose(1, 2, 0))


def photograph(seed=0, shape=(40, 56), **form):
    return hwc(draw_image(shape, "fundus", seed, **form))


@settings(deadline=None, max_examples=150)
@given(SHAPES, st.tuples(KINDS, KINDS), st.sampled_from([1, 3, 4]), st.sampled_from(sorted(DEPTHS)), WINDOWS, ALPHAS,
       st.floats(0.01, 1), st.booleans())  # fmt: skip
def test_it_is_the_formula(shape, kinds, channels, depth, window, alpha, lam, tensor):
    x, y = (DEPTHS[depth](draw_image(shape, kind, seed, channels=channels)) for seed, kind in enumerate(kinds))
    stylise = FourierStyle([hwc(y)], lam=[lam, lam], window=window, alpha=alpha, p=1)
    got = stylise(torch.from_numpy(x)).numpy() if tensor else stylise(hwc(x)).transpose(2, 0, 1)
    expected = stylize(x, y, lam=lam, window=window, alpha=alpha)
    if x.dtype.kind == "u":
        expected, tolerance = np.clip(expected, 0, np.iinfo(x.dtype).max), 1.001
    else:
        tolerance = 1e-3 * max(np.ptp(x), np.ptp(y), 1e-3)
    assert got.dtype == x.dtype
    assert abs(got.astype(float) - expected).max() <= tolerance


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.tuples(KINDS, KINDS), WINDOWS, ALPHAS)
def test_what_the_formula_drops_is_rounding_only(shape, kinds, window, alpha):
    x, y = (draw_image(shape, kind, seed) for seed, kind in enumerate(kinds))
    whole = stylize_complex(x, y, lam=1, window=window, alpha=alpha)
    assert abs(whole.imag).max() <= 1e-9 * max(abs(whole.real).max(), 1)


def test_a_style_of_another_size_is_resized():
    x, y = photograph(1), photograph(2, shape=(80, 64))
    same = resize_image(y, x.shape[:2])
    how = {"lam": 1, "alpha": 0, "p": 1}
    assert (FourierStyle([y], **how)(x) == FourierStyle([same], **how)(x)).all()


def test_a_folder_is_its_images_and_is_read_when_drawn(tmp_path):
    images = [photograph(seed) for seed in range(3)]
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    how = {"p": 1, "seed": 3, "alpha": 0}
    from_folder, from_memory = FourierStyle(tmp_path, **how), FourierStyle(images, **how)
    assert all((from_folder(images[0]) == from_memory(images[0])).all() for _ in range(5))
    lazy = FourierStyle(tmp_path, p=1)
    (tmp_path / "0.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"0\.png: expected a whole PNG"):
        lazy.copies(images[0], [1], style=0)


def test_styles_of_files_are_brought_to_the_range_of_the_image(tmp_path):
    Image.fromarray(photograph(1)).save(tmp_path / "1.png")
    stylise = FourierStyle(tmp_path, lam=1, p=1, alpha=0.05)
    x = photograph(2)
    whole, real = stylise(x), stylise((x / 255).astype(np.float32))
    assert abs(whole / 255 - np.clip(real, 0, 1)).max() < 1 / 255


@pytest.mark.parametrize("alpha", [0, 0.05])
@pytest.mark.parametrize("window", ["full", "low:0.1", "released"])
def test_a_bank_is_its_images(tmp_path, alpha, window):
    rois_path, bank = write_domain(tmp_path, "domain1"), tmp_path / "bank.h5"
    make_bank(rois_path, bank, alpha=alpha, mixing="roi")
    with open_rois(rois_path) as rois:
        images = [rois.image(int(row)) for row in rois.indices("train")]
    how = {"window": window, "alpha": alpha}
    ours, theirs = FourierStyle(bank, **how), FourierStyle(images, **how)
    for style in range(len(images)):
        one, other = (t.copies(photograph(shape=(48, 48)), [0.4, 1], style=style) for t in (ours, theirs))
        assert abs(one.astype(int) - other).max() <= 1


def test_a_sparse_bank_serves_any_size_and_a_dense_one_its_own(tmp_path):
    rois_path = write_domain(tmp_path, "domain1", kinds=["fundus"] * 6)
    for alpha in (0, 0.05):
        make_bank(rois_path, tmp_path / f"{alpha}.h5", alpha=alpha, mixing="roi")
    with open_rois(rois_path) as rois:
        style = rois.image(0)
    x = photograph(5, shape=(96, 72))
    got, expected = (FourierStyle(s, lam=1).copies(x, [1], style=0)[0] for s in (tmp_path / "0.05.h5", [style]))
    assert abs(got.astype(int) - expected).mean() < 3  # the image was resized, and its noise with it
    with pytest.raises(DataError, match=r"0\.h5: expected a bank of images of 72x96 px, found 48x48 px"):
        FourierStyle(tmp_path / "0.h5", alpha=0, p=1)(x)
    with pytest.raises(ConfigError, match=r"expected a bank of alpha 0\.1, found alpha 0\.05"):
        FourierStyle(tmp_path / "0.05.h5", alpha=0.1)


def test_the_images_of_a_batch_are_styles_for_each_other():
    batch = np.stack([photograph(seed) for seed in range(2)])
    stylise = FourierStyle("batch", lam=1, alpha=0, p=1)
    got = stylise(torch.from_numpy(batch.transpose(0, 3, 1, 2)))
    assert got.shape == (2, 3, 40, 56)
    for number in (0, 1):
        expected = FourierStyle([batch[1 - number]], lam=1, alpha=0, p=1)(batch[number])
        assert (got[number].numpy().transpose(1, 2, 0) == expected).all()
        assert (stylise(batch)[number] == expected).all()


def test_each_image_of_a_batch_has_draws_of_its_own():
    batch = np.stack([photograph()] * 8)
    got = FourierStyle([photograph(2), photograph(3)], p=0.5, seed=1)(batch)
    changed = [bool((image != batch[0]).any()) for image in got]
    assert 1 <= sum(changed) <= 7
    assert len({image.tobytes() for image in got}) > 3


@pytest.mark.parametrize(
    ("image", "shape"),
    [
        (photograph(), (40, 56, 3)),
        (photograph()[..., 0], (40, 56)),
        (torch.from_numpy(photograph()).permute(2, 0, 1).to(torch.bfloat16), (3, 40, 56)),
        (photograph().astype(np.float16) / 255, (40, 56, 3)),
        (photograph(depth="u2"), (40, 56, 3)),
        (photograph()[::2, ::-1], (20, 56, 3)),
    ],
)
def test_what_comes_out_is_like_what_goes_in(image, shape):
    before = image.clone() if isinstance(image, torch.Tensor) else image.copy()
    channels = 1 if len(shape) == 2 else 3
    got = FourierStyle([photograph(2)[..., :channels]], lam=0.5, p=1)(image)
    assert (got.shape, got.dtype, type(got)) == (shape, image.dtype, type(image))
    assert (image == before).all()
    assert not (got == before).all()


def test_masks_go_along_untouched():
    mask, name = np.ones((40, 56), bool), object()
    image, *others = FourierStyle([photograph(2)], p=1)(photograph(), mask, name)
    assert others == [mask, name]
    assert (image != photograph()).any()


def test_a_grid_costs_one_transform_and_is_what_each_strength_gives():
    stylise, x = FourierStyle([photograph(2)], lam=[0, 0.5, 1], window="low:0.1", alpha=0), photograph()
    grid = stylise.copies(x)
    assert grid.shape == (3, *x.shape)
    assert (grid[0] == x).all()
    for lam, copy in zip((0.5, 1), grid[1:], strict=True):
        assert (copy == FourierStyle([photograph(2)], lam=lam, window="low:0.1", alpha=0, p=1)(x)).all()


def drawn(stylise, count=6):
    return [stylise(photograph()).tobytes() for _ in range(count)]


def test_equal_seeds_give_equal_pixels_and_other_seeds_others():
    styles = [photograph(2), photograph(3)]
    one, same, other = (FourierStyle(styles, p=1, seed=seed) for seed in (1, 1, 2))
    assert drawn(one) == drawn(same) != drawn(other)


def test_a_generator_that_is_passed_is_drawn_from():
    stylise, x = FourierStyle([photograph(2)], p=1, seed=1), photograph()
    for make in (lambda: np.random.default_rng(5), lambda: torch.Generator().manual_seed(5)):
        first, again = (stylise(x, generator=make()) for _ in range(2))
        assert (first == again).all()


def test_tensors_without_a_seed_are_drawn_for_by_torch():
    stylise, x = FourierStyle([photograph(2)], p=1), torch.from_numpy(photograph()).permute(2, 0, 1)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        first, second = stylise(x), stylise(x)
        torch.manual_seed(3)
        assert (stylise(x) == first).all()
    assert (first != second).any()


class Items(torch.utils.data.Dataset):
    def __init__(self, stylise):
        self.stylise = stylise

    def __len__(self):
        return 8

    def __getitem__(self, item):
        return self.stylise(photograph())


def epochs(context, count=2):
    stylise = FourierStyle([photograph(2)], p=1, seed=1)
    loader = torch.utils.data.DataLoader(Items(stylise), num_workers=2, multiprocessing_context=context)
    return [[batch.numpy().tobytes() for batch in loader] for _ in range(count)]


@pytest.mark.parametrize("context", sorted({"fork", "spawn"} & set(multiprocessing.get_all_start_methods())))
def test_workers_and_epochs_draw_differently_and_runs_alike(context):
    first = epochs(context)
    assert len({pixels for epoch in first for pixels in epoch}) == 16
    assert epochs(context) == first


def test_a_pickled_transform_goes_on_where_it_was():
    stylise = FourierStyle([photograph(2)], p=1, seed=1)
    drawn(stylise, 2)
    assert drawn(pickle.loads(pickle.dumps(stylise))) == drawn(stylise)


def test_settings_in_json_make_the_same_transform(tmp_path):
    Image.fromarray(photograph(1)).save(tmp_path / "1.png")
    made = FourierStyle(tmp_path, lam=(0.2, 0.9), window="low:0.1", alpha="ac:0.05", p=0.9, seed=4, limits=(0, 1))
    again = FourierStyle.from_dict(json.loads(json.dumps(made.to_dict())))
    assert repr(again) == repr(made)
    assert drawn(again) == drawn(made)


def test_repr_says_it_whole(tmp_path):
    Image.fromarray(photograph(1)).save(tmp_path / "1.png")
    made = FourierStyle(tmp_path, lam=[0.5, 1], alpha="energy:0.9", p=1, seed=4)
    assert repr(made) == f"FourierStyle('{tmp_path}', lam=[0.5, 1], window='full', alpha='energy:0.9', p=1, seed=4)"
    assert repr(eval(repr(made))) == repr(made)
    assert repr(FourierStyle([photograph()])).startswith("FourierStyle(<1 image in memory, 56x40x3 uint8>, lam=(0, 1)")


@pytest.mark.parametrize("nothing", [{"lam": 0}, {"p": 0}, {"lam": (0, 0)}])
def test_it_warns_when_it_can_do_nothing(nothing):
    with pytest.warns(UserWarning, match="changes nothing"):
        FourierStyle([photograph()], **nothing)


def test_it_warns_of_one_image_in_a_batch():
    image = torch.from_numpy(photograph()).permute(2, 0, 1)[None]
    with pytest.warns(UserWarning, match="one image"):
        assert (FourierStyle("batch", p=1)(image) == image).all()


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"lam": 1.5}, r"lam: expected a number in \[0, 1\]"),
        ({"lam": (1, 0)}, "lam: expected"),
        ({"lam": []}, "lam: expected"),
        ({"window": "high"}, "window must be"),
        ({"alpha": "dc:1"}, "alpha must be"),
        ({"p": 2}, r"p: expected a number in \[0, 1\], found 2"),
        ({"seed": -1}, "seed: expected a whole number"),
        ({"styles": []}, "styles: expected at least one"),
        ({"styles": 3}, "styles: expected images"),
        ({"styles": "nowhere"}, "nowhere: no such file"),
        ({"styles": [np.zeros((4, 4, 3), int)]}, r"styles\[0\]: expected an array or tensor of uint8"),
    ],
)
def test_wrong_settings_are_one_line(wrong, line):
    with pytest.raises((ConfigError, DataError), match=line) as caught:
        FourierStyle(**({"styles": [photograph()]} | wrong))
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("image", "line"),
    [
        (np.zeros((4, 4, 3), np.int32), "image: expected an array or tensor of uint8, uint16 or floating point"),
        ("photo.png", "found str"),
        (np.zeros((4, 4, 1), np.uint8), r"styles\[0\]: expected the image's 1 channels, found 3"),
        (np.zeros(4, np.uint8), r"expected 2 to 4 axes, found shape \(4,\)"),
    ],
)
def test_wrong_images_are_one_line(image, line):
    with pytest.raises(DataError, match=line):
        FourierStyle([photograph()], p=1)(image)


def test_amplitudes_are_kept_up_to_a_bound():
    stylise = FourierStyle([photograph(seed) for seed in range(9)], p=1, seed=1, alpha=0, memory_mib=0.05)
    small = FourierStyle([photograph(seed) for seed in range(9)], p=1, seed=1, alpha=0)
    assert drawn(stylise, 20) == drawn(small, 20)
    assert stylise._kept._bytes <= 0.05 * 2**20 < small._kept._bytes


def test_the_import_needs_numpy_alone():
    code = "import sys, fdgst.transforms; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "PIL", "h5py", "pydantic", "click", "scipy", "matplotlib", "pandas"}
    assert not heavy & set(done.stdout.split())


def test_the_core_and_the_guide_name_the_same_function():
    guide = Path(__file__).parents[2] / "docs/transforms.md"
    assert "fdgst.core.fourier.stylize" in guide.read_text()
