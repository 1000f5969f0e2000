# Predictions on the unseen domain, scores, and their collection.


rule predict:
    input:
        model="results/runs/{method}/{unseen}/seed{seed}/model.safetensors",
        run="results/runs/{method}/{unseen}/seed{seed}/run.json",
        # not read: Snakemake overlooks changed params of a training one of whose outputs is missing and not asked for
        snapshots=snapshots,
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
        code=fingerprint("fdgst.inference.predict"),
        network=fingerprint("fdgst.inference.predictor"),
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


rule predict_snapshots:
    input:
        run="results/runs/{method}/{unseen}/seed{seed}/run.json",
        weights=snapshots,
        rois=snapshot_rois,
    output:
        expand(
            "results/protocols/{{method}}/{{unseen}}/seed{{seed}}/{snapshot}/{domain}.h5",
            snapshot=SNAPSHOTS,
            domain=DOMAINS,
        ),
    log:
        "results/logs/protocols/{method}/{unseen}/seed{seed}/predict.log",
    conda:
        ENVIRONMENT
    threads: config["training"]["threads"]
    resources:
        gpu=1,
        device=config["training"]["device"],
    params:
        run=subpath(input.run, parent=True),
        weights=snapshots_by_domain,
        rois=domains_by_snapshot,
        flags=view_flags(crop=False),
        code=fingerprint("fdgst.inference.predict"),
        network=fingerprint("fdgst.inference.predictor"),
    message:
        "Predict all domains by the snapshots of {wildcards.method} without {wildcards.unseen}, seed {wildcards.seed}"
    shell:
        "fdgst predict --run {params.run} --weights {params.weights} --rois {params.rois} --split test {params.flags}"
        " --device {resources.device} --threads {threads} --out {output} > {log} 2>&1"


rule predict_other_view:
    input:
        run="results/runs/{method}/{unseen}/seed{seed}/run.json",
        model="results/runs/{method}/{unseen}/seed{seed}/model.safetensors",
        rois="results/rois/{unseen}.h5",
    output:
        "results/protocols/{method}/{unseen}/seed{seed}/other_view.h5",
    log:
        "results/logs/protocols/{method}/{unseen}/seed{seed}/other_view.log",
    conda:
        ENVIRONMENT
    threads: config["training"]["threads"]
    resources:
        gpu=1,
        device=config["training"]["device"],
    params:
        run=subpath(input.run, parent=True),
        split=config["evaluation"]["split"],
        flags=other_view_flags,
        code=fingerprint("fdgst.inference.predict"),
        network=fingerprint("fdgst.inference.predictor"),
    message:
        "Predict the other view of {wildcards.unseen} by {wildcards.method}, seed {wildcards.seed}"
    shell:
        "fdgst predict --run {params.run} --rois {input.rois} --split {params.split} {params.flags}"
        " --device {resources.device} --threads {threads} --out {output} > {log} 2>&1"


rule rescore:
    input:
        unpack(rescored),
    output:
        directory("results/protocols/{method}/{unseen}/seed{seed}/scores"),
    log:
        "results/logs/protocols/{method}/{unseen}/seed{seed}/rescore.log",
    conda:
        ENVIRONMENT
    params:
        rois=rescored_rois,
        snapshots=rescored_names,
        out=rescored_files,
        thresholds=sorted({0.75, 0.5, config["evaluation"]["threshold"]}, reverse=True),
        code=fingerprint("fdgst.evaluation.rescore"),
    message:
        "Score {wildcards.method} without {wildcards.unseen}, seed {wildcards.seed}, under every protocol"
    shell:
        "fdgst rescore --predictions {input.predictions} --rois {params.rois} --snapshot {params.snapshots}"
        " --threshold {params.thresholds} --out {params.out} > {log} 2>&1"


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
