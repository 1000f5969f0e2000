"""`FourierStyle`: random Fourier stylising of arrays and tensors, in any pipeline."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from fdgst.core.restyle import Picture, Target, change, target_of
from fdgst.core.thresholds import canonical_alpha
from fdgst.core.windows import window_mask
from fdgst.errors import ConfigError, DataError
from fdgst.transforms.draws import Draw, Law, Stream, Strengths
from fdgst.transforms.pixels import Images, images_of, is_tensor, white_of
from fdgst.transforms.styles import Kept, open_styles

BATCH = "batch"


class FourierStyle:
    r"""Give images the amplitudes of others, :math:`x + \lambda \Re F^{-1}(W [S(\tilde A, T) - A] e^{jP})`.

    Parameters
    ----------
    styles : images, path, or 'batch'
        Whose amplitudes are taken, each equally often. A list of arrays (height, width, C) or tensors (C, height,
        width), or a batch of them; a folder of image files, one file or a list of files, read when first drawn; a
        bank (`fdgst bank`); or ``"batch"``: the other images of the batch that is given. A style of another size is
        resized to the image's (LANCZOS, each axis by itself); only a bank without a threshold cannot be.
    lam : float, (float, float) or list of float
        Strength in [0, 1]: a number is fixed, a tuple is uniform in (low, high], a list is a grid of which one is
        drawn; 0 is the image itself.
    window : str
        Frequencies that take the style: ``full``, ``released``, ``dc`` or ``low:beta``; see docs/augmentations.md.
    alpha : float or str
        Threshold of the style's amplitudes: a share of the largest, 0 for none; ``ac:x`` a share of the largest
        besides the sum; ``energy:x`` what leaves the share x of the energy.
    p : float
        Share of the images that are stylised at all.
    seed : int or None
        Of the stream of draws. Equal seeds draw equally; each worker process has a stream of its own, and in the
        next epoch another. None: arrays are drawn for by a stream that is new each time, tensors by torch's own
        (`torch.manual_seed`).
    white : float
        Level of white in images of floating point: 1 where they are in [0, 1]. It matters only where style and
        content differ in type, and the style is scaled.
    limits : (float, float) or None
        At which images of floating point are cut; None: not at all. Those of whole numbers are rounded, and cut at
        their type's limits.
    memory_mib : float
        Amplitudes of so many MiB are kept from one call to the next.

    Raises
    ------
    ConfigError
        If an argument is out of range.
    DataError
        If a style cannot be found.

    Warns
    -----
    UserWarning
        If it can do nothing: ``lam=0``, ``p=0``, or one image in a batch that is to take its styles from itself.

    Notes
    -----
    The forward transform of the content is in double precision, as the phases of amplitudes that are exactly zero ask
    for; the rest in single. Results are those of `fdgst.core.fourier.stylize` to one grey level, or to a thousandth
    of the range.

    Examples
    --------
    >>> import numpy as np
    >>> content, style = np.full((2, 64, 64, 3), [[[[90]]], [[[30]]]], np.uint8)
    >>> stylise = FourierStyle([style], lam=0.5, alpha=0, p=1)
    >>> int(stylise(content)[0, 0, 0])
    60
    """

    def __init__(
        self,
        styles: Any,
        *,
        lam: Law = (0, 1),
        window: str = "full",
        alpha: float | str = 0.05,
        p: float = 0.5,
        seed: int | None = None,
        white: float = 1.0,
        limits: tuple[float, float] | None = None,
        memory_mib: float = 256,
    ) -> None:
        self._strengths = Strengths.parse(lam)
        self.window, self.alpha = window, _checked(window, alpha)
        if not isinstance(p, int | float | np.number) or not 0 <= p <= 1:
            raise ConfigError(f"p: expected a number in [0, 1], found {p!r}")
        if not white > 0:
            raise ConfigError(f"white: expected a number > 0, found {white!r}")
        self.p, self.seed, self.white, self.memory_mib = float(p), seed, float(white), float(memory_mib)
        self.limits = None if limits is None else (float(limits[0]), float(limits[1]))
        self._stream = Stream(seed)
        self._kept: Kept | None = None
        if not isinstance(styles, str) or styles != BATCH:
            source = open_styles(styles, window=self.window, alpha=self.alpha, white=self.white)
            self._kept = Kept(source, self.memory_mib)
        if self.p == 0 or not any(self._strengths.values):
            warnings.warn(f"{self!r} changes nothing", stacklevel=2)

    def __call__(self, image: Any, *others: Any, generator: Any = None) -> Any:
        """Stylise an image, or each image of a batch by draws of its own.

        Parameters
        ----------
        image : ndarray or tensor
            Array (height, width, C), (B, height, width, C) or grey (height, width); tensor (C, height, width),
            (B, C, height, width) or grey, on any device. uint8, uint16 or floating point.
        *others
            Masks and whatever else goes along; returned as they are.
        generator : numpy.random.Generator, torch.Generator or None
            To draw from, in place of the transform's own stream.

        Returns
        -------
        ndarray or tensor, or a tuple of it and `others`
            Type, shape, range and device of the image, which is not changed itself.

        Raises
        ------
        DataError
            If the image is of another kind, or a style has other channels.
        """
        images = images_of(image)
        rng = self.generator_for(image, generator)
        drawn = [self.draw(rng) for _ in images.pixels]
        result = self._batch(images, drawn) if any(drawn) else image
        return (result, *others) if others else result

    def draw(self, generator: np.random.Generator) -> Draw | None:
        """Draw for one image: which style and how strongly; None: it stays as it is."""
        chance = generator.random()
        draw = self.draw_surely(generator)
        return draw if chance < self.p else None

    def draw_surely(self, generator: np.random.Generator) -> Draw:
        """Draw for one image that is to be stylised: for pipelines that draw by themselves whether it is."""
        place, strength = generator.random(2)
        return Draw(float(place), self._strengths.at(float(strength)))

    def apply(self, image: Any, draw: Draw) -> Any:
        """Stylise an image, or each image of a batch, as it was drawn (parameters and result as of a call)."""
        images = images_of(image)
        return self._batch(images, [draw] * len(images.pixels))

    def copies(self, image: Any, lambdas: Sequence[float] | None = None, *, style: int | None = None) -> Any:
        """Return an image at several strengths, for the price of one.

        Parameters
        ----------
        image : ndarray or tensor
            One image, as in a call.
        lambdas : sequence of float or None
            Strengths in [0, 1]; None: the grid that was given as `lam`.
        style : int or None
            Number of the style; None: one is drawn.

        Returns
        -------
        ndarray or tensor, shape (L, ...)
            Type and layout of the image, one for each strength.
        """
        images = images_of(image)
        if images.is_batch or self._kept is None:
            raise ConfigError("copies: expected one image, and styles other than 'batch'")
        if lambdas is None and self._strengths.uniform:
            raise ConfigError(f"copies: expected lambdas, or a grid as lam, found lam={self._strengths!r}")
        strengths = self._strengths.values if lambdas is None else Strengths.parse(list(lambdas)).values
        if style is None:
            style = int(self.generator_for(image).integers(len(self)))
        elif not 0 <= style < len(self):
            raise ConfigError(f"style: expected a number from 0 to {len(self) - 1}, found {style}")
        picture = images.picture(0)
        styled = change(picture, self._target(picture, style), window=self.window)
        result = styled.copies(np.array(strengths), limits=self.limits)
        return images.restored(result, leading=(len(strengths),))

    def __len__(self) -> int:
        """Return the number of styles, 0 for those of a batch."""
        return 0 if self._kept is None else len(self._kept.source)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings in words that JSON and YAML have; `from_dict` reads them.

        Raises
        ------
        ConfigError
            If styles are images in memory.
        """
        return {
            "styles": BATCH if self._kept is None else self._kept.source.plain,
            "lam": self._strengths.plain,
            "window": self.window,
            "alpha": self.alpha,
            "p": self.p,
            "seed": self.seed,
            "white": self.white,
            "limits": None if self.limits is None else list(self.limits),
            "memory_mib": self.memory_mib,
        }

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """Make the transform whose `to_dict` this is."""
        return cls(**settings)

    def __repr__(self) -> str:
        """Say it whole."""
        styles = repr(BATCH) if self._kept is None else repr(self._kept.source)
        words = [f"lam={self._strengths!r}", f"window={self.window!r}", f"alpha={self.alpha!r}", f"p={self.p:g}"]
        words += [f"seed={self.seed}"] if self.seed is not None else []
        words += [f"white={self.white:g}"] if self.white != 1 else []
        words += [f"limits={self.limits}"] if self.limits is not None else []
        words += [f"memory_mib={self.memory_mib:g}"] if self.memory_mib != 256 else []
        return f"FourierStyle({styles}, {', '.join(words)})"

    def generator_for(self, image: Any, generator: Any = None) -> np.random.Generator:
        """Return what a call draws from: the generator that is given, the transform's stream, or torch's."""
        if isinstance(generator, np.random.Generator):
            return generator
        if generator is not None or (self.seed is None and is_tensor(image)):
            return generator_of_torch(generator)
        return self._stream.generator()

    def _batch(self, images: Images, drawn: Sequence[Draw | None]) -> Any:
        """Stylise the images that something was drawn for."""
        count = len(drawn)
        if self._kept is None and count == 1:
            warnings.warn(f"{self!r} got one image, which has no other to take a style from", stacklevel=3)
            return images.given
        pictures: dict[int, Picture] = {}
        targets: dict[int, Target] = {}
        out = list(images.pixels)
        for number, draw in enumerate(drawn):
            if draw is None:
                continue
            picture = pictures.setdefault(number, images.picture(number))
            if self._kept is not None:
                target = self._target(picture, int(draw.place * len(self)))
            else:
                other = (number + 1 + int(draw.place * (count - 1))) % count
                if other not in targets:
                    style = pictures.setdefault(other, images.picture(other))
                    targets[other] = target_of(style, window=self.window, alpha=self.alpha)
                target = targets[other]
            styled = change(picture, target, window=self.window)
            out[number] = styled.copies(np.array([draw.lam]), limits=self.limits)[0]
        return images.restored(out[0] if count == 1 else np.stack(out))

    def _target(self, picture: Picture, style: int) -> Target:
        """Return what a style gives to a picture."""
        assert self._kept is not None
        target, white = self._kept.target(style, picture.size_px, picture.channels)
        return target.scaled(white_of(picture.pixels, self.white) / white)


def not_a_batch(styles: Any) -> Any:
    """Return styles for pipelines that see one image at a time; refuse the others of a batch."""
    if isinstance(styles, str) and styles == BATCH:
        raise ConfigError("styles: expected images, a folder or a bank, found 'batch', but images come one at a time")
    return styles


def generator_of_torch(generator: Any = None) -> np.random.Generator:
    """Return a numpy generator that a number of a torch generator names; None: torch's own.

    Raises
    ------
    DataError
        If it is no torch generator.
    """
    import torch

    if generator is not None and not isinstance(generator, torch.Generator):
        raise DataError(
            f"generator: expected a numpy.random.Generator or torch.Generator, found {type(generator).__name__}"
        )
    device = "cpu" if generator is None else generator.device
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator, device=device)))


def _checked(window: str, alpha: float | str) -> float | str:
    """Refuse a window or a threshold that the core does not know; return the threshold as files keep it."""
    try:
        window_mask(window, (1, 1))
        return canonical_alpha(0 if alpha is None else alpha)
    except (TypeError, ValueError) as error:
        raise ConfigError(str(error)) from None
