from dataclasses import replace

import matplotlib
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.errors import ConfigError, FormatError
from fdgst.reporting.figures import FIGURES, make
from fdgst.storage.scores import write_scores
from fdgst.study.slices import FigureSettings, Row, text_of
from tests.compared import FUNDUS


@pytest.mark.parametrize("name", FIGURES)
def test_equal_inputs_give_equal_bytes(name, given, study, tmp_path):
    tables = {"ablation": "ablations/window", "ranks": "ranks", "pairs": "significance"}.get(name, "protocols")
    given = replace(given, tables=[study / f"{tables}.csv"])
    for folder in ("a", "b"):
        make(name, tmp_path / folder / f"{name}.png", given)
    for ending in (".png", ".pdf", ".svg"):
        first, second = ((tmp_path / folder / name).with_suffix(ending).read_bytes() for folder in "ab")
        assert first == second
        assert len(first) < 2_000_000


def test_a_users_matplotlibrc_changes_nothing_and_is_left_alone(given, tmp_path):
    make("boxes", tmp_path / "plain.png", given)
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        make("boxes", tmp_path / "styled.png", given)
        assert matplotlib.rcParams["font.size"] == 20
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "styled.png").read_bytes()


def test_all_missing_inputs_are_told_at_once(given, tmp_path):
    bare = replace(given, rois=[], predictions=[])
    with pytest.raises(ConfigError) as error:
        make("fig5", tmp_path / "fig5.pdf", bare)
    assert [fault[:24] for fault in error.value.faults[:2]] == ["figure fig5: needs --roi", "figure fig5: needs --pre"]
    assert "ends in .png" in error.value.faults[2]


def test_a_failed_figure_leaves_no_file(given, tmp_path):
    with pytest.raises(FormatError):
        make("fig1", tmp_path / "fig1.png", replace(given, rois=[tmp_path / "none.h5"]))
    assert not list(tmp_path.iterdir())


@pytest.fixture
def settings(titled, tmp_path):
    """The words that give the verb its settings."""
    path = tmp_path / "figure.json"
    path.write_text(text_of(FigureSettings(**titled, task=FUNDUS)))
    return ["--settings", str(path)]


def test_one_option_takes_several_files(study, settings, tmp_path):
    once, repeated = tmp_path / "once.png", tmp_path / "repeated.png"
    rois = sorted(map(str, study.glob("rois/*.h5")))
    apart = [word for path in rois for word in ("--rois", path)]
    for out, words in ((once, ["--rois", *rois]), (repeated, apart)):
        shown = CliRunner().invoke(
            fdgst, ["figure", "fig1", *words, *settings, "--out", str(out)], catch_exceptions=False
        )
        assert shown.exit_code == 0, shown.output
    assert once.read_bytes() == repeated.read_bytes()
    with Image.open(once) as picture:
        assert picture.width == 1152


def test_an_unknown_figure_is_answered_with_the_known_ones(settings):
    shown = CliRunner().invoke(fdgst, ["figure", "fig9", *settings, "--out", "fig9.png"])
    assert shown.exit_code == 2
    assert "fig1, fig2" in shown.output


def test_the_phantom_lends_its_photographs(study, settings, tmp_path):
    rois = [word for path in sorted(study.glob("rois/*.h5"))[:2] for word in ("--rois", str(path))]
    heights = {}
    for name, more in (("alone", []), ("whole", ["--phantom", "1"])):
        words = ["figure", "fig3", *rois, *more, *settings, "--out", str(tmp_path / f"{name}.png")]
        assert CliRunner().invoke(fdgst, words, catch_exceptions=False).exit_code == 0
        with Image.open(tmp_path / f"{name}.png") as picture:
            heights[name] = picture.height
    assert heights["whole"] > 1.5 * heights["alone"]


def test_predictions_of_some_seeds_are_enough(study, given, tmp_path):
    some = [path for path in given.predictions if "seed1" in path.parts]
    for name in ("fig5", "gallery"):
        make(name, tmp_path / f"{name}.png", replace(given, predictions=some))
        assert (tmp_path / f"{name}.pdf").is_file()


def test_predictions_without_scores_are_refused(given, made, tmp_path):
    write_scores(tmp_path / "scores.csv", made(["other"], ["domain1"], lambda *key: {}))
    other = Row(id="other", title="Other")
    with pytest.raises(ConfigError, match="expected scores of the 18 models predicted by, found none"):
        make("fig5", tmp_path / "f.png", replace(given, scores=[tmp_path / "scores.csv"], methods=(other,)))


def test_predictions_of_one_model_are_wanted_once(given, tmp_path):
    copy = tmp_path / "copy.h5"
    copy.write_bytes(given.predictions[0].read_bytes())
    with pytest.raises(ConfigError, match=r"of the same method, unseen domain and seed as .*copy\.h5"):
        make("fig5", tmp_path / "fig5.png", replace(given, predictions=[copy, *given.predictions]))
