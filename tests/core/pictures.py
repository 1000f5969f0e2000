"""Strategies for small images: odd and even, square and oblong, photograph-like, constant, black, sparse.

Of one or three channels, and of four depths: 8 bits, 16 bits, whole numbers with a negative mean, and with a mean of
exactly zero. Only of the first two is the sum the largest amplitude.
"""

import numpy as np
from hypothesis import strategies as st

WINDOWS = st.sampled_from(["full", "released", "dc", "low:0.05", "low:0.2", "low:1"])
ALPHAS = st.one_of(
    st.sampled_from([0, 1, 0.05]),
    st.floats(0, 1),
    st.builds("{}:{:.3f}".format, st.sampled_from(["ac", "energy"]), st.floats(0, 1)),
)
SIDES = st.integers(2, 33)
SHAPES = st.one_of(st.tuples(SIDES, SIDES), SIDES.map(lambda side: (side, side)))
DEPTHS = ("u1", "u2", "negative", "zero")


def draw_image(shape: tuple[int, int], kind: str, seed: int, *, channels: int = 3, depth: str = "u1") -> np.ndarray:
    """Draw an image (channels, height, width)."""
    return _of_depth(_draw(shape, kind, np.random.default_rng(seed), channels), depth)


def _draw(shape: tuple[int, int], kind: str, rng: np.random.Generator, channels: int) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    if kind == "noise":
        return rng.integers(0, 256, (channels, *shape), np.uint8)
    if kind == "constant":
        return np.broadcast_to(rng.integers(0, 256, (channels, 1, 1)), (channels, *shape)).astype(np.uint8)
    if kind == "black":
        return np.zeros((channels, *shape), np.uint8)
    if kind == "stripes":  # most of its spectrum is exactly zero
        return np.broadcast_to((rows % 2 * 200 + 20), (channels, *shape)).astype(np.uint8)
    peak = 90 if kind == "dim" else 200
    bright = peak * np.exp(-((rows / shape[0] - 0.4) ** 2 + (columns / shape[1] - 0.6) ** 2) * 8)
    return np.clip(bright + rng.normal(0, 5, (channels, *shape)), 0, 255).astype(np.uint8)


def _of_depth(image: np.ndarray, depth: str) -> np.ndarray:
    if depth == "u1":
        return image
    if depth == "u2":
        return image.astype(np.uint16) * 257
    if depth == "negative":
        return image.astype(np.int32) * 8 - 1500
    pixels = image[0].size
    return image.astype(np.int64) * pixels - image.sum((1, 2), dtype=np.int64, keepdims=True)


def size_of(*images: np.ndarray) -> float:
    """Return the largest absolute value in units of 255, at least 1: what tolerances grow with."""
    return max(1.0, *(float(abs(image.astype(float)).max()) / 255 for image in images))


@st.composite
def pairs(draw, shapes=SHAPES):
    """Draw a content and a style image of one shape and depth; sometimes they are the same."""
    shape, kinds = draw(shapes), st.sampled_from(["fundus", "noise", "constant", "black", "stripes"])
    form = {"channels": draw(st.sampled_from([1, 3])), "depth": draw(st.sampled_from(DEPTHS))}
    content = draw_image(shape, draw(kinds), draw(st.integers(0, 99)), **form)
    if draw(st.integers(0, 9)) == 0:
        return content, content
    return content, draw_image(shape, draw(kinds), draw(st.integers(0, 99)), **form)
