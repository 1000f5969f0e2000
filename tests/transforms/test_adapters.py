"""The transform in the pipelines of other libraries: theirs composes, theirs loads, with two workers."""

import json
import pickle
import random
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.pictures import draw_image

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of their own imports
    import albumentations
    import monai
    from batchgenerators.dataloading.data_loader import DataLoader as Samples
    from batchgenerators.dataloading.nondet_multi_threaded_augmenter import NonDetMultiThreadedAugmenter
    from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms
    from monai.data import DataLoader as MonaiLoader
    from monai.data import Dataset as MonaiDataset
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    import fdgst.transforms.albumentations as ours_albumentations
    from fdgst.transforms.batchgenerators import FourierStyleTransform
    from fdgst.transforms.monai import RandFourierStyle, RandFourierStyled
    from fdgst.transforms.torchvision import FourierStyle

from fdgst.errors import ConfigError, DataError
from fdgst.transforms import style

STYLES = [np.ascontiguousarray(draw_image((32, 40), "fundus", seed).transpose(1, 2, 0)) for seed in (2, 3)]
IMAGE = np.ascontiguousarray(draw_image((32, 40), "fundus", 1).transpose(1, 2, 0))
CHW = torch.from_numpy(IMAGE).permute(2, 0, 1)
MASK = (IMAGE[..., 0] > 100).astype(np.uint8)
REAL = [(image / 255).astype(np.float32) for image in STYLES]


class Items(torch.utils.data.Dataset):
    """Eight times the same sample, through a pipeline."""

    def __init__(self, pipeline):
        self.pipeline = pipeline

    def __len__(self):
        return 8

    def __getitem__(self, item):
        return self.pipeline()


def through_torchvision(seed):
    pipeline = v2.Compose([v2.RandomHorizontalFlip(), FourierStyle(STYLES, lam=(0, 1), p=1), v2.ToDtype(torch.float32)])
    torch.manual_seed(seed)
    items = Items(lambda: pipeline(tv_tensors.Image(CHW), tv_tensors.Mask(MASK)))
    return list(torch.utils.data.DataLoader(items, num_workers=2, multiprocessing_context="fork"))


def through_albumentations(seed):
    steps = [albumentations.HorizontalFlip(), ours_albumentations.FourierStyle(STYLES, p=1)]
    pipeline = albumentations.Compose(steps, seed=seed)

    def sample():
        made = pipeline(image=IMAGE, mask=MASK)
        return made["image"], made["mask"]

    return list(torch.utils.data.DataLoader(Items(sample), num_workers=2, multiprocessing_context="fork"))


def through_monai(seed):
    steps = [monai.transforms.RandFlipd(["image", "mask"]), RandFourierStyled("image", STYLES, prob=1)]
    pipeline = monai.transforms.Compose(steps)
    monai.utils.set_determinism(seed)
    try:
        pipeline.set_random_state(seed)
        data = MonaiDataset([{"image": CHW.float(), "mask": torch.from_numpy(MASK)[None]}] * 8, pipeline)
        loader = MonaiLoader(data, num_workers=2, multiprocessing_context="fork")
        return [(batch["image"].as_tensor(), batch["mask"].as_tensor()) for batch in loader]
    finally:
        monai.utils.set_determinism(None)


class BatchOfSamples(Samples):
    """A loader of batchgenerators that transforms its samples, as nnU-Net's does."""

    def __init__(self, pipeline):
        super().__init__([0] * 8, 1, 1, shuffle=False, infinite=True, return_incomplete=True)
        self.pipeline = pipeline

    def generate_train_batch(self):
        made = self.pipeline(image=CHW.float() / 255, segmentation=torch.from_numpy(MASK)[None].clone())
        return {"image": made["image"], "segmentation": made["segmentation"]}


def through_batchgenerators(seed):
    pipeline = ComposeTransforms([FourierStyleTransform(REAL, p=1)])
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch.manual_seed(seed)
    loader = torch.utils.data.DataLoader(
        Items(lambda: tuple(BatchOfSamples(pipeline).generate_train_batch().values())),
        num_workers=2,
        multiprocessing_context="fork",
    )
    return list(loader)


THROUGH = [through_torchvision, through_albumentations, through_monai, through_batchgenerators]


@pytest.mark.parametrize("through", THROUGH)
def test_in_its_own_pipeline_with_two_workers_runs_of_one_seed_are_equal(through):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries
        one, same, other = through(1), through(1), through(2)
    pixels = [np.asarray(image).tobytes() for image, _ in one]
    assert pixels == [np.asarray(image).tobytes() for image, _ in same]
    assert pixels != [np.asarray(image).tobytes() for image, _ in other]
    assert len(set(pixels)) == 8  # workers draw differently
    assert all(int(np.asarray(mask).sum()) == MASK.sum() for _, mask in one)


# its thread that collects results may look for a batch of a worker that has just been ended
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nnunets_own_loader_of_processes_takes_it():
    pipeline = ComposeTransforms([FourierStyleTransform(REAL, p=1)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        augmenter = NonDetMultiThreadedAugmenter(BatchOfSamples(pipeline), None, 2, 2, seeds=[1, 2], pin_memory=False)
        try:
            batches = [next(augmenter) for _ in range(4)]
        finally:
            augmenter._finish()
    assert all((batch["segmentation"][0].numpy() == MASK).all() for batch in batches)
    assert len({batch["image"].numpy().tobytes() for batch in batches}) == 4


def test_torchvision_stylises_all_images_of_a_sample_alike_and_nothing_else():
    boxes = tv_tensors.BoundingBoxes([[0, 0, 4, 4]], format="XYXY", canvas_size=(32, 40))
    sample = {"a": tv_tensors.Image(CHW), "b": Image.fromarray(IMAGE), "mask": tv_tensors.Mask(MASK), "boxes": boxes}
    made = FourierStyle(STYLES, p=1)(sample)
    assert isinstance(made["a"], tv_tensors.Image)
    assert (made["a"].permute(1, 2, 0).numpy() == np.asarray(made["b"])).all()
    assert made["mask"] is sample["mask"]
    assert made["boxes"] is boxes
    assert (made["a"] != CHW).any()


def test_torchvision_takes_styles_from_the_batch():
    batch = torch.stack([CHW, CHW.flip(1) // 2])
    expected = style.FourierStyle("batch", lam=1, p=1)(batch)
    assert (FourierStyle("batch", lam=1, p=1)(batch) == expected).all()


def test_albumentations_writes_and_reads_it(tmp_path):
    for number, image in enumerate(STYLES):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    made = albumentations.Compose([ours_albumentations.FourierStyle(str(tmp_path), lam=(0.3, 0.9), p=1)], seed=3)
    written = json.loads(json.dumps(albumentations.to_dict(made)))
    again = albumentations.from_dict(written)
    again.set_random_seed(3)
    assert repr(again[0]) == repr(made[0])
    assert (again(image=IMAGE)["image"] == made(image=IMAGE)["image"]).all()


def test_albumentations_keeps_real_numbers_in_their_range():
    x = IMAGE.astype(np.float32) / 255
    for lam in (0.5, 1):
        made = ours_albumentations.FourierStyle(REAL, lam=lam, alpha=0, p=1)(image=x)["image"]
        assert made.dtype == np.float32
        assert (made.min(), made.max()) >= (0, 0)
        assert made.max() <= 1


def test_monai_keeps_what_belongs_to_an_image():
    image = monai.data.MetaTensor(CHW.float(), meta={"name": "x"})
    made = RandFourierStyle(STYLES, lam=1, prob=1, white=255)(image)
    assert isinstance(made, monai.data.MetaTensor)
    assert made.meta["name"] == "x"
    assert made.dtype == image.dtype
    expected = style.FourierStyle(STYLES, lam=1, white=255)
    assert any((made.as_tensor() == expected.copies(CHW.float(), [1], style=number)[0]).all() for number in (0, 1))


def test_monai_gives_all_keys_the_same_draws():
    sample = {"a": CHW.float(), "b": CHW.float(), "label": 3}
    made = RandFourierStyled(["a", "b"], STYLES, prob=1).set_random_state(1)(sample)
    assert (made["a"] == made["b"]).all()
    assert (made["a"] != sample["a"]).any()
    assert made["label"] == 3


def test_a_volume_is_refused():
    with pytest.raises(DataError, match=r"expected an image \(C, H, W\), found shape \(3, 4, 4, 4\)"):
        RandFourierStyle(STYLES, prob=1)(torch.zeros(3, 4, 4, 4))


@pytest.mark.parametrize("make", [ours_albumentations.FourierStyle, RandFourierStyle, FourierStyleTransform])
def test_a_pipeline_of_single_images_has_no_batch(make):
    with pytest.raises(ConfigError, match="images come one at a time"):
        make("batch")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: FourierStyle(STYLES, p=1), "FourierStyle"),
        (lambda: ours_albumentations.FourierStyle(STYLES, p=1), "FourierStyle"),
        (lambda: RandFourierStyle(STYLES, prob=1), "RandFourierStyle"),
        (lambda: RandFourierStyled("image", STYLES, prob=1), "RandFourierStyled"),
        (lambda: FourierStyleTransform(STYLES, p=1), "FourierStyleTransform"),
    ],
)
def test_each_is_pickled_and_says_what_it_is(make, name):
    made = make()
    assert repr(pickle.loads(pickle.dumps(made))) == repr(made)
    assert repr(made).startswith(f"{name}(")
    assert "alpha=0.05" in repr(made)
