import numpy as np
import pytest

from fdgst.core.sparse import Coefficients
from fdgst.errors import FormatError
from fdgst.storage import banks
from fdgst.storage.banks import create_bank, open_bank
from tests.generation.files import write_domain

SETTINGS = {"domain": "domain1", "mixing": "roi"}


def coefficients(*entries):
    channel, row, column, value = zip(*entries, strict=True) if entries else ((), (), (), ())
    whole = [np.array(part, int) for part in (channel, row, column)]
    return Coefficients(*whole, np.array(value, np.float32))


@pytest.mark.parametrize("held", [banks._HELD, 0])
def test_a_soft_bank_of_images_with_few_and_no_coefficients_comes_back(tmp_path, monkeypatch, held):
    monkeypatch.setattr(banks, "_HELD", held)
    images = [coefficients((0, 0, 0, 5.0), (2, 7, 3, 1.0)), coefficients(), coefficients((1, 2, 2, 4.0))]
    names = ["a.png", "b.png", "ö.png"]
    with create_bank(
        tmp_path / "soft.h5", alpha=0.5, channels=3, size_px=(8, 9), names=names, settings=SETTINGS
    ) as bank:
        for image in images:
            bank.add(image, np.ones((3, 7, 5), np.complex64))
    with open_bank(tmp_path / "soft.h5") as bank:
        assert bank.names == names
        for number, image in enumerate(images):
            found = bank.coefficients(number)
            for part in ("channel", "row", "column", "value"):
                assert (getattr(found, part) == getattr(image, part)).all()


def test_a_failed_write_leaves_nothing(tmp_path):
    def fail():
        with create_bank(
            tmp_path / "dense.h5", alpha=0, channels=3, size_px=(8, 8), names=["a"], settings=SETTINGS
        ) as bank:
            bank.add(np.zeros((3, 9, 9), np.float32))

    with pytest.raises(TypeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_another_kind_is_refused_by_its_name(tmp_path):
    path = write_domain(tmp_path, "domain1")
    with (
        pytest.raises(FormatError, match="expected a bank, found a ROI file; give a file of"),
        open_bank(path),
    ):
        pass


@pytest.mark.parametrize("content", [None, b"", b"text"])
def test_what_is_no_hdf5_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "bank.h5").write_bytes(content)
    with pytest.raises(FormatError, match=r"bank\.h5: "), open_bank(tmp_path / "bank.h5"):
        pass
