"""The settings of a training: what makes a model (`Training`), and how it is carried out (`Execution`)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fdgst.study.strict import Count, Natural, Share, Strict

Momentum = Annotated[float, Field(ge=0, lt=1)]


class Training(Strict):
    """What the weights of a model depend on."""

    network: Annotated[str, Field(min_length=1)] | None
    """A network of your own, as package.module:Name, in place of decoder and encoder (docs/extending.md), or null."""
    decoder: str
    """Architecture of segmentation-models-pytorch."""
    encoder: str
    """Encoder of segmentation-models-pytorch; `tu-` encoders are timm's."""
    encoder_weights: str
    """imagenet (downloaded), none (random), or the path of a file of weights."""
    atrous_rates: tuple[Count, Count, Count]
    """Dilations of DeepLab's pyramid, pixels of its deepest map."""
    batch: Count
    """Images of each source domain in a step; also sets the length of an epoch."""
    images_per_step: Annotated[int, Field(ge=2)] | None
    """Images of a step in all, shared evenly by the sources; null: batch from each source."""
    adam_betas: tuple[Momentum, Momentum]
    """Decay of Adam's means of the gradient and of its square."""
    pretrain_epochs: Count
    """Epochs of the plain network that all rows begin with."""
    epochs: Count
    """Epochs of each row at learning_rate."""
    learning_rate: Annotated[float, Field(gt=0)]
    """Step size of Adam, in pre-training and in the first epochs of each row."""
    final_epochs: Natural
    """Epochs of each row at final_learning_rate, after epochs."""
    final_learning_rate: Annotated[float, Field(gt=0)]
    """Step size of Adam in the final epochs of each row."""
    scale_probability: Share
    """Share of images that are enlarged and cropped."""
    scale_max: Annotated[float, Field(ge=1)]
    """Largest factor of height and of width, each drawn uniformly between 1 and it."""
    budget: Literal["equal", "released"]
    """equal: every row takes the same number of steps; released: augmented rows take the scripts' multiple."""
    mixed_precision: bool
    """bfloat16 where the device is a GPU that has it."""
    compile: bool
    """Whether passes are compiled with torch.compile."""
    deterministic: bool
    """Deterministic kernels on a GPU (a CPU is deterministic anyway)."""
    snapshot_epochs: Natural
    """Keep the weights every so many epochs, for the protocols of docs/evaluation.md; 0: none."""
    log_steps: Count
    """Steps between two looks at the loss."""

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON values: tuples as lists."""
        return self.model_dump(mode="json")


class Execution(Strict):
    """How a training is carried out: nothing here changes what it is asked to learn."""

    device: Literal["auto", "cpu", "cuda"]
    """Where it runs; auto: on a GPU where there is one."""
    threads: Count
    """Threads of one training, at most the CPUs at hand."""
    checkpoint_seconds: Annotated[float, Field(gt=0)]
    """Seconds between two checkpoints: what an interruption loses at most."""
    resident_gib: Annotated[float, Field(ge=0)]
    """Pixels up to this size, GiB, and to two thirds of what is free, stay in (GPU) memory; more is read by chunk."""
    tensorboard: bool
    """Whether TensorBoard event files are written too."""
