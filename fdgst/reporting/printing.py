"""How the report prints numbers, times and hashes."""

from collections.abc import Mapping, Sequence
from typing import Any

from fdgst.study.strict import in_words


def number(text: str | float, digits: int | None = None) -> str:
    """Print a number of a CSV file; what is no number stays as it is, and nothing is a dash.

    Parameters
    ----------
    text : str or float
        As in the file.
    digits : int, optional
        Decimals; by default none for a whole number, four below 0.1 and two else.

    Examples
    --------
    >>> number("81.3449"), number("-0.5", 1), number("0.0123456"), number("16"), number("average"), number("")
    ('81.34', '−0.5', '0.0123', '16', 'average', '–')
    >>> number("-0.001", 2)
    '0.00'
    """
    try:
        value = float(text)
    except ValueError:
        return str(text) or "–"
    if value != value:
        return "–"
    if digits is None:
        digits = 0 if str(text).isdecimal() else 4 if 0 < abs(value) < 0.1 else 2
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0: no minus before a zero


def size(size_px: int | Sequence[int]) -> str:
    """Print a size of the configuration, width first: one number is the side of a square, two are height and width.

    Examples
    --------
    >>> size(192), size([160, 224])
    ('192 px', '224x160 px')
    """
    return in_words((size_px, size_px) if isinstance(size_px, int) else (size_px[0], size_px[1]))


def probability(text: str, level: float | None = None) -> str:
    """Print a p value: four digits, and more where these could not be told from the level that it is held against.

    Examples
    --------
    >>> probability("0.0264"), probability("0.0000123"), probability("0.0500045", 0.05)
    ('0.0264', '< 0.0001', '0.050005')
    """
    if float(text) < 0.0001:
        return "< 0.0001"
    digits = 4
    while level is not None and digits < 6 and number(text, digits) == number(level, digits):
        digits += 1
    return number(text, digits)


def minutes(seconds: float) -> str:
    """Print a time.

    Examples
    --------
    >>> minutes(61.25), minutes(7300)
    ('1 min 1 s', '2 h 1 min')
    """
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s"


def fingerprints(record: Mapping[str, Any]) -> str:
    """Say in short what a training was made of: its inputs and code, by the first digits of their hashes.

    Examples
    --------
    >>> fingerprints({"depends_on": {"seed": "0", "code": "4c95f6dde5948bbd", "0 rois/domain2.h5": "37ef329d2e6103"}})
    'code 4c95f6dd, rois/domain2.h5 37ef329d'
    """
    own = ("stage", "trainer", "options", "unseen", "seed")  # stand in the record beside
    found = {name: value for name, value in record["depends_on"].items() if name not in own}
    return ", ".join(f"{name.lstrip('0123456789 ')} {value[:8]}" for name, value in found.items())
