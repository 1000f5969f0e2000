# Helpers of the rules. Paths are functions of wildcards here, and nowhere else.
import atexit
import hashlib
import json
import re
import sys

from fdgst.config import check
from fdgst.data import READERS, reader
from fdgst.errors import ConfigError
from fdgst.fingerprint import fingerprint
from fdgst.reporting.printed import incomparable

try:
    check(config, HOUSE / "workflow/schemas/config.schema.yaml")
except ConfigError as error:
    sys.exit("\n".join(error.faults))  # Snakemake would name this line after them

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
# trained on the unseen domain itself: no rivals of the other rows, and no part of the leak test
UPPER_BOUNDS = {name for name, item in METHODS.items() if item["trainer"] == "intra"}
RIVALS = [name for name in ROWS if name not in UPPER_BOUNDS]
SEEDS = config["seeds"]
EVERY = config["training"]["snapshot_epochs"]
EPOCHS = config["training"]["epochs"] + config["training"]["final_epochs"]
SNAPSHOTS = [f"epoch{epoch:04d}" for epoch in range(EVERY, EPOCHS + 1, EVERY)] if EVERY else []
FIGURES = ("fig1", "fig2", "fig3", "released", "fig5", "boxes", "agreement", "curves", "gallery", "protocols")
DATA = {"phantom": "phantom", "fundus": Path(config["dataset"]["root"]).name}[config["dataset"]["reader"]]
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
    figure="|".join(FIGURES),
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


def shard_files(item, domains):
    """The shards of an augmentation among these domains."""
    return [f"results/shards/{item['id']}/{content}/{style}.h5" for content, style in pairs(item, domains)]


def shards(wildcards):
    """The shards that a run reads: pairs among its sources."""
    item = AUGMENTATIONS.get(METHODS[wildcards.method]["augmentation"])
    return shard_files(item, sources(wildcards.unseen)) if item else []


def all_shards(wildcards):
    """Every shard of an augmentation that some run reads."""
    return shard_files(AUGMENTATIONS[wildcards.augmentation], DOMAINS)


def roi_files(domains):
    """The ROI files of these domains."""
    return [f"results/rois/{domain}.h5" for domain in domains]


def source_rois(wildcards):
    """The ROI files that a run reads; an upper bound reads the unseen domain's own."""
    own = "method" in wildcards.keys() and wildcards.method in UPPER_BOUNDS  # pre-training has no method
    return roi_files([wildcards.unseen] if own else sources(wildcards.unseen))


def reference_rois(wildcards):
    """ROI files that lend an upper bound the budget of the other rows: their number of images sets its steps."""
    return roi_files(sources(wildcards.unseen)) if wildcards.method in UPPER_BOUNDS else []


def method(key):
    """A params function: what the configuration says of the wildcard's method."""
    return lambda wildcards: METHODS[wildcards.method][key]


def method_options(wildcards):
    """The options of the wildcard's trainer, as text."""
    return as_json(METHODS[wildcards.method]["options"])


def start(wildcards):
    """The pre-trained network of a run; an upper bound starts from the encoder's weights."""
    if wildcards.method in UPPER_BOUNDS:
        return []
    return f"results/pretrained/{wildcards.unseen}/seed{wildcards.seed}/model.safetensors"


def training_settings(**replaced):
    """What makes a model, as text; values that a stage does not read are replaced, so that they cannot re-run it."""
    kept = {key: value for key, value in config["training"].items() if key not in RUN_TIME}
    return as_json(kept | replaced)


def run_settings(wildcards):
    """What makes a row's model: an upper bound reads all of it, the others start when pre-training is over."""
    return training_settings() if wildcards.method in UPPER_BOUNDS else training_settings(pretrain_epochs=0)


def run_flags(wildcards, input):
    """The files of a training as flags of the command; lists that are empty have none."""
    given = {flag: input.get(flag, []) for flag in ("start", "rois", "shard", "reference")}
    named = {flag: [files] if isinstance(files, str) else files for flag, files in given.items()}
    return " ".join(f"--{flag} {file}" for flag, files in named.items() for file in files)


def trainer_fingerprint(wildcards):
    """The code of a row's trainer, which the training finds by name."""
    return fingerprint("fdgst.training.methods.{}".format(METHODS[wildcards.method]["trainer"]))


def run_folder(wildcards):
    """The part of a path that names a run."""
    return f"{wildcards.method}/{wildcards.unseen}/seed{wildcards.seed}"


def snapshots(wildcards):
    """The weights of a run's snapshots."""
    return [f"results/runs/{run_folder(wildcards)}/snapshots/{snapshot}.safetensors" for snapshot in SNAPSHOTS]


def snapshot_rois(wildcards):
    """The images that a run's snapshots predict: every domain's."""
    return roi_files(DOMAINS)


def snapshots_by_domain(wildcards, input):
    """For each of a run's snapshot predictions its weights."""
    return [weights for weights in input.weights for _ in DOMAINS]


def domains_by_snapshot(wildcards, input):
    """For each of a run's snapshot predictions its images."""
    return [rois for _ in SNAPSHOTS for rois in input.rois]


def rescored_pairs(wildcards):
    """Predictions that the protocols compare, each with its domain."""
    run, unseen = run_folder(wildcards), wildcards.unseen
    return [
        (f"results/runs/{run}/predictions.h5", unseen),
        *([(f"results/protocols/{run}/other_view.h5", unseen)] if fourth(unseen) else []),
        *((f"results/protocols/{run}/{name}/{domain}.h5", domain) for name in SNAPSHOTS for domain in DOMAINS),
    ]


def rescored(wildcards):
    """These predictions and the images they are of."""
    predictions, domains = zip(*rescored_pairs(wildcards))
    return {"predictions": predictions, "rois": roi_files(sorted(set(domains)))}


def rescored_rois(wildcards):
    """For each of these predictions its images."""
    return roi_files(domain for _, domain in rescored_pairs(wildcards))


def rescored_names(wildcards):
    """Which weights each of these predictions is of."""
    names = [Path(path).parent.name for path, _ in rescored_pairs(wildcards)]
    return [name if name in SNAPSHOTS else "last" for name in names]


def rescored_files(wildcards, output):
    """Where the scores of each of these predictions go."""
    return [f"{output}/{number:03d}.csv" for number, _ in enumerate(rescored_pairs(wildcards))]


def fourth(unseen):
    """Whether the released test script would show the network the centre of this domain's ROIs only."""
    return DOMAINS.index(unseen) == 3


def view_flags(*, crop):
    """What the network sees of a ROI, and how masks are made of its answer."""
    values = config["evaluation"]
    flags = {"cup-in-disc": values["cup_in_disc"], "crop-centre": crop}
    return f"--threshold {values['threshold']} " + " ".join(f"--{flag}" for flag, on in flags.items() if on)


def prediction_flags(wildcards):
    """The view of the unseen domain that the table shows."""
    return view_flags(crop=config["evaluation"]["crop_domain4"] and fourth(wildcards.unseen))


def other_view_flags(wildcards):
    """The other view of the fourth domain: the protocols compare its whole ROIs with their centres."""
    return view_flags(crop=not config["evaluation"]["crop_domain4"])


def rows_json(methods):
    """Id, title and trainer of rows, as text."""
    return as_json([{key: METHODS[name][key] for key in ("id", "title", "trainer")} for name in methods])


def domains_json(domains):
    """Id and title of domains, as text."""
    return as_json([{key: item[key] for key in ("id", "title")} for item in config["domains"] if item["id"] in domains])


def study_ids(wildcards):
    """The rows of a study."""
    return [m["id"] if isinstance(m, dict) else m for m in STUDIES[wildcards.study]["methods"]]


def study_methods(wildcards):
    """The same as text."""
    return rows_json(study_ids(wildcards))


def study_domains(wildcards):
    """The unseen domains of a study, as text."""
    return domains_json(STUDIES[wildcards.study]["unseen"])


def study_scores(wildcards):
    """The scores that a study sums up."""
    return expand(
        "results/runs/{method}/{unseen}/seed{seed}/scores.csv",
        method=study_ids(wildcards),
        unseen=STUDIES[wildcards.study]["unseen"],
        seed=SEEDS,
    )


def figure_inputs(wildcards):
    """The files that a figure shows."""
    rois = {"rois": roi_files(DOMAINS)}
    pair = {"rois": roi_files(DOMAINS[:2])}  # content, style
    scores = {"scores": "results/scores.csv"}
    runs = expand("results/runs/{method}/{unseen}/seed{seed}", method=ROWS, unseen=DOMAINS, seed=SEEDS)
    begun = expand("results/pretrained/{unseen}/seed{seed}", unseen=DOMAINS, seed=SEEDS)
    predictions = {"runs": [f"{run}/predictions.h5" for run in runs]}
    photographs = {"photographs": config["figures"]["photographs"]}
    return {
        "fig1": rois,
        "fig2": pair | photographs,
        "fig3": pair | photographs,
        "released": pair,
        "fig5": rois | predictions | scores,
        "gallery": rois | predictions | scores,
        "boxes": scores,
        "agreement": scores,
        "curves": {"runs": [f"{run}/history.csv" for run in [*begun, *runs]]},
        "protocols": {"tables": "results/protocols.csv"},
    }[wildcards.figure]


def figure_flags(wildcards, input):
    """The same as flags of the command; whole photographs are drawn where none are named."""
    flags = [f"--{name} {input[name]}" for name in figure_inputs(wildcards) if input[name]]
    drawn = wildcards.figure in ("fig2", "fig3") and not config["figures"]["photographs"]
    return " ".join([*flags, *([f"--phantom {config['dataset']['seed']}"] if drawn else [])])


def report_files(wildcards):
    """Everything that the report shows, or tells the origin of."""
    used = {METHODS[name]["augmentation"] for name in ROWS} - {"none"}
    runs = expand("results/runs/{method}/{unseen}/seed{seed}/run.json", method=ROWS, unseen=DOMAINS, seed=SEEDS)
    return [
        *(f"results/{name}.csv" for name in ("table1", "significance", "wins", "protocols", "audit")),
        *([] if incomparable(ROWS, DOMAINS) else ["results/table1_vs_paper.csv"]),
        *(f"results/figures/{name}.png" for name in FIGURES),
        *(f"results/shards/{name}/sheet.csv" for name in sorted(used)),
        *(f"results/ablations/{study}.{kind}" for study in STUDIES for kind in ("csv", "png")),
        *expand("results/pretrained/{unseen}/seed{seed}/run.json", unseen=DOMAINS, seed=SEEDS),
        *runs,
    ]


def fingerprint_of_files(folder, *patterns):
    """A hash of the files of a folder of the checkout whose names match."""
    paths = sorted(path for pattern in patterns for path in (HOUSE / folder).glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def repeat_faults(main_logs):
    """Say the faults of the failed jobs once more when everything else has been said."""
    said = "".join(Path(path).read_text() for path in main_logs)
    logs = re.findall(r"^\s+log: (\S+) \(check log file", said, re.MULTILINE)
    lines = []
    for path in dict.fromkeys(logs):
        said = Path(path).read_text(errors="replace").splitlines() if Path(path).is_file() else []
        lines += [line for line in said if line.startswith("fdgst: error:")] or said[-1:]
    atexit.register(lambda: print(*lines, sep="\n", file=sys.stderr))
