"""Augmentations: how stylised copies of training images are made, and with which strengths."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator

from fdgst.core.thresholds import canonical_alpha
from fdgst.core.windows import window_mask
from fdgst.study.strict import Count, Id, Share, Strict

NONE = "none"


class Uniform(Strict):
    """Strengths that are drawn uniformly, anew for every content image."""

    uniform: tuple[Share, Share]
    """Lowest and highest strength."""
    copies: Count | None = None
    """How many are drawn for each content image; not given where the trainer stylises live and draws at every step."""

    @field_validator("uniform")
    @classmethod
    def _ascending(cls, bounds: tuple[float, float]) -> tuple[float, float]:
        """Refuse bounds in the wrong order."""
        if bounds[0] > bounds[1]:
            raise ValueError(f"expected [low, high], found {list(bounds)}")
        return bounds


def _form(strengths: Any) -> str:
    """Tell a list of strengths from a law, so that a fault is told about the one that was meant."""
    return "law" if isinstance(strengths, dict | Uniform) else "grid"


def _not_empty(strengths: tuple[float, ...]) -> tuple[float, ...]:
    """Refuse an empty list: `Field(min_length=1)` would also complain about a list of one wrong number."""
    if not strengths:
        raise ValueError("expected numbers in [0, 1], found an empty list")
    return strengths


def _number_or_text(alpha: Any) -> Any:
    """Refuse what is neither a number nor text; one line where a union would give two."""
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | str):
        raise ValueError(f"expected a number or text, found {alpha!r}")
    return float(alpha) if isinstance(alpha, int) else alpha


Grid = Annotated[tuple[Share, ...], AfterValidator(_not_empty), Field(json_schema_extra={"minItems": 1})]
Strengths = Annotated[Annotated[Grid, Tag("grid")] | Annotated[Uniform, Tag("law")], Discriminator(_form)]
Alpha = Annotated[float | str, BeforeValidator(_number_or_text)]


class Augmentation(Strict):
    """One way of making stylised copies."""

    id: Id
    """Name in files, and what methods refer to."""
    kind: Literal["fourier", "contrast", "jitter"]
    """The Fourier formula of docs/augmentations.md, or a control without a style image."""
    window: str = Field(default=NONE, validate_default=True)
    """Which frequencies take the style: full, released, dc, or low:beta with beta in [0, 1]; none for a control."""
    alpha: Alpha = Field(default=NONE, validate_default=True)
    """Threshold: a share of the largest amplitude, 0 for no threshold; ac:x a share of the largest besides the sum;
    energy:x what leaves the share x of the energy; none for a control."""
    encoding: Literal["grid", "residual", "live"]
    """What a shard holds: every picture (grid), or the change of each image once, scaled when it is read (residual).
    live: there are no shards, and the trainer stylises at every step (docs/live.md)."""
    lambda_: Strengths = Field(alias="lambda")
    """Strengths in [0, 1]: a list that every image is copied with, or {uniform: [low, high], copies: n}. Where the
    trainer stylises live, a copy takes one of the list, or one that is drawn between low and high, without copies."""
    mixing: Literal["roi", "network"] = Field(default="roi", validate_default=True)
    """Size of the images whose spectra are mixed: that of the ROIs, or the network's. Stylised live, ROI size goes with
    the window full and a threshold alone, whose amplitudes are few."""

    @field_validator("window")
    @classmethod
    def _known_window(cls, window: str, info: ValidationInfo) -> str:
        """Refuse a window that the core does not know, and any window of a control."""
        if info.data.get("kind", "fourier") != "fourier":
            if window != NONE:
                raise ValueError(f"expected none, as kind is {info.data['kind']}, found {window!r}")
            return window
        try:
            window_mask(window, (1, 1))
        except ValueError:
            expected = "full, released, dc, or low:beta with beta in [0, 1]"
            raise ValueError(f"expected {expected}, found {window!r}") from None
        return window

    @field_validator("alpha")
    @classmethod
    def _canonical(cls, alpha: float | str, info: ValidationInfo) -> float | str:
        """Bring a threshold to the form that files keep, and refuse a control's."""
        if info.data.get("kind", "fourier") != "fourier":
            if alpha not in (NONE, 0):
                raise ValueError(f"expected none, as kind is {info.data['kind']}, found {alpha!r}")
            return 0.0
        try:
            return canonical_alpha(alpha)
        except ValueError:
            expected = "a number in [0, 1], or ac: or energy: and such a number"
            raise ValueError(f"expected {expected}, found {alpha!r}") from None

    @field_validator("encoding")
    @classmethod
    def _affine(cls, encoding: str, info: ValidationInfo) -> str:
        """Refuse to keep, or to make at every step, the change of what cannot be scaled."""
        if encoding != "grid" and info.data.get("kind") == "jitter":
            raise ValueError(f"expected grid, found {encoding}: jitter is not affine in lambda")
        return encoding

    @field_validator("lambda_")
    @classmethod
    def _counted(cls, strengths: Any, info: ValidationInfo) -> Any:
        """Ask for the number of copies where copies are written, and refuse it where they are not."""
        encoding, copies = info.data.get("encoding"), getattr(strengths, "copies", None)
        if encoding == "live" and copies is not None:
            raise ValueError(
                f"expected no copies, as encoding is live and every step draws anew, found copies: {copies};"
                " leave the key out"
            )
        if encoding in ("grid", "residual") and isinstance(strengths, Uniform) and copies is None:
            raise ValueError(f"expected copies beside uniform, as encoding is {encoding}; add copies: 1")
        return strengths

    @field_validator("mixing")
    @classmethod
    def _cheap(cls, mixing: str, info: ValidationInfo) -> str:
        """Refuse to transform whole ROIs at every step."""
        known = {"kind", "window", "alpha", "encoding"} <= info.data.keys()
        if not known or mixing == "network" or info.data["encoding"] != "live" or info.data["kind"] != "fourier":
            return mixing
        window, alpha = info.data["window"], info.data["alpha"]
        if window != "full" or not alpha:
            threshold = f"alpha {alpha}" if alpha else "no threshold"
            raise ValueError(
                f"expected network, as encoding is live, found roi with window {window} and {threshold}: at ROI size"
                " only the window full with a threshold is stylised live; write mixing: network, or encoding: grid"
            )
        return mixing

    @property
    def is_live(self) -> bool:
        """Whether the trainer makes the copies, so that there are no shards."""
        return self.encoding == "live"

    @property
    def needs_banks(self) -> bool:
        """Whether amplitudes are taken from banks: at network size a live trainer transforms the images themselves."""
        return self.kind == "fourier" and not (self.is_live and self.mixing == "network")

    @property
    def law(self) -> tuple[float, float] | None:
        """Lowest and highest strength that is drawn; None for a grid."""
        return self.lambda_.uniform if isinstance(self.lambda_, Uniform) else None
