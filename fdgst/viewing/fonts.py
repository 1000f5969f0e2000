"""Letters that matplotlib's own font lacks: drawn with a font that is installed, or told which one to install.

Titles are the user's, in any script. DejaVu Sans, which comes with matplotlib, has Latin, Greek, Cyrillic and Arabic
letters; where it lacks a sign, the first installed font that has it draws it.
"""

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

OWN = "DejaVu Sans"
SHOWN = 5  # signs that are named
_MISSING = re.compile(r"Glyph (\d+) ")
_NO_HELP = ("Last Resort", "Adobe Blank", "Noto Sans Symbols")  # draw boxes, or nothing, for every sign there is
# scripts whose fonts are not called after the first word of their letters' names
_CALLED = {
    "CJK": "CJK",
    "HIRAGANA": "CJK",
    "KATAKANA": "CJK",
    "HANGUL": "CJK",
    "BOPOMOFO": "CJK",
    "LATIN": "",
    "GREEK": "",
}


def save_with_letters(figure: Figure, save: Callable[[], None]) -> list[str]:
    """Save a figure, once more with other fonts where the first has not all its letters.

    Parameters
    ----------
    figure : Figure
    save : callable
        Writes it to all its files.

    Returns
    -------
    list of str
        Which signs no installed font has, and what to install: one line; none where all are drawn.
    """
    lacking = _saved(save)
    if not lacking:
        return []
    families = fonts_with(lacking)
    if families:
        matplotlib.rcParams["font.family"] = [OWN, *families]
        for text in figure.findobj(Text):
            text.set_fontfamily([OWN, *families])  # type: ignore[attr-defined]
        lacking = _saved(save)
    return [advice(lacking)] if lacking else []


def fonts_with(signs: Iterable[str]) -> list[str]:
    """Return the installed fonts that draw signs, as few as a look through them in the order of their names finds."""
    left, families = set(map(ord, signs)), list[str]()
    known = (font for font in font_manager.fontManager.ttflist if font.style == "normal" and font.weight == 400)
    for font in sorted(known, key=lambda font: (font.name, font.fname)):
        if left and not font.name.startswith(_NO_HELP) and font.name not in (OWN, *families):
            found = left & font_manager.get_font(font.fname).get_charmap().keys()
            families += [font.name] if found else []
            left -= found
    return families


def undrawable(texts: Iterable[str]) -> set[str]:
    """Return the signs of texts that no font here draws."""
    signs = {sign for text in texts for sign in text if not sign.isspace() and unicodedata.category(sign)[0] != "C"}
    own = font_manager.get_font(font_manager.findfont(OWN)).get_charmap()
    left = {sign for sign in signs if ord(sign) not in own}
    for name in fonts_with(left) if left else []:
        charmap = font_manager.get_font(font_manager.findfont(name)).get_charmap()
        left = {sign for sign in left if ord(sign) not in charmap}
    return left


def advice(signs: Iterable[str]) -> str:
    """Say which signs are not drawn, and which font has them.

    Examples
    --------
    >>> print(advice("東"))
    no font here has the signs 東 of its titles, boxes stand in their place; install one that has, such as Noto Sans CJK, and draw again
    """  # noqa: E501 - one line
    named = sorted(signs)
    shown = "".join(named[:SHOWN]) + "..." * (len(named) > SHOWN)
    fonts = " and ".join(dict.fromkeys(_font_of(sign) for sign in named))
    return (
        f"no font here has the signs {shown} of its titles, boxes stand in their place; install one that has, such as"
        f" {fonts}, and draw again"
    )


def _font_of(sign: str) -> str:
    """Name a free font of a sign's script."""
    first = unicodedata.name(sign, "SYMBOL").split()[0]
    script = _CALLED.get(first, first.capitalize())
    return f"Noto Sans {script}".strip()


def _saved(save: Callable[[], None]) -> set[str]:
    """Save, and return the signs that were not drawn; other warnings are passed on."""
    lacking = set()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        save()
    for warning in told:
        missing = _MISSING.search(str(warning.message))
        if missing:
            lacking.add(chr(int(missing[1])))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return lacking
