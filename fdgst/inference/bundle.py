"""A bundle: a model to pass on, in a folder, and all that is needed to predict with it. Reading one needs no torch.

``bundle.json`` says what the files are; ``model.onnx`` is run by onnxruntime, ``model.safetensors`` with ``run.json``
by torch. ``card.md`` is for people.
"""

import hashlib
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.errors import FormatError
from fdgst.study import faults
from fdgst.study.slices import BundledDomain
from fdgst.study.strict import Id, InnerShare, Natural, Strict
from fdgst.study.task import Task

FORMAT = "fdgst bundle 1"
CONTENTS, CARD, ONNX, WEIGHTS, RECORD = "bundle.json", "card.md", "model.onnx", "model.safetensors", "run.json"
Network = Callable[[np.ndarray], np.ndarray]
Size = tuple[int, int]


class TrainedOn(BundledDomain):
    """A domain that a model was trained on."""

    train: Natural
    """Its training images."""
    rois: str
    """SHA-256 of its ROI file."""


class Contents(Strict):
    """What ``bundle.json`` holds."""

    format: str
    """`FORMAT`."""
    method: Id
    """Id of the row."""
    seed: Natural
    """Of the training."""
    unseen: Id | None
    """Domain that was held out; null: trained on all."""
    sources: tuple[TrainedOn, ...]
    """What it was trained on."""
    task: Task
    """What is segmented, how masks are coded, what is measured."""
    roi_size: Size
    """Height and width to which the part of a photograph is brought first, pixels, by LANCZOS."""
    network_size: Size
    """Height and width to which it is brought from there, by LANCZOS: what the network sees."""
    normalisation: str
    """How grey levels become the network's numbers."""
    fit: str
    """What becomes of whole images of another aspect."""
    roi_diameters: tuple[float, float] | None
    """Height and width of the part, in diameters of the structure that it is cut around: the median of the training
    images, a diameter being the mean of a structure's height and width. Null: images are taken whole."""
    threshold: InnerShare
    """Probability above which a pixel belongs to a structure."""
    nest: bool
    """Cut a structure to the one that it is within."""
    onnx: dict[str, float] | None
    """How model.onnx was checked against torch: on how many images, with which largest difference of a probability.
    Null: no such file."""
    versions: dict[str, str]
    """Of what the model was made by."""
    files: dict[str, str]
    """SHA-256 of each file."""


class Bundle:
    """A bundle that has been read and whose files are whole.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    folder : Path
    contents : Contents
    digest : str
        SHA-256 of ``bundle.json``: it names all that a prediction depends on.

    Raises
    ------
    FormatError
        If the folder is no bundle, or a file is not what ``bundle.json`` says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / CONTENTS
        try:
            data = path.read_bytes()
            plain = json.loads(data)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FormatError(f"{path}: expected a bundle (fdgst bundle makes one), found no such file") from error
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{path}: damaged ({error}); make the bundle again") from error
        if not isinstance(plain, dict) or plain.get("format") != FORMAT:
            found = plain.get("format") if isinstance(plain, dict) else plain
            raise FormatError(f"{path}: expected format {FORMAT!r}, found {found!r}; make the bundle again")
        self.contents = faults.checked(Contents, plain, f"{path}: ")
        self.digest = hashlib.sha256(data).hexdigest()
        for name, recorded in self.contents.files.items():
            if not (folder / name).is_file() or digest_of(folder / name) != recorded:
                raise FormatError(f"{folder / name}: not the file that {CONTENTS} speaks of; make the bundle again")

    @property
    def runtime(self) -> str:
        """What the network is run by: ``onnxruntime`` where the bundle and the machine have it, else ``torch``."""
        return "onnxruntime" if ONNX in self.contents.files and find_spec("onnxruntime") else "torch"

    def network(self) -> Network:
        """Open the network, on one thread of the CPU.

        Returns
        -------
        callable
            Images, unsigned (n, h, w, C), to logits, float32 (n, K, h, w).

        Raises
        ------
        ModuleNotFoundError
            If neither onnxruntime nor torch is installed.
        """
        if self.runtime == "torch":
            from fdgst.inference.predictor import Predictor

            return Predictor(self.folder, weights=None, device="cpu", threads=1)
        return open_onnx(self.folder / ONNX, white=self.contents.task.white)


def open_onnx(path: Path, *, white: int) -> Network:
    """Open a network in ONNX, on one thread; images as of `Bundle.network`, `white` their largest level."""
    import onnxruntime  # type: ignore[import-untyped,unused-ignore]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def network(images: np.ndarray) -> np.ndarray:
        levels = np.moveaxis(images, -1, 1).astype(np.float32) / np.float32(white / 2) - 1
        return session.run(None, {name: np.ascontiguousarray(levels)})[0]

    return network


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
