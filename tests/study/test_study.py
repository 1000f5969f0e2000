"""Everything that can be known of a configuration is known before the first job, one line for each fault."""

import pytest
import yaml

from tests.study.conftest import BASE, HOUSE

DEMO = yaml.safe_load(BASE.read_text())
GREY = {"id": "cell", "title": "Cell", "values": [[255, 255]], "regions": "all", "holes": "keep", "within": None}
CELLS = {"channels": 1, "bits": 8, "background": [[0, 254]], "around": None, "structures": [GREY], "measures": []}


def method(**changes):
    """A row, as an overlay that replaces all rows."""
    row = {"id": "x", "title": "X", "trainer": "plain", "augmentation": "none", "options": {}}
    return {"methods": [row | changes]}


def augmentation(**changes):
    """The demo's augmentations, the first of them changed."""
    first, *others = DEMO["augmentations"]
    return {"augmentations": [first | changes, *others]}


def domains(count, **changes):
    """Some domains, the first of them changed."""
    return {"domains": [{**DEMO["domains"][n], **(changes if n == 0 else {})} for n in range(count)]}


def structures(**changes):
    """The demo's structures, the first of them changed."""
    first, second = DEMO["task"]["structures"]
    return {"task": {"structures": [first | changes, second]}}


def test_the_demo_is_accepted(demo):
    study = demo({})
    assert study.domains == ["domain1", "domain2", "domain3", "domain4"]
    assert study.inherited == ()


@pytest.mark.parametrize("preset", ["all", "tiny", "live", "live_seeds"])
def test_a_preset_of_the_phantom_is_accepted_on_top_of_the_demo(demo, preset):
    demo(yaml.safe_load((HOUSE / f"workflow/presets/{preset}.yaml").read_text()))


@pytest.mark.parametrize("preset", ["paper", "released"])
def test_a_preset_of_the_paper_lacks_nothing_but_its_data(faults, preset):
    names = ["paper"] if preset == "paper" else ["paper", "released"]
    overlay = {}
    for name in names:
        overlay |= yaml.safe_load((HOUSE / f"workflow/presets/{name}.yaml").read_text())
    assert all("data/Fundus" in line for line in faults(overlay | {"dataset": {"reader": "fundus"}}))


@pytest.mark.parametrize(
    ("presets", "table"),
    [
        (["raw-fundus"], "raw"),
        (["raw-fundus", "raw-trial"], "raw"),
        (["raw-locator"], "whole"),
        (["raw-locator", "raw-trial"], "whole"),
        (["raw-locator", "raw-locator-trial"], "whole"),
    ],
)
def test_a_preset_of_raw_sets_lacks_nothing_but_its_table(faults, presets, table):
    overlay = {}
    for name in presets:
        overlay |= yaml.safe_load((HOUSE / f"workflow/presets/{name}.yaml").read_text())
    (line,) = set(faults(overlay))
    assert line.startswith(f"config: data/{table}.csv: expected a table of images, found no such file below ")


CASES = [
    # declared comparisons
    ({"evaluation": {"compare": "none"}}, "evaluation.compare: expected one of auto or a list, found 'none'"),
    (
        {"evaluation": {"compare": [["fdg", "fgd"]]}},
        "evaluation.compare[0]: expected ids of rows of the table, found 'fgd'; did you mean fdg?",
    ),
    ({"evaluation": {"compare": [["fdg"]]}}, "evaluation.compare[0]: expected 2 entries"),
    ({"evaluation": {"compare": [["fdg", "fdg"]]}}, "evaluation.compare[0]: expected two rows"),
    (
        {"evaluation": {"compare": [["fdg", "deepall"], ["deepall", "fdg"]]}},
        "evaluation.compare[1]: expected pairs that differ",
    ),
    (
        method(id="intra", trainer="intra") | {"evaluation": {"compare": [["intra", "fdg"]]}},
        "evaluation.compare[0]: expected rows that may be compared, found 'intra', an upper bound",
    ),
    # sizes and networks
    ({"network_size": 33}, "network_size: expected a multiple of 16"),
    ({"network_size": 1024}, "network_size: expected at most roi_size 192, found 1024"),
    ({"roi_size": [160, 224, 3]}, "roi_size: expected"),
    ({"training": {"encoder": "mobilenetv2"}}, "training.encoder: expected an encoder"),
    ({"training": {"decoder": "DeepLabV3plus"}}, "did you mean DeepLabV3Plus"),
    ({"training": {"encoder_weights": "None"}}, "training.encoder_weights: expected imagenet, none, or the path"),
    ({"training": {"encoder_weights": "weights/none.pth"}}, "found no file 'weights/none.pth'"),
    ({"training": {"atrous_rates": [1, 2]}}, "training.atrous_rates"),
    # trainers
    (method(trainer="dofe", options={"memroy": "ema"}), "memroy"),
    (method(trainer="dofe", options={"memory": "emma"}), "emma"),
    (method(trainer="facts", augmentation="fdg"), "methods[0].trainer: expected the name of a trainer"),
    (method(trainer="fact"), "methods[0].augmentation: trainer fact needs stylised copies, found none"),
    (method(trainer="intra", augmentation="fdg"), "methods[0].augmentation: expected none"),
    (method(augmentation="fgd"), "methods[0].augmentation: expected none or one of fdg, fdg_st, found 'fgd'"),
    (
        method(trainer="dofe") | {"training": {"decoder": "FPN"}},
        "training.decoder: methods[0] (trainer dofe) needs DeepLab",
    ),
    (method(id="pretrained"), "methods: expected another id than 'pretrained'"),
    (
        method(trainer="fact", augmentation="fdg") | {"training": {"images_per_step": None, "batch": 3}},
        "training.batch: expected an even number, since method x (trainer fact)",
    ),
    ({"training": {"images_per_step": 20}}, "training.images_per_step: expected a multiple of 6 (twice the sources)"),
    (domains(2) | {"training": {"images_per_step": None, "batch": 1}}, "batch normalisation"),
    ({"training": {"snapshot_epochs": 51}}, "training.snapshot_epochs: expected at most epochs + final_epochs = 50"),
    ({"training": {"epochs": 0}}, "training.epochs: expected at least 1, found 0"),
    ({"training": {"learning_rate": 0}}, "training.learning_rate: expected more than 0"),
    # pairs that are none: such a row would silently train on originals alone
    (domains(2) | {"generation": {"self_pairs": False}}, "methods[2]: augmentation fdg has no pair of domains"),
    # augmentations
    (augmentation(alpha=7), "augmentations[0].alpha: expected a number in [0, 1]"),
    (augmentation(alpha="energy:x"), "augmentations[0].alpha: expected a number in [0, 1]"),
    (augmentation(window="low:2"), "augmentations[0].window: expected full, released, dc, or low:beta"),
    (augmentation(**{"lambda": [0.1, 1.4]}), "augmentations[0].lambda[1]: expected at most 1, found 1.4"),
    (augmentation(**{"lambda": [0]}), "augmentations[0].lambda: expected a strength above 0"),
    (
        augmentation(**{"lambda": {"uniform": [0.9, 0.1], "copies": 1}}),
        "augmentations[0].lambda.uniform: expected [low, high]",
    ),
    # ids, titles, seeds
    (domains(4, id="domain2"), "domains: expected ids that differ, found 'domain2' 2 times"),
    (domains(4, id="average"), "domains: expected another id than 'average'"),
    (domains(4, id="a b/.."), "domains[0].id: expected letters, digits and underscores"),
    (domains(1), "domains: expected at least 2 entries"),
    (
        domains(2, paper=2) | {"domains": [d | {"paper": 2} for d in DEMO["domains"]]},
        "one domain with paper: 2, found 4",
    ),
    ({"seeds": [0, 0]}, "seeds: expected numbers that differ"),
    ({"seeds": []}, "seeds: expected at least 1 entries"),
    # studies
    (
        {"ablations": [{"id": "a", "title": "A", "unseen": ["domain9"], "methods": ["fdg"]}]},
        "ablations[0].unseen: expected one of domain1, domain2, domain3, domain4, found 'domain9'",
    ),
    (
        {"ablations": [{"id": "a", "title": "A", "unseen": ["domain1"], "methods": ["fgd"]}]},
        "ablations[0].methods: expected the id of a method, found 'fgd'; did you mean fdg",
    ),
    # the task
    (structures(within="dics"), "task.structures[0].within: expected null or one of cup, disc, found 'dics'"),
    (structures(within="cup"), "task.structures[0].within: expected structures that do not hold themselves"),
    (structures(values=[[50, 0]]), "task.structures[0].values: expected ranges [low, high]"),
    (structures(values=[[0, 220]]), "task.structures[0].values: expected values that are no background"),
    ({"task": CELLS | {"around": "disc"}}, "task.around: expected null or one of cell, found 'disc'"),
    ({"task": {"structures": [GREY], "around": None}}, "task.measures[0].of: expected one of cell, found 'cup'"),
    ({"task": {"channels": 2}}, "task.channels: expected one of 1, 3, found 2"),
    ({"task": {"bits": 12}}, "task.bits: expected one of 8, 16, found 12"),
    # evaluation
    ({"evaluation": {"nsd_tolerance_px": [2, 2]}}, "evaluation.nsd_tolerance_px: expected numbers that differ"),
    ({"evaluation": {"nsd_tolerance_px": [-1]}}, "evaluation.nsd_tolerance_px[0]: expected at least 0, found -1"),
    (
        {"evaluation": {"normalisations": ["test_batch"]}},
        "evaluation.normalisations: expected running, the table's own",
    ),
    (
        {"evaluation": {"normalisations": ["batch"]}},
        "evaluation.normalisations[0]: expected one of running, test_batch",
    ),
    # data and figures
    ({"dataset": {"reader": "magic"}}, "dataset.reader: expected one of"),
    ({"dataset": {"reader": "fundus", "root": "nowhere"}}, "nowhere"),
    ({"dataset": {"train": [1, 2]}}, "dataset.train: expected a number for each domain"),
    ({"dataset": {"exclude": ["D9/train/a.png"]}}, "D9/train/a.png"),
    ({"figures": {"photographs": ["a.jpg"]}}, "figures.photographs: expected a content and a style photograph"),
    (
        {"figures": {"photographs": ["a.jpg", "b.jpg"]}},
        "figures.photographs: expected a photograph, found no file a.jpg",
    ),
    # keys and types
    ({"training": {"lerning_rate": 1}}, "training.lerning_rate: unknown key; did you mean learning_rate?"),
    ({"dataset": {"sise_px": 1}}, "dataset.sise_px: unknown key; did you mean size_px?"),
    ({"training": {"batch": "5"}}, "training.batch: expected a whole number, found '5'; leave the quotes out"),
    ({"training": {"batch": 2.0}}, "training.batch: expected a whole number, found 2.0; write 2"),
    ({"training": {"batch": True}}, "training.batch: expected a whole number, found true"),
    ({"training": {"learning_rate": "1e-3"}}, "YAML reads 1e-3 as text: write 0.001 or 1.0e-3"),
    ({"training": {"learning_rate": float("nan")}}, "training.learning_rate: expected a finite number, found nan"),
    (domains(4, id=20231), "domains[0].id: expected text, found 20231; YAML reads digits as a number"),
    ({"training": {"encoder_weights": False}}, "YAML reads yes, no, on and off as true and false"),
    ({"training": {"encoder_weights": None}}, "training.encoder_weights: expected text, found None"),
    ({"evaluation": {"threshold": 1}}, "evaluation.threshold: expected less than 1, found 1"),
    ({"training": [1]}, "training: expected a map of keys and values"),
    ({"generation": {True: 1}}, "generation: expected keys that are text, found True; put it in quotes"),
    # keys of the first edition
    ({"label_resize": "nearest"}, "label_resize: is now mask_resize"),
    ({"evaluation": {"cup_in_disc": True}}, "evaluation.cup_in_disc: is now evaluation.nest"),
    ({"evaluation": {"crop_domain4": True}}, "evaluation.crop_domain4: is now released_crop: true"),
]


@pytest.mark.parametrize(("overlay", "expected"), CASES, ids=[expected[:60] for _, expected in CASES])
def test_a_fault_is_one_line_that_names_the_key(faults, overlay, expected):
    lines = faults(overlay)
    assert [line for line in lines if expected in line], lines
    assert all(line.startswith("config: ") and "\n" not in line for line in lines)


def test_one_mistake_is_told_once(faults):
    for overlay in (
        {"training": {"batch": 0}},
        augmentation(alpha=7),
        {"roi_size": "big"},
        {"dataset": {"train": "x"}},
        domains(2, id=20231) | {"training": {"images_per_step": 4}},
    ):
        assert len(faults(overlay)) == 1, overlay


def test_several_faults_are_told_at_once(faults):
    assert len(faults({"training": {"batch": 0, "epochs": "x", "speed": 1}, "seeds": []})) == 4


def test_a_very_small_threshold_is_legal_and_names_its_bank(demo):
    from fdgst.study.paths import Paths

    paths = Paths(demo(augmentation(alpha=0.00001)))
    assert paths.shard_inputs("fdg", "domain1", "domain2")["style_bank"] == "results/banks/domain2/soft-1e-05.h5"
    assert paths.bank_alpha("soft-1e-05") == "1e-05"


def test_keys_of_a_reader_that_is_not_chosen_are_ignored(demo):
    assert demo({"dataset": {"root": 7}}).domains


def test_another_world_is_accepted(demo):
    overlay = {"task": CELLS, "roi_size": [160, 224], "network_size": [64, 96]}
    assert demo(overlay).config.task.ids == ("cell",)
