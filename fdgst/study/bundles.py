"""The slice of the verb `bundle` from a study's written configuration, for people; rules are handed it."""

import json
from pathlib import Path

from fdgst.errors import ConfigError
from fdgst.study import faults
from fdgst.study.slices import BundledDomain, BundleSettings
from fdgst.study.strict import height_and_width


def settings_of(path: Path) -> BundleSettings:
    """Read what a bundle says of its study.

    Parameters
    ----------
    path : Path
        ``results/config.json``.

    Raises
    ------
    ConfigError
        If it is none, or of another version.
    """
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        size, evaluation = config["roi_size"], config["evaluation"]
        values = {
            "task": config["task"],
            "roi_size": height_and_width(size if isinstance(size, int) else tuple(size)),
            "fit": config["dataset"]["fit"],
            "threshold": evaluation["threshold"],
            "nest": evaluation["nest"],
            "domains": [
                {name: domain.get(name) for name in BundledDomain.model_fields} for domain in config["domains"]
            ],
        }
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as JSON ({error}); make it again") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path}: expected the configuration of a study, found no {error}; make it again") from error
    return faults.checked(BundleSettings, values, f"{path}: ")
