import torch


def test_the_loss_is_the_mean_cross_entropy_before_the_step(trainer, batch):
    method, first = trainer("plain"), batch()
    p = torch.sigmoid(trainer("plain").logits(first.images)).double()
    expected = -torch.where(first.masks == 1, p.log(), (1 - p).log()).mean()
    torch.testing.assert_close(method.update(first).double(), expected, rtol=1e-5, atol=0)


def test_the_first_step_of_adam_is_the_rate_against_the_sign_of_the_gradient(trainer, batch):
    method = trainer("plain")
    bias = method.network.segmentation_head[0].bias
    before = bias.detach().clone()
    method.update(batch())
    torch.testing.assert_close(bias.detach() - before, -1e-3 * bias.grad.sign(), rtol=1e-3, atol=1e-6)


def test_intra_trains_as_plain_does(trainer, batch):
    plain, intra = trainer("plain"), trainer("intra")
    assert torch.equal(plain.update(batch()), intra.update(batch()))
