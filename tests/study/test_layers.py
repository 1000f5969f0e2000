import pytest

from fdgst.errors import ConfigError
from fdgst.study.layers import is_given, laid_over, read_yaml


def said(tmp_path, text):
    """What is said of a file of settings."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    (line,) = caught.value.faults
    assert line.startswith(str(path))
    return line


def test_maps_are_merged_and_lists_replaced():
    base = {"training": {"batch": 16, "epochs": 3}, "seeds": [0, 1]}
    overlay = {"training": {"batch": 4}, "seeds": [7]}
    assert laid_over(base, overlay) == {"training": {"batch": 4, "epochs": 3}, "seeds": [7]}


def test_what_an_overlay_gives_is_told_from_what_it_leaves():
    overlay = {"training": {"batch": 4}, "domains": [{"id": "a"}]}
    assert is_given(overlay, ("training", "batch"))
    assert is_given(overlay, ("domains", 0, "title"))
    assert not is_given(overlay, ("training", "epochs"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training:\n  batch: 1\n  batch: 2\n", "line 3: training.batch: given twice, before in line 2; keep one"),
        ("domains:\n  - {id: a, id: b}\n", "line 2: domains[0].id: given twice"),
        ("training:\n\tbatch: 1\n", "YAML is indented with spaces, never with tabs"),
        ("training: [1\n", "expected YAML"),
        ("- 1\n", "expected keys such as training:, found list"),
        (b"title: \xff\xfe\n", "expected text in UTF-8"),
        ("a: !!python/object/apply:os.system ['true']\n", "expected YAML"),
    ],
)
def test_a_file_that_means_something_else_than_it_says_is_refused(tmp_path, text, expected):
    assert expected in said(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.yaml: expected a file of settings, found none"):
        read_yaml(tmp_path / "nothing.yaml")
