"""Whatever files, folders and titles are called, and whichever dates files have, the workflow takes them for data."""

import os
import re
import shlex
from itertools import count

import numpy as np
import pytest
import yaml
from PIL import Image

from fdgst.storage.rois import open_rois
from tests.rough.place import CELL
from tests.workflow.graph import HOUSE, plan, snakemake

ODD = "a {train} $HOME & 'b' \"c\" ;#%~^_*?[x]=1 é東 -"
TITLE = "=FDG$_{ST}$ {wildcards.x} & <b> %d \\frac 'q' \"東京\" عين α\n"
_numbers = count()


def picture(path, seed=None):
    """Write an image, or a mask where no seed is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if seed is None:
        pixels = np.zeros((48, 48), np.uint8)
        pixels[12:30, 12:30] = 255
    else:
        pixels = np.random.default_rng(seed).integers(0, 256, (48, 48, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of a table whose folder, files and titles are odd; its ROI files are made."""
    folder = tmp_path_factory.mktemp("study")
    data, rows = folder / ODD, ["image,mask,domain,split"]
    for domain in "ab":
        for number, split in enumerate(("train", "train", "test")):
            name = f"-{domain}{number} {{x}} $y;é.png"
            picture(data / name, next(_numbers))
            picture(data / "masks" / name)
            rows.append(f'"{name}","masks/{name}",{domain},{split}')
    (data / "images.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    overlay = {
        "dataset": {"reader": "table", "table": f"{ODD}/images.csv"},
        "domains": [{"id": name, "title": TITLE + name} for name in "ab"],
        "task": CELL,
        "roi_size": 48,
        "network_size": 32,
        "ablations": [],
        "evaluation": {"compare": []},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(overlay, allow_unicode=True), encoding="utf-8")
    made = _run(folder)
    assert "Taken over" in made.stderr
    return folder


def _run(folder, *more):
    """Make the ROI files, or say what would be made."""
    targets = ["results/rois/a.h5", "results/rois/b.h5"]
    return snakemake(folder, "--configfile", folder / "config.yaml", *more, "--", *targets)


def _planned(folder):
    """The rules and domains that a dry run would run, with the reasons that it gives."""
    said = _run(folder, "--dry-run")
    text = said.stdout + said.stderr
    return re.findall(r"Read the images of (\w+)", text), text


def test_odd_names_and_titles_reach_the_roi_file_as_they_are(study):
    with open_rois(study / "results/rois/a.h5") as rois:
        assert rois.title == TITLE + "a"
        assert rois.names[0] == "-a0 {x} $y;é"
    assert "'-a0 {x} $y;é" in (study / "results/rois/a.csv").read_text(encoding="utf-8")


def test_an_image_that_is_replaced_by_an_older_one_is_read_again_once(study):
    assert _planned(study)[0] == []
    path = study / ODD / "-a0 {x} $y;é.png"
    old = path.stat().st_mtime_ns - 10**12
    picture(path, next(_numbers))
    os.utime(path, ns=(old, old))
    domains, text = _planned(study)
    assert set(domains) == {"a"}, text
    _run(study)
    assert _planned(study)[0] == []


def test_another_date_alone_reads_nothing_again(study):
    path = study / ODD / "-b1 {x} $y;é.png"
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert _planned(study)[0] == []


def test_a_file_of_encoder_weights_is_an_input_of_whatever_begins_with_it(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"weights")
    (tmp_path / "c.yaml").write_text("training: {encoder_weights: w.pth}\n")
    jobs = plan(tmp_path, "results/table1.tex", overlays=[HOUSE / "workflow/presets/all.yaml", tmp_path / "c.yaml"])
    users = {(job.rule, job.outputs[0].split("/")[2]) for job in jobs if "w.pth" in job.inputs}
    assert users == {("train", "intra"), *(("pretrain", f"domain{number}") for number in range(1, 5))}


def test_photographs_of_figures_reach_their_command_whatever_they_are_called(tmp_path):
    names = ["-a {x} $HOME's.png", 'b "c" ;é.png']
    for number, name in enumerate(names):
        picture(tmp_path / name, number)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({"figures": {"photographs": names}}, allow_unicode=True))
    jobs = plan(tmp_path, "results/figures/fig2.png", overlays=[tmp_path / "c.yaml"])
    (command,) = (job.command for job in jobs if job.rule == "figure")
    assert "--phantom" not in command
    words = shlex.split(command.split("<<<")[0])
    assert [words[n + 1] for n, word in enumerate(words) if word == "--photographs"] == [f"./{names[0]}", names[1]]
