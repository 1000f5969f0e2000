# Trainings: the plain network once per unseen domain and seed, then every row from there.


rule pretrain:
    input:
        rois=source_rois,
    output:
        model="results/pretrained/{unseen}/seed{seed}/model.safetensors",
        run="results/pretrained/{unseen}/seed{seed}/run.json",
        history="results/pretrained/{unseen}/seed{seed}/history.csv",
    log:
        "results/logs/pretrained/{unseen}/seed{seed}.log",
    priority: 10  # every row of the unseen domain waits for it
    conda:
        ENVIRONMENT
    threads: config["training"]["threads"]
    resources:
        gpu=1,
        how=RUN_TIME_FLAGS,
    params:
        training=training_settings(epochs=0, final_epochs=0, final_learning_rate=0, budget="equal", snapshot_epochs=0),
        inputs=run_flags,
        out=subpath(output.model, parent=True),
        code=fingerprint("fdgst.training.run"),
        method=fingerprint("fdgst.training.methods.plain"),
    message:
        "Pre-train without {wildcards.unseen}, seed {wildcards.seed}"
    shell:
        "fdgst train --stage pretrain --method pretrained --trainer plain --unseen {wildcards.unseen}"
        " --seed {wildcards.seed} --training {params.training:q} {params.inputs} --threads {threads}"
        " --checkpoints results/checkpoints/pretrained/{wildcards.unseen}/seed{wildcards.seed}"
        " {resources.how} --out {params.out} > {log} 2>&1"


rule train:
    input:
        start=start,
        rois=source_rois,
        shard=shards,
        reference=reference_rois,
    output:
        model="results/runs/{method}/{unseen}/seed{seed}/model.safetensors",
        run="results/runs/{method}/{unseen}/seed{seed}/run.json",
        history="results/runs/{method}/{unseen}/seed{seed}/history.csv",
        snapshots=expand(
            "results/runs/{{method}}/{{unseen}}/seed{{seed}}/snapshots/{snapshot}.safetensors", snapshot=SNAPSHOTS
        ),
    log:
        "results/logs/runs/{method}/{unseen}/seed{seed}.log",
    conda:
        ENVIRONMENT
    threads: config["training"]["threads"]
    resources:
        gpu=1,
        how=RUN_TIME_FLAGS,
    params:
        trainer=method("trainer"),
        options=method_options,
        training=run_settings,
        inputs=run_flags,
        out=subpath(output.model, parent=True),
        code=fingerprint("fdgst.training.run"),
        method=trainer_fingerprint,
    message:
        "Train {wildcards.method} without {wildcards.unseen}, seed {wildcards.seed}"
    shell:
        "fdgst train --stage main --method {wildcards.method} --trainer {params.trainer}"
        " --options {params.options:q} --unseen {wildcards.unseen} --seed {wildcards.seed}"
        " --training {params.training:q} {params.inputs} --threads {threads}"
        " --checkpoints results/checkpoints/runs/{wildcards.method}/{wildcards.unseen}/seed{wildcards.seed}"
        " {resources.how} --out {params.out} > {log} 2>&1"
