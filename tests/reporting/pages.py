"""Reports as tests read them: as text, and as a browser shows them."""

import csv
import json
import os
import re
import shutil
import subprocess
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fdgst.reporting.report import study_of, write_report

HOUSE = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EYES = """<script>addEventListener("load", () => {
  DEEDS
  const pictures = [...document.images];
  document.body.dataset.pictures = pictures.length;
  document.body.dataset.broken = pictures.filter(picture => !(picture.complete && picture.naturalWidth > 0)).length;
  document.body.dataset.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  document.body.dataset.width = innerWidth;
  if (parent !== window) Object.assign(parent.document.body.dataset, document.body.dataset);
});</script>"""
NARROWEST = 500  # px; no window of Chromium is narrower


class Page(HTMLParser):
    """What a page says: its anchors, links, sources, cells of the table, and text."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.sources, self.cells, self.text, self.body = set(), [], [], {}, "", {}
        self.marked, self._marks = {}, []  # text inside each element with a data- attribute, by (attribute, value)
        self._cell, self._tags = None, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        of = dict(attrs)
        self.ids.add(of.get("id"))
        self.links += [of["href"]] if "href" in of else []
        self.sources += [of["src"]] if "src" in of else []
        self.body = of if tag == "body" else self.body
        self._cell = of.get("data-cell", self._cell) if tag != "td" else of.get("data-cell")
        self._tags.append(of.get("class") if tag not in ("script", "style") else tag)
        self.text += " " if tag in ("dt", "dd", "p", "td", "th", "h3") else ""
        if tag in ("td", "tr", "span", "strong"):
            self._marks.append((tag, next(((k, v) for k, v in attrs if k.startswith("data-")), None)))

    def handle_endtag(self, tag):
        if tag in ("td", "tr", "span", "strong"):
            assert self._marks.pop()[0] == tag

    def handle_data(self, data):
        if self._tags and self._tags[-1] in ("script", "style"):
            return
        self.text += data
        for _, mark in self._marks:
            if mark:
                self.marked[mark] = f"{self.marked.get(mark, '')} {' '.join(data.split())}".strip()
        if self._cell and self._tags[-1] == "mean" and data.strip():
            self.cells.setdefault(tuple(self._cell.split(",")), data.strip())


def written(folder, config, files):
    """Write the report of a study, and read it."""
    settings, whole = study_of(config)
    write_report(folder / "report.html", settings=settings, files=[*files], config=whole)
    return (folder / "report.html").read_text()


def changed(config, folder, **replaced):
    """Write the configuration with other values."""
    path = folder / "changed.json"
    path.write_text(json.dumps(json.loads(config.read_text()) | replaced))
    return path


def bare(config, folder, *files):
    """Write a report of a few files, and read it."""
    return Page(written(folder, config, files))


def look(html, folder, deeds="", width=1400):
    """Open a page in Chromium without a network and do something (None: nothing at all).

    Returns what the page shows, and what it complained of. A page narrower than Chromium's windows is in a frame: of
    it only the data of its body are returned.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    page = folder / "page.html"
    if deeds is not None:
        html = re.sub(
            '<meta http-equiv="Content-Security-Policy"[^>]*>', "", html
        )  # which lets in its own script alone
        html = html.replace("</body>", EYES.replace("DEEDS", deeds) + "</body>")
    if width < NARROWEST:
        frame = f'<iframe width="{width}" height="850" style="border: 0" srcdoc="{escape(html)}"></iframe>'
        html = f"<!doctype html><body>{frame}</body>"
    page.write_text(html)
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += " --disable-component-update --disable-sync --enable-logging=stderr --virtual-time-budget=5000 --dump-dom"
    flags += f" --window-size={width},900"
    apart = [
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
    ]
    told = subprocess.run(
        [CHROMIUM, *flags.split(), *apart, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    return Page(told.stdout), [line for line in told.stderr.splitlines() if "CONSOLE" in line]


def marked(page, attribute):
    """The texts of the elements with this attribute, by the parts of its value."""
    return {tuple(value.split(",")): text for (name, value), text in page.marked.items() if name == attribute}


def rows_of(path):
    with path.open() as lines:
        return list(csv.DictReader(lines))


def printed(value, digits):
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")


def words(html):
    """The text of a page, without breaks."""
    return " ".join(Page(html).text.split())


def contrast(one, other):
    """The contrast of two colours after WCAG 2.2."""

    def luminance(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
