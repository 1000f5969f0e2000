"""What every trainer is: a network, an optimiser once it trains, and two functions, `update` and `predict`."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import nn

from fdgst.study.training import Training
from fdgst.training.batch import Batch
from fdgst.training.device import has_bfloat16


class Trainer:
    """One way to train a network. A subclass writes `update`; the rest serves it.

    Parameters
    ----------
    network : Module
        Images (B, C, H, W) to logits (B, K, H, W), one plane per structure; already on its device.
    settings : Training
        Of the run.
    options : mapping
        Every option, with its value.
    sources : int
        How many source domains the run has.
    seed : int
        Names what the trainer itself draws (`fdgst.core.seeding`).

    Attributes
    ----------
    mixed : bool
        Whether passes are made in bfloat16: as the run asks, where the device has it.
    pairs : bool
        Whether `update` needs an image and its stylised copy together (`fdgst.training.batch`).
    options : mapping
        The options a user may set. A tuple lists an option's values, the first of which stands when nothing is said;
        a mapping describes them in the words of JSON schema and states the default.
    chosen : mapping
        The value of each option in this training.
    decoders : tuple of str or None
        Decoders that it works with, None for any.
    needs_head : bool
        Whether it looks at what the network's ``segmentation_head`` is given (`fdgst.models.maps`).
    passes : int
        Into how many passes of the network `update` divides a batch: each must hold enough images to be normalised.
    unseen : bool
        Whether it trains on the unseen domain itself: an upper bound.
    augmentation : {'needed', 'refused', 'free'}
        Whether its row must, must not or may name an augmentation.

    Notes
    -----
    What a class needs it states in literals: they are read before anything is imported (`fdgst.training.needs`).
    """

    pairs: ClassVar[bool] = False
    options: ClassVar[Mapping[str, Any]] = {}
    decoders: ClassVar[tuple[str, ...] | None] = None
    needs_head: ClassVar[bool] = False
    passes: ClassVar[int] = 1
    unseen: ClassVar[bool] = False
    augmentation: ClassVar[str] = "free"

    def __init__(
        self, network: nn.Module, *, settings: Training, options: Mapping[str, Any], sources: int, seed: int
    ) -> None:
        self.network = network
        self.settings = settings
        self.chosen = options
        self.sources = sources
        self.seed = seed
        self.device = next(network.parameters()).device
        self.mixed = settings.mixed_precision and has_bfloat16(self.device)

    @cached_property
    def optimiser(self) -> torch.optim.Optimizer:
        """Adam on the network's parameters, made when it is first needed: a prediction has none."""
        return torch.optim.Adam(
            self.network.parameters(),
            lr=self.settings.learning_rate,
            betas=(self.settings.adam_betas[0], self.settings.adam_betas[1]),
            fused=True,  # on a CPU too: a third of the time of the plain loop over parameters
        )

    def prepare(self, images: Iterator[tuple[int, torch.Tensor]]) -> None:
        """Look once at every training image of the sources before the first step of a row's own training.

        Parameters
        ----------
        images : iterator of (int, tensor of shape (n, C, H, W))
            A source domain's index and some of its images, normalised; in any order, each image once.
        """

    def update(self, batch: Batch) -> torch.Tensor:
        """Make one step and return its loss, a detached scalar on the device (nobody waits for it here)."""
        raise NotImplementedError

    @torch.no_grad()
    def predict(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (B, K, H, W) of images (B, C, H, W), in evaluation mode and float32."""
        self.network.eval()
        return self.network(images)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return float32 logits of `images` for a loss: training mode, mixed precision where the run has it."""
        self._train()
        with self.autocast():
            return self.network(images).float()

    def descend(self, loss: torch.Tensor) -> torch.Tensor:
        """Take one optimiser step down `loss` and return the loss, detached."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return loss.detach()

    def compile(self) -> None:
        """Compile the passes of `update` where that is possible; called once, before the first step."""
        self.network.compile()

    def autocast(self) -> torch.autocast:
        """Return a context: bfloat16 when ``mixed_precision`` is set and the device has it, float32 otherwise."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.mixed)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return what a finished model is: every tensor that `predict` needs, by name."""
        return dict(self.network.state_dict())

    def load_weights(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Take the tensors of `weights`, all of them and no others."""
        self.network.load_state_dict(dict(weights))

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on: nested dicts of tensors (not copies) and plain numbers."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state` of the same trainer."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

    def _train(self) -> None:
        """Switch to training mode, when not there already (a walk over all modules costs a share of a GPU's step)."""
        if not self.network.training:
            self.network.train()
