"""Where the workflow and its files are: beside the package in a checkout, inside of it where it was installed."""

from importlib import resources
from pathlib import Path

from fdgst.errors import ConfigError


def house() -> Path:
    """Return the folder that holds ``config.yaml`` and ``workflow/``.

    Raises
    ------
    ConfigError
        If there is none: the package was neither installed from a wheel nor is it a checkout's.
    """
    package = Path(str(resources.files("fdgst")))
    for folder in (package, package.parent):  # a wheel carries them inside of the package
        if (folder / "workflow" / "Snakefile").is_file() and (folder / "config.yaml").is_file():
            return folder
    raise ConfigError(f"{package}: expected the workflow in or beside the package, found none; install fdgst again")


def base_config() -> Path:
    """Return the packaged config.yaml, which holds every value once."""
    return house() / "config.yaml"


def snakefile() -> str:
    """Return the path of the workflow, for ``module`` in a Snakefile of anybody's."""
    return str(house() / "workflow" / "Snakefile")


def preset_file(name: str) -> Path:
    """Return the file of a preset by its name, such as ``tiny``."""
    return house() / "workflow" / "presets" / f"{name}.yaml"
