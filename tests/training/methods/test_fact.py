import math

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence

from fdgst.training.methods.fact import consistency_weight, crosswise, divergence, momentum


def logits(seed, scale=30):
    return scale * torch.randn(4, 2, 5, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    ("epoch", "weight"), [(0, 0.0134758940), (1, 0.0815244080), (2, 0.3305977764), (5, 2.0), (79, 2.0)]
)
def test_the_consistency_weight_ramps_up_over_five_epochs(epoch, weight):
    assert consistency_weight(epoch) == pytest.approx(weight, rel=1e-8)


@pytest.mark.parametrize(("t", "kept"), [(1, 0.5), (3, 0.75), (1998, 1998 / 1999), (1999, 0.9995), (10**6, 0.9995)])
def test_the_momentum_grows_to_its_limit(t, kept):
    assert momentum(t) == pytest.approx(kept, rel=1e-12)


def test_the_divergence_is_that_of_bernoullis_at_a_tenth_of_the_logits():
    teacher, student = logits(0), logits(1)
    expected = kl_divergence(Bernoulli(logits=teacher / 10), Bernoulli(logits=student / 10)).mean()
    torch.testing.assert_close(divergence(teacher, student), expected)


def test_the_divergence_of_equals_is_zero_even_where_a_probability_rounds_to_one():
    assert divergence(logits(0, 1e4), logits(0, 1e4)).item() == pytest.approx(0, abs=1e-12)


def test_each_half_of_the_student_is_held_to_the_other_half_of_the_teacher():
    (x, copy), (sx, scopy) = logits(0).chunk(2), logits(1).chunk(2)
    expected = divergence(x, scopy) + divergence(copy, sx)
    assert torch.equal(crosswise(torch.cat([x, copy]), torch.cat([sx, scopy])), expected)


def test_the_loss_is_the_definition(trainer, batch):
    method, same, first = trainer("fact"), trainer("fact"), batch(epoch=3)
    z, (x, copy) = same.logits(first.images), same.logits(first.images).sigmoid().chunk(2)  # the teacher is still equal
    mask, copy_mask = first.masks.chunk(2)
    bce = torch.nn.functional.binary_cross_entropy
    teacher = student = [Bernoulli(logits=half / 10) for half in z.chunk(2)]
    kl = [kl_divergence(teacher[0], student[1]).mean(), kl_divergence(teacher[1], student[0]).mean()]
    w = 2 * math.exp(-5 * (1 - 3 / 5) ** 2)
    expected = (bce(x, mask) + bce(copy, copy_mask)) / 2 + w * sum(kl)
    torch.testing.assert_close(method.update(first), expected.detach())


def test_the_teacher_is_at_first_the_average_of_the_students_weights(trainer, batch):
    method = trainer("fact")
    student, teacher = (net.segmentation_head[0].weight for net in (method.network, method.teacher.module))
    history = [student.detach().clone()]
    for step in range(3):
        method.update(batch(step, step=step))
        history.append(student.detach().clone())
    torch.testing.assert_close(teacher.detach(), torch.stack(history).mean(0))


def test_no_gradient_reaches_the_teacher(trainer, batch):
    method = trainer("fact")
    method.update(batch(epoch=5))
    assert all(parameter.grad is None for parameter in method.teacher.parameters())
    assert all(parameter.grad is not None for parameter in method.network.parameters())
    ours = {id(parameter) for group in method.optimiser.param_groups for parameter in group["params"]}
    assert not ours & {id(parameter) for parameter in method.teacher.parameters()}


def test_the_teacher_normalises_by_the_batch_even_after_a_prediction(trainer, batch):
    method = trainer("fact")
    method.predict(batch().images)
    assert method.teacher.training
    before = method.teacher.module.encoder.quarter[1].running_mean.clone()
    method.update(batch())
    assert not torch.equal(before, method.teacher.module.encoder.quarter[1].running_mean)


def test_the_finished_model_is_the_student(trainer, batch):
    method = trainer("fact")
    method.update(batch())
    assert all(torch.equal(method.network.state_dict()[key], value) for key, value in method.weights().items())
    assert not any("teacher" in key for key in method.weights())
