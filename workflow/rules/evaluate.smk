# Predictions on the unseen domain, scores, and their collection.


rule predict:
    input:
        model="results/runs/{method}/{unseen}/seed{seed}/model.safetensors",
        run="results/runs/{method}/{unseen}/seed{seed}/run.json",
        rois="results/rois/{unseen}.h5",
    output:
        "results/runs/{method}/{unseen}/seed{seed}/predictions.h5",
    log:
        "results/logs/predictions/{method}/{unseen}/seed{seed}.log",
    conda:
        ENVIRONMENT
    threads: config["training"]["threads"]
    resources:
        gpu=1,
        device=config["training"]["device"],
    params:
        run=subpath(input.model, parent=True),
        split=config["evaluation"]["split"],
        flags=prediction_flags,
        code=fingerprint("fdgst.evaluation.predict"),
    message:
        "Predict {wildcards.unseen} by {wildcards.method}, seed {wildcards.seed}"
    shell:
        "fdgst predict --run {params.run} --rois {input.rois} --split {params.split} {params.flags}"
        " --device {resources.device} --threads {threads} --out {output} > {log} 2>&1"


rule score:
    input:
        predictions="results/runs/{method}/{unseen}/seed{seed}/predictions.h5",
        rois="results/rois/{unseen}.h5",
    output:
        "results/runs/{method}/{unseen}/seed{seed}/scores.csv",
    log:
        "results/logs/scores/{method}/{unseen}/seed{seed}.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.evaluation.score"),
    message:
        "Score {wildcards.method} on {wildcards.unseen}, seed {wildcards.seed}"
    shell:
        "fdgst score --predictions {input.predictions} --rois {input.rois} --out {output} > {log} 2>&1"


rule unseen:
    input:
        audit="results/audit.csv",
        scores=expand("results/runs/{method}/{{unseen}}/seed{seed}/scores.csv", method=ROWS, seed=SEEDS),
    output:
        "results/unseen/{unseen}.csv",
    log:
        "results/logs/unseen/{unseen}.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.evaluation.score"),
    message:
        "Collect the scores on {wildcards.unseen}"
    shell:
        "fdgst collect {input.scores} --out {output} > {log} 2>&1"


rule scores:
    input:
        expand("results/unseen/{unseen}.csv", unseen=DOMAINS),
    output:
        "results/scores.csv",
    log:
        "results/logs/scores.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.evaluation.score"),
    message:
        "Collect the scores on all domains"
    shell:
        "fdgst collect {input} --out {output} > {log} 2>&1"
