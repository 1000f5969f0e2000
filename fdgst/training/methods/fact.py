"""FACT: amplitude mix and a co-teacher (Xu et al., "A Fourier-based framework for domain generalization", CVPR 2021).

A batch holds images x in its first half and their stylised copies x^ in its second.
"""

from collections.abc import Mapping
from copy import deepcopy
from math import exp
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from fdgst.training.batch import Batch
from fdgst.training.methods.losses import cross_entropy
from fdgst.training.methods.trainer import Trainer, TrainerSettings

TEMPERATURE = 10.0
LARGEST_MOMENTUM = 0.9995
CONSISTENCY_WEIGHT = 2.0
RAMP_EPOCHS = 5


class FACT(Trainer):
    """Minimise cross-entropy, and the divergence of the student on x^ from the teacher on x and the other way round.

    The teacher is an exponential moving average of the student's parameters and runs in training mode. ASSUME: its
    batch normalisations keep running statistics of their own, which nothing reads. x and x^ pass each network as
    one batch, so that they share its batch statistics (ASSUME).
    """

    pairs = True

    def __init__(
        self, network: nn.Module, *, settings: TrainerSettings, options: Mapping[str, Any], sources: int, seed: int
    ) -> None:
        super().__init__(network, settings=settings, options=options, sources=sources, seed=seed)
        self.teacher = deepcopy(network).requires_grad_(False).train()
        self.steps = 0

    def update(self, batch: Batch) -> torch.Tensor:
        """Make one step of the student, then let the teacher follow."""
        student = self.logits(batch.images)
        with torch.no_grad(), self.autocast():
            teacher = self.teacher(batch.images).float()
        disagreement = crosswise(teacher, student)
        loss = cross_entropy(student, batch.labels)  # over both halves: (BCE(x) + BCE(x^)) / 2
        loss = self.descend(loss + consistency_weight(batch.epoch) * disagreement)
        self._follow()
        return loss

    def _follow(self) -> None:
        """Move the teacher towards the student."""
        self.steps += 1
        theirs: list[torch.Tensor] = list(self.teacher.parameters())
        ours = [parameter.detach() for parameter in self.network.parameters()]
        torch._foreach_lerp_(theirs, ours, 1 - momentum(self.steps))

    def compile(self) -> None:
        """Compile the student and the teacher."""
        super().compile()
        self.teacher.compile()

    def state(self) -> dict[str, Any]:
        """Add the teacher and the number of steps that it has followed."""
        return super().state() | {"teacher": self.teacher.state_dict(), "steps": self.steps}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on with the teacher as it was."""
        super().load_state(state)
        self.teacher.load_state_dict(state["teacher"])
        self.steps = state["steps"]


def crosswise(teacher: torch.Tensor, student: torch.Tensor) -> torch.Tensor:
    """Return KL(p_teacher(x) || p(x^)) + KL(p_teacher(x^) || p(x)) of logits whose halves belong to x and x^."""
    teacher_x, teacher_copy = teacher.chunk(2)
    student_x, student_copy = student.chunk(2)
    return divergence(teacher_x, student_copy) + divergence(teacher_copy, student_x)


def momentum(t: int) -> float:
    """Return the teacher's share that step `t` keeps, min(1 - 1/(t+1), .9995).

    ASSUME: t counts the steps made, from 1, so that the teacher is at first the plain average of the student's
    weights from the start on.
    """
    return min(1 - 1 / (t + 1), LARGEST_MOMENTUM)


def consistency_weight(epoch: int) -> float:
    """Return w = 2 exp(-5 (1 - min(epoch, 5)/5)^2), epochs counted from 0."""
    return CONSISTENCY_WEIGHT * exp(-5 * (1 - min(epoch, RAMP_EPOCHS) / RAMP_EPOCHS) ** 2)


def divergence(teacher: torch.Tensor, student: torch.Tensor) -> torch.Tensor:
    """Return the mean over pixels of KL(p_teacher || p_student), Bernoulli, p = sigmoid(z / 10).

    Parameters
    ----------
    teacher, student : tensor, shape (B, 2, S, S)
        Logits z.

    Returns
    -------
    scalar tensor
        Mean over images, structures and pixels; the gradient is `student`'s alone if `teacher` has none.
    """
    z, p = student / TEMPERATURE, torch.sigmoid(teacher / TEMPERATURE)
    # KL = cross-entropy - entropy; both from logits, exact also where a probability rounds to 0 or 1
    entropy = functional.binary_cross_entropy_with_logits(teacher / TEMPERATURE, p)
    return functional.binary_cross_entropy_with_logits(z, p) - entropy
