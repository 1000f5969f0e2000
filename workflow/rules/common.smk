# Helpers of the rules. Paths are functions of wildcards here, and nowhere else.
import atexit
import json
import re
import sys

from fdgst.config import check
from fdgst.data import reader
from fdgst.errors import ConfigError
from fdgst.fingerprint import fingerprint
from snakemake.exceptions import WorkflowError

try:
    check(config, HOUSE / "workflow/schemas/config.schema.yaml")
except ConfigError as error:
    raise WorkflowError(*error.faults) from None

DOMAINS = [domain["id"] for domain in config["domains"]]
AUGMENTATIONS = {item["id"]: item for item in config["augmentations"]}
STUDIES = {study["id"]: study for study in config["ablations"]}
METHODS = {
    item["id"]: item
    for item in [
        *config["methods"],
        *(m for study in STUDIES.values() for m in study["methods"] if isinstance(m, dict)),
    ]
}
ROWS = [method["id"] for method in config["methods"]]
SEEDS = config["seeds"]
RUN_TIME = ("device", "threads", "checkpoint_seconds", "resident_gib", "tensorboard")  # how to run, never what
ENVIRONMENT = "../envs/fdgst.yaml"  # one for all rules; used with --software-deployment-method conda


# a resource of trainings: in their command, but no part of their tracked params
RUN_TIME_FLAGS = "--device {device} --checkpoint-seconds {checkpoint_seconds} --resident-gib {resident_gib}".format(
    **config["training"]
) + (" --tensorboard" if config["training"]["tensorboard"] else "")


wildcard_constraints:
    domain="[A-Za-z0-9_]+",
    unseen="[A-Za-z0-9_]+",
    content="[A-Za-z0-9_]+",
    style="[A-Za-z0-9_]+",
    augmentation="[A-Za-z0-9_]+",
    method="[A-Za-z0-9_]+",
    study="[A-Za-z0-9_]+",
    seed="[0-9]+",
    bank="(network-)?(dense|soft-[a-z0-9.-]+)",


def sources(unseen):
    """The domains whose images a run may see: all but the unseen one."""
    return [domain for domain in DOMAINS if domain != unseen]


def as_json(value):
    """One tracked value of a rule's params: equal settings give equal text."""
    return json.dumps(value, sort_keys=True)


def domain(key):
    """A params function: what the configuration says of the wildcard's domain."""
    return lambda wildcards: config["domains"][DOMAINS.index(wildcards.domain)][key]


def number(wildcards):
    """A domain's place in the configuration, from 1."""
    return DOMAINS.index(wildcards.domain) + 1


def dataset(wildcards):
    """The reader's own settings, with the exclusions of this domain only."""
    own = {"phantom": ("seed", "size_px", "train", "test"), "fundus": ("root",)}[config["dataset"]["reader"]]
    folder = domain("folder")(wildcards) + "/"
    exclude = [name for name in config["dataset"]["exclude"] if name.startswith(folder)]
    return as_json({"reader": config["dataset"]["reader"], "exclude": exclude} | {k: config["dataset"][k] for k in own})


def photographs(wildcards):
    """Every file of the domain that the reader will open: a folder's time stamp would miss an edited one."""
    return reader(config["dataset"]["reader"]).files(config["dataset"], domain("folder")(wildcards))


def augmentation(key):
    """A params function: what the configuration says of the wildcard's augmentation."""
    return lambda wildcards: AUGMENTATIONS[wildcards.augmentation].get(key, {"mixing": "roi"}.get(key, "none"))


def augmentation_json(wildcards):
    """The strengths of an augmentation as text: a list, or how they are drawn."""
    return as_json(AUGMENTATIONS[wildcards.augmentation]["lambda"])


def bank_name(item):
    """The file of an augmentation's style amplitudes below results/banks/{domain}/."""
    alpha = item.get("alpha", 0)
    stem = "soft-{}".format(str(alpha).replace(":", "-")) if alpha else "dense"
    return ("network-" if item.get("mixing") == "network" else "") + stem


def bank_alpha(wildcards):
    """The threshold that a bank's file name speaks of."""
    return re.sub("^(network-)?(dense|soft-)", "", wildcards.bank).replace("-", ":") or "0"


def bank_mixing(wildcards):
    """The size that a bank's file name speaks of."""
    return "network" if wildcards.bank.startswith("network-") else "roi"


def shard_banks(wildcards):
    """The banks of a shard: the style's, and with a threshold the content's, whose phases it keeps."""
    item = AUGMENTATIONS[wildcards.augmentation]
    if item["kind"] != "fourier":
        return {}
    banks = {"style_bank": f"results/banks/{wildcards.style}/{bank_name(item)}.h5"}
    if item["alpha"]:
        banks["content_bank"] = f"results/banks/{wildcards.content}/{bank_name(item)}.h5"
    return banks


def bank_flags(wildcards, input):
    """The same as flags of the command."""
    return " ".join(f"--{key.replace('_', '-')} {input[key]}" for key in shard_banks(wildcards))


def pairs(item, domains):
    """The (content, style) pairs of an augmentation among these domains; a control has no style of its own."""
    if item["kind"] != "fourier":
        return [(domain, domain) for domain in domains]
    return [(c, s) for c in domains for s in domains if config["generation"]["self_pairs"] or c != s]


def shards(wildcards):
    """The shards that a run reads: pairs among its sources."""
    item = AUGMENTATIONS.get(METHODS[wildcards.method]["augmentation"])
    found = pairs(item, sources(wildcards.unseen)) if item else []
    return [f"results/shards/{item['id']}/{content}/{style}.h5" for content, style in found]


def source_rois(wildcards):
    """The ROI files that a run reads; an upper bound (trainer intra) reads the unseen domain's own."""
    intra = "method" in wildcards.keys() and METHODS[wildcards.method]["trainer"] == "intra"
    return [f"results/rois/{name}.h5" for name in ([wildcards.unseen] if intra else sources(wildcards.unseen))]


def reference_rois(wildcards):
    """ROI files that lend an upper bound the budget of the other rows: their number of images sets its steps."""
    intra = METHODS[wildcards.method]["trainer"] == "intra"
    return [f"results/rois/{name}.h5" for name in sources(wildcards.unseen)] if intra else []


def method(key):
    """A params function: what the configuration says of the wildcard's method."""
    return lambda wildcards: METHODS[wildcards.method][key]


def method_options(wildcards):
    """The options of the wildcard's trainer, as text."""
    return as_json(METHODS[wildcards.method]["options"])


def start(wildcards):
    """The pre-trained network of a run; an upper bound starts from the encoder's weights."""
    if METHODS[wildcards.method]["trainer"] == "intra":
        return []
    return f"results/pretrained/{wildcards.unseen}/seed{wildcards.seed}/model.safetensors"


def training_settings(**replaced):
    """What makes a model, as text; values that a stage does not read are replaced, so that they cannot re-run it."""
    kept = {key: value for key, value in config["training"].items() if key not in RUN_TIME}
    return as_json(kept | replaced)


def run_settings(wildcards):
    """What makes a row's model: an upper bound reads all of it, the others start when pre-training is over."""
    intra = METHODS[wildcards.method]["trainer"] == "intra"
    return training_settings() if intra else training_settings(pretrain_epochs=0)


def run_flags(wildcards, input):
    """The files of a training as flags of the command; lists that are empty have none."""
    given = {flag: input.get(flag, []) for flag in ("start", "rois", "shard", "reference")}
    named = {flag: [files] if isinstance(files, str) else files for flag, files in given.items()}
    return " ".join(f"--{flag} {file}" for flag, files in named.items() for file in files)


def prediction_flags(wildcards):
    """How masks are made of the network's answer."""
    values = config["evaluation"]
    crop = values["crop_domain4"] and DOMAINS.index(wildcards.unseen) == 3
    flags = {"cup-in-disc": values["cup_in_disc"], "crop-centre": crop}
    return f"--threshold {values['threshold']} " + " ".join(f"--{flag}" for flag, on in flags.items() if on)


def all_shards(wildcards):
    """Every shard of an augmentation that some run reads."""
    item = AUGMENTATIONS[wildcards.augmentation]
    return [f"results/shards/{item['id']}/{content}/{style}.h5" for content, style in pairs(item, DOMAINS)]


def rows_json(methods=ROWS):
    """Id, title and trainer of rows, as text."""
    return as_json([{key: METHODS[name][key] for key in ("id", "title", "trainer")} for name in methods])


def domains_json():
    """Id and title of the domains, as text."""
    return as_json([{key: domain[key] for key in ("id", "title")} for domain in config["domains"]])


def repeat_faults(main_log):
    """Say the faults of the failed jobs once more when everything else has been said."""
    logs = re.findall(r"^\s+log: (\S+) \(check log file", Path(main_log).read_text(), re.MULTILINE)
    lines = []
    for path in dict.fromkeys(logs):
        said = Path(path).read_text(errors="replace").splitlines() if Path(path).is_file() else []
        lines += [line for line in said if line.startswith("fdgst: error:")] or said[-1:]
    atexit.register(lambda: print(*lines, sep="\n", file=sys.stderr))
