# From photographs to the table: workflow/rules/ says what depends on what, fdgst/ says how.
#   snakemake --cores 8 results/table1.tex
#   snakemake --cores 8 results/unseen/domain3.csv
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

HOUSE = Path(workflow.basedir)


configfile: HOUSE / "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/rois.smk"
include: "workflow/rules/banks.smk"
include: "workflow/rules/shards.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        "results/table1.tex",
        "results/report.html",


onerror:
    repeat_faults(log)
