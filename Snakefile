# The entrance: snakemake --cores 8 results/table1.tex
include: "workflow/Snakefile"
