import numpy as np

from fdgst.core.seeding import generator, seed


def test_the_same_identity_gives_the_same_numbers_in_any_order():
    first = generator("style", 1, "a").integers(1000, size=5)
    generator("style", 2, "a").integers(1000, size=5)
    np.testing.assert_array_equal(generator("style", 1, "a").integers(1000, size=5), first)


def test_identities_that_only_look_alike_differ():
    identities = [("a", 1), ("a", "1"), ("a1",), ("a", 1, ""), (1, "a"), ("a", 1.5)]
    assert len({seed(*identity) for identity in identities}) == len(identities)


def test_a_seed_fits_sixty_three_bits_and_never_changes():
    assert all(0 <= seed("x", number) < 2**63 for number in range(100))
    assert seed("style", 2024, "domain1", "domain3", "g0001") == 2232077548797988241
