"""The phantom in the layouts in which raw sets are published, so that their importers can be tried from end to end.

Every layout has the folders, names, codes and habits of its set (see the modules of `fdgst.data.importers`, and their
sources in docs/data.md); most hold whole photographs. Where several people drew, what is drawn exactly is their mean
(of papila expert 1), and the others differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat
from scipy.ndimage import binary_dilation, binary_erosion

from fdgst.data.phantom.drawing import Drawing, draw, whole
from fdgst.data.phantom.folder import draw_all, new_folder
from fdgst.data.phantom.reader import has_lesion

RIM_CUP = {"disc": "Disc", "cup": "Cup"}
WIDER = 1.25  # the second expert's outlines


@dataclass(frozen=True)
class Shot:
    """Which image of a set is drawn.

    Attributes
    ----------
    top : Path
        The set's folder.
    domain, split : str
    camera : int
    number : int
        Of the image in its domain, from 1.
    """

    top: Path
    domain: str
    split: str
    camera: int
    number: int


@dataclass(frozen=True)
class Published:
    """How a set is published.

    Attributes
    ----------
    write : callable
        Writes one image and its masks.
    cameras : dict of str to int
        The camera of each of its domains.
    aspect : float
        Width by height of its photographs.
    whole : bool
        Whether they are whole photographs.
    """

    write: Callable[[Shot, Drawing], None]
    cameras: dict[str, int]
    aspect: float = 1.0
    whole: bool = True


def write_raw(
    out: Path,
    *,
    layout: str,
    seed: int,
    height_px: int,
    width_px: int | None,
    train: int,
    test: int,
    lesions: float,
    jobs: int,
) -> int:
    """Draw a raw set into a folder, which appears only when all its images are written.

    Parameters
    ----------
    out : Path
    layout : str
        One of `LAYOUTS`.
    seed : int
        Of the drawings.
    height_px : int
    width_px : int or None
        None: by the set's aspect.
    train, test : int
        Images of each domain; where the makers have no split, as many as both.
    lesions : float
        Share of the images with a bright lesion.
    jobs : int
        Processes to draw with.

    Returns
    -------
    int
        Number of images.

    Raises
    ------
    DataError
        If `out` exists and is not an empty folder.
    """
    chosen = LAYOUTS[layout]
    size = height_px, width_px or round(height_px * chosen.aspect)
    with new_folder(out) as part:
        shots = [
            Shot(part, domain, "train" if number <= train else "test", camera, number)
            for domain, camera in chosen.cameras.items()
            for number in range(1, train + test + 1)
        ]
        draw_all([partial(_write, layout, shot, seed, size, lesions) for shot in shots], jobs=jobs)
        if layout in LISTS:
            LISTS[layout](shots)
    return len(shots)


def drawing_of(layout: str, shot: Shot, *, seed: int, size_px: tuple[int, int], lesions: float) -> Drawing:
    """Draw one image of a set, without writing it."""
    chosen, index = LAYOUTS[layout], shot.number - 1
    lesion = has_lesion(index, lesions)
    if chosen.whole:
        height, width = size_px
        return whole(seed=seed, number=shot.camera, index=index, height_px=height, width_px=width, lesion=lesion)
    return draw(seed=seed, number=shot.camera, split=shot.split, index=index, size_px=size_px, lesion=lesion)


def _write(layout: str, shot: Shot, seed: int, size_px: tuple[int, int], lesions: float) -> None:
    """Draw one image and write it."""
    LAYOUTS[layout].write(shot, drawing_of(layout, shot, seed=seed, size_px=size_px, lesions=lesions))


def _drishti_gs(shot: Shot, drawing: Drawing) -> None:
    """Write photographs with soft maps of four readers, mean boundaries (row column) and the disc's centre."""
    name, training = f"drishtiGS_{shot.number:03d}", shot.split == "train"
    folder = shot.top / "Drishti-GS1_files" / ("Training" if training else "Test")
    _save(folder / "Images" / f"{name}.png", drawing.image)
    truth = folder / ("GT" if training else "Test_GT") / name
    for structure, kind, line in (("disc", "OD", "OD"), ("cup", "cup", "Cup")):
        _save(truth / "SoftMap" / f"{name}_{kind}segSoftmap.png", _agreement(drawing.mask(structure)))
        _text(truth / "AvgBoundary" / f"{name}_{line}AvgBoundary.txt", drawing.outline(structure)[:, ::-1])
    _text(truth / "AvgBoundary" / f"{name}_diskCenter.txt", drawing.outline("disc").mean(axis=0)[None, ::-1])


def _rim_one_r3(shot: Shot, drawing: Drawing) -> None:
    """Write stereo pairs, masks of the left view in the pair's size."""
    name = f"{'NGS'[shot.number % 3]}-{shot.number}-{'LR'[shot.number % 2]}"
    clinic = "Healthy" if name[0] == "N" else "Glaucoma and suspects"
    shifted = np.roll(drawing.image, 3, axis=1)
    _save(shot.top / clinic / "Stereo Images" / f"{name}.jpg", np.concatenate([drawing.image, shifted], axis=1))
    for structure, word in RIM_CUP.items():
        mask = drawing.mask(structure)
        for folder, end, plane in (
            ("Expert1_masks", f"-1-{word}-exp1", binary_erosion(mask)),
            ("Expert2_masks", f"-1-{word}-exp2", binary_dilation(mask)),
            ("Average_masks", f"-{word}-Avg", mask),
        ):
            pair = np.concatenate([plane, np.zeros_like(plane)], axis=1)
            _save(shot.top / folder / f"{name}{end}.png", _white(pair))


def _rim_one_dl(shot: Shot, drawing: Drawing) -> None:
    """Write crops in two partitions, a mask for each structure."""
    name, kind = f"r{1 + shot.number % 3}_Im{shot.number:03d}", ("normal", "glaucoma")[shot.number % 2]
    other = "test" if shot.split == "train" and shot.number % 2 else "training"
    folders = {"by_hospital": "training" if shot.split == "train" else "test", "randomly": other}
    for partition, split in folders.items():
        _save(
            shot.top / "RIM-ONE_DL_images" / f"partitioned_{partition}" / f"{split}_set" / kind / f"{name}.png",
            drawing.image,
        )
    for structure, word in RIM_CUP.items():
        path = shot.top / "RIM-ONE_DL_reference_segmentations" / kind / f"{name}-1-{word}-T.png"
        _save(path, _white(drawing.mask(structure)))


def _refuge(shot: Shot, drawing: Drawing) -> None:
    """Write photographs of two cameras, masks of 0 cup, 128 rim, 255 background as BMP."""
    if shot.domain == "refuge_train":
        letter, kind = ("g", "Glaucoma") if shot.number % 3 == 0 else ("n", "Non-Glaucoma")
        image = shot.top / "Training400" / kind / f"{letter}{shot.number:04d}.jpg"
        mask = shot.top / "Annotation-Training400" / "Disc_Cup_Masks" / kind / f"{letter}{shot.number:04d}.bmp"
    else:
        image = shot.top / "REFUGE-Validation400" / f"V{shot.number:04d}.jpg"
        mask = shot.top / "REFUGE-Validation400-GT" / "Disc_Cup_Masks" / f"V{shot.number:04d}.bmp"
    _save(image, drawing.image)
    _save(mask, drawing.grey("mask"))


def _origa(shot: Shot, drawing: Drawing) -> None:
    """Write photographs with arrays of 0, 1 and 2 in Matlab's files."""
    _save(shot.top / "Images" / f"{shot.number:03d}.jpg", drawing.image)
    path = shot.top / "Semi-automatic-annotations" / f"{shot.number:03d}.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"mask": _classes(drawing)})


def _origa_list(shots: list[Shot]) -> None:
    """Write the makers' list, with the sets A and B."""
    rows = [
        f"{'OD' if shot.number % 2 else 'OS'},'{shot.number:03d}.jpg',0.5,{'A' if shot.split == 'train' else 'B'},0"
        for shot in shots
    ]
    text = "\n".join(["Eye,Filename,ExpCDR,Set,Glaucoma", *rows]) + "\n"
    (shots[0].top / "OrigaList.csv").write_text(text, encoding="utf-8")


def _papila(shot: Shot, drawing: Drawing) -> None:
    """Write photographs of both eyes of each patient, contours by two experts."""
    name = f"RET{(shot.number + 1) // 2:03d}{('OS', 'OD')[shot.number % 2]}"
    top = shot.top / "PapilaDB-PAPILA-phantom"
    _save(top / "FundusImages" / f"{name}.jpg", drawing.image)
    for structure in RIM_CUP:
        points = drawing.outline(structure)
        middle = points.mean(axis=0)
        for expert, outline in (("1", points), ("2", middle + WIDER * (points - middle))):
            path = top / "ExpertsSegmentations" / "Contours" / f"{name}_{structure}_exp{expert}.txt"
            _text(path, outline)


def _idrid(shot: Shot, drawing: Drawing) -> None:
    """Write photographs with red masks of the disc alone."""
    part = "a. Training Set" if shot.split == "train" else "b. Testing Set"
    top, name = shot.top / "A. Segmentation", f"IDRiD_{shot.number:02d}"
    _save(top / "1. Original Images" / part / f"{name}.jpg", drawing.image)
    red = _white(drawing.mask("disc"))[..., None] * np.array((1, 0, 0), np.uint8)
    _save(top / "2. All Segmentation Groundtruths" / part / "5. Optic Disc" / f"{name}_OD.tif", red)


def _chaksu(shot: Shot, drawing: Drawing) -> None:
    """Write photographs by three cameras, drawings by five experts and their mean."""
    camera = shot.domain.removeprefix("chaksu_").capitalize()
    top, name = shot.top / shot.split.capitalize(), f"Image{shot.number}"
    _save(top / "1.0_Original_Fundus_Images" / camera / f"{name}.JPG", drawing.image)
    for structure, word in RIM_CUP.items():
        mask = drawing.mask(structure)
        for expert in range(1, 6):
            plane = (binary_erosion(mask), mask, mask, mask, binary_dilation(mask))[expert - 1]
            folder = top / "3.0_Doctors_Annotations_Binary_OD_OC" / f"Expert {expert}" / camera / word
            _save(folder / f"{name}.tif", _white(plane))
        grey = _white(mask)
        mean = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=2)
        name_in_means = camera.replace("Remidio", "Remedio")
        folder = top / "5.0_OD_OC_Mean_Median_Majority_STAPLE" / name_in_means / word / "Mean"
        _save(folder / f"{name}.png", mean)


def _dsb2018(shot: Shot, drawing: Drawing) -> None:
    """Write images with a mask for each part: a disc and, where there is one, a lesion."""
    name = f"phantom{shot.number:03d}"
    folder = shot.top / "stage1_train" / name
    _save(folder / "images" / f"{name}.png", drawing.image)
    for number, structure in enumerate(("disc", "lesion")):
        if drawing.mask(structure).any():
            _save(folder / "masks" / f"{name}_{number}.png", _white(drawing.mask(structure)))


def _nnunet(shot: Shot, drawing: Drawing) -> None:
    """Write colour pictures in one file each, labels 0 background, 1 rim, 2 cup."""
    side, name = ("Tr" if shot.split == "train" else "Ts"), f"eye_{shot.number:03d}"
    top = shot.top / "Dataset001_Phantom"
    _save(top / f"images{side}" / f"{name}_0000.png", drawing.image)
    _save(top / f"labels{side}" / f"{name}.png", _classes(drawing))


def _nnunet_list(shots: list[Shot]) -> None:
    """Write the data set's description."""
    training = sum(shot.split == "train" for shot in shots)
    labels = '{"background": 0, "rim": 1, "cup": 2}'
    text = f'{{"channel_names": {{"0": "R", "1": "G", "2": "B"}}, "labels": {labels}, "numTraining": {training}, '
    path = shots[0].top / "Dataset001_Phantom" / "dataset.json"
    path.write_text(text + '"file_ending": ".png"}\n', encoding="utf-8")


def _folders(shot: Shot, drawing: Drawing) -> None:
    """Write two folders with equal names."""
    for kind, pixels in (("images", drawing.image), ("masks", drawing.grey("mask"))):
        _save(shot.top / shot.split / kind / f"eye{shot.number:03d}.png", pixels)


LAYOUTS = {
    "drishti-gs": Published(_drishti_gs, {"drishti_gs": 1}, 2047 / 1760),
    "rim-one-r3": Published(_rim_one_r3, {"rim_one_r3": 2}, 1072 / 1424),
    "rim-one-dl": Published(_rim_one_dl, {"rim_one_dl": 2}, whole=False),
    "refuge": Published(_refuge, {"refuge_train": 3, "refuge_validation": 4}, 2124 / 2056),
    "origa": Published(_origa, {"origa": 5}, 2500 / 2048),
    "papila": Published(_papila, {"papila": 6}, 2576 / 1934),
    "idrid": Published(_idrid, {"idrid": 7}, 4288 / 2848),
    "chaksu": Published(_chaksu, {"chaksu_bosch": 8, "chaksu_forus": 9, "chaksu_remidio": 10}, 4 / 3),
    "dsb2018": Published(_dsb2018, {"phantom": 1}, whole=False),
    "nnunet": Published(_nnunet, {"phantom": 1}, whole=False),
    "folders": Published(_folders, {"phantom": 1}, whole=False),
}
LISTS: dict[str, Callable[[list[Shot]], None]] = {"origa": _origa_list, "nnunet": _nnunet_list}


def _classes(drawing: Drawing) -> np.ndarray:
    """Return 0 background, 1 rim, 2 cup, uint8 (height, width)."""
    return (drawing.mask("disc").astype(np.uint8) + drawing.mask("cup")).astype(np.uint8)


def _agreement(mask: np.ndarray) -> np.ndarray:
    """Return the map of four readers of whom two draw the mask, one less and one more, uint8 (height, width)."""
    readers = [binary_erosion(mask), mask, mask, binary_dilation(mask, iterations=2)]
    return np.array((0, 64, 128, 191, 255), np.uint8)[np.sum(readers, axis=0)]


def _white(mask: np.ndarray) -> np.ndarray:
    """Return a mask as 0 and 255."""
    return np.where(mask, np.uint8(255), np.uint8(0))


def _text(path: Path, points: np.ndarray) -> None:
    """Write points, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{one:.4f} {other:.4f}\n" for one, other in points).encode())


def _save(path: Path, pixels: np.ndarray) -> None:
    """Write pixels as the name says, with folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
