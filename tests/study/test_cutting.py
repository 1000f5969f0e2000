"""What the slices of rules hold."""

import json

import pytest

from fdgst.study.cutting import Slices


@pytest.mark.parametrize(("images", "shared"), [(18, 24), (24, 24), (None, None)])
def test_where_nothing_is_held_out_all_domains_share_the_next_number_of_images(demo, images, shared):
    slices = Slices(demo({"training": {"images_per_step": images}}))
    held_out, none = (json.loads(slices.train("fdg", unseen))["training"] for unseen in ("domain1", "none"))
    assert held_out["images_per_step"] == images
    assert none == held_out | {"images_per_step": shared}
    assert json.loads(slices.pretrain("none"))["training"]["images_per_step"] == shared


def test_a_bundle_s_slice_holds_the_licences(demo):
    domains = [{"id": name, "title": name, "camera": 1, "licence": f"{name} BY"} for name in "ab"]
    settings = json.loads(Slices(demo({"domains": domains})).bundle())
    assert [item["licence"] for item in settings["domains"]] == ["a BY", "b BY"]
    assert settings["roi_size"] == [192, 192]
