import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.data.importers import import_set
from fdgst.data.importers.dsb2018 import microscope
from fdgst.data.importers.kernel import Choice
from fdgst.errors import DataError
from tests.data.folders import save
from tests.data.importers.conftest import rows
from tests.data.readers import NUCLEI, table


def image(kind, side=256):
    """An image of one of the microscopes, with a nucleus."""
    levels = {"fluorescence": (20, 20, 20), "brightfield": (210, 210, 210)}
    levels |= {"light": (230, 190, 220), "dark": (150, 90, 140)}
    return np.full((side, side, 3), levels[kind], np.uint8)


def write(folder, name, pixels, nuclei=2):
    """One image as published, with a mask for each nucleus."""
    save(folder / name / "images" / f"{name}.png", pixels)
    for place in range(nuclei):
        mask = np.zeros(pixels.shape[:2], np.uint8)
        mask[8 * place : 8 * place + 10, :10] = 255  # neighbours overlap
        save(folder / name / "masks" / f"{name}{place}.png", mask)


def make_table(folder, out):
    return import_set("dsb2018", folder, out, Choice())


@pytest.mark.parametrize(
    ("kind", "side", "domain"),
    [
        ("fluorescence", 256, "fluorescence_256"),
        ("fluorescence", 360, "fluorescence_360"),
        ("fluorescence", 300, ""),
        ("brightfield", 256, "brightfield"),
        ("light", 256, "tissue_light"),
        ("dark", 256, "tissue_dark"),
    ],
)
def test_microscopes_are_told_apart_by_saturation_brightness_and_size(kind, side, domain):
    assert microscope(image(kind, side)) == domain


def test_the_published_folders_become_a_table_with_joined_masks(tmp_path):
    for number in range(6):
        write(tmp_path / "stage1_train", f"n{number}", image("light"))
    told = make_table(tmp_path, tmp_path / "out/nuclei.csv")
    assert told[0] == "tissue_light: 4 train, 2 test images"
    assert told[-1] == f"{tmp_path / 'out/nuclei.csv'}: 6 images; masks written to {tmp_path / 'out/masks'}"
    splits = {row["name"]: row["split"] for row in rows(tmp_path / "out/nuclei.csv")}
    assert [splits[f"n{number}"] for number in range(6)] == ["train", "train", "test"] * 2
    union = np.asarray(Image.open(tmp_path / "out/masks/tissue_light/n0.png"))
    assert set(np.unique(union)) == {0, 255}
    assert (union > 0).sum() == 18 * 10
    assert len(table(tmp_path / "out/nuclei.csv", task=NUCLEI, value="tissue_light").entries()) == 6


def test_what_is_left_out_is_counted_with_its_reason(tmp_path):
    write(tmp_path, "a", image("fluorescence", 300))
    write(tmp_path, "b", image("dark"))
    save(tmp_path / "c/images/c.png", image("dark"))
    save(tmp_path / "c/masks/c.png", np.zeros((256, 256), np.uint8))
    told = make_table(tmp_path, tmp_path / "nuclei.csv")
    assert "left out: 1: fluorescence of another size than 256x256 and 360x360: a.png" in told
    assert "left out: 1: no nucleus in the masks: c.png" in told
    assert [row["name"] for row in rows(tmp_path / "nuclei.csv")] == ["b"]


def test_an_empty_folder_says_which_file_was_looked_for(tmp_path):
    with pytest.raises(DataError, match=r"expected \{id\}/images/\{id\}.png and \{id\}/masks/\*.png in it, found none"):
        make_table(tmp_path, tmp_path / "nuclei.csv")


def test_all_bad_files_are_told_at_once_and_no_table_is_written(tmp_path):
    for name in ("a", "b"):
        write(tmp_path, name, image("dark"))
        (tmp_path / name / "masks" / f"{name}0.png").write_bytes(b"text")
    with pytest.raises(DataError) as caught:
        make_table(tmp_path, tmp_path / "nuclei.csv")
    assert len(caught.value.faults) == 2
    assert not (tmp_path / "nuclei.csv").exists()


def test_the_verb_imports_and_says_what(tmp_path):
    write(tmp_path, "a", image("dark"))
    out = tmp_path / "nuclei.csv"
    found = CliRunner().invoke(fdgst, ["import", "dsb2018", str(tmp_path), "--out", str(out)])
    assert found.exit_code == 0, found.output
    assert "tissue_dark: 1 train, 0 test images" in found.stdout
