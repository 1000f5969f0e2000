import math

import pytest
import torch

from fdgst.training.methods.losses import contrastive_loss, cross_entropy, dice_loss


def test_the_cross_entropy_of_undecided_logits_is_log_two():
    assert cross_entropy(torch.zeros(2, 2, 3, 3), torch.ones(2, 2, 3, 3)).item() == pytest.approx(math.log(2))


def test_the_dice_loss_of_undecided_logits_is_known():
    masks = torch.zeros(1, 2, 1, 4)
    masks[0, 0, 0, :2] = 1  # 1 - 2 (2 .5) / (4 .25 + 2) = 1/3; the empty structure's is 1
    assert dice_loss(torch.zeros(1, 2, 1, 4), masks).item() == pytest.approx((1 / 3 + 1) / 2, abs=1e-4)


def test_the_dice_loss_of_a_perfect_prediction_is_zero():
    masks = (torch.rand(2, 2, 8, 8, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    assert dice_loss(100 * (masks - 0.5), masks).item() == pytest.approx(0, abs=1e-6)


def test_the_dice_loss_of_an_absent_structure_that_is_not_predicted_is_zero():
    assert dice_loss(torch.full((1, 2, 4, 4), -100.0), torch.zeros(1, 2, 4, 4)).item() == 0


def by_hand(embeddings, classes):
    """NT-Xent by its definition, one pair at a time."""
    unit = [vector / math.sqrt(sum(x * x for x in vector)) for vector in embeddings.double().numpy()]
    s, n, losses = [[math.exp(float(a @ b) / 0.05) for b in unit] for a in unit], len(unit), []
    for a in range(n):
        against = sum(s[a][b] for b in range(n) if classes[b] != classes[a])
        losses += [-math.log(s[a][b] / (s[a][b] + against)) for b in range(n) if b != a and classes[b] == classes[a]]
    return sum(losses) / len(losses)


def test_the_contrastive_loss_equals_its_definition():
    embeddings = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    classes = torch.tensor([0, 0, 1, 1, 1, 0, 2])
    loss = contrastive_loss(embeddings, classes, torch.ones(7, dtype=torch.bool))
    assert loss.item() == pytest.approx(by_hand(embeddings, classes.tolist()), rel=1e-5)


def test_an_embedding_that_is_not_valid_takes_no_part():
    embeddings = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    embeddings[2] = 0
    classes, valid = torch.tensor([0, 1, 0, 1, 0]), torch.tensor([True, True, False, True, True])
    expected = contrastive_loss(embeddings[valid], classes[valid], valid[valid])
    torch.testing.assert_close(contrastive_loss(embeddings, classes, valid), expected)


@pytest.mark.parametrize("valid", [[False, False, False], [True, False, False], [True, True, False]])
def test_without_a_pair_the_contrastive_loss_and_its_gradient_are_zero(valid):
    embeddings = torch.zeros(3, 4).index_fill(0, torch.tensor([0, 1]), 1.0).requires_grad_()
    loss = contrastive_loss(embeddings, torch.tensor([0, 1, 1]), torch.tensor(valid))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(embeddings.grad, torch.zeros(3, 4))
