"""The report in Chromium, where there is one: nothing is loaded, tables sort and filter, cells open, keys work."""

import re

import pandas as pd

from fdgst.storage.scores import write_scores
from tests.reporting.pages import changed, contrast, look, rows_of, written

TITLES = {"deepall": "DeepAll", "fdg": "FDG", "fdg_st": "FDG+ST"}


def test_a_browser_without_a_network_shows_every_picture_and_reports_no_error(html, tmp_path):
    page, console = look(html, tmp_path)
    assert console == []
    assert page.body["data-pictures"] == str(len(page.sources)) != "0"
    assert page.body["data-broken"] == "0"
    assert page.body["data-wide"] == "0"  # nothing but wide tables scrolls sideways


def test_the_browser_test_notices_a_broken_picture_and_an_error(html, tmp_path):
    broken = html.replace('src="data:image/png;base64,iVBOR', 'src="data:image/png;base64,xxxxx', 1)
    page, console = look(broken.replace("<main>", "<main><script>nothing()</script>"), tmp_path)
    assert page.body["data-broken"] == "1"
    assert "nothing is not defined" in console[0]


def test_the_pages_own_rule_lets_its_own_script_in_and_no_other(html, tmp_path):
    page, console = look(html, tmp_path, None)
    assert (page.text.count("Rows with") > 0, console) == (True, [])
    strange = html.replace("<main>", "<main><script>document.body.append('strange')</script>")
    page, console = look(strange, tmp_path, None)
    assert "strange" not in page.text.replace("append('strange')", "")
    assert "Content Security Policy" in console[0]


def test_a_click_on_a_head_sorts_the_rows_of_each_metric(html, study, tmp_path):
    deeds = """const head = document.querySelectorAll("table.headline th[data-column]")[0];
      for (let clicks = 0; clicks < 2; clicks++) head.querySelector("button").click();
      const bodies = [...head.closest("table").tBodies];
      const names = body => [...body.rows].slice(1).map(row => row.cells[0].textContent);
      document.body.dataset.sorted = bodies.map(names).join("|");
      document.body.dataset.told = head.getAttribute("aria-sort");"""
    page, console = look(html, tmp_path, deeds)
    cup = [row for row in rows_of(study / "table1.csv") if row["structure"] == "cup" and row["unseen"] == "domain1"]
    expected = []
    for metric in ("dsc", "hd", "asd"):
        ordered = sorted((row for row in cup if row["metric"] == metric), key=lambda row: -float(row["mean"]))
        expected.append(",".join(TITLES[row["method"]] for row in ordered))
    assert (page.body["data-sorted"], page.body["data-told"], console) == ("|".join(expected), "descending", [])


def test_a_filter_leaves_the_rows_that_hold_its_words(html, tmp_path):
    deeds = """const input = document.querySelector("input[type=search]");
      input.value = "fdg+st cup";
      input.dispatchEvent(new Event("input"));
      const all = [...input.closest("details, section").querySelectorAll(".filter ~ .wide tbody tr")];
      const rows = all.filter(row => !row.hidden);
      document.body.dataset.left = rows.length;
      document.body.dataset.right = rows.every(row => /FDG\\+ST.*Optic cup/.test(row.textContent));
      document.body.dataset.said = input.closest(".filter").querySelector("output").textContent;"""
    page, _ = look(html, tmp_path, deeds)
    left, everything = page.body["data-said"].removesuffix(" rows").split(" of ")
    assert 0 < int(left) == int(page.body["data-left"]) < int(everything)
    assert page.body["data-right"] == "true"


def test_a_click_on_a_cell_shows_its_best_median_and_worst_image(html, study, tmp_path):
    deeds = """document.querySelector('[data-cell="fdg,cup,hd,domain2"] button').click();
      const dialog = document.querySelector("dialog");
      document.body.dataset.open = dialog.open;
      const captions = [...dialog.querySelectorAll("figcaption")];
      document.body.dataset.said = captions.map(caption => caption.textContent).join("|");
      document.body.dataset.paths = dialog.querySelectorAll(".views path").length;
      document.body.dataset.focus = dialog.contains(document.activeElement);"""
    page, console = look(html, tmp_path, deeds)
    scores = pd.read_csv(study / "scores.csv")
    of_cell = scores[(scores["method"] == "fdg") & (scores["structure"] == "cup") & (scores["unseen"] == "domain2")]
    means = of_cell.groupby("image")["hd"].mean().sort_values()
    shown = zip(("Best", "Median", "Worst"), (0, 2, 3), strict=True)
    expected = [f"{name}: {means.iloc[place]:.2f}. {means.index[place]}, Camera 2" for name, place in shown]
    assert page.body["data-said"].split("|") == expected
    assert page.body["data-paths"] == str(3 * 2 * 2 * 2)  # pictures, structures, truth and prediction, line and casing
    assert (page.body["data-open"], page.body["data-focus"], console) == ("true", "true", [])


def test_the_table_and_the_chart_are_walked_by_the_arrow_keys(html, tmp_path):
    deeds = """const press = (node, key) => node.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
      const first = document.querySelector(".headline .cell");
      first.focus();
      press(first, "ArrowRight");
      press(document.activeElement, "ArrowDown");
      document.body.dataset.at = document.activeElement.closest("td").dataset.cell;
      document.body.dataset.stops = document.querySelectorAll('.headline .cell[tabindex="0"]').length;
      const chart = document.querySelector("#chart > svg");
      press(chart, "ArrowRight");
      document.body.dataset.said = document.querySelector("#chart > output").textContent;"""
    page, _ = look(html, tmp_path, deeds)
    assert (page.body["data-at"], page.body["data-stops"]) == ("fdg,cup,dsc,domain2", "1")
    assert re.fullmatch(r"eye\d\d, Camera \d: FDG\+ST \S+, DeepAll \S+", page.body["data-said"])


def test_what_a_user_wrote_is_text_to_the_browser(config, study, pixels, tmp_path):
    bad = "</script><img src=x onerror=document.body.dataset.hurt=1>$_{{ 7*7 }}"
    names = [{"id": name, "title": bad, "released_crop": False} for name in ("domain1", "domain2", "domain3")]
    scores = pd.read_csv(study / "scores.csv")
    scores["image"] += bad
    write_scores(tmp_path / "scores.csv", scores)
    other = changed(config, tmp_path, domains=names)
    files = [study / "table1.csv", study / "significance.csv", tmp_path / "scores.csv"]
    page, console = look(written(tmp_path, other, files), tmp_path)
    assert "data-hurt" not in page.body
    assert (page.body["data-broken"], console) == ("0", [])
    assert bad in page.text


def test_on_a_phone_the_last_column_is_reached_beside_the_first_and_figures_open(html, tmp_path):
    deeds = """const frame = document.querySelector("table.headline").closest(".wide");
      frame.scrollLeft = 1e6;
      const [first, last] = [0, -1].map(place =>
        [...frame.querySelectorAll("tbody tr")[1].cells].at(place).getBoundingClientRect());
      const edge = frame.getBoundingClientRect();
      document.body.dataset.seen = [Math.round(first.left - edge.left), last.right <= edge.right + 1];
      document.querySelector(".sheet .zoom").click();
      const large = document.querySelector("dialog .large");
      document.body.dataset.larger = document.querySelector("dialog").open &&
        large.querySelector("img").width > large.clientWidth;"""
    page, console = look(html, tmp_path, deeds, width=390)
    assert (page.body["data-seen"], page.body["data-larger"], console) == ("0,true", "true", [])


def test_the_page_fits_a_phone_and_its_letters_stand_out(html, tmp_path):
    page, _ = look(html, tmp_path, "", width=390)
    assert (page.body["data-width"], page.body["data-wide"]) == ("390", "0")
    light, dark = re.findall(r":root \{(.*?)\}", html, re.DOTALL)[:2]
    for theme in (light, dark):
        colours = dict(re.findall(r"--(\w+): (#\w+)", theme))
        for ink in ("ink", "soft", "link", "better", "worse", "open"):
            for ground in ("paper", "tint"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        assert contrast(colours["ink"], colours["warn"]) >= 4.5
