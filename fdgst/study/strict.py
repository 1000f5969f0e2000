"""What all settings share: whole numbers are no text, nothing is unknown, nothing changes after it was checked.

The text below a field is its only documentation: docs/config.md and the JSON schema are made from it.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PATTERN_OF_IDS = "^[A-Za-z0-9_]+$"
Id = Annotated[str, Field(pattern=PATTERN_OF_IDS)]
Title = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
InnerShare = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Tolerance = Annotated[float, Field(ge=0, le=10_000)]  # pixels
Side = Annotated[int, Field(ge=32)]
Size = Side | tuple[Side, Side]


class Strict(BaseModel):
    """A group of settings."""

    # built when first used: a job uses one slice of many
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


def height_and_width(size: Size) -> tuple[int, int]:
    """Return a size as (height, width): a single number is the side of a square."""
    return (size, size) if isinstance(size, int) else size


def in_words(size_px: tuple[int, int]) -> str:
    """Write a size (height, width) for people, width first as image viewers do; one number for a square.

    Examples
    --------
    >>> in_words((160, 160)), in_words((160, 224))
    ('160 px', '224x160 px')
    """
    height, width = size_px
    return f"{width} px" if height == width else f"{width}x{height} px"
