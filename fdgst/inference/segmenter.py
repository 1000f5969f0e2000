"""Segmenting one photograph: where to look, what the network says, masks, and how far to trust them. No file."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import ndimage
from scipy.special import expit, logit

from fdgst.core.masks import boundary, bounding_box, largest_component
from fdgst.core.resize import resize_image
from fdgst.data.fitting import cut, padded_size, same_aspect
from fdgst.data.source import Box
from fdgst.errors import ConfigError
from fdgst.inference.bundle import Bundle
from fdgst.inference.locating import LIMIT, Candidate, candidates
from fdgst.inference.locating.field import View, view_of
from fdgst.inference.postprocess import masks_of
from fdgst.inference.quality import quality_of
from fdgst.study.task import Task

SURE = 0.9  # confidence from which on it is not remarked upon
TRIED = 3  # candidates among which the network chooses
ROUNDS = 3  # of centring
RESTED = 0.02  # of the side: what it may still move
LIKE = 0.6, 1.6  # of what was located: the diameter of what the network finds, if it is the same
APART = 0.6  # located diameters between their middles, at most
AGREED = 0.6  # overlap of the rectangles around what was located and what the network finds: less is remarked upon
LARGE_PART = 0.05  # of a structure's largest component: a smaller one is no part of its own
OUT_FRACTION = 0.01  # of a structure: what may lie out of its parent
TOUCHING = 0.02  # of an outline: what may lie on a border


@dataclass(frozen=True)
class Segmented:
    """What was found in a photograph.

    Attributes
    ----------
    box : (left, top, width, height) or None
        The part that the network saw, pixels; it may reach over the border. None: there was nothing to look at.
    confidence : float or None
        That it is the right part; None where nobody had to look for it.
    masks : ndarray of bool, shape (K, box height, box width)
        Empty planes where nothing was found; (K, 0, 0) without a box.
    entropy, disagreement : tuple of float
        Of each structure: mean entropy of the probabilities along its outline, bits; one minus the mean Dice of each
        two networks. NaN where there is no such thing.
    flags : tuple of str
        What speaks against the masks, each with its reason.
    """

    box: Box | None
    confidence: float | None
    masks: np.ndarray
    entropy: tuple[float, ...]
    disagreement: tuple[float, ...]
    flags: tuple[str, ...]


class Segmenter:
    """Segments photographs.

    Parameters
    ----------
    bundles : sequence of Bundle
        At least one; several are asked together, and their probabilities averaged.
    locator : Bundle or None
        What locates the structure that parts are cut around: a bundle of one structure in whole images. None: the
        classical search.
    roi : {'auto', 'whole'} or Box
        Where to look: where the bundle was trained to, at the whole photograph, or at a part of it.

    Raises
    ------
    ConfigError
        If the bundles do not go together, or the locator is none.
    """

    def __init__(self, bundles: Sequence[Bundle], *, locator: Bundle | None, roi: str | Box) -> None:
        self.contents, self.roi = bundles[0].contents, roi
        self.task: Task = self.contents.task
        faults = [f"{other.folder}: {line}" for other in bundles[1:] for line in _differences(bundles[0], other)]
        for number, other in enumerate(bundles):
            if any(other.digest == earlier.digest for earlier in bundles[:number]):
                faults.append(f"{other.folder}: given twice; a network never disagrees with itself")
        if self.task.bits != 8 and self._locates:
            faults.append(f"{bundles[0].folder}: locating needs photographs of 8 bits; give --roi")
        if locator and not self._locates:
            faults.append(
                f"{locator.folder}: a locator has nothing to do here: images are taken whole or as --roi says"
            )
        elif locator and (images := _images(locator.contents.task)) != _images(self.task):
            faults.append(f"{locator.folder}: expected a locator for {_images(self.task)}, found one for {images}")
        if faults:
            raise ConfigError(*faults)
        self._networks = [bundle.network() for bundle in bundles]
        self._locator = open_locator(locator) if locator else None

    @property
    def _locates(self) -> bool:
        """Whether something must be located before parts can be cut."""
        return self.roi == "auto" and self.contents.roi_diameters is not None

    def __call__(self, image: np.ndarray) -> Segmented:
        """Segment a photograph, unsigned (height, width, C), upright, of the task's channels and bits."""
        if not self._locates:
            part = self._given(image.shape[:2])
            beside = not _seen(image.shape[:2], part).any()
            flags = ["part beside the photograph"] if beside else []
            return self._found(image, part, self._each(image, part), flags=flags)
        view = view_of(image)
        flags = quality_of(image, view).flags
        found = self._candidates(image, view)
        likely = [item for item in found if item.confidence >= LIMIT]
        if not likely:
            said = f" (confidence {found[0].confidence:.3f})" if found else ""
            return self._nothing([f"no {self.task.around} found{said}", *flags])
        item, box = self._centred(image, likely)
        if item.confidence < SURE:
            flags.insert(0, f"low confidence ({item.confidence:.3f})")
        each = self._each(image, box)
        seen = self._around(box, _combined(each))
        if seen and (overlap := seen.overlap(item)) < AGREED:
            flags.append(f"{self.task.around} unlike what was located (overlap {overlap:.3f}, below {AGREED:g})")
        return self._found(image, box, each, confidence=item.confidence, flags=flags, view=view)

    def located(self, image: np.ndarray) -> list[Candidate]:
        """Return where a locator's structure lies, at most one place; its confidence is the mean probability there."""
        box = self._given(image.shape[:2])
        (logits,) = _combined(self._each(image, box))
        found = self._outlined(box, logits)
        return [found] if found else []

    def _given(self, size: Sequence[int]) -> Box:
        """Return the part that is looked at where none is located."""
        height, width = size[0], size[1]
        if not isinstance(self.roi, str):
            return self.roi
        if self.contents.fit == "stretch" or same_aspect((height, width), self.contents.roi_size):
            return 0, 0, width, height
        tall, wide = padded_size((height, width), self.contents.roi_size)
        return -((wide - width) // 2), -((tall - height) // 2), wide, tall

    def _candidates(self, image: np.ndarray, view: View | None) -> list[Candidate]:
        """Locate what parts are cut around."""
        if self._locator:
            return self._locator.located(image)
        return candidates(image, most=TRIED, least=LIMIT, view=view) if view else []

    def _centred(self, image: np.ndarray, likely: Sequence[Candidate]) -> tuple[Candidate, Box]:
        """Let the network choose among what may be right, and centre the part until it rests."""
        tried = []
        for item in likely:
            box = self._box(_middle(item), _diameter(item))
            tried.append((item, box, self._glance(image, box)))
        item, box, logits = max(tried, key=lambda each: each[0].confidence * self._presence(each[2]))
        for _ in range(ROUNDS):
            seen = self._around(box, logits)
            if seen is None or not _is_like(seen, item):
                break
            # a network that sees too much of a strange camera's photograph is not to draw its part larger and larger
            moved = self._box(_middle(seen), math.sqrt(_diameter(seen) * _diameter(item)))
            if max(abs(a - b) for a, b in zip(moved, box, strict=True)) <= RESTED * max(box[2:]):
                break
            box, logits = moved, self._glance(image, moved)
        return item, box

    def _box(self, middle: tuple[float, float], diameter: float) -> Box:
        """Return the part about a middle, at the scale of the training images."""
        tall, wide = self.contents.roi_diameters or (1.0, 1.0)
        width, height = max(1, round(wide * diameter)), max(1, round(tall * diameter))
        return round(middle[0] - width / 2), round(middle[1] - height / 2), width, height

    def _around(self, box: Box, logits: np.ndarray) -> Candidate | None:
        """Return where the network finds what parts are cut around, if it does."""
        return self._outlined(box, logits[self.task.place(str(self.task.around))])

    def _outlined(self, box: Box, plane: np.ndarray) -> Candidate | None:
        """Return the rectangle around the largest component of a part's plane of logits, pixels of the photograph."""
        mask = largest_component(plane > logit(self.contents.threshold))
        rows, columns = bounding_box(mask)
        if not rows.stop:
            return None
        tall, wide = box[3] / mask.shape[0], box[2] / mask.shape[1]
        left, top = box[0] + columns.start * wide, box[1] + rows.start * tall
        width, height = (columns.stop - columns.start) * wide, (rows.stop - rows.start) * tall
        return Candidate(left, top, width, height, float(expit(plane[mask]).mean()))

    def _presence(self, logits: np.ndarray) -> float:
        """Return how sure the network is of what parts are cut around: its mean over the likeliest tenth."""
        plane = expit(logits[self.task.place(str(self.task.around))])
        return float(np.sort(plane, axis=None)[-max(1, plane.size // 10) :].mean())

    def _glance(self, image: np.ndarray, box: Box) -> np.ndarray:
        """Return about the networks' logits (K, h, w), in a fraction of the time: the part is reduced at once."""
        size = self.contents.network_size
        step = max(1, min(box[3] // size[0], box[2] // size[1]) // 2)
        small = (box[0] // step, box[1] // step, max(1, box[2] // step), max(1, box[3] // step))
        seen = resize_image(cut(image[::step, ::step], small, fill=0), size)[None]
        return np.mean([network(seen)[0] for network in self._networks], axis=0)

    def _each(self, image: np.ndarray, box: Box) -> np.ndarray:
        """Return the logits of every network, (networks, K, h, w); the part is resized as the training images were."""
        part = resize_image(cut(image, box, fill=0), self.contents.roi_size)
        seen = resize_image(part, self.contents.network_size)[None]
        return np.stack([network(seen)[0] for network in self._networks])

    def _nothing(self, flags: Sequence[str]) -> Segmented:
        """Return what is found where there was nothing to look at."""
        unknown = (float("nan"),) * len(self.task.structures)
        return Segmented(None, None, np.zeros((len(unknown), 0, 0), bool), unknown, unknown, tuple(flags))

    def _found(
        self,
        image: np.ndarray,
        box: Box,
        each: np.ndarray,
        *,
        confidence: float | None = None,
        flags: Sequence[str] = (),
        view: View | None = None,
    ) -> Segmented:
        """Make masks of the logits of every network, and look at them."""
        structures, threshold = self.task.structures, self.contents.threshold
        logits = _combined(each)
        masks = masks_of(logits, (box[3], box[2]), threshold=threshold, structures=structures, nest=self.contents.nest)
        masks &= _seen(image.shape[:2], box)
        doubts = [*flags, *self._doubts(masks, logits, box, image.shape[:2], view)]
        if max(self.contents.network_size[0] / box[3], self.contents.network_size[1] / box[2]) > 1:
            doubts.append(f"photograph too small ({box[2]}x{box[3]} px for {self.contents.network_size[1]})")
        return Segmented(
            box=box,
            confidence=confidence,
            masks=masks,
            entropy=tuple(_rim_entropy(plane, threshold) for plane in logits),
            disagreement=tuple(_disagreement(planes) for planes in np.moveaxis(each > logit(threshold), 1, 0)),
            flags=tuple(doubts),
        )

    def _doubts(
        self, masks: np.ndarray, logits: np.ndarray, box: Box, size: Sequence[int], view: View | None
    ) -> list[str]:
        """Return what speaks against masks."""
        raw = logits > logit(self.contents.threshold)
        flags = []
        for place, structure in enumerate(self.task.structures):
            mask = masks[place]
            if not mask.any():
                flags += [] if structure.optional else [f"no {structure.id}"]
                continue
            if structure.within:
                parent = raw[self.task.place(structure.within)]
                share = (raw[place] & ~parent).sum() / max(raw[place].sum(), 1)
                if share > OUT_FRACTION:
                    flags.append(f"{structure.id} out of its {structure.within} ({100 * share:.0f} %)")
            parts = _parts(raw[place]) if structure.regions == "largest" else 1
            if parts > 1:
                flags.append(f"{structure.id} in {parts} components")
            if _is_cut(mask, box, size, view):
                flags.append(f"{structure.id} cut by the border")
        return flags


def open_locator(bundle: Bundle) -> Segmenter:
    """Open a bundle that locates.

    Raises
    ------
    ConfigError
        If it is not of one structure in whole images.
    """
    if bundle.contents.roi_diameters or len(bundle.contents.task.structures) != 1:
        raise ConfigError(f"{bundle.folder}: expected a locator: a bundle of one structure in whole images")
    return Segmenter([bundle], locator=None, roi="whole")


def _images(task: Task) -> str:
    """Say which images a network takes."""
    return f"images of {task.channels} channel(s) and {task.bits} bits"


def _middle(item: Candidate) -> tuple[float, float]:
    """Return x and y of the middle."""
    return item.left + item.width / 2, item.top + item.height / 2


def _diameter(item: Candidate) -> float:
    """Return the mean of width and height."""
    return (item.width + item.height) / 2


def _is_like(seen: Candidate, item: Candidate) -> bool:
    """Tell whether what the network found may be what was located."""
    apart = np.hypot(*np.subtract(_middle(seen), _middle(item)))
    return bool(LIKE[0] <= _diameter(seen) / _diameter(item) <= LIKE[1] and apart <= APART * _diameter(item))


def _combined(each: np.ndarray) -> np.ndarray:
    """Return the logits of networks, (networks, K, h, w), as one, float32 (K, h, w): of the mean probability."""
    if len(each) == 1:
        return each[0]
    limit = np.finfo(np.float32).eps
    return logit(np.clip(expit(each).mean(axis=0), limit, 1 - limit)).astype(np.float32)


def _differences(one: Bundle, other: Bundle) -> list[str]:
    """Return why two bundles cannot be asked together."""
    names = ("roi_size", "network_size", "threshold", "nest")
    a, b = one.contents, other.contents
    lines = [
        f"expected {name} {getattr(a, name)} as in {one.folder}, found {getattr(b, name)}"
        for name in names
        if getattr(a, name) != getattr(b, name)
    ]
    if a.task.untitled() != b.task.untitled():
        lines.append(f"expected the task of {one.folder}, found another")
    return lines


def _seen(size: Sequence[int], box: Box) -> np.ndarray:
    """Return which pixels of a part lie in the photograph, bool (box height, box width)."""
    left, top, width, height = box
    rows, columns = np.arange(top, top + height), np.arange(left, left + width)
    return ((rows >= 0) & (rows < size[0]))[:, None] & ((columns >= 0) & (columns < size[1]))


def _parts(mask: np.ndarray) -> int:
    """Count the components of a mask that are no specks."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3), bool))
    if count < 2:
        return count
    sizes = np.bincount(labels.ravel())[1:]
    return int((sizes >= LARGE_PART * sizes.max()).sum())


def _is_cut(mask: np.ndarray, box: Box, size: Sequence[int], view: View | None) -> bool:
    """Tell whether a mask's outline runs along the border of the part, of the photograph or of its field of view."""
    window = bounding_box(mask)
    rows, columns = np.nonzero(boundary(mask[window]))
    rows, columns = rows + window[0].start, columns + window[1].start
    y, x = rows + box[1], columns + box[0]
    border = (rows < 1) | (columns < 1) | (rows >= mask.shape[0] - 1) | (columns >= mask.shape[1] - 1)
    border |= (y < 1) | (x < 1) | (y >= size[0] - 1) | (x >= size[1] - 1)
    if view is not None:
        edge = ~ndimage.binary_erosion(view.inside, iterations=2, border_value=1)
        inner_y = np.clip((y * view.scale).astype(int), 0, edge.shape[0] - 1)
        inner_x = np.clip((x * view.scale).astype(int), 0, edge.shape[1] - 1)
        border |= edge[inner_y, inner_x]
    return bool(border.mean() > TOUCHING)


def _rim_entropy(logits: np.ndarray, threshold: float) -> float:
    """Return the mean entropy of the probabilities, bits, within a pixel of a structure's outline; NaN without one."""
    mask = logits > logit(threshold)
    if not mask.any():
        return float("nan")
    around = np.ones((3, 3), bool)
    rim = ndimage.binary_dilation(mask, around) & ~ndimage.binary_erosion(mask, around, border_value=1)
    if not rim.any():
        return float("nan")
    p = np.clip(expit(logits[rim].astype(np.float64)), 1e-12, 1 - 1e-12)
    return float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).mean())


def _disagreement(planes: np.ndarray) -> float:
    """Return one minus the mean Dice of each two masks, (networks, h, w); two empty ones agree; NaN of one alone."""
    dice = []
    for one, other in combinations(planes, 2):
        total = int(one.sum()) + int(other.sum())
        dice.append(2 * int((one & other).sum()) / total if total else 1.0)
    return 1 - float(np.mean(dice)) if dice else float("nan")
