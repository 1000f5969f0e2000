# Predictions, scores, and their collection.


rule predict:
    input:
        weights=given(PATHS.weights, "method", "unseen", "seed", "weights"),
        # not read: Snakemake overlooks changed params of a training one of whose outputs is missing and not asked for
        run=given(PATHS.outputs_of_run, "method", "unseen", "seed"),
        rois="results/rois/{domain}.h5",
    output:
        "results/runs/{method}/{unseen}/seed{seed}/predictions/{weights}/{view}/{domain}.h5",
    log:
        "results/logs/predictions/{method}/{unseen}/seed{seed}/{weights}/{view}/{domain}.log",
    conda:
        ENVIRONMENT
    threads: TRAINING.threads
    resources:
        gpu=1,
        device=TRAINING.device,
    params:
        run=subpath(output[0], ancestor=4),
        seen=given(PATHS.seen, "view"),
        settings=given(SLICES.predict, "weights"),
        code=fingerprint("fdgst.inference.predict"),
        predictor=fingerprint("fdgst.inference.predictor"),
        network=network_fingerprint(),
        trainer=given(trainer_fingerprint, "method"),
    message:
        "Predict {wildcards.domain} ({wildcards.view}) by {wildcards.method}, unseen domain {wildcards.unseen},"
        " seed {wildcards.seed}, {wildcards.weights} weights"
    shell:
        "fdgst predict --settings - --run {params.run} --weights {input.weights} --rois {input.rois} {params.seen}"
        " --device {resources.device} --threads {threads} --out {output}"
        " <<< {params.settings:q} > {log} 2>&1"


rule score:
    input:
        predictions=given(PATHS.predictions, "method", "unseen", "seed"),
        rois="results/rois/{unseen}.h5",
    output:
        "results/runs/{method}/{unseen}/seed{seed}/scores.csv",
    log:
        "results/logs/scores/{method}/{unseen}/seed{seed}.log",
    conda:
        ENVIRONMENT
    params:
        settings=constant(SLICES.score()),
        code=fingerprint("fdgst.evaluation.score"),
    message:
        "Score {wildcards.method} on {wildcards.unseen}, seed {wildcards.seed}"
    shell:
        "fdgst score --settings - --predictions {input.predictions} --rois {input.rois} --out {output}"
        " <<< {params.settings:q} > {log} 2>&1"


rule rescore:
    input:
        predictions=given(PATHS.protocol_predictions, "method", "unseen", "seed"),
        rois=given(PATHS.protocol_rois, "unseen"),
    output:
        "results/protocols/{method}/{unseen}/seed{seed}.csv",
    log:
        "results/logs/protocols/{method}/{unseen}/seed{seed}.log",
    conda:
        ENVIRONMENT
    params:
        settings=constant(SLICES.rescore()),
        code=fingerprint("fdgst.evaluation.rescore"),
    message:
        "Score {wildcards.method}, unseen domain {wildcards.unseen}, seed {wildcards.seed}, under every protocol"
    shell:
        "fdgst rescore --settings - --predictions {input.predictions} --rois {input.rois} --out {output}"
        " <<< {params.settings:q} > {log} 2>&1"


rule unseen:
    input:
        audit="results/audit.csv",
        scores=given(PATHS.unseen_scores, "unseen"),
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
