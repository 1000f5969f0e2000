"""What a reader is: the class that each source of images implements.

A reader is made for one domain. It is asked three things, from cheap to dear: which files it would open (`files`),
what is wrong with them as far as can be known without opening an image (`faults`, asked in a dry run), and its images
(`entries`, each loaded when it is needed).
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from fdgst.data import READERS, reader_class
from fdgst.data.sample import Entry
from fdgst.errors import ConfigError, DataError
from fdgst.study.strict import Strict
from fdgst.study.task import Task

COMMON = {
    "dataset": frozenset(("reader", "exclude", "fit")),
    "domain": frozenset(("id", "title", "paper", "released_crop")),
}


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
    """Make the reader that a configuration names for one of its domains.

    Parameters
    ----------
    dataset : mapping
        The configuration's `dataset`: `reader`, `exclude`, `fit` and the reader's keys. Keys of other known readers
        are ignored: an overlay of Snakemake cannot remove them.
    domain : mapping
        The domain's, likewise, with `id`.
    number : int
        The domain's place, from 1.
    task : Task

    Raises
    ------
    ConfigError
        One line for each key that is unknown, missing or of a wrong value.
    """
    chosen = reader_class(dataset["reader"])
    faults: list[str] = []
    dataset_keys = _own(chosen, "Dataset", dataset, "dataset", faults)
    domain_keys = _own(chosen, "Domain", domain, f"domain {domain['id']}", faults)
    if faults:
        raise ConfigError(*faults)
    return chosen(
        dataset_keys,
        domain_keys,
        id=domain["id"],
        number=number,
        exclude=tuple(dataset.get("exclude", ())),
        fit=dataset.get("fit", "refuse"),
        task=task,
    )


def _own(chosen: type[Reader], part: str, given: Mapping[str, Any], where: str, faults: list[str]) -> Strict | None:
    """Validate a reader's own keys, and add what is wrong with them to `faults`."""
    model: type[Strict] = getattr(chosen, part)
    unknown = set(given) - set(model.model_fields) - COMMON[part.lower()]
    if unknown:
        unknown -= {key for name in READERS for key in getattr(reader_class(name), part).model_fields}
    expected = ", ".join(model.model_fields)
    faults += [f"{where}.{key}: expected one of {expected}, found an unknown key" for key in sorted(unknown)]
    try:  # as JSON: there a list is a tuple, strictly
        own = {key: value for key, value in given.items() if key in model.model_fields}
        return model.model_validate_json(json.dumps(own))
    except ValidationError as error:
        faults += [f"{where}.{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        return None
