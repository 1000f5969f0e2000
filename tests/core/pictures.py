"""Strategies for small images: odd and even, square and oblong, photograph-like, constant, black, sparse."""

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


def draw_image(shape: tuple[int, int], kind: str, seed: int) -> np.ndarray:
    """Draw a uint8 image (3, height, width)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    if kind == "noise":
        return rng.integers(0, 256, (3, *shape), np.uint8)
    if kind == "constant":
        return np.broadcast_to(rng.integers(0, 256, (3, 1, 1)), (3, *shape)).astype(np.uint8)
    if kind == "black":
        return np.zeros((3, *shape), np.uint8)
    if kind == "stripes":  # most of its spectrum is exactly zero
        return np.broadcast_to((rows % 2 * 200 + 20), (3, *shape)).astype(np.uint8)
    peak = 90 if kind == "dim" else 200
    bright = peak * np.exp(-((rows / shape[0] - 0.4) ** 2 + (columns / shape[1] - 0.6) ** 2) * 8)
    return np.clip(bright + rng.normal(0, 5, (3, *shape)), 0, 255).astype(np.uint8)


@st.composite
def pairs(draw, shapes=SHAPES):
    """Draw a content and a style image of one shape; sometimes they are the same."""
    shape, kinds = draw(shapes), st.sampled_from(["fundus", "noise", "constant", "black", "stripes"])
    content = draw_image(shape, draw(kinds), draw(st.integers(0, 99)))
    if draw(st.integers(0, 9)) == 0:
        return content, content
    return content, draw_image(shape, draw(kinds), draw(st.integers(0, 99)))
