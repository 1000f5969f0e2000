import numpy as np
import pytest

from fdgst.core.thresholds import thresholded
from fdgst.errors import ConfigError
from fdgst.generation.banks import make_bank
from fdgst.storage.banks import open_bank
from fdgst.storage.contracts import verify
from fdgst.storage.rois import open_rois
from tests.generation.files import write_domain


@pytest.fixture(scope="module")
def rois_path(tmp_path_factory):
    return write_domain(tmp_path_factory.mktemp("banks"), "domain3", roi_size_px=(64, 60))


def spectra(rois_path):
    with open_rois(rois_path) as rois:
        return [np.fft.rfft2(rois.image(row).transpose(2, 0, 1).astype(float)) for row in rois.indices("train")]


def test_a_dense_bank_holds_the_training_images_amplitudes(rois_path, tmp_path):
    make_bank(rois_path, tmp_path / "dense.h5", alpha=0, mixing="roi")
    with open_bank(tmp_path / "dense.h5") as bank:
        assert (bank.domain, bank.alpha, bank.size_px) == ("domain3", 0, (64, 60))
        assert bank.names == [f"domain3-{i}.png" for i in range(4)]
        for image, spectrum in enumerate(spectra(rois_path)):
            np.testing.assert_allclose(bank.amplitude(image), abs(spectrum), rtol=1e-6, atol=1e-8 * 64 * 64 * 255)


@pytest.mark.parametrize("alpha", [0.05, "ac:0.1", "energy:0.95"])
def test_a_soft_bank_holds_what_the_threshold_leaves(rois_path, tmp_path, alpha):
    make_bank(rois_path, tmp_path / "soft.h5", alpha=alpha, mixing="roi")
    with open_bank(tmp_path / "soft.h5") as bank:
        assert bank.alpha == alpha
        for image, spectrum in enumerate(spectra(rois_path)):
            left = thresholded(abs(spectrum), alpha=alpha, width_px=60)
            np.testing.assert_allclose(bank.amplitude(image), left, rtol=1e-6, atol=1e-3)
            assert (bank.coefficients(image).value > 0).all()


def test_a_soft_bank_holds_the_low_frequencies_unit_phases(rois_path, tmp_path):
    make_bank(rois_path, tmp_path / "soft.h5", alpha=0.05, mixing="roi")
    with open_bank(tmp_path / "soft.h5") as bank:
        phase, spectrum = bank.phase(0), spectra(rois_path)[0]
        assert phase.shape == (3, 51, 26)
        for u, v in ((0, 0), (25, 3), (-25, 25), (-1, 0)):
            expected = spectrum[:, u, v] / abs(spectrum[:, u, v])
            np.testing.assert_allclose(phase[:, 25 + u, v], expected, atol=1e-6)


def test_a_bank_at_network_size_holds_the_network_images(rois_path, tmp_path):
    make_bank(rois_path, tmp_path / "dense.h5", alpha=0, mixing="network")
    with open_bank(tmp_path / "dense.h5") as bank:
        assert bank.size_px == (20, 20)
        assert bank.amplitude(0).shape == (3, 20, 11)


@pytest.mark.parametrize("alpha", [0, 0.05])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_bank_holds_any_channels_and_depth(tmp_path, channels, bits, alpha):
    path = write_domain(tmp_path, "domain4", roi_size_px=(31, 44), channels=channels, bits=bits)
    make_bank(path, tmp_path / "bank.h5", alpha=alpha, mixing="roi")
    assert verify(tmp_path / "bank.h5") == ("soft_bank" if alpha else "dense_bank")
    with open_bank(tmp_path / "bank.h5") as bank:
        assert (bank.channels, bank.size_px) == (channels, (31, 44))
        for image, spectrum in enumerate(spectra(path)):
            left = thresholded(abs(spectrum), alpha=alpha, width_px=44)
            np.testing.assert_allclose(bank.amplitude(image), left, rtol=1e-5, atol=1e-6 * abs(spectrum).max())


def test_banks_of_two_alphas_of_one_number_are_the_same(rois_path, tmp_path):
    for name, alpha in (("a.h5", "0.050"), ("b.h5", 0.05)):
        make_bank(rois_path, tmp_path / name, alpha=alpha, mixing="roi")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_very_small_alpha_is_a_threshold_all_the_same(rois_path, tmp_path):
    make_bank(rois_path, tmp_path / "soft.h5", alpha=0.00001, mixing="roi")
    with open_bank(tmp_path / "soft.h5") as bank:
        assert bank.alpha == 1e-5
        amplitude = abs(spectra(rois_path)[1])
        shrunk = amplitude - 1e-5 * amplitude.max((1, 2), keepdims=True)
        np.testing.assert_allclose(bank.amplitude(1), np.maximum(shrunk, 0), rtol=1e-5)


def test_equal_inputs_give_equal_bytes(rois_path, tmp_path):
    for name in ("a.h5", "b.h5"):
        make_bank(rois_path, tmp_path / name, alpha=0.05, mixing="roi")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize(("alpha", "mixing"), [("five", "roi"), (1.5, "roi"), (0, "both")])
def test_impossible_arguments_are_refused(rois_path, tmp_path, alpha, mixing):
    with pytest.raises(ConfigError, match=f"^{'mixing' if mixing == 'both' else 'alpha'}: expected "):
        make_bank(rois_path, tmp_path / "bank.h5", alpha=alpha, mixing=mixing)
