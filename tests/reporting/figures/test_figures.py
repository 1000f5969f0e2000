import pytest

from fdgst.reporting.figures import FIGURES, make


@pytest.mark.parametrize("name", FIGURES)
def test_equal_inputs_give_equal_bytes(name, given, tmp_path):
    for folder in ("a", "b"):
        make(name, tmp_path / folder / f"{name}.png", given)
    for ending in (".png", ".pdf"):
        first, second = ((tmp_path / folder / name).with_suffix(ending).read_bytes() for folder in "ab")
        assert first == second
        assert len(first) < 2_000_000
