"""What `fdgst init` writes is a study, whatever the user's folders and domains are called."""

import tomllib

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image

from fdgst import __version__
from fdgst.cli import fdgst
from fdgst.data.founding import found_study, ids_of
from fdgst.data.phantom.folder import write_folder
from fdgst.errors import ConfigError, DataError
from fdgst.study import packaged
from fdgst.study.study import load_study
from tests.doors.conftest import run
from tests.workflow.graph import HOUSE

HOSTILE = ["Clinic: 'north' {x} #1", "- no", "null", "東京", "average", 'a "b" \\ c', "${HOME}", "1.5"]


def config_of(folder):
    """The configuration of a study."""
    return yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))


def study_of(folder, monkeypatch):
    """The study of a folder, checked."""
    monkeypatch.chdir(folder)
    return load_study(config_of(folder), base=HOUSE / "config.yaml")


def begin(folder, **given):
    """Begin a study."""
    return found_study(folder, **{"preset": None, "table": None, "fundus": None} | given)


def write_images(folder, **more):
    """Phantom images of two domains."""
    settings = {"seed": 1, "size_px": (64, 64), "train": 2, "test": 1, "domains": 2, "layout": "fundus"}
    write_folder(folder, **settings | {"channels": 3, "bits": 8, "lesions": 0.0, "rgb_masks": (), "jobs": 1} | more)


@pytest.fixture
def table(tmp_path):
    """A function that writes a table with domains of any names; none of its images is opened."""

    def write(domains, split="train"):
        rows = [
            f'{number}.png,m{number}.png,"{name.replace(chr(34), chr(34) * 2)}",{split}'
            for number, name in enumerate(domains)
        ]
        path = tmp_path / "images.csv"
        path.write_text("\n".join(["image,mask,domain,split", *rows]) + "\n", encoding="utf-8")
        return path

    return write


def test_without_data_a_study_is_the_demo(tmp_path):
    told = begin(tmp_path / "study")
    assert config_of(tmp_path / "study") == yaml.safe_load((HOUSE / "config.yaml").read_text())
    assert {path.name for path in (tmp_path / "study").iterdir()} == {"Snakefile", "config.yaml", "README.md"}
    assert "snakemake --cores 8" in told[-1]


@pytest.mark.parametrize("preset", ["paper", "table", "raw-fundus", "raw-locator"])
def test_a_preset_is_written_as_it_is(tmp_path, preset):
    begin(tmp_path, preset=preset)
    assert config_of(tmp_path) == yaml.safe_load((HOUSE / f"workflow/presets/{preset}.yaml").read_text())


def test_the_demo_is_run_by_its_own_snakefile(tmp_path):
    begin(tmp_path)
    dry = run(tmp_path, "--dry-run", "--quiet", "rules")
    assert dry.returncode == 0, dry.stderr


def test_domains_of_any_name_are_the_tables(tmp_path, table):
    told = begin(tmp_path / "study", table=table(HOSTILE))
    domains = config_of(tmp_path / "study")["domains"]
    assert [item.get("value", item["id"]) for item in domains] == HOSTILE
    assert [item["title"] for item in domains] == HOSTILE
    assert domains[4]["id"] == "average_2"
    assert any("8 domains" in line for line in told)


def test_a_study_of_a_table_is_valid_but_for_its_files(tmp_path, table, monkeypatch):
    begin(tmp_path / "study", table=table(["a b", "c d"]))
    with pytest.raises(ConfigError) as caught:
        study_of(tmp_path / "study", monkeypatch)
    assert all("file, found none" in fault or "expected test images" in fault for fault in caught.value.faults)


def test_a_study_of_a_table_within_its_folder_has_a_relative_path(tmp_path, table):
    begin(tmp_path, table=table(["a", "b"]))
    assert config_of(tmp_path)["dataset"]["table"] == "images.csv"


def test_a_table_without_splits_gets_a_fraction(tmp_path, table):
    told = begin(tmp_path / "study", table=table(["a", "b"], split=""))
    assert config_of(tmp_path / "study")["dataset"]["test_fraction"] == 0.3
    assert any(line.startswith("look at dataset.test_fraction") for line in told)


def test_a_structure_is_made_of_each_column_of_masks(tmp_path, monkeypatch):
    write_images(tmp_path / "data", layout="table")
    told = begin(tmp_path / "study", table=tmp_path / "data/images.csv")
    study = study_of(tmp_path / "study", monkeypatch)
    assert [item.column for item in study.config.task.structures] == ["cup", "disc", "vessels", "lesion"]
    assert "look at task.background and values: the first masks of the column cup hold the grey values 0, 255" in told


def test_domains_of_a_folder_are_in_their_natural_order(tmp_path, monkeypatch):
    write_images(tmp_path / "data")
    (tmp_path / "data/Domain2").rename(tmp_path / "data/Domain10")
    (tmp_path / "data/Domain1").rename(tmp_path / "data/Domain 9")
    (tmp_path / "data/notes").mkdir()
    told = begin(tmp_path / "study", fundus=tmp_path / "data")
    study = study_of(tmp_path / "study", monkeypatch)
    assert study.domains == ["domain_9", "domain10"]
    assert any("left out notes" in line for line in told)


def test_a_folder_that_is_a_study_is_left_alone(tmp_path):
    (tmp_path / "config.yaml").write_text("mine: 1\n")
    with pytest.raises(ConfigError, match=r"config\.yaml: expected no such file"):
        begin(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
    assert (tmp_path / "config.yaml").read_text() == "mine: 1\n"


@pytest.mark.parametrize("domains", [[], ["a"], ["a", "a"]])
def test_one_domain_is_no_study(tmp_path, table, domains):
    with pytest.raises(DataError, match="expected at least two domains"):
        begin(tmp_path / "study", table=table(domains))
    assert not (tmp_path / "study").exists()


def test_presets_and_data_that_do_not_go_together_are_refused(tmp_path, table):
    with pytest.raises(ConfigError, match="expected table or raw-fundus or raw-locator with --table, found demo"):
        begin(tmp_path / "study", preset="demo", table=table(["a", "b"]))


@pytest.mark.parametrize(("preset", "structures"), [(None, ["cup", "disc"]), ("table", ["object"])])
def test_masks_of_imported_eyes_are_read_as_eyes(tmp_path, preset, structures):
    mask = np.full((8, 8), 255, np.uint8)
    mask[2:6, 2:6], mask[3:5, 3:5] = 128, 0
    rows = []
    for domain in ("north", "south"):
        Image.fromarray(mask).save(tmp_path / f"{domain}.png")
        rows.append(f"{domain}.png,{domain}.png,{domain},train")
    (tmp_path / "images.csv").write_text("\n".join(["image,mask,domain,split", *rows]))
    said = begin(tmp_path / "study", preset=preset, table=tmp_path / "images.csv")
    assert ("as fdgst import writes those of eyes" in " ".join(said)) == (preset is None)
    task = (yaml.safe_load((HOUSE / "config.yaml").read_text()) | config_of(tmp_path / "study"))["task"]
    assert [structure["id"] for structure in task["structures"]] == structures


def test_ids_differ_and_are_plain():
    ids = ids_of([*HOSTILE, *HOSTILE])
    assert len(set(ids)) == len(ids)
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in ids)


def test_the_verb_says_what_to_look_at_next(tmp_path, table):
    done = CliRunner().invoke(fdgst, ["init", str(tmp_path / "study"), "--table", str(table(["a", "b"]))])
    assert done.exit_code == 0
    assert "found 2 domains" in done.output


def wheel():
    """What the wheel has of the workflow: from where, by its place in the package."""
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    return project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]


def test_the_wheel_has_every_file_of_the_workflow():
    places = list(wheel())
    for path in (HOUSE / "workflow").rglob("*"):
        name = path.relative_to(HOUSE).as_posix()
        if path.is_file() and name != "workflow/envs/fdgst.yaml":
            assert any(name == place or name.startswith(f"{place}/") for place in places), name
    assert all(target == f"fdgst/{source}" for source, target in wheel().items() if "envs" not in source)


def test_the_environment_of_the_wheel_is_of_its_own_version():
    env = yaml.safe_load((HOUSE / "workflow/envs/installed.yaml").read_text())
    assert env["dependencies"][-1]["pip"] == [f"fdgst=={__version__}"]


def test_the_workflow_is_found_inside_of_an_installed_package(tmp_path, monkeypatch):
    for name in ("workflow/Snakefile", "config.yaml"):
        (tmp_path / "fdgst" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fdgst" / name).touch()
    monkeypatch.setattr(packaged.resources, "files", lambda package: tmp_path / package)
    assert packaged.snakefile() == str(tmp_path / "fdgst/workflow/Snakefile")


def test_a_package_without_its_workflow_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(packaged.resources, "files", lambda package: tmp_path / package)
    with pytest.raises(ConfigError, match="expected the workflow in or beside the package, found none"):
        packaged.house()
