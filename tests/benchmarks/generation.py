"""How fast banks and shards are made, against the literal arithmetic and against a plain write of the same bytes.

    uv run python -m tests.benchmarks.generation --out results/benchmarks/generation.csv

The whole command `fdgst shard` is timed, from the start of the interpreter to the renamed file: as it is typed, which
takes up to four cores for the arithmetic of a shard, and with `--jobs 1`, as the workflow runs it. The literal
arithmetic has one thread, its images in memory, and writes nothing. All of it is compared within one run.
"""

import argparse
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks.harness import ONE_THREAD, Row, peak_mib, report, side_by_side, together

os.environ |= ONE_THREAD  # before numpy

import numpy as np
import scipy.fft
from PIL import Image

from fdgst.core.fourier import stylize
from fdgst.data.phantom.drawing import draw
from fdgst.generation.banks import make_bank
from fdgst.storage import format as form
from fdgst.storage.banks import open_bank
from fdgst.storage.rois import create_rois, open_rois
from fdgst.storage.shards import open_shard
from tests.tasks import task

ROI_PX, NETWORK_PX = 800, 256
LAMBDAS = [step / 10 for step in range(1, 11)]
SIZES = f"{ROI_PX} px ROIs, {len(LAMBDAS)} lambdas, {NETWORK_PX} px shards"
DISTINCT = 8  # drawn images; the rest are these, shifted
FDGST = [sys.executable, "-m", "fdgst.cli"]
ALPHAS = {"fdg": "0", "fdg_st": "0.05"}


def literal(content: np.ndarray, style: np.ndarray, alpha: float) -> None:
    """Do as the formula is written: complex transforms of both images per lambda, clip, resize."""
    for lam in LAMBDAS:
        own, other = np.fft.fft2(content.astype(float)), np.fft.fft2(style.astype(float))
        amplitude, phase, target = np.abs(own), np.angle(own), np.abs(other)
        if alpha:
            target = np.maximum(target - alpha * target.max((1, 2), keepdims=True), 0)
        mixed = np.fft.ifft2(((1 - lam) * amplitude + lam * target) * np.exp(1j * phase)).real
        picture = Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8).transpose(1, 2, 0))
        picture.resize((NETWORK_PX, NETWORK_PX), Image.Resampling.LANCZOS)


def write_rois(path: Path, domain: int, count: int) -> None:
    """Write the ROI file of a drawn domain."""
    size_px = (ROI_PX, ROI_PX)
    drawings = [
        draw(seed=1, number=domain, split="train", index=index, size_px=size_px, lesion=False)
        for index in range(DISTINCT)
    ]
    named = {"task": task(), "domain": f"domain{domain}", "title": f"Camera {domain}", "settings": {}}
    shape = {"count": count, "roi_size_px": size_px, "network_size_px": (NETWORK_PX, NETWORK_PX)}
    with create_rois(path, mask_resize="nearest", compression="none", **named, **shape) as rois:
        for i in range(count):
            drawing, shift = drawings[i % DISTINCT], 3 * (i // DISTINCT)
            image = np.roll(drawing.levels(channels=3, bits=8), shift, 1)
            greys = {"mask": np.roll(drawing.grey("mask"), shift, 1)}
            rois.add(name=f"{i:04}", split="train", group="", image=image, greys=greys, sha256=f"{i:064x}")


class Case:
    """Files of two domains of so many images, and the commands that make their shards."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder / str(count), count
        self.plain = self.folder / "plain.h5"
        for domain in (1, 2):
            rois = self.folder / f"rois{domain}.h5"
            write_rois(rois, domain, count)
            for alpha in ALPHAS.values():
                make_bank(rois, self.bank(domain, alpha), alpha=alpha, mixing="roi")

    def bank(self, domain: int, alpha: str) -> Path:
        """Path of a bank."""
        return self.folder / f"bank{domain}-{alpha}.h5"

    def shard(self, name: str, content: int = 1) -> Path:
        """Path of a shard."""
        return self.folder / f"{name}{content}.h5"

    def settings(self, name: str, encoding: str) -> Path:
        """Write the settings of a shard."""
        own = {"id": name, "alpha": float(ALPHAS[name]), "encoding": encoding}
        augmentation = {"kind": "fourier", "window": "full", "lambda": LAMBDAS, **own}
        path = self.folder / f"{name}-{encoding}.json"
        path.write_text(json.dumps({"augmentation": augmentation, "seed": 1, "compression": "none"}))
        return path

    def command(self, name: str, *flags: str, content: int = 1, encoding: str = "grid") -> list[str | Path]:
        """Return the command that makes a shard."""
        alpha = ALPHAS[name]
        banks = ["--style-bank", self.bank(3 - content, alpha)]
        banks += ["--content-bank", self.bank(content, alpha)] if alpha != "0" else []
        rois, out = self.folder / f"rois{content}.h5", self.shard(name, content)
        how = ["--settings", self.settings(name, encoding), *flags]
        return [*FDGST, "shard", "--content", rois, *banks, *how, "--out", out]

    def make(self, name: str, *flags: str, encoding: str = "grid") -> None:
        """Make a shard."""
        together([self.command(name, *flags, encoding=encoding)])

    def clear(self) -> None:
        """Remove what was made: the removal of a large file takes its time (measured: half a second for 800 MB)."""
        for name in ALPHAS:
            for content in (1, 2):
                self.shard(name, content).unlink(missing_ok=True)
        self.plain.unlink(missing_ok=True)

    def images(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a content and a style image, (3, height, width)."""
        with open_rois(self.folder / "rois1.h5") as content, open_rois(self.folder / "rois2.h5") as style:
            return content.image(i).transpose(2, 0, 1), style.image(i).transpose(2, 0, 1)


def plain_write(source: Path, out: Path) -> None:
    """Write a shard's pixels and masks again, and nothing else: the same filter, hash and fsync."""
    with open_shard(source) as shard:
        name, per_item = ("image", 2) if shard.encoding == "grid" else ("residual", 1)
        pixels, bits = shard.file[name][0], shard.bits(np.array([0]))[0]
        count = len(shard)
    with form.create(out, kind="shard", settings={}) as file:
        shape = (count, *pixels.shape)
        image = form.add_images(file, name, shape, pixels.dtype, compression="none", per_item=per_item)
        mask = form.add_images(file, "mask", (count, *bits.shape), "u1", compression="none")
        for i in range(count):
            image[i], mask[i] = pixels, bits


def transforms(content: np.ndarray) -> None:
    """Transform a content image and columns of its mixed spectrum, and nothing else: what `fdg` cannot do without."""
    spectrum = scipy.fft.rfft2(content.astype(float), workers=1, overwrite_x=True)
    scipy.fft.ifft(spectrum.astype(np.complex64), axis=-2, workers=1, overwrite_x=True)


def speed(case: Case, rounds: int) -> list[Row]:
    """Compare shards with the literal arithmetic, and the fastest grid with a plain write."""
    content, style = case.images(0)
    kept = {}
    for encoding in ("grid", "residual"):
        case.make("fdg_st", encoding=encoding)
        kept[encoding] = case.shard("fdg_st").rename(case.folder / f"{encoding}.h5")
    best = side_by_side(
        {
            "literal fdg": lambda: literal(content, style, 0),
            "literal fdg_st": lambda: literal(content, style, 0.05),
            "fdg": lambda: case.make("fdg"),
            "fdg --jobs 1": lambda: case.make("fdg", "--jobs", "1"),
            "fdg_st residual": lambda: case.make("fdg_st", encoding="residual"),
            "fdg_st": lambda: case.make("fdg_st"),
            "plain write": lambda: plain_write(kept["grid"], case.plain),
            "plain residual": lambda: plain_write(kept["residual"], case.plain),
            "transforms": lambda: [transforms(content) for _ in range(10)],
        },
        rounds=rounds,
        before=case.clear,
    )
    rows = []
    targets = {"fdg": ">= 120", "fdg --jobs 1": "", "fdg_st": "", "fdg_st residual": ">= 1000"}
    for name, target in targets.items():
        slow, fast = 1000 * best[f"literal {name.split()[0]}"], 1000 * best[name] / case.count
        detail = f"{SIZES}, {case.count} contents: {fast:.1f} ms against {slow:.0f} ms per content"
        rows.append(Row(f"{name}: speed of fdgst shard", "literal arithmetic", slow / fast, "x", target, detail))
    limits = {
        "the transforms of fdg alone, one thread": ("literal fdg", best["transforms"] / 10),
        "a plain write of the residuals of fdg_st": ("literal fdg_st", best["plain residual"] / case.count),
    }
    for what, (slow, fast) in limits.items():
        detail = f"a limit: {1000 * fast:.1f} against {1000 * best[slow]:.0f} ms per content"
        rows.append(Row(what, "literal arithmetic", best[slow] / fast, "x", "", detail))
    written = kept["grid"].stat().st_size / 1e6
    rates = [written / best[one] for one in ("fdg_st", "plain write")]
    detail = f"{written:.0f} MB: {rates[0]:.0f} against {rates[1]:.0f} MB/s"
    against = "plain write of the same bytes"
    return [*rows, Row("fdg_st: speed of fdgst shard", against, rates[0] / rates[1], "x", ">= 0.85", detail)]


def load_time(case: Case, rounds: int) -> list[Row]:
    """Compare stylising in batches at load time with the literal arithmetic, picture by picture; and disk space."""
    import torch

    from fdgst.training.stylise import Stylist

    torch.set_num_threads(1)
    stylist = Stylist(
        case.bank(1, "0.05"), case.bank(2, "0.05"), size_px=(NETWORK_PX, NETWORK_PX), white=255, device="cpu"
    )
    with open_rois(case.folder / "rois1.h5") as rois:
        count = min(16, case.count)
        images = torch.from_numpy(rois.network_images(np.arange(count))).permute(0, 3, 1, 2).contiguous()
    numbers, strengths = torch.arange(count), torch.linspace(0, 1, count)
    content, style = case.images(0)
    best = side_by_side(
        {
            "literal": lambda: literal(content, style, 0.05),
            "batch": lambda: [stylist(images, numbers, numbers.flip(0), strengths) for _ in range(10)],
        },
        rounds=rounds,
    )
    slow, fast = 1000 * best["literal"] / len(LAMBDAS), 1000 * best["batch"] / (10 * count)
    detail = f"batches of {count}, {NETWORK_PX} px, one CPU thread: {fast:.2f} against {slow:.0f} ms per picture"
    rows = [Row("fdg_st: speed at load time", "literal arithmetic", slow / fast, "x", "", detail)]
    case.make("fdg")
    grid = case.shard("fdg").stat().st_size
    case.make("fdg", encoding="residual")
    residual = case.shard("fdg").stat().st_size
    detail = f"{case.count} contents, {len(LAMBDAS)} lambdas: {grid / 1e6:.0f} MB, {residual / 1e6:.0f} MB"
    return [*rows, Row("fdg: size of a grid shard", "the residual shard", grid / residual, "x", "", detail)]


def agreement(case: Case, contents: int) -> list[Row]:
    """Compare pixels with the float64 formula."""
    rows = []
    for name, alpha in ALPHAS.items():
        case.make(name)
        worst = 0.0
        with open_shard(case.shard(name)) as shard, open_rois(case.folder / "rois1.h5") as rois:
            for i in range(contents):
                content, _ = case.images(i)
                _, style = case.images(int(shard.styles[i]))
                end = stylize(content, style, lam=1, window="full", alpha=float(alpha))
                planes = [Image.fromarray(plane.astype(np.float32)) for plane in end]
                small = [np.asarray(plane.resize((NETWORK_PX,) * 2, Image.Resampling.LANCZOS)) for plane in planes]
                x = rois.network_image(i)
                change = shard.lambdas[i][:, None, None, None] * (np.stack(small, -1) - x)
                expected = np.clip(np.rint(x + change), 0, 255)
                worst = max(worst, float(abs(expected - shard.images(np.array([i]))[0]).max()))
        detail = f"{SIZES}, {contents} contents, largest difference of a value"
        rows.append(Row(f"{name}: pixels", "clip(round(x + lambda d)) in float64", worst, "lev", "<= 1", detail))
    return rows


def sizes(case: Case) -> list[Row]:
    """Compare the size of banks."""
    dense, soft = (case.bank(1, alpha).stat().st_size for alpha in ALPHAS.values())
    with open_bank(case.bank(1, "0.05")) as bank:
        kept = 12 * int(bank.file["value"].shape[0])
    detail = f"{case.count} images of {ROI_PX} px: {dense / 1e6:.0f} MB, {soft / 1e6:.2f} MB"
    one = Row("size of a dense bank", "the soft bank's file, alpha 5 %", dense / soft, "x", ">= 100", detail)
    detail = f"{kept / case.count:.0f} bytes per image: value, row and column"
    return [one, Row("size of a dense bank", "the soft bank's amplitudes", dense / kept, "x", ">= 1000", detail)]


def processes(case: Case, rounds: int) -> list[Row]:
    """Compare two shards at once with one after the other, as the workflow makes them, and two threads with one."""
    rows = []
    for name in ALPHAS:
        commands = [case.command(name, "--jobs", "1", content=content) for content in (1, 2)]
        best = side_by_side(
            {
                "one": lambda commands=commands: [together([command]) for command in commands],
                "two": lambda commands=commands: together(commands),
                "threads": lambda name=name: together([case.command(name, "--jobs", "2")]),
            },
            rounds=rounds,
            before=case.clear,
        )
        detail = f"two shards of {case.count} contents: {best['two']:.2f} s against {best['one']:.2f} s"
        rows.append(Row(f"{name}: two processes", "one", best["one"] / best["two"], "x", "", detail))
        detail = f"{case.count} contents: {best['threads']:.2f} s against {best['one'] / 2:.2f} s"
        rows.append(Row(f"{name}: --jobs 2", "--jobs 1", best["one"] / 2 / best["threads"], "x", "", detail))
    return rows


def growth(small: Case, large: Case, rounds: int) -> list[Row]:
    """Compare time and memory of few and many images."""
    rows = []
    for name in ALPHAS:
        few, many = (peak_mib(case.command(name)) for case in (small, large))
        detail = f"{small.count} contents: {few:.0f} MiB"
        rows.append(Row(f"{name}: peak memory", f"{large.count} contents", many, "MiB", "<= 1024", detail))
        runs = {case.count: partial(case.make, name) for case in (small, large)}
        best = side_by_side(runs, rounds=rounds, before=lambda: [case.clear() for case in (small, large)])
        each = [1000 * best[case.count] / case.count for case in (small, large)]
        detail = f"{each[1]:.2f} against {each[0]:.2f} ms per content, start of the interpreter included"
        rows.append(
            Row(
                f"{name}: time of {large.count} contents",
                f"{small.count}",
                best[large.count] / best[small.count],
                "x",
                "",
                detail,
            )
        )
    return rows


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    parser.add_argument("--images", type=int, default=400, help="contents of the large case (a GiB per 130)")
    parser.add_argument("--folder", type=Path, help="where to put some GiB for the time being")
    parser.add_argument("--rounds", type=int, default=3, help="of each timing; the fastest counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        small, large = Case(Path(name), min(50, arguments.images)), Case(Path(name), arguments.images)
        rows = speed(large, arguments.rounds)
        rows += agreement(large, 4)
        rows += sizes(large)
        rows += processes(large, arguments.rounds)
        rows += growth(small, large, arguments.rounds)
        rows += load_time(small, arguments.rounds)
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
