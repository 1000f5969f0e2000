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
        settings=constant(SLICES.table(ROWS, DOMAINS, tests="significance.csv")),
        code=fingerprint("fdgst.reporting.table"),
        template=fingerprint_of_templates("table1.tex"),
    message:
        "Make the table"
    shell:
        "fdgst table --settings - --scores {input} --csv {output.csv} --tex {output.tex}"
        " <<< {params.settings:q} > {log} 2>&1"


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
        settings=constant(SLICES.paper()),
        code=fingerprint("fdgst.reporting.paper"),
    message:
        "Put the table beside the paper's"
    shell:
        "fdgst versus-paper --settings - --table {input} --out {output} <<< {params.settings:q} > {log} 2>&1"


rule statistics:
    input:
        "results/scores.csv",
    output:
        significance="results/significance.csv",
        wins="results/wins.csv",
        ranks="results/ranks.csv",
    log:
        "results/logs/significance.log",
    conda:
        ENVIRONMENT
    params:
        settings=constant(SLICES.statistics(RIVALS)),
        code=fingerprint("fdgst.evaluation.statistics"),
    message:
        "Test the rows against each other"
    shell:
        "fdgst statistics --settings - --scores {input} --wins {output.wins} --ranks {output.ranks}"
        " --out {output.significance} <<< {params.settings:q} > {log} 2>&1"


rule protocols:
    input:
        expand("results/protocols/{method}/{unseen}/seed{seed}.csv", method=RIVALS, unseen=DOMAINS, seed=SEEDS),
    output:
        "results/protocols.csv",
    log:
        "results/logs/protocols.log",
    conda:
        ENVIRONMENT
    params:
        settings=constant(SLICES.protocols(RIVALS)),
        code=fingerprint("fdgst.evaluation.protocols"),
    message:
        "Compare the protocols"
    shell:
        "fdgst protocols {input} --settings - --out {output} <<< {params.settings:q} > {log} 2>&1"


rule study:
    input:
        given(PATHS.ablation_scores, "study"),
    output:
        csv="results/ablations/{study}.csv",
        tex="results/ablations/{study}.tex",
    log:
        "results/logs/ablations/{study}.log",
    conda:
        ENVIRONMENT
    params:
        settings=given(SLICES.ablation_table, "study"),
        code=fingerprint("fdgst.reporting.table"),
        template=fingerprint_of_templates("table1.tex"),
    message:
        "Sum up the study {wildcards.study}"
    shell:
        "fdgst table --settings - --scores {input} --csv {output.csv} --tex {output.tex}"
        " <<< {params.settings:q} > {log} 2>&1"


rule study_figure:
    input:
        "results/ablations/{study}.csv",
    output:
        png=report("results/ablations/{study}.png", caption="../report/study.rst", category="Studies"),
        others=multiext("results/ablations/{study}", ".pdf", ".svg"),
    log:
        "results/logs/ablations/{study}_figure.log",
    conda:
        ENVIRONMENT
    params:
        settings=given(SLICES.ablation_figure, "study"),
        code=fingerprint("fdgst.reporting.figures"),
    message:
        "Draw the study {wildcards.study}"
    shell:
        "fdgst figure ablation --settings - --tables {input} --out {output.png} <<< {params.settings:q} > {log} 2>&1"


rule figure:
    input:
        unpack(figure_inputs),
    output:
        png=report("results/figures/{figure}.png", caption="../report/figure.rst", category="Figures"),
        others=multiext("results/figures/{figure}", ".pdf", ".svg"),
    log:
        "results/logs/figures/{figure}.log",
    conda:
        ENVIRONMENT
    params:
        inputs=figure_flags,
        settings=constant(SLICES.figure(ROWS)),
        code=fingerprint("fdgst.reporting.figures"),
        phantom=fingerprint("fdgst.data.phantom.drawing"),  # draws the photographs of figures 2 and 3
        photographs=digests(PATHS.photographs, "figure"),
    message:
        "Draw {wildcards.figure}"
    shell:
        "fdgst figure {wildcards.figure} --settings - {params.inputs} --out {output.png}"
        " <<< {params.settings:q} > {log} 2>&1"


rule cases:
    input:
        **PATHS.figure_inputs("gallery"),
    output:
        "results/cases.json",
    log:
        "results/logs/cases.log",
    conda:
        ENVIRONMENT
    params:
        inputs=flags("rois", "predictions", "scores"),
        settings=constant(SLICES.table(ROWS, DOMAINS, tests="significance.csv")),
        code=fingerprint("fdgst.reporting.cases"),
        files=fingerprint("fdgst.reporting.figures.contours"),
    message:
        "Choose the images behind each cell"
    shell:
        "fdgst cases --settings - {params.inputs} --out {output} <<< {params.settings:q} > {log} 2>&1"


rule configuration:
    output:
        "results/config.json",
    log:
        "results/logs/config.log",
    conda:
        ENVIRONMENT
    params:
        config=constant(SLICES.report()),
    message:
        "Write down the configuration"
    shell:
        "cat <<< {params.config:q} > {output} 2> {log}"


rule report:
    input:
        config="results/config.json",
        files=PATHS.report_inputs(),
    output:
        "results/report.html",
    log:
        "results/logs/report.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.reporting.report"),
        template=fingerprint_of_templates("*.j2", "*/*.j2", "report.*", "*.svg"),
    message:
        "Write the report"
    shell:
        "fdgst report --config {input.config} --out {output} {input.files} > {log} 2>&1"
