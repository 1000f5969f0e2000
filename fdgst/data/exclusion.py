"""The images that a user knowingly leaves out (``dataset.exclude``)."""

from collections.abc import Collection, Mapping, Sequence


def excluded(exclude: Sequence[str], folder: str, split: str) -> set[str]:
    """Return the file names that are left out of one split.

    Parameters
    ----------
    exclude : sequence of str
        ``folder/split/file``, of any domain.
    folder, split : str
        Of the domain in hand.

    Examples
    --------
    >>> excluded(["Domain1/test/G-1-L.png", "Domain2/test/g0001.png"], "Domain1", "test")
    {'G-1-L.png'}
    """
    beginning = f"{folder}/{split}/"
    return {name.removeprefix(beginning) for name in exclude if name.startswith(beginning)}


def unknown(exclude: Sequence[str], folder: str, files: Mapping[str, Collection[str]]) -> list[str]:
    """Return one line for each exclusion of the folder that names no file.

    Parameters
    ----------
    exclude : sequence of str
        ``folder/split/file``, of any domain.
    folder : str
        Of the domain in hand; exclusions of other folders are not looked at.
    files : mapping of str to collection of str
        For each split the names of its files.
    """
    known = {f"{folder}/{split}/{name}" for split, names in files.items() for name in names}
    return [
        f"dataset.exclude: {name}: expected an image's folder/split/file, found no such file; correct or remove it"
        for name in exclude
        if name.startswith(f"{folder}/") and name not in known
    ]
