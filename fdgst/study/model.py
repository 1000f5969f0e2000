"""Everything that config.yaml holds, as one model; what its keys must be to each other is in contradictions.py."""

from typing import Annotated, Literal

from pydantic import Field

from fdgst.study.augmentations import Augmentation
from fdgst.study.strict import Id, InnerShare, Natural, Size, Strict, Title, Tolerance
from fdgst.study.task import Task
from fdgst.study.training import Execution, Training


class Dataset(Strict):
    """Where images come from: keys that all readers share. The others belong to a reader (docs/config.md)."""

    reader: Annotated[str, Field(min_length=1)]
    """phantom draws images; fundus reads the folders of the public set; table reads a table of images; or a reader of
    your own, as package.module:Name."""
    exclude: tuple[Annotated[str, Field(min_length=1)], ...]
    """Images knowingly left out, as folder/split/file (reader table: as the table names them). They are recorded in the
    ROI file and printed."""
    fit: Literal["refuse", "pad", "stretch"]
    """What to do with an image of another aspect than roi_size: refuse it, pad it with black and background, or stretch
    each axis by itself."""


class Domain(Strict):
    """A clinic and its camera: keys that all readers share. The others belong to a reader (docs/config.md)."""

    id: Id
    """Name in files and tables."""
    title: Title
    """Name as printed in tables and figures."""
    paper: Annotated[int, Field(ge=1, le=4)] | None = None
    """Which of the paper's domains this is; null: none of them. Such domains are put beside the paper's numbers."""
    released_crop: bool = False
    """Predict and score on the centre 512/800 of the ROI, as the released scripts do with their fourth domain."""
    licence: Annotated[str, Field(min_length=1)] | None = None
    """Under which terms its images may be used; a bundle's card repeats it. null: not said."""


class Generation(Strict):
    """How stylised images are generated."""

    seed: Natural
    """Draws the style images and lambdas; shared by all training seeds."""
    self_pairs: bool
    """Whether a domain also lends its style to itself (as released)."""
    compression: Literal["none", "gzip"]
    """HDF5 filter of pixels, besides the checksum."""


class Method(Strict):
    """A row of the table: a trainer, an augmentation and the trainer's options."""

    id: Id
    """Name in files and tables."""
    title: Title
    """Name as printed in tables and figures."""
    trainer: Annotated[str, Field(min_length=1)]
    """plain, dofe, fact, feddg, intra (an upper bound, trained on the unseen domain itself), or a trainer of your own,
    as package.module:Name. See docs/methods.md."""
    augmentation: str
    """Id of an augmentation, or none."""
    options: dict[str, str | bool | int | float]
    """Options of the trainer; it says itself which it has (docs/methods.md)."""


class Ablation(Strict):
    """A study beside the table: the targets results/ablations/{id}.csv and .png."""

    id: Id
    """Name of its files."""
    title: Title
    """Heading of its table and figure."""
    unseen: Annotated[tuple[Id, ...], Field(min_length=1)]
    """Ids of the unseen domains that it is made on."""
    methods: Annotated[tuple[Id | Method, ...], Field(min_length=1)]
    """Ids of rows of the table, or rows of the study's own."""


class TrainingAndExecution(Training, Execution):
    """How networks are trained: what makes a model, and how the training is carried out."""


class Evaluation(Strict):
    """How networks are judged."""

    protocol: Literal["paper", "released"]
    """Whose metric definitions the table shows (docs/evaluation.md)."""
    split: Literal["test", "all"]
    """Images of the unseen domain that are scored."""
    threshold: InnerShare
    """Probability above which a pixel belongs to a structure."""
    nest: bool
    """Cut a predicted structure to the one that it is within."""
    compare: Literal["auto"] | tuple[tuple[Id, Id], ...]
    """Comparisons declared beforehand, each [method, reference]: only these can find a row better (docs/evaluation.md).
    auto: those of [fdg_st, fdg], [fdg, deepall] and [fdg_st, deepall] whose rows are in the table; []: none."""
    bootstrap_samples: Annotated[int, Field(ge=100)]
    """Resamples of the bootstrap intervals."""
    confidence: InnerShare
    """Of the intervals; the rest is the level of the tests."""
    nsd_tolerance_px: tuple[Tolerance, ...]
    """Tolerances of the normalised surface distance, pixels of the ROI: a column of the scores for each; none: it is
    not measured."""
    normalisations: Annotated[tuple[Literal["running", "test_batch"], ...], Field(min_length=1)]
    """By which statistics the protocols normalise test images: running, those gathered in training, which the table
    has; test_batch, those of the test batch itself, which needs one more prediction of every model."""


class Figures(Strict):
    """What figures show besides the study's own images."""

    photographs: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(max_length=2)]
    """A content and a style photograph for figures 2 and 3; none: the phantom draws them, where it is the reader."""


class Configuration(Strict):
    """Meaning, unit and range of every key; config.yaml holds every value once, but for keys of list entries."""

    dataset: Dataset
    """Where images come from."""
    domains: Annotated[tuple[Domain, ...], Field(min_length=2)]
    """One for each clinic and camera; each in turn is the unseen one."""
    task: Task
    """What is segmented, in which images."""
    roi_size: Size
    """Size of the stored ROI, pixels: a number for a square, or [height, width]. Metrics are measured at this size."""
    network_size: Size
    """Size of what the network sees, pixels: a number for a square, or [height, width]."""
    mask_resize: Literal["nearest", "released"]
    """How masks are resized: nearest neighbour, or the released scripts' bicubic interpolation and new thresholds."""
    generation: Generation
    """How stylised images are generated."""
    augmentations: tuple[Augmentation, ...]
    """The ways to stylise (docs/augmentations.md)."""
    methods: Annotated[tuple[Method, ...], Field(min_length=1)]
    """The rows of the table."""
    ablations: tuple[Ablation, ...]
    """Studies beside the table."""
    seeds: Annotated[tuple[Natural, ...], Field(min_length=1)]
    """Training seeds: one training of every row and unseen domain for each."""
    training: TrainingAndExecution
    """How networks are trained."""
    evaluation: Evaluation
    """How networks are judged."""
    figures: Figures
    """What figures show besides the study's own images."""

    @property
    def every_method(self) -> list[Method]:
        """The rows of the table, and after them those of the ablations' own."""
        own = [item for study in self.ablations for item in study.methods if isinstance(item, Method)]
        return [*self.methods, *own]
