"""FACT: amplitude mix and a co-teacher (Xu et al., "A Fourier-based framework for domain generalization", CVPR 2021).

A batch holds images x in its first half and their stylised copies x^ in its second.
"""

from collections.abc import Mapping
from functools import cached_property
from math import exp
from typing import Any, ClassVar

import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from fdgst.training.batch import Batch
from fdgst.training.methods.losses import cross_entropy
from fdgst.training.methods.trainer import Trainer

TEMPERATURE = 10.0
LARGEST_MOMENTUM = 0.9995
CONSISTENCY_WEIGHT = 2.0
RAMP_EPOCHS = 5


class FACT(Trainer):
    """Minimise cross-entropy, and the divergence of the student on x^ from the teacher on x and the other way round.

    The teacher is an exponential moving average of the student's parameters and runs in training mode. ASSUME: the
    running statistics of its batch normalisations are the student's, and nothing reads them. x and x^ pass each
    network as one batch, so that they share its batch statistics (ASSUME).
    """

    pairs: ClassVar = True
    augmentation: ClassVar = "needed"

    @cached_property
    def teacher(self) -> AveragedModel:
        """The average of the student's parameters, made when training begins: a prediction has none."""
        teacher = AveragedModel(self.network)
        teacher.n_averaged += 1  # type: ignore[operator]  # its start, a copy of the student, is the first of the average
        return teacher.requires_grad_(False).train()

    def update(self, batch: Batch) -> torch.Tensor:
        """Make one step of the student, then let the teacher follow."""
        student = self.logits(batch.images)
        with torch.no_grad(), self.autocast():
            teacher = self.teacher(batch.images).float()
        disagreement = crosswise(teacher, student)
        loss = cross_entropy(student, batch.masks)  # over both halves: (BCE(x) + BCE(x^)) / 2
        loss = self.descend(loss + consistency_weight(batch.epoch) * disagreement)
        self._follow()
        return loss

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the teacher's parameters towards the student's, and take over its statistics.

        Not by the teacher's own `update_parameters`, which copies the number of steps to the device, and waits for it.
        """
        share = 1 - momentum(int(self.teacher.n_averaged))
        for theirs, ours in zip(self.teacher.module.parameters(), self.network.parameters(), strict=True):
            theirs.lerp_(ours, share)
        for kept, now in zip(self.teacher.module.buffers(), self.network.buffers(), strict=True):
            kept.copy_(now)
        self.teacher.n_averaged += 1  # type: ignore[operator]  # a tensor, on the CPU

    def compile(self) -> None:
        """Compile the student and the teacher."""
        self.teacher.compile()
        super().compile()

    def state(self) -> dict[str, Any]:
        """Add the teacher, and with it the number of steps that it has followed."""
        return super().state() | {"teacher": self.teacher.state_dict()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on with the teacher as it was."""
        super().load_state(state)
        self.teacher.load_state_dict(state["teacher"])


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
    teacher, student : tensor, shape (B, K, H, W)
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
