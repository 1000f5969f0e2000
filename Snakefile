# The entrance: snakemake --cores 8 results/table1.tex
include: "workflow/Snakefile"


workflow.default_target = "all"  # an included file cannot say what is made where no target is named
