"""The trainer against the bare step and against a customary PyTorch loop; its start-up time and peak memory.

    python -m tests.benchmarks.training --out training.csv                      (the demo's size, on this CPU)
    python -m tests.benchmarks.training --size 256 --images 48 --out paper.csv  (the paper's, on a GPU)

Same network, images and images per step everywhere. Steps with data and bare steps (forward, backward and optimiser
on one cached batch) alternate, so that a busy neighbour hits both; ratios are of medians. The customary loop reads PNG
files with Pillow in worker processes, augments image by image, and trains segmentation-models-pytorch's network as it
comes, in float32 and NCHW, asking for every loss. Steps that read shards and
steps that are stylised live (docs/live.md) alternate in the same way.
On a GPU the step is also set against the floor of its memory traffic, with the card's copy bandwidth measured in the
same run.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import segmentation_models_pytorch as smp
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from fdgst.core.masks import unpack
from fdgst.generation.banks import make_bank
from fdgst.models.deeplab import build_network
from fdgst.storage.format import digest
from fdgst.storage.rois import create_rois, open_rois
from fdgst.storage.shards import STATISTICS, Plan, create_shard, open_shard
from fdgst.study.augmentations import Augmentation
from fdgst.study.slices import Live
from fdgst.study.training import Training
from fdgst.training import methods
from fdgst.training.batches import Batches, Sampling
from fdgst.training.device import configure
from fdgst.training.identity import TrainingRun
from fdgst.training.store import Store
from tests.benchmarks.harness import Row, report
from tests.tasks import task

DOMAINS, TRAIN, LAMBDAS = "abc", 32, (0.3, 0.6, 1.0)
ACTIVATIONS_PER_PIXEL = 79e6 / 256**2  # read and written by one forward pass of DeepLabV3+ with MobileNetV2
PASSES, BYTES = 3, 2  # forward and backward; bfloat16
BARE = "forward, backward and optimiser on one batch"


def settings(images):
    """The demo's network, one epoch of one step."""
    rates = {"atrous_rates": (2, 4, 6), "learning_rate": 1e-3, "final_learning_rate": 2e-4, "adam_betas": (0.9, 0.99)}
    epochs = {"pretrain_epochs": 1, "epochs": 1, "final_epochs": 0, "snapshot_epochs": 0, "log_steps": 10}
    network = {"network": None, "decoder": "DeepLabV3Plus", "encoder": "mobilenet_v2", "encoder_weights": "none"}
    switches = {"budget": "equal", "mixed_precision": True, "compile": False, "deterministic": False}
    scale = {"scale_probability": 0.5, "scale_max": 1.5, "batch": TRAIN, "images_per_step": images}
    return Training(**(rates | epochs | network | switches | scale))


def write_files(folder, size_px):
    """Write ROI files, shards of all pairs, and every picture as PNG for the customary loop."""
    rng = np.random.default_rng(0)
    size = size_px, size_px
    shape = {"count": TRAIN, "roi_size_px": size, "network_size_px": size, "mask_resize": "nearest"}
    for domain in DOMAINS:
        names = {"settings": {}, "task": task(), "domain": domain, "title": domain, "compression": "none"}
        with create_rois(folder / f"{domain}.h5", **shape, **names) as writer:
            for number in range(TRAIN):
                y, x = np.mgrid[:size_px, :size_px] - size_px * rng.uniform(0.4, 0.6, (2, 1, 1))
                region = np.digitize(-np.hypot(x, y), [-0.3 * size_px, -0.15 * size_px]).astype("u1")
                image = 60 + 60 * region[..., None] + rng.integers(-20, 20, (size_px, size_px, 3))
                greys, name = {"mask": np.array([255, 128, 0], "u1")[region]}, f"{domain}{number}"
                kept = {"name": name, "split": "train", "group": name, "sha256": "0" * 64}
                writer.add(image=image.astype("u1"), greys=greys, **kept)
    for content in DOMAINS:
        for style in DOMAINS:
            write_shard(folder, content, style, size_px)
    return [folder / f"{domain}.h5" for domain in DOMAINS], sorted((folder / "shards").glob("*/*.h5"))


def write_shard(folder, content, style, size_px):
    """Write copies that are darker by their lambda."""
    attributes = {"augmentation": "fdg", "window": "full", "alpha": 0.0, "seed": 1}
    domains = {"content_domain": content, "style_domain": style}
    with open_rois(folder / f"{content}.h5") as rois:
        lambdas = np.tile(LAMBDAS, (TRAIN, 1))
        plan = Plan(rois.names, rois.names, lambdas, (size_px, size_px), 3, 255, "grid", "none", attributes | domains)
        made_from = {"lambdas": list(LAMBDAS), "inputs": {"content": digest(folder / f"{content}.h5")}}
        with create_shard(folder / "shards" / content / f"{style}.h5", plan, settings=made_from) as writer:
            for row in range(TRAIN):
                pixels = np.stack([rois.network_image(row) * (1 - lam / 2) for lam in LAMBDAS]).astype("u1")
                writer.add(pixels, rois.network_bits(row), {name: np.zeros(len(LAMBDAS)) for name in STATISTICS})
            writer.close(np.zeros((2, 2, 3), "u1"))


def write_pictures(folder, rois, shards):
    """Write all originals and copies as PNG; return (image, mask) files by domain."""
    listed = {}
    for path in rois:
        with open_rois(path) as file:
            rows = [(name, file.network_image(i), file.network_bits(i)) for i, name in enumerate(file.names)]
        listed[path.stem] = [save(folder, *row) for row in rows]
    for path in shards:
        with open_shard(path) as shard:
            for row, name in enumerate(shard.names):
                for number in range(len(LAMBDAS)):
                    stem = f"{name}-{shard.style_domain}-{number}"
                    bits = shard.bits(np.array([row]))[0]
                    listed[shard.content_domain].append(save(folder, stem, shard.image(row, number), bits))
    return listed


def save(folder, stem, image, bits):
    """Write one picture and its mask."""
    paths = folder / f"{stem}.png", folder / f"{stem}-mask.png"
    Image.fromarray(image).save(paths[0])
    Image.fromarray(bits).save(paths[1])
    return paths


class Pictures(Dataset):
    """PNG files, augmented one by one."""

    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        image, mask = (Image.open(path) for path in self.files[index])
        image, side = image.convert("RGB"), image.size[0]
        if random.random() < 0.5:
            width, height = (int(side * random.uniform(1, 1.5)) for _ in range(2))
            left, top = random.randint(0, width - side), random.randint(0, height - side)
            box = (left, top, left + side, top + side)
            image = image.resize((width, height), Image.Resampling.BILINEAR).crop(box)
            mask = mask.resize((width, height), Image.Resampling.NEAREST).crop(box)
        pixels = np.asarray(image, np.float32).transpose(2, 0, 1) / 127.5 - 1
        return torch.from_numpy(pixels), torch.from_numpy(unpack(np.asarray(mask), 2).astype(np.float32))


def endless(loader):
    """Go through a loader again and again."""
    while True:
        yield from loader


def customary(listed, configuration, images, steps, workers, device):
    """Return images per second of a loop as it is usually written."""
    options = {"classes": 2, "encoder_weights": None, "decoder_atrous_rates": configuration.atrous_rates}
    network = smp.DeepLabV3Plus(configuration.encoder, **options).to(device).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.99))
    options = {"shuffle": True, "drop_last": True, "num_workers": workers, "persistent_workers": workers > 0}
    share = images // len(listed)
    loaders = [
        endless(DataLoader(Pictures(files), batch_size=share, pin_memory=device.type == "cuda", **options))
        for files in listed.values()
    ]
    seconds = []
    for _ in range(steps):
        begun = time.perf_counter()
        batches = [next(loader) for loader in loaders]
        x, y = (torch.cat(parts).to(device) for parts in zip(*batches, strict=True))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()
        seconds.append(time.perf_counter() - begun)
    return images / statistics.median(seconds[steps // 4 :])


def timed(function, device):
    """Return the seconds that a call takes, the device's work included."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    begun = time.perf_counter()
    function()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def ours(rois, shards, configuration, images, steps, device, resident_gib):
    """Return the medians of a step with data and of a bare step, in seconds, taken in turns."""
    nowhere = Path("unused")
    run = TrainingRun("main", "fdg", "plain", {}, "fdg", "d", 0, tuple(rois), tuple(shards), (), None, nowhere, nowhere)
    network = build_network(configuration, channels=3, structures=2, seed=0).to(device)
    network = network.to(memory_format=torch.channels_last)
    trainer = methods.build("plain", network, settings=configuration, options={}, sources=len(rois), seed=0)
    sampling = Sampling(("main", "d", 0), TRAIN, images // len(rois), False, 0.5, 1.5)
    with Store(run, device, resident_gib) as store, Batches(store, sampling) as batches:
        cached = batches(0)
        for step in range(3):
            trainer.update(batches(step))
        taken = [
            (
                timed(lambda step=step: trainer.update(batches(step)), device),
                timed(lambda: trainer.update(cached), device),
            )
            for step in range(3, 3 + steps)
        ]
        return [statistics.median(column) for column in zip(*taken, strict=True)]


def live_against_shards(folder, rois, shards, configuration, images, steps, device):
    """Return the medians of a step that reads shards, and of steps stylised live by both routes, taken in turns."""
    banks = [folder / "banks" / path.name for path in rois]
    for path, bank in zip(rois, banks, strict=True):
        make_bank(path, bank, alpha=0.05, mixing="roi")
    fdg = {"id": "fdg", "kind": "fourier", "window": "full", "lambda": LAMBDAS, "encoding": "live"}
    how = {
        "shards": {"shards": tuple(shards)},
        "live, spectra": {"live": Live(augmentation=Augmentation(**fdg, alpha=0.0, mixing="network"), self_pairs=True)},
        "live, banks": {
            "live": Live(augmentation=Augmentation(**fdg, alpha=0.05, mixing="roi"), self_pairs=True),
            "banks": tuple(banks),
        },
    }
    nowhere = Path("unused")
    run = TrainingRun("main", "fdg", "plain", {}, "fdg", "d", 0, tuple(rois), (), (), None, nowhere, nowhere)
    network = build_network(configuration, channels=3, structures=2, seed=0).to(device)
    network = network.to(memory_format=torch.channels_last)
    trainer = methods.build("plain", network, settings=configuration, options={}, sources=len(rois), seed=0)
    sampling = Sampling(("main", "d", 0), TRAIN, images // len(rois), False, 0.5, 1.5)
    with ExitStack() as stack:
        made = {}
        for name, inputs in how.items():
            store = stack.enter_context(Store(replace(run, **inputs), device, 1e9))
            made[name] = stack.enter_context(Batches(store, sampling))
        taken = {name: [] for name in made}
        for step in range(3 + steps):
            for name, batches in made.items():
                taken[name].append(timed(lambda step=step, batches=batches: trainer.update(batches(step)), device))
    return {name: statistics.median(seconds[3:]) for name, seconds in taken.items()}


def start_up(folder, rois, shards, configuration, threads):
    """Return the seconds that the command takes before and after its only step, and its peak memory in bytes."""
    settings = {"trainer": "plain", "options": {}, "training": configuration.as_json()}
    (folder / "settings.json").write_text(json.dumps(settings))
    command = [
        sys.executable,
        "-m",
        "fdgst.cli",
        "train",
        "--stage",
        "main",
        "--method",
        "fdg",
        "--augmentation",
        "fdg",
    ]
    command += ["--unseen", "d", "--seed", "0", "--settings", str(folder / "settings.json"), "--threads", str(threads)]
    command += [part for path in rois for part in ("--rois", str(path))]
    command += [part for path in shards for part in ("--shard", str(path))]
    command += ["--checkpoints", str(folder / "checkpoints"), "--out", str(folder / "out")]
    command += ["--checkpoint-seconds", "300", "--resident-gib", "8"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    whole = time.perf_counter() - begun
    record = json.loads((folder / "out" / "run.json").read_text())
    return whole - record["seconds"], record["peak_memory_bytes"]


def copy_bandwidth():
    """Return the bytes per second that a copy within the GPU's memory reads and writes."""
    one, other = (torch.empty(2**30, dtype=torch.uint8, device="cuda") for _ in range(2))
    seconds = [timed(lambda: other.copy_(one), torch.device("cuda")) for _ in range(10)]
    return 2 * 2**30 / min(seconds)


def measure(arguments, folder):
    """Yield rows."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    configuration = settings(arguments.images)
    configure(device, threads=arguments.threads, tf32=configuration.mixed_precision, deterministic=False)
    rois, shards = write_files(folder, arguments.size)
    listed = write_pictures(folder, rois, shards)
    size = f"{device}, {arguments.size} px, {arguments.images} images a step"
    with_data, bare = ours(rois, shards, configuration, arguments.images, arguments.steps, device, 1e9)
    detail = f"{size}: {1000 * with_data:.1f} against {1000 * bare:.1f} ms"
    yield Row("training step with its data", BARE, with_data / bare, "x", "", detail)
    live = live_against_shards(folder, rois, shards, configuration, arguments.images, arguments.steps, device)
    for name in ("live, spectra", "live, banks"):
        detail = f"{size}: {1000 * live[name]:.1f} against {1000 * live['shards']:.1f} ms"
        yield Row(
            f"training step, {name}", "a step that reads shards", live[name] / live["shards"], "x", "<= 1.10", detail
        )
    by_chunk, bare = ours(rois, shards, configuration, arguments.images, arguments.steps, device, 0)
    detail = f"{size}: {1000 * by_chunk:.1f} against {1000 * bare:.1f} ms"
    yield Row("training step with its data read by chunk", BARE, by_chunk / bare, "x", "", detail)
    usual = customary(listed, configuration, arguments.images, arguments.steps, arguments.workers, device)
    rate = arguments.images / with_data
    detail = f"{size}: {rate:.0f} against {usual:.0f} images per second; it has {arguments.workers} workers"
    yield Row("images per second of a training", "a customary PyTorch loop", rate / usual, "x", "", detail)
    seconds, peak = start_up(folder, rois, shards, configuration, arguments.threads)
    yield Row("start-up and writing of fdgst train", "", seconds, "s", "", size)
    yield Row("peak memory of fdgst train", "", peak / 2**20, "MiB", "", size)
    if device.type == "cuda":
        bandwidth = copy_bandwidth()
        floor = arguments.images * ACTIVATIONS_PER_PIXEL * arguments.size**2 * PASSES * BYTES / bandwidth
        yield Row(
            "training step with its data",
            "the floor of its memory traffic",
            with_data / floor,
            "x",
            "",
            f"{size}, copy bandwidth {bandwidth / 1e12:.2f} TB/s",
        )


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    parser.add_argument("--size", type=int, default=64, help="side of the pictures, pixels")
    parser.add_argument("--images", type=int, default=18, help="images of a step")
    parser.add_argument("--steps", type=int, default=40, help="steps to take the median of")
    parser.add_argument("--threads", type=int, default=1, help="of every loop")
    parser.add_argument("--workers", type=int, default=2, help="processes of the customary loop that read pictures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report(list(measure(arguments, Path(folder))), arguments.out)


if __name__ == "__main__":
    main()
