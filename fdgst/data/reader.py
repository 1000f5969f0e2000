"""What a reader is: the class that each source of images implements.

A reader is made for one domain. It is asked three things, from cheap to dear: which files it would open (`files`),
what is wrong with them as far as can be known without opening an image (`faults`, asked in a dry run), and its images
(`entries`, each loaded when it is needed).
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from fdgst.data import reader_class
from fdgst.data.sample import Entry
from fdgst.errors import ConfigError, DataError
from fdgst.study.faults import checked
from fdgst.study.strict import PATTERN_OF_IDS, Strict
from fdgst.study.task import Task


class Reader(ABC):
    """Reads one domain.

    Parameters
    ----------
    dataset, domain : Dataset, Domain
        The reader's own keys.
    id : str
        Of the domain.
    number : int
        The domain's place in the configuration, from 1.
    exclude : sequence of str
        Images of any domain that are knowingly left out; how they are named is the reader's to say.
    fit : {'refuse', 'pad', 'stretch'}
        How images of another aspect than the ROIs' are brought to it, see `fdgst.data.fitting`.
    task : Task
        Which channels, depth and mask columns are wanted.
    """

    drawn: ClassVar[bool] = False
    """Whether images are drawn, not read from files."""

    class Dataset(Strict):
        """The reader's own keys of `dataset`."""

    class Domain(Strict):
        """The reader's own keys of a domain."""

    def __init__(
        self, dataset: Any, domain: Any, *, id: str, number: int, exclude: Sequence[str], fit: str, task: Task
    ) -> None:
        self.dataset, self.domain, self.id, self.number = dataset, domain, id, number
        self.exclude, self.fit, self.task = tuple(exclude), fit, task

    @abstractmethod
    def files(self) -> list[Path]:
        """Return every file that the domain is read from; never fails."""

    @abstractmethod
    def faults(self) -> list[str]:
        """Return what is known to be wrong without opening an image, one line each."""

    @abstractmethod
    def listed(self) -> list[Entry]:
        """Return the images that can be named, whatever the faults."""

    def exclusions(self) -> list[str]:
        """Return what is excluded of this domain: another domain's exclusions change nothing of it."""
        return list(self.exclude)

    def entries(self) -> list[Entry]:
        """Return the domain's images, the training split first.

        Raises
        ------
        DataError
            With all faults of the source and of its files: whoever mends a folder should hear of bad files at once.
        """
        faults = self.faults()
        if not faults:
            return self.listed()
        for entry in self.listed():
            try:
                entry.load()
            except DataError as error:
                faults += [fault for fault in error.faults if fault not in faults and "no such file" not in fault]
        raise DataError(*faults)


def make_reader(dataset: Mapping[str, Any], domain: Mapping[str, Any], *, number: int, task: Task) -> Reader:
    """Make the reader of one domain.

    Parameters
    ----------
    dataset : mapping
        `reader`, `exclude`, `fit` and the reader's own keys.
    domain : mapping
        `id` and the reader's own keys.
    number : int
        The domain's place, from 1.
    task : Task

    Raises
    ------
    ConfigError
        One line for each key that is unknown, missing or of a wrong value.
    """
    own, where = dict(dataset), dict(domain)
    missing = [
        key for key, found in (("dataset.reader", own.get("reader")), ("domain.id", where.get("id"))) if not found
    ]
    if missing:
        raise ConfigError(*(f"{key}: missing" for key in missing))
    if not re.fullmatch(PATTERN_OF_IDS, str(where["id"])):
        raise ConfigError(f"domain.id: expected letters, digits and underscores, found {where['id']!r}")
    chosen, id = reader_class(own.pop("reader")), where.pop("id")
    common = {"exclude": own.pop("exclude", ()), "fit": own.pop("fit", "refuse")}
    keys = checked(chosen.Dataset, own, "dataset."), checked(chosen.Domain, where, f"domain {id}.")
    return chosen(*keys, id=id, number=number, task=task, **common)
