"""The errors that a user can cause. Each carries one line per fault; the command line prints them and nothing else."""


class FdgstError(ValueError):
    """A fault that the user can mend.

    Parameters
    ----------
    *faults : str
        One line each: where (file, key), what was expected, what was found, what to do.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class FormatError(FdgstError):
    """A file of ours that is damaged, of another kind, or of another version."""


class DataError(FdgstError):
    """Images, masks or folders of the user that cannot be used."""


class ConfigError(FdgstError):
    """A configuration or a command's argument that contradicts the schema or itself."""


class TrainingError(FdgstError):
    """A training that cannot start or cannot go on."""


class WriteError(FdgstError):
    """A file that cannot be written: the disk is full, or the folder may not be written to."""
