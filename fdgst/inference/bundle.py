"""A bundle: a model to pass on, in a folder, and all that is needed to predict with it. Reading one needs no torch.

``bundle.json`` says what the files are; ``model.onnx`` is run by onnxruntime, ``model.safetensors`` with ``run.json``
by torch. ``card.md`` is for people.

A bundle may come from anybody. It is data: nothing in it is run as a program, no file outside of its folder is read,
and what it says of itself is checked before anything is made as large as it says.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from fdgst.errors import FormatError
from fdgst.study import faults
from fdgst.study.contradictions import task_faults
from fdgst.study.slices import BundledDomain
from fdgst.study.strict import Id, InnerShare, Natural, Strict
from fdgst.study.task import Task

FORMAT = "fdgst bundle 1"
NORMALISATION = "x / (white / 2) - 1, white being the largest grey level of the task's bits; channels R, G, B"
CONTENTS, CARD, ONNX, WEIGHTS, RECORD = "bundle.json", "card.md", "model.onnx", "model.safetensors", "run.json"
LARGEST_TEXT, LARGEST = 2**20, 2**31  # bytes of bundle.json, and of any other file
ELSEWHERE = b"\n\x08location"  # in ONNX: the key of a tensor that lies in another file
Network = Callable[[np.ndarray], np.ndarray]
Side = Annotated[int, Field(ge=1, le=8192)]
Size = tuple[Side, Side]
Diameters = Annotated[float, Field(gt=0, le=100)]


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
    """How grey levels become the network's numbers: `NORMALISATION`."""
    fit: Literal["refuse", "pad", "stretch"]
    """What becomes of whole images of another aspect."""
    roi_diameters: tuple[Diameters, Diameters] | None
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
    ConfigError
        If ``bundle.json`` holds what it cannot.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        data = _read(folder / CONTENTS)
        self.contents = _contents(folder / CONTENTS, data)
        self.digest = hashlib.sha256(data).hexdigest()
        for name, recorded in self.contents.files.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size > LARGEST or digest_of(path) != recorded:
                raise FormatError(f"{path}: not the file that {CONTENTS} speaks of; make the bundle again")

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
        FormatError
            If the file holds no network, or one of other images or structures than the task's.
        ModuleNotFoundError
            If neither onnxruntime nor torch is installed.
        """
        contents = self.contents
        if self.runtime == "torch":
            from fdgst.inference.predictor import Predictor

            path = self.folder / WEIGHTS
            network: Network = Predictor(self.folder, weights=None, device="cpu", threads=1)
        else:
            path = self.folder / ONNX
            network = open_onnx(path, white=contents.task.white)
        image = np.zeros((1, *contents.network_size, contents.task.channels), f"u{contents.task.bits // 8}")
        try:
            shape = network(image).shape
        except Exception as error:  # whatever a network does that takes other images
            said = " ".join(str(error).split())
            raise FormatError(f"{path}: cannot predict an image of shape {image.shape[1:]} ({said})") from error
        expected = (1, len(contents.task.structures), *contents.network_size)
        if shape != expected:
            raise FormatError(f"{path}: expected logits of shape {expected}, as {CONTENTS} says, found {shape}")
        return network


def open_onnx(path: Path, *, white: int) -> Network:
    """Open a network in ONNX, on one thread; images as of `Bundle.network`, `white` their largest level.

    Raises
    ------
    FormatError
        If the file is damaged, or speaks of other files.
    """
    import onnxruntime  # type: ignore[import-untyped,unused-ignore]

    data = path.read_bytes()
    if ELSEWHERE in data:
        raise FormatError(f"{path}: expected a network in one file, found one whose weights lie in others")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session: Any = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an error of its own for each thing that may be wrong
        said = " ".join(str(error).split())
        raise FormatError(f"{path}: no network in ONNX ({said}); make the bundle again") from error
    name = session.get_inputs()[0].name

    def network(images: np.ndarray) -> np.ndarray:
        levels = np.moveaxis(images, -1, 1).astype(np.float32) / np.float32(white / 2) - 1
        return session.run(None, {name: np.ascontiguousarray(levels)})[0]

    return network


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> bytes:
    """Read what should be ``bundle.json``."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_TEXT + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FormatError(f"{path}: expected a bundle (fdgst bundle makes one), found no such file") from error
    if len(data) > LARGEST_TEXT:
        raise FormatError(f"{path}: expected at most {LARGEST_TEXT} bytes, found more; make the bundle again")
    return data


def _contents(path: Path, data: bytes) -> Contents:
    """Check what ``bundle.json`` holds."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: damaged ({error}); make the bundle again") from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        found = plain.get("format") if isinstance(plain, dict) else type(plain).__name__
        raise FormatError(f"{path}: expected format {FORMAT!r}, found {str(found)[:80]!r}; make the bundle again")
    contents = faults.checked(Contents, plain, f"{path}: ")
    found_wrong = [f"{path}: {line}" for line in _contradictions(contents)]
    if found_wrong:
        raise FormatError(*found_wrong)
    return contents


def _contradictions(contents: Contents) -> Iterator[str]:
    """Yield what no single value of ``bundle.json`` shows."""
    yield from task_faults(contents.task)
    for column in contents.task.columns:  # it becomes a folder's name
        if not re.fullmatch(r"[\w -][\w .-]*", column):
            yield f"task.structures: expected columns that can be names of folders, found {column!r}"
    if (contents.roi_diameters is None) != (contents.task.around is None):
        yield f"roi_diameters: expected a size where task.around says of what, found {contents.roi_diameters}"
    if contents.normalisation != NORMALISATION:
        yield f"normalisation: expected {NORMALISATION!r}, found {contents.normalisation!r}"
    unknown = sorted(set(contents.files) - {ONNX, WEIGHTS, RECORD})
    if unknown:
        yield f"files: expected {ONNX}, {WEIGHTS} and {RECORD}, found {', '.join(map(repr, unknown))}"
    if ONNX not in contents.files and not {WEIGHTS, RECORD} <= set(contents.files):
        yield f"files: expected {ONNX}, or {WEIGHTS} and {RECORD}, found {', '.join(contents.files) or 'none'}"
