"""What the guides show runs as it stands there."""

import importlib
import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fdgst.core.masks import unpack
from fdgst.storage.shards import open_shard
from fdgst.transforms import FourierStyle
from fdgst.viewing.converting import convert_shards
from tests.core.pictures import draw_image
from tests.generation.files import write_domain, write_shard

DOCS = Path(__file__).parents[2] / "docs"


def blocks(guide):
    """The Python blocks of a guide, in order."""
    return re.findall(r"```python\n(.*?)```", (DOCS / guide).read_text(), re.DOTALL)


def defined(guide, word, names):
    """Run the block of a guide that has a word in it; return its names."""
    (block,) = (block for block in blocks(guide) if f"class {word}" in block)
    exec(block, names)
    return names[word]


def test_the_guide_begins_with_five_lines_that_work():
    text = (DOCS / "transforms.md").read_text()
    assert text.index("```python") < 100
    first, copies = (block for block in blocks("transforms.md") if "content" in block)
    assert len(first.replace("\n\n", "\n").splitlines()) == 5
    names = {}
    exec(first + copies, names)
    assert names["augmented"].shape == (256, 256, 3)
    assert names["pictures"].shape == (3, 256, 256, 3)


@pytest.mark.parametrize("setting", ["styles", "lam", "window", "alpha", "p", "seed", "white", "limits", "memory_mib"])
def test_the_guide_explains_every_setting(setting):
    assert setting in FourierStyle.__init__.__annotations__
    assert f"| `{setting}` |" in (DOCS / "transforms.md").read_text()


@pytest.fixture
def results(tmp_path):
    for number in (1, 2, 3):
        write_domain(tmp_path / "results", f"domain{number}", network_size_px=(64, 64), count=6)
    for content, style in ((1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)):
        write_shard(tmp_path / "results", f"domain{content}", f"domain{style}")
    return tmp_path / "results"


def test_the_dataset_of_the_guide_reads_shards_in_workers(results):
    dataset = defined("converting.md", "ShardDataset", {"__name__": "guide"})
    paths = sorted((results / "shards/fdg/domain1").glob("*.h5"))
    loader = torch.utils.data.DataLoader(dataset(paths, 2), batch_size=3, num_workers=2, multiprocessing_context="fork")
    (pictures, masks), _ = loader
    assert pictures.shape == (3, 3, 64, 64)
    with open_shard(paths[0]) as one, open_shard(paths[1]) as other:
        known = np.concatenate([shard.images(np.array([0]))[0] for shard in (one, other)]).transpose(0, 3, 1, 2)
        assert (np.rint(pictures[0].numpy() * 255) == known).all((1, 2, 3)).any()
        assert (masks[0].numpy() == unpack(one.bits(np.array([0]))[0], 2)).all()


def test_the_data_module_of_the_guide_leaves_one_domain_out(results):
    names = {"__name__": "guide"}
    dataset = defined("converting.md", "ShardDataset", names)
    names["lightning"] = importlib.import_module("lightning")  # some seconds, for this test only
    module = defined("converting.md", "LeaveOneOut", names)(results, ["domain1", "domain2", "domain3"], "domain3", 2)
    sets = module.train_dataloader().dataset.datasets
    assert all(isinstance(one, dataset) for one in sets)
    assert not any("domain3" in str(path) for one in sets for path in one.paths)


@pytest.mark.slow
def test_nnunet_trains_with_the_trainer_of_the_guide(tmp_path, monkeypatch):
    for domain in ("domain1", "domain2"):
        write_domain(tmp_path / "results", domain, network_size_px=(64, 64), count=2)
    shard = write_shard(tmp_path / "results")
    raw, preprocessed, styles = tmp_path / "raw", tmp_path / "preprocessed", tmp_path / "styles"
    convert_shards([shard], raw / "Dataset501_Test", to="nnunet", rois=None)
    styles.mkdir()
    Image.fromarray(draw_image((64, 64), "fundus", 1).transpose(1, 2, 0)).save(styles / "1.png")
    for name, folder in {"raw": raw, "preprocessed": preprocessed, "results": tmp_path / "trained"}.items():
        monkeypatch.setenv(f"nnUNet_{name}", str(folder))
    for name, value in {"FDGST_STYLES": styles, "nnUNet_n_proc_DA": 1, "nnUNet_compile": "f"}.items():
        monkeypatch.setenv(name, str(value))
    for name in [name for name in sys.modules if name.startswith("nnunetv2")]:
        monkeypatch.delitem(sys.modules, name)  # it reads the folders when it is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = defined("transforms.md", "nnUNetTrainerFourierStyle", {"__name__": "guide"})
        plans = planned()
        monkeypatch.setenv("nnUNet_n_proc_DA", "0")  # loads in this process
        trainer = trained(made, plans, raw, preprocessed)
    steps = [repr(step) for step in trainer.dataloader_train.data_loader.transforms.transforms]
    assert steps[1].startswith("FourierStyleTransform(")
    assert np.isfinite(trainer.logger.get_value("train_losses", 0))


def planned():
    """Plan and preprocess by nnU-Net's own code; return the name of the plans."""
    from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprints, plan_experiments, preprocess

    extract_fingerprints([501], num_processes=1, check_dataset_integrity=False)
    plans = plan_experiments([501])
    plans = plans if isinstance(plans, str) else plans[-1]
    preprocess([501], plans_identifier=plans, configurations=["2d"], num_processes=[1])
    return plans


def trained(trainer_class, plans, raw, preprocessed):
    """Train for one step by nnU-Net's own code."""
    folder = preprocessed / "Dataset501_Test"
    (folder / "splits_final.json").write_text((raw / "Dataset501_Test/splits_final.json").read_text())
    settings = [json.loads((path).read_text()) for path in (folder / f"{plans}.json", folder / "dataset.json")]
    settings[0]["continue_training"] = False  # as nnUNetv2_train adds
    trainer = trainer_class(settings[0], "2d", 0, settings[1], device=torch.device("cpu"))
    trainer.num_epochs = trainer.num_iterations_per_epoch = trainer.num_val_iterations_per_epoch = 1
    trainer.initialize()
    trainer.on_train_start()
    trainer.on_epoch_start()
    trainer.on_train_epoch_start()
    loss = trainer.train_step(next(trainer.dataloader_train))
    trainer.on_train_epoch_end([loss])
    return trainer
