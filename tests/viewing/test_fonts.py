import warnings

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from fdgst.viewing.fonts import OWN, fonts_with, save_with_letters, undrawable
from fdgst.viewing.panels import Panel, draw

GOTHIC = "𐌰"  # of a script whose fonts nobody has without asking for them


def titled(title, path):
    """Save a figure with a title, and return what it lacks."""
    figure = Figure()
    figure.text(0.1, 0.5, title)
    return save_with_letters(figure, lambda: figure.savefig(path))


@pytest.mark.parametrize("title", ["FDG+ST", "Όραση α", "Зрение", "œil ßñ", "عين", "a $x_{ and {train} \\frac"])
def test_letters_of_the_own_font_are_drawn_without_a_word(tmp_path, title):
    assert titled(title.replace("$", ""), tmp_path / "a.png") == []
    assert undrawable([title]) == set()


def test_letters_that_no_font_has_are_told_with_a_font_to_install(tmp_path):
    (line,) = titled(f"FDG {GOTHIC}", tmp_path / "a.png")
    assert f"no font here has the signs {GOTHIC} of its titles" in line
    assert "such as Noto Sans Gothic" in line
    assert undrawable([f"FDG {GOTHIC}"]) == {GOTHIC}


def test_a_sign_is_drawn_by_another_font_that_has_it(tmp_path):
    own = font_manager.get_font(font_manager.findfont(OWN)).get_charmap().keys()
    others = (
        (font.name, set(font_manager.get_font(font.fname).get_charmap()) - own)
        for font in font_manager.fontManager.ttflist
        if font.style == "normal" and font.weight == 400 and font.name.startswith(("STIX", "cm"))
    )
    sign = next(chr(min(code for code in more if code > 0x2000)) for _, more in others if any(c > 0x2000 for c in more))
    assert fonts_with([sign])
    assert titled(sign, tmp_path / "a.png") == []


def test_other_warnings_are_passed_on(tmp_path):
    def save():
        warnings.warn("something else", UserWarning, stacklevel=1)

    with pytest.warns(UserWarning, match="something else"):
        assert save_with_letters(Figure(), save) == []


def test_panels_tell_what_they_lack(tmp_path):
    (line,) = draw([[Panel(GOTHIC, None)]], tmp_path / "a.png", width_in=2)
    assert GOTHIC in line
