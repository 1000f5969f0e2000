"""Settings and configurations that are no settings: text that is no YAML, JSON or UTF-8, and what grows without end.

What single keys may be wrong in stands in tests/study/test_study.py.
"""

from tests.rough.place import CELL, READING, cases

DEEP = 100_000
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
CONFIGS = {
    "empty": ("", "c.yaml: expected keys such as training:, found NoneType"),
    "a list": ("- 1\n- 2\n", "c.yaml: expected keys such as training:, found list"),
    "a word": ("task", "c.yaml: expected keys such as training:, found str"),
    "a tab": (
        "task:\n\tchannels: 3\n",
        "c.yaml: line 2: expected YAML",
        "YAML is indented with spaces, never with tabs",
    ),
    "an open bracket": ("task: {channels: 3\n", "c.yaml: line", "expected YAML, found an error"),
    "a key twice": (
        "task: {channels: 3, channels: 1}\n",
        "c.yaml: line 1: task.channels: given twice, before in line 1",
    ),
    "bytes": (b"task: \xff\xfe\n", "c.yaml: expected text in UTF-8, found other bytes; save it as UTF-8"),
    "utf 16": ("task: {}".encode("utf-16"), "c.yaml: expected text in UTF-8"),
    "a zero byte": ("task: \0", "c.yaml: expected YAML, found an error"),
    "code": ("task: !!python/object/apply:os.system [touch x]\n", "c.yaml: line 1: expected YAML, found an error"),
    "an unknown anchor": ("task: *nowhere\n", "c.yaml: line 1: expected YAML, found an error"),
    "an anchor in itself": (
        "task: &a [*a]\n",
        "c.yaml: expected at most 100000 values, found more, or an anchor that holds itself",
    ),
    "a billion laughs": (LAUGHS, "c.yaml: expected at most 100000 values, found more"),
    "nested without end": ("[" * DEEP, "c.yaml: expected YAML"),
    "a bomb of merges": ("task: {<<: [&x {a: 1}, *x, 7]}\n", "c.yaml: line 1: expected YAML, found an error"),
    "an unknown key": ("taks: {}\n", "c.yaml: unknown key 'taks'; did you mean task?"),
    "a key that is no text": ("1: {}\n", "c.yaml: unknown key 1"),
    "half a letter": (
        'task: {channels: 3, bits: 8, background: [], around: "\\uD800", measures: [], structures: []}\n',
        r"c.yaml: expected text, found half a letter, '\ud800'; write the letter itself",
    ),
    "not there": (None, "c.yaml: expected a file of settings, found none (No such file or directory)"),
}


def judged(place, text):
    """Judge masks by a configuration."""
    table = place.text("images.csv", "image,mask\n")
    path = place / "c.yaml" if text is None else place.text("c.yaml", text)
    masks = ["--method", f"x={place.folder}", "--out", place / "out"]
    return ["evaluate", "--table", table, *masks, "--config", path]


WHOLE = READING | {"dataset": {"reader": "phantom"}, "domain": {"id": "a"}, "task": CELL}
SETTINGS = {
    "empty": ("", "s.json: expected settings in JSON, found what cannot be read as such"),
    "no JSON": ("{", "s.json: expected settings in JSON"),
    "bytes": (b"\xff", "s.json: expected settings in JSON"),
    "nested without end": ("[" * DEEP, "s.json: expected settings in JSON"),
    "a list": ("[]", "s.json: expected a map of settings, found list"),
    "a number": ("7", "s.json: expected a map of settings, found int"),
    "one too few": (
        {key: value for key, value in WHOLE.items() if key != "number"},
        "number: missing; see --help of this verb for an",
    ),
    "no number": (
        READING | {"dataset": {}, "domain": {}, "task": CELL, "number": "1"},
        "s.json: number: expected a whole",
    ),
    "half a letter": ('{"dataset": "\\ud800"}', "s.json: expected text, found half a letter"),
    "no reader": (READING | {"dataset": {}, "domain": {"id": "a"}, "task": CELL}, "dataset.reader: missing"),
    "no domain": (READING | {"dataset": {"reader": "phantom"}, "domain": {}, "task": CELL}, "domain.id: missing"),
    "an unknown reader": (
        READING | {"dataset": {"reader": "magic"}, "domain": {"id": "a"}, "task": CELL},
        "dataset.reader: expected one of",
    ),
    "a reader that is no class": (
        READING | {"dataset": {"reader": "os:path"}, "domain": {"id": "a"}, "task": CELL},
        "expected a subclass of fdgst",
    ),
    "a reader that fails": (
        READING | {"dataset": {"reader": "no.such:X"}, "domain": {"id": "a"}, "task": CELL},
        "found 'no.such:X' (No module",
    ),
    "sizes below nothing": (
        WHOLE | {"dataset": {"reader": "phantom", "seed": 1, "size_px": -5, "train": 1, "test": 1}},
        "dataset.size_px: expected at least 48 or a list, found -5",
    ),
}


def read(place, content):
    """Read a domain by settings."""
    path = place.json("s.json", content) if isinstance(content, dict) else place.text("s.json", content)
    return ["rois", "--settings", path, "--title", "A", "--manifest", place / "a.csv", "--out", place / "a.h5"]


CASES = [*cases("configuration", judged, CONFIGS), *cases("settings", read, SETTINGS)]
