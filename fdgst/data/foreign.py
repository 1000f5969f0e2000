"""Masks of any program in folders: which file is whose, which is missing, which belongs to nobody.

A method is named with a pattern of folders, such as ``runs/unet/{domain}/seed{seed}``. A mask's file is called as its
image, or as its true mask, with any ending of `ENDINGS`; where the task reads several mask files of an image, each
column has a folder of its own name. Without ``{domain}`` a folder may have one of each domain's name inside.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from unicodedata import normalize

import numpy as np

from fdgst.data.masks import value_faults
from fdgst.data.photographs import NOT_READ, read_grey_mask
from fdgst.data.slices import ENDINGS as NIFTI
from fdgst.data.truth import Truth, Truths, stem_of
from fdgst.errors import DataError
from fdgst.study.faults import nearest
from fdgst.study.strict import in_words
from fdgst.study.task import Task

ENDINGS = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", *NIFTI)
UNREAD = (*NOT_READ, ".pt", ".json", ".h5", ".mat")  # may well hold masks
TOLD = 20  # lines of one folder about files that belong to nobody
_PLACE = re.compile(r"\{(.*?)\}")
_Key = tuple[str, str]  # domain and name of an image


@dataclass(frozen=True)
class ForeignMasks:
    """Where one training's masks are.

    Attributes
    ----------
    method : str
        Id.
    seed : int
        Of its training; 0 where the pattern names none.
    files : dict of (domain, name) to dict of str to Path
        For each image that has its masks the file of each mask column.
    missing : dict of (domain, name) to str
        For each other image what was looked for, and where.
    doubtful : list of str
        A line for each name that several files have, and for each file that could be several images'.
    """

    method: str
    seed: int
    files: dict[_Key, dict[str, Path]] = field(default_factory=dict)
    missing: dict[_Key, str] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)

    def greys(self, truth: Truth, size_px: tuple[int, int], task: Task) -> dict[str, np.ndarray]:
        """Read the grey values of an image's predicted masks.

        Parameters
        ----------
        truth : Truth
        size_px : (int, int)
            Height and width of the true masks, whole.
        task : Task

        Raises
        ------
        DataError
            One line per file that cannot be read, is of another size, or has values that are none of the task's.
        """
        paths = self.files[truth.domain, truth.name]
        faults: list[str] = []
        greys = {}
        for column, path in paths.items():
            try:
                greys[column] = read_grey_mask(path).pixels
                faults += _size_fault(path, greys[column].shape, size_px, truth)
            except DataError as error:
                faults += error.faults
        faults += value_faults(paths, greys, task) if not faults else []
        if faults:
            raise DataError(*faults)
        return greys


def _size_fault(path: Path, found: tuple[int, int], size_px: tuple[int, int], truth: Truth) -> Iterator[str]:
    """Yield a line if a mask is neither of the true mask's size nor of the ROI's."""
    box = (truth.box[3], truth.box[2]) if truth.box else size_px
    if found not in (size_px, box):
        roi = f" or of its ROI, {in_words(box)}" if box != size_px else ""
        turned = "; is it turned by 90 degrees?" if found == size_px[::-1] else "; export it so, masks are not resized"
        yield f"{path}: expected the size of the true mask, {in_words(size_px)}{roi}, found {in_words(found)}{turned}"


def find_masks(
    methods: Mapping[str, str], truths: Truths, task: Task, *, ids: Mapping[str, str]
) -> tuple[list[ForeignMasks], list[str]]:
    """Look for the masks of every method, seed and image that is scored.

    Parameters
    ----------
    methods : mapping of str to str
        The pattern of folders by the method's id.
    truths : Truths
        Images.
    task : Task
        Which mask columns there are.
    ids : mapping of str to str
        The id of each domain, by what the table calls it: a folder may be called by either.

    Returns
    -------
    masks : list of ForeignMasks
        By method and seed.
    extra : list of str
        A line for each file that is no image's.

    Raises
    ------
    DataError
        One line per pattern that cannot be read, or leads to no folder.
    """
    masks: list[ForeignMasks] = []
    extra: list[str] = []
    faults: list[str] = []
    for method, pattern in methods.items():
        try:
            for seed, folders in _folders(method, pattern, truths.domains, ids).items():
                found = ForeignMasks(method, seed)
                extra += _assign(found, folders, truths, task)
                masks.append(found)
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(*faults)
    return masks, extra


def _folders(method: str, pattern: str, domains: Sequence[str], ids: Mapping[str, str]) -> dict[int, dict[str, Path]]:
    """Return the folder of each domain's masks for each seed, ascending."""
    where = f"--method {method}={pattern}"
    if strange := set(_PLACE.findall(pattern)) - {"seed", "domain"}:
        raise DataError(f"{where}: expected {{seed}} and {{domain}} in braces, found {', '.join(sorted(strange))}")
    found: dict[int, dict[str, Path]] = defaultdict(dict)
    faults = []
    for domain in domains:
        folders: dict[int, Path] = {}
        for called in dict.fromkeys([domain, ids[domain]]):
            filled = pattern.replace("{domain}", called)
            for seed, folder in _of_seeds(filled).items():
                inner = [folder / name for name in (domain, ids[domain]) if "{domain}" not in pattern]
                folders.setdefault(seed, next((path for path in inner if path.is_dir()), folder))
        if not folders:
            faults.append(f"{where}: expected a folder of masks of domain {domain}, found none")
        for seed, folder in folders.items():
            found[seed][domain] = folder
    if faults:
        raise DataError(*faults)
    partly = [seed for seed, folders in found.items() if len(folders) < len(domains)]
    if partly:
        lacking = [
            f"{domain} of seed {seed}" for seed in sorted(partly) for domain in domains if domain not in found[seed]
        ]
        raise DataError(f"{where}: expected every seed of every domain, found no folder for {', '.join(lacking)}")
    return {seed: found[seed] for seed in sorted(found)}


def _of_seeds(pattern: str) -> dict[int, Path]:
    """Return the folders that a pattern leads to, by seed; 0 where it names none."""
    if "{seed}" not in pattern:
        return {0: Path(pattern).expanduser()} if Path(pattern).expanduser().is_dir() else {}
    parts = Path(pattern).expanduser().parts
    found = [(Path(parts[0]) if Path(pattern).expanduser().is_absolute() else Path(), "")]
    for part in parts[1:] if Path(pattern).expanduser().is_absolute() else parts:
        found = [step for place in found for step in _below(*place, part)]
    return {int(seed): folder for folder, seed in found if folder.is_dir()}


def _below(folder: Path, seed: str, part: str) -> Iterator[tuple[Path, str]]:
    """Yield what one part of a pattern leads to below a folder, with the seed that it stands for."""
    if "{seed}" not in part or seed:
        yield folder / part.replace("{seed}", seed), seed
        return
    first, *others = map(re.escape, part.split("{seed}"))
    form = re.compile(first + "([0-9]+)" + "".join([others[0], *(rf"\1{other}" for other in others[1:])]))
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if found := form.fullmatch(path.name):
            yield path, found[1]


def _assign(masks: ForeignMasks, folders: Mapping[str, Path], truths: Truths, task: Task) -> list[str]:
    """Give every image its files; return a line for each file that is left over."""
    listed: dict[Path, dict[str, list[Path]]] = {}
    owners: dict[Path, list[Truth]] = defaultdict(list)
    taken = {stem for truth in truths.rows for stems in truth.stems.values() for stem in stems}
    for truth in truths.rows:
        if truth.domain not in folders:
            continue
        own = {}
        for column, stems in truth.stems.items():
            folder = _of_column(folders[truth.domain], column, task)
            if folder not in listed:
                listed[folder] = _listed(folder)
            if places := next((listed[folder][stem] for stem in stems if stem in listed[folder]), None):
                own[column] = places[0]
                owners[places[0]].append(truth)
            elif truth.scored:
                shown = " or ".join(f"{stem}.png" for stem in stems)
                hint = _unread(folder, stems) or _meant(
                    truth.name, [stem for stem in listed[folder] if stem not in taken]
                )
                lost = f"{folder}: expected a mask of {truth.name}, {shown} (or another ending), found none{hint}"
                masks.missing.setdefault((truth.domain, truth.name), lost)
        if truth.scored and len(own) == len(truth.masks):
            masks.files[truth.domain, truth.name] = own
    masks.doubtful.extend(_ambiguous(listed, owners))
    return [line for folder, files in listed.items() for line in _left_over(folder, files, owners)]


def _of_column(folder: Path, column: str, task: Task) -> Path:
    """Return where the masks of a column lie: in a folder of its name, which there must be if there are several."""
    inner = folder / column
    return inner if len(task.columns) > 1 or inner.is_dir() else folder


def _listed(folder: Path) -> dict[str, list[Path]]:
    """Return the masks in a folder by their names without endings; hidden files and other kinds are none."""
    found = defaultdict(list)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith(".") and path.name.lower().endswith(ENDINGS):
            found[stem_of(path)].append(path)
    return dict(found)


def _unread(folder: Path, stems: Sequence[str]) -> str:
    """Name a file that is called as an image's mask would be and is of a format that is not read."""
    for stem, end in product(stems, UNREAD):
        if (folder / f"{stem}{end}").is_file():
            return f"; {stem}{end} is there, but {end} is not read: save it as PNG"
    return ""


def _meant(name: str, strangers: Sequence[str]) -> str:
    """Suggest a file that may be an image's mask all the same: its name holds the image's, or is nearly that."""
    holding = [stem for stem in strangers if name.casefold() in stem.casefold()]
    if len(holding) == 1:
        return f"; did you mean {holding[0]}?"
    if alike := [stem for stem in strangers if normalize("NFC", stem) == normalize("NFC", name)]:
        return f"; did you mean {alike[0]}, which looks the same and is of other signs (Unicode form)? rename it"
    hint = nearest(name, strangers)
    return hint if hint.startswith("; did you mean") else ""


def _ambiguous(
    listed: Mapping[Path, Mapping[str, Sequence[Path]]], owners: Mapping[Path, Sequence[Truth]]
) -> Iterator[str]:
    """Yield a line for each name that several files have, and for each file that several images could have."""
    for folder, files in listed.items():
        for stem, paths in files.items():
            if len(paths) > 1:
                names = " and ".join(path.name for path in paths)
                yield f"{folder}: expected one mask called {stem}, found {names}; remove all but one"
    for path, truths in owners.items():
        if len(truths) > 1 and any(truth.scored for truth in truths):
            images = " and ".join(f"{truth.name} of {truth.domain}" for truth in truths)
            yield f"{path}: expected the mask of one image, found that it could be {images}; make a folder per domain"


def _left_over(
    folder: Path, files: Mapping[str, Sequence[Path]], owners: Mapping[Path, Sequence[Truth]]
) -> Iterator[str]:
    """Yield a line for each mask in a folder that is no image's."""
    extra = [path for paths in files.values() for path in paths if paths[0] not in owners]
    for path in extra[:TOLD]:
        yield f"{path}: expected masks of the table's images, found one of none; not scored"
    if len(extra) > TOLD:
        yield f"{folder}: {len(extra) - TOLD} more masks of no image of the table; not scored"
