"""Texts of the user in CSV files, so that no spreadsheet takes one for a formula.

A photograph may be called ``=1+1.png``. A spreadsheet that opens a table with that name computes it, and what begins
so may do worse. Such a text is written with an apostrophe before it, the spreadsheets' own sign for plain text; our
readers take it away again.
"""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet computes.

    Examples
    --------
    >>> guarded("=1+1"), guarded("eye-1"), guarded("'=1")
    ("'=1+1", 'eye-1', "''=1")
    """
    return f"'{text}" if _is_guarded(text) or text.startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """Return the text of a cell that `guarded` made.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("eye-1"), unguarded("''=1")
    ('=1+1', 'eye-1', "'=1")
    """
    return text[1:] if _is_guarded(text) else text


def _is_guarded(text: str) -> bool:
    """Tell whether apostrophes stand before what would be a formula."""
    return text.startswith("'") and text.lstrip("'").startswith(_FORMULA)
