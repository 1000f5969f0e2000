"""Tables of results that are damaged, incomplete, or somebody else's."""

import json

from tests.rough.place import EYE, cases


def lines(change):
    """A change of a file's lines."""

    def spoil(path):
        text = path.read_text().splitlines(keepends=True)
        path.write_text("".join(change(text)))

    return spoil


def cell(column, text, rows=slice(1, 2)):
    """A change of a column's cells."""

    def change(text_lines):
        place = text_lines[0].strip().split(",").index(column)
        for number in range(*rows.indices(len(text_lines))):
            cells = text_lines[number].rstrip("\n").split(",")
            cells[place] = text
            text_lines[number] = ",".join(cells) + "\n"
        return text_lines

    return lines(change)


def raw(data):
    """Other bytes in the place of the file."""
    return lambda path: path.write_bytes(data if isinstance(data, bytes) else data.encode())


SCORES = {
    "empty": (raw(""), "scores.csv: expected CSV, found what cannot be read as such"),
    "no text": (raw(b"\xff\xfe\x00"), "scores.csv: expected CSV, found what cannot be read as such"),
    "header alone": (lines(lambda text: text[:1]), "scores.csv: expected scores, found no row"),
    "no dsc": (lines(lambda text: [text[0].replace("dsc,", "dcs,", 1), *text[1:]]), "missing dsc; score again"),
    "words for numbers": (cell("dsc", "good"), "scores.csv: column dsc: expected numbers, found"),
    "no number": (cell("dsc", ""), "scores.csv: column dsc: empty in 1 rows"),
    "no distance": (cell("hd", ""), "scores.csv: 1 rows have no distance though the truth has the structure"),
    "a row twice": (lines(lambda text: [*text, text[-1]]), "scores: 1 rows stand twice, the first is method fdg"),
    "a row less": (lines(lambda text: text[:-1]), "scores: 1 images lack a structure, the first is method fdg"),
    "an open quote": (lines(lambda text: [*text[:-1], '"' + text[-1]]), "scores.csv: expected CSV, found"),
    "a seed of text": (cell("seed", "zero", slice(1, None)), "scores.csv: column seed: expected numbers"),
    "not there": (lambda path: path.unlink(), "scores.csv: expected a file of scores, found none"),
}


def collected(place, spoil):
    """Collect spoilt scores."""
    path = place.copy("scores.csv")
    spoil(path)
    return ["collect", path, "--out", place / "all.csv"]


def misplaced(place, to):
    """Collect scores that were copied over another training's."""
    return ["collect", place.copy("scores.csv", to), "--out", place / "all.csv"]


PLACES = {
    "of another method": (
        "results/runs/deepall/b/seed0/scores.csv",
        "expected the file of scores of method deepall, as its place says",
    ),
    "of another seed": ("results/runs/fdg/b/seed3/scores.csv", "file of scores of seed 3", "found that of seed 0"),
}
MANIFESTS = {
    "no text": (raw(b"\xff\xfe\x00"), "a.csv: expected a manifest, found no CSV"),
    "other columns": (raw("image,mask\nx,y\n"), "a.csv: expected a manifest, found no domain"),
    "half a row": (lines(lambda text: [*text[:-1], "a,train,x\n"]), "a.csv: expected a manifest, found no"),
    "the same image twice": (lines(lambda text: [*text, text[1].replace("train", "test", 1)]), "are the same image;"),
    "not there": (lambda path: path.unlink(), "a.csv: No such file or directory"),
}


def audited(place, spoil):
    """Audit a spoilt manifest."""
    path = place.copy("rois/a.csv", "a.csv")
    spoil(path)
    return ["audit", path, "--out", place / "audit.csv"]


def shown(place, spoil):
    """Make the table of spoilt scores."""
    path = place.copy("scores.csv")
    spoil(path)
    settings = {
        "methods": [{"id": "fdg", "title": "FDG"}],
        "domains": [{"id": "b", "title": "B"}],
        "protocol": "paper",
        "bootstrap_samples": 10,
        "confidence": 0.95,
        "data": "",
        "tests": "",
        "task": EYE,
    }
    outs = ["--csv", place / "table1.csv", "--tex", place / "table1.tex"]
    return ["table", "--settings", place.json("s.json", settings), "--scores", path, *outs]


TABLES = {
    "of an unknown method": (cell("method", "x", slice(1, None)), "fdg"),
    "of an unknown domain": (cell("unseen", "x", slice(1, None)), "b"),
    "of other structures": (
        lambda path: path.write_text(path.read_text().replace(",cup,", ",nucleus,")),
        "expected the structures cup, disc",
    ),
}


def reported(place, files):
    """Write a report of files."""
    config = {
        "methods": [{"id": "fdg", "title": "FDG"}],
        "domains": [{"id": "b", "title": "B"}],
        "seeds": [0],
        "task": EYE,
        "dataset": {"reader": "fundus", "root": "x"},
        "training": {},
        "roi_size": 32,
        "network_size": 32,
        "evaluation": {"protocol": "paper", "bootstrap_samples": 10, "confidence": 0.95, "threshold": 0.5},
    }
    config = files.pop("config.json", json.dumps(config)) if "config.json" in files else json.dumps(config)
    paths = [place.text(name, content) for name, content in files.items()]
    return ["report", "--config", place.text("config.json", config), "--out", place / "report.html", *paths]


REPORTS = {
    "a strange file": ({"notes.txt": "x"}, "notes.txt: has no place in the report; known are"),
    "a strange table": ({"mine.csv": "a,b\n"}, "mine.csv: has no place in the report"),
    "configuration that is no JSON": ({"config.json": "{"}, "config.json: expected JSON, found what cannot be read"),
    "configuration that is no map": ({"config.json": "[]"}, "config.json: expected a map in JSON, found list"),
    "configuration of half a study": (
        {"config.json": "{}"},
        "config.json: expected the whole configuration of a study",
    ),
    "record that is no JSON": ({"runs/fdg/b/seed0/run.json": "x"}, "run.json: expected JSON"),
    "record that is no map": ({"runs/fdg/b/seed0/run.json": "[]"}, "run.json: expected a map in JSON, found list"),
    "record of nobody": (
        {"runs/fdg/b/seed0/run.json": "{}"},
        "run.json: expected the record of a training, found no method",
    ),
    "reading of another domain": (
        {"rois/b.json": '{"domain": "a", "stamp": "", "lines": [], "warnings": [], "files": {}}'},
        "b.json: expected the record of domain b, as its place says, found that of domain a",
    ),
    "reading that is none": ({"rois/b.json": "{}"}, "b.json: expected the record of a domain, found other JSON"),
    "old tests": (
        {"significance.csv": "method,reference\nfdg,x\n"},
        "significance.csv: expected the columns structure",
    ),
    "a table of bytes": ({"table1.csv": b"\xff\xfe"}, "table1.csv: expected CSV, found what cannot be read as such"),
    "a table without columns": ({"table1.csv": "a,b\n1,2\n"}, "table1.csv: expected the columns method, structure"),
    "a count of words": (
        {"audit.csv": "domain,split,images\nb,test,many\n"},
        "audit.csv: column images: expected whole",
    ),
    "cases that are none": ({"cases.json": "[]"}, "cases.json: expected a map in JSON, found list"),
}
CASES = [
    *cases("scores", collected, SCORES),
    *cases("scores", misplaced, PLACES),
    *cases("table of scores", shown, TABLES),
    *cases("manifest", audited, MANIFESTS),
    *cases("report", reported, REPORTS),
]
