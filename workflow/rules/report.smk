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
        methods=rows_json(ROWS),
        domains=domains_json(DOMAINS),
        protocol=config["evaluation"]["protocol"],
        samples=config["evaluation"]["bootstrap_samples"],
        confidence=config["evaluation"]["confidence"],
        data=DATA,
        code=fingerprint("fdgst.reporting.table"),
        template=fingerprint_of_files("fdgst/reporting/templates", "table1.tex"),
    message:
        "Make the table"
    shell:
        "fdgst table --scores {input} --methods {params.methods:q} --domains {params.domains:q}"
        " --protocol {params.protocol} --data {params.data:q} --tests significance.csv --samples {params.samples}"
        " --confidence {params.confidence} --csv {output.csv} --tex {output.tex} > {log} 2>&1"


rule versus_paper:
    input:
        "results/table1.csv",
    output:
        "results/table1_vs_paper.csv",
    log:
        "results/logs/table1_vs_paper.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.reporting.paper"),
    message:
        "Put the table beside the paper's"
    shell:
        "fdgst versus-paper --table {input} --out {output} > {log} 2>&1"


rule statistics:
    input:
        "results/scores.csv",
    output:
        significance="results/significance.csv",
        wins="results/wins.csv",
    log:
        "results/logs/significance.log",
    conda:
        ENVIRONMENT
    params:
        methods=rows_json(RIVALS),
        domains=domains_json(DOMAINS),
        protocol=config["evaluation"]["protocol"],
        samples=config["evaluation"]["bootstrap_samples"],
        confidence=config["evaluation"]["confidence"],
        code=fingerprint("fdgst.evaluation.statistics"),
    message:
        "Test the rows against each other"
    shell:
        "fdgst statistics --scores {input} --methods {params.methods:q} --domains {params.domains:q}"
        " --protocol {params.protocol} --samples {params.samples} --confidence {params.confidence}"
        " --wins {output.wins} --out {output.significance} > {log} 2>&1"


rule protocols:
    input:
        expand("results/protocols/{method}/{unseen}/seed{seed}/scores", method=RIVALS, unseen=DOMAINS, seed=SEEDS),
    output:
        "results/protocols.csv",
    log:
        "results/logs/protocols.log",
    conda:
        ENVIRONMENT
    params:
        methods=rows_json(RIVALS),
        domains=domains_json(DOMAINS),
        threshold=config["evaluation"]["threshold"],
        code=fingerprint("fdgst.evaluation.protocols"),
    message:
        "Compare the protocols"
    shell:
        "fdgst protocols $(find {input} -name '*.csv' | sort) --methods {params.methods:q}"
        " --domains {params.domains:q} --threshold {params.threshold} --out {output} > {log} 2>&1"


rule study:
    input:
        study_scores,
    output:
        csv="results/ablations/{study}.csv",
        tex="results/ablations/{study}.tex",
    log:
        "results/logs/ablations/{study}.log",
    conda:
        ENVIRONMENT
    params:
        methods=study_methods,
        domains=study_domains,
        protocol=config["evaluation"]["protocol"],
        samples=config["evaluation"]["bootstrap_samples"],
        confidence=config["evaluation"]["confidence"],
        data=DATA,
        code=fingerprint("fdgst.reporting.table"),
        template=fingerprint_of_files("fdgst/reporting/templates", "table1.tex"),
    message:
        "Sum up the study {wildcards.study}"
    shell:
        "fdgst table --scores {input} --methods {params.methods:q} --domains {params.domains:q}"
        " --protocol {params.protocol} --data {params.data:q} --samples {params.samples}"
        " --confidence {params.confidence} --csv {output.csv} --tex {output.tex} > {log} 2>&1"


rule study_figure:
    input:
        "results/ablations/{study}.csv",
    output:
        png=report("results/ablations/{study}.png", caption="../report/study.rst", category="Studies"),
        pdf="results/ablations/{study}.pdf",
    log:
        "results/logs/ablations/{study}_figure.log",
    conda:
        ENVIRONMENT
    params:
        methods=study_methods,
        code=fingerprint("fdgst.reporting.figures"),
    message:
        "Draw the study {wildcards.study}"
    shell:
        "fdgst figure ablation --tables {input} --methods {params.methods:q} --out {output.png} > {log} 2>&1"


rule figure:
    input:
        unpack(figure_inputs),
    output:
        png=report("results/figures/{figure}.png", caption="../report/figure.rst", category="Figures"),
        pdf="results/figures/{figure}.pdf",
    log:
        "results/logs/figures/{figure}.log",
    conda:
        ENVIRONMENT
    params:
        inputs=figure_flags,
        methods=rows_json(ROWS),
        domains=domains_json(DOMAINS),
        code=fingerprint("fdgst.reporting.figures"),
    message:
        "Draw {wildcards.figure}"
    shell:
        "fdgst figure {wildcards.figure} {params.inputs} --methods {params.methods:q}"
        " --domains {params.domains:q} --out {output.png} > {log} 2>&1"


rule configuration:
    output:
        "results/config.json",
    log:
        "results/logs/config.log",
    conda:
        ENVIRONMENT
    params:
        config=as_json(config),
    message:
        "Write down the configuration"
    shell:
        "printf '%s\\n' {params.config:q} > {output} 2> {log}"


rule report:
    input:
        config="results/config.json",
        files=report_files,
    output:
        "results/report.html",
    log:
        "results/logs/report.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.reporting.report"),
        template=fingerprint_of_files("fdgst/reporting/templates", "*.j2", "*.css", "*.svg"),
    message:
        "Write the report"
    shell:
        "fdgst report --config {input.config} --out {output} {input.files} > {log} 2>&1"
