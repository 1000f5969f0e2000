import json

import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.study import slices

SETTINGS = {
    "score": slices.ScoreSettings,
    "rescore": slices.RescoreSettings,
    "statistics": slices.StatisticsSettings,
    "protocols": slices.ProtocolsSettings,
    "table": slices.TableSettings,
    "figure": slices.FigureSettings,
    "versus-paper": slices.PaperSettings,
}


@pytest.mark.parametrize("verb", SETTINGS)
def test_the_settings_in_a_verbs_help_are_valid(verb):
    shown = CliRunner().invoke(fdgst, [verb, "--help"]).output
    start = shown.index("{", shown.index(".json:"))
    plain, _ = json.JSONDecoder().raw_decode(shown[start:])
    SETTINGS[verb].model_validate_json(json.dumps(plain))


@pytest.mark.parametrize("verb", SETTINGS)
def test_a_misspelt_setting_is_one_line_that_names_it(verb, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"taks": 1}))
    done = CliRunner().invoke(fdgst, [verb, "--settings", str(path)])
    assert "taks" in f"{done.output}{done.exception}"
