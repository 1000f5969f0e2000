"""Predict one domain with one network, given as a function from images to logits; which one is the caller's choice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.core.resize import resize_image
from fdgst.errors import ConfigError
from fdgst.inference import VIEWS
from fdgst.inference.postprocess import at_centre, centre, masks_of
from fdgst.progress import Progress
from fdgst.storage.format import digest
from fdgst.storage.parts import records
from fdgst.storage.predictions import write_predictions
from fdgst.storage.rois import Rois, open_rois
from fdgst.study.task import Structure

BATCH = 16  # images at once, where none depends on the others
LARGEST = np.finfo(np.float16).max
Network = Callable[[np.ndarray], np.ndarray]


def predict(
    network: Network,
    rois: Path,
    out: Path,
    *,
    model: Mapping[str, Any],
    view: str,
    split: str,
    threshold: float,
    nest: bool,
    structures: Sequence[Structure],
    batch: int = BATCH,
) -> None:
    """Predict the images of a ROI file and write masks and logits.

    Parameters
    ----------
    network : callable
        Images, unsigned (n, h, w, C), to logits, float32 (n, K, h, w), one plane per structure.
    rois : Path
        ROI file of the domain to predict.
    out : Path
        The file of predictions.
    model : mapping
        method, unseen, seed and weights of the network, and whose statistics normalise the images.
    view : {'whole', 'centre'}
        What the network is shown of a ROI: all of it, or the centre 512/800 of each side, as the released test script
        does with one domain.
    split : {'train', 'test', 'all'}
    threshold : float
        In (0, 1), see `fdgst.core.masks.postprocess`.
    nest : bool
        Cut each structure to the one that it is within.
    structures : sequence of Structure
        Those of the ROI file, in its order, with their post-processing.
    batch : int
        Images that the network is given together, in the file's order; the last may be fewer. ASSUME: a single one is
        given with those before it, since one image has no statistics of a batch.

    Raises
    ------
    ConfigError
        If the structures are not those of the ROI file, or the view is unknown.
    FormatError
        If the ROI file is damaged or of another kind.
    """
    if view not in VIEWS:
        raise ConfigError(f"view: expected one of {', '.join(VIEWS)}, found {view!r}")
    ids = tuple(structure.id for structure in structures)
    cleaning = {"structures": [{"id": s.id, "regions": s.regions, "holes": s.holes} for s in structures]}
    options = {"view": view, "split": split, "threshold": threshold, "nest": nest, **cleaning}
    with open_rois(rois) as source:
        if ids != source.structures:
            found = f"found {', '.join(source.structures)}"
            raise ConfigError(f"{rois}: expected the structures {', '.join(ids)}, {found}; run snakemake again")
        rows = source.indices(split)
        size_px = _seen_size(source, view)

        def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for logit in _logits(network, source, rows, view, str(model["method"]), batch):
                # of the rounded logits: what the file holds is enough to make its masks again
                masks = masks_of(
                    logit.astype(np.float32), size_px, threshold=threshold, structures=structures, nest=nest
                )
                yield (at_centre(masks, source.roi_size_px) if view == "centre" else masks), logit

        write_predictions(
            out,
            pairs(),
            names=[source.names[row] for row in rows],
            structures=records(structures),
            roi_size_px=source.roi_size_px,
            network_size_px=source.network_size_px,
            settings={**model, **options, "domain": source.domain, "rois": digest(rois)},
        )


def _seen_size(source: Rois, view: str) -> tuple[int, int]:
    """Return height and width of what the network is shown, in pixels of the ROI."""
    rows, columns = centre(source.roi_size_px)
    return (rows.stop - rows.start, columns.stop - columns.start) if view == "centre" else source.roi_size_px


def _logits(network: Network, source: Rois, rows: np.ndarray, view: str, name: str, batch: int) -> Iterator[np.ndarray]:
    """Yield the logits of one image after another, float16 (K, h, w)."""
    with Progress(len(rows), description=f"predict {source.domain} by {name}", unit="image") as shown:
        for together in _batches(rows, batch):
            images = _centres(source, together) if view == "centre" else source.network_images(together)
            for logit in network(images):
                yield logit.clip(-LARGEST, LARGEST).astype(np.float16)
                shown.advance()


def _batches(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Divide rows into batches, in order; a last one of a single image is joined to the one before."""
    starts = [*range(0, len(rows), size)]
    if len(starts) > 1 and len(rows) - starts[-1] == 1:
        starts.pop()
    yield from np.split(rows, starts[1:])


def _centres(source: Rois, rows: np.ndarray) -> np.ndarray:
    """Return the centres of ROIs at network size, (n, h, w, C)."""
    window = centre(source.roi_size_px)
    return np.stack([resize_image(source.image(row)[window], source.network_size_px) for row in rows])
