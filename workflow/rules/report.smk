# Tables, statistics, figures and the report.


rule table:
    input:
        "results/scores.csv",
    output:
        csv="results/table1.csv",
        tex=report("results/table1.tex", caption="../report/table.rst", category="Table"),
    log:
        "results/logs/table1.log",
    conda:
        ENVIRONMENT
    params:
        methods=rows_json(),
        domains=domains_json(),
        protocol=config["evaluation"]["protocol"],
        samples=config["evaluation"]["bootstrap_samples"],
        confidence=config["evaluation"]["confidence"],
        data=config["dataset"]["reader"],
        code=fingerprint("fdgst.errors"),
    message:
        "Make the table"
    shell:
        "fdgst table --scores {input} --methods {params.methods:q} --domains {params.domains:q}"
        " --protocol {params.protocol} --csv {output.csv} --tex {output.tex} > {log} 2>&1"
