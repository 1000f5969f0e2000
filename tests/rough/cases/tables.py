"""Tables of images that cannot be read; what rows may be wrong in stands in tests/data/test_table.py, too."""

from unicodedata import normalize

from tests.data.folders import photograph, save
from tests.rough.place import cases


def written(data):
    """Write the table's bytes as they are."""
    return lambda table: table.path.write_bytes(data if isinstance(data, bytes) else data.encode()) and None


def cells(place, **changes):
    """Change cells of a row."""
    return lambda table: table.rows[place].update(changes)


def every(**columns):
    """Give every row a cell of some columns."""
    return lambda table: (
        [row.update({name: cells[n] for name, cells in columns.items()}) for n, row in enumerate(table.rows)] and None
    )


def look_alike(table):
    """Name the image in another Unicode form than its file."""
    save(table.folder / normalize("NFD", "é.png"), photograph())
    table.rows[0]["image"] = normalize("NFC", "é.png")


ROW = "image,mask,domain,split\n"
SPOILT = {
    "empty": (written(""), "images.csv: expected the columns image, mask, domain, split, found an empty file"),
    "header alone": (written(ROW), "images.csv: expected rows of domain domain1, found none"),
    "bytes": (
        written(bytes(range(256))),
        "images.csv: expected UTF-8 text, found other bytes; save it as CSV in UTF-8",
    ),
    "latin 1": (written(ROW.encode() + "é.png,m.png,domain1,train\n".encode("latin-1")), "expected UTF-8 text"),
    "utf 16": (lambda table: {"encoding": "utf-16"}, "expected UTF-8 text, found other bytes"),
    "semicolons": (lambda table: {"delimiter": ";"}, "expected commas between the cells, found semicolons"),
    "semicolons and decimal commas": (
        written("\ufeffimage;mask;domain;split;unit_per_px\r\na0.png;masks/a0.png;domain1;train;0,05\r\n"),
        "images.csv: expected commas between the cells, found semicolons; save it with commas, and numbers with points",
    ),
    "quoted cells and semicolons": (written('"image";"mask"\n"a";"b"\n'), "found semicolons; save it with commas"),
    "excel's first line": (
        written("sep=,\r\n" + ROW),
        "images.csv: expected the columns in the first line, found 'sep=,', which is for Excel; remove that line",
    ),
    "tabs": (lambda table: {"delimiter": "\t"}, "images.csv: expected commas between the cells, found tabs; save it"),
    "zero bytes": (
        written(ROW + "a\0.png,m.png,domain1,train\n"),
        "images.csv:2: expected text, found zero bytes; save",
    ),
    "an open quote": (
        written(ROW + '"a0.png,m.png,domain1,train\n'),
        "expected CSV, found what is none (a quotation mark that",
    ),
    "too many cells": (written(ROW + "a.png,m.png,domain1,train,1\n"), "images.csv:2: expected 4 cells, found 5"),
    "a cell without end": (written(ROW + "a" * 200_000 + ",m.png,domain1,train\n"), "images.csv: expected CSV, found"),
    "a spreadsheet": (written(b"PK\3\4\xff\xfe" + bytes(30)), "images.csv: expected UTF-8 text"),
    "no mask column": (written("image,domain,split\na0.png,domain1,train\n"), "expected a column 'mask'"),
    "no image column": (
        written("imgae,mask,domain,split\n"),
        "expected a column 'image', found none; did you mean imgae?",
    ),
    "a column twice": (
        written("image,image,mask,domain,split\n"),
        "expected the column 'image' once, found it 2 times",
    ),
    "another domain's rows": (
        lambda table: [row.update(domain="domian1") for row in table.rows] and None,
        "expected rows of domain domain1, found none; did you mean domian1?",
    ),
    "no such image": (cells(0, image="a9.png"), "images.csv:2:", "a9.png: expected the image's file, found none"),
    "image that looks alike": (look_alike, "looks the same and is of other signs (decomposed, not composed)"),
    "a folder for an image": (cells(0, image="masks"), "masks: expected the image's file, found none"),
    "unknown split": (cells(1, split="Train "), "images.csv:3: expected train or test", "did you mean train?"),
    "box outside": (
        cells(0, roi_left="99", roi_top="0", roi_width="5", roi_height="5"),
        "expected a ROI that meets the image of 32 px",
    ),
    "box of words": (
        cells(0, roi_left="left", roi_top="0", roi_width="5", roi_height="5"),
        "a whole number of pixels in the column roi",
    ),
    "box of foreign digits": (
        cells(0, roi_left="٣", roi_top="0", roi_width="5", roi_height="5"),
        "in the column roi_left, found '٣'",
    ),
    "endless box": (
        cells(0, roi_left="0", roi_top="0", roi_width="9" * 9, roi_height="9" * 9),
        "images.csv:2: expected a ROI of at most 89 million pixels, found 999999999x999999999 px",
    ),
    "box of many digits": (
        cells(0, roi_left="0", roi_top="0", roi_width="9" * 5000, roi_height="9"),
        "expected a whole number of pixels above",
    ),
    "scale of nothing": (
        every(unit_per_px=["0", "1", "1"]),
        "expected a number above 0 in the column unit_per_px, found '0'",
    ),
    "scale of nan": (
        every(unit_per_px=["1", "1", "nan"]),
        "expected a number above 0 in the column unit_per_px, found 'nan'",
    ),
    "scale with a decimal comma": (
        every(unit_per_px=["0,05", "1", "1"]),
        "in the column unit_per_px, found '0,05'; write a point for the comma",
    ),
    "scale of Python": (
        every(unit_per_px=["1_0", "1", "1"]),
        "expected a number above 0 in the column unit_per_px, found '1_0'",
    ),
    "backslashes": (cells(0, image="photos\\a0.png"), "found none; write / between folders, not \\"),
    "a name that leads out": (
        cells(0, name="../../evil"),
        "images.csv:2: expected a name without / and \\, found '../../evil'; give another in the column name",
    ),
    "a name of a folder": (cells(1, name=".."), "images.csv:3: expected a name, found '..', which stands for a folder"),
    "a name of Windows' folders": (cells(0, name="..\\evil"), "expected a name without / and \\, found '..\\\\evil'"),
    "an endless name": (
        cells(0, name="n" * 300),
        "images.csv:2: expected a name of at most 150 bytes, found 300; give another in the column name",
    ),
    "a name of control characters": (cells(0, name="a\x07"), "expected a name without control characters, found"),
    "scale of some": (cells(0, unit_per_px="0.1"), "expected unit_per_px in every row or in none"),
    "group on both sides": (
        lambda table: [row.update(group="p") for row in table.rows] and None,
        "expected the group 'p' on one side",
    ),
}


def not_there(place, path):
    """Read a table that is not there."""
    return place.reading({"reader": "table", "table": path})


NOWHERE = {
    "not there": ("/no/such.csv", "/no/such.csv: expected a table of images, found no such file; see dataset.table"),
    "not there, relative": ("no/such.csv", "no/such.csv: expected a table of images, found no such file below /"),
    "a folder": (".", ".: cannot be read (Is a directory)"),
}
IDS = {
    "with a slash": ("a/b", "domain.id: expected letters, digits and underscores, found 'a/b'"),
    "that leads out": ("../../evil", "domain.id: expected letters, digits and underscores"),
}


def called(place, name):
    """Read a domain of some id."""
    return place.reading({"reader": "table", "table": str(place / "images.csv")}, domain={"id": name})


CASES = [
    *cases("domain", called, IDS),
    *cases("table", lambda place, spoil: place.table(spoil), SPOILT),
    *cases("table", not_there, NOWHERE),
]
