# Trainings: the plain network once per unseen domain and seed, then every row from there.


rule pretrain:
    input:
        rois=given(PATHS.source_rois, "unseen"),
        encoder=users(PATHS.encoder),
    output:
        model="results/pretrained/{unseen}/seed{seed}/model.safetensors",
        run="results/pretrained/{unseen}/seed{seed}/run.json",
        history="results/pretrained/{unseen}/seed{seed}/history.csv",
    log:
        "results/logs/pretrained/{unseen}/seed{seed}.log",
    priority: 10  # every row of the unseen domain waits for it
    conda:
        ENVIRONMENT
    threads: TRAINING.threads
    resources:
        gpu=1,
        how=RUN_TIME_FLAGS,
    params:
        settings=given(SLICES.pretrain, "unseen"),
        results=subpath(output.model, ancestor=4),
        out=subpath(output.model, parent=True),
        # nothing is stylised here
        code=fingerprint("fdgst.training.run", without=["fdgst.training.live", "fdgst.storage.banks"]),
        trainer=fingerprint("fdgst.training.methods.plain"),
        encoder=digests(PATHS.encoder),
        network=network_fingerprint(),
    message:
        "Pre-train, unseen domain {wildcards.unseen}, seed {wildcards.seed}"
    shell:
        "fdgst train --settings - --stage pretrain --method pretrained --unseen {wildcards.unseen}"
        " --seed {wildcards.seed} --rois {input.rois} --threads {threads}"
        " --checkpoints {params.results}/checkpoints/pretrained/{wildcards.unseen}/seed{wildcards.seed}"
        " {resources.how} --out {params.out} <<< {params.settings:q} > {log} 2>&1"


rule train:
    input:
        start=training_inputs("start"),
        rois=training_inputs("rois"),
        shard=training_inputs("shard"),
        bank=training_inputs("bank"),
        reference=training_inputs("reference"),
        encoder=users(PATHS.encoder_of, "method"),
    output:
        model="results/runs/{method}/{unseen}/seed{seed}/model.safetensors",
        run="results/runs/{method}/{unseen}/seed{seed}/run.json",
        history="results/runs/{method}/{unseen}/seed{seed}/history.csv",
        snapshots=expand(
            "results/runs/{{method}}/{{unseen}}/seed{{seed}}/snapshots/{name}.safetensors", name=PATHS.snapshots
        ),
    log:
        "results/logs/runs/{method}/{unseen}/seed{seed}.log",
    conda:
        ENVIRONMENT
    threads: TRAINING.threads
    resources:
        gpu=1,
        how=RUN_TIME_FLAGS,
    params:
        inputs=flags("start", "rois", "shard", "bank", "reference"),
        augmentation=given(PATHS.augmentation, "method"),
        settings=given(SLICES.train, "method", "unseen"),
        results=subpath(output.model, ancestor=5),
        out=subpath(output.model, parent=True),
        code=fingerprint("fdgst.training.run"),
        trainer=given(trainer_fingerprint, "method"),
        encoder=digests(PATHS.encoder_of, "method"),
        network=network_fingerprint(),
    message:
        "Train {wildcards.method}, unseen domain {wildcards.unseen}, seed {wildcards.seed}"
    shell:
        "fdgst train --settings - --stage main --method {wildcards.method} --augmentation {params.augmentation}"
        " --unseen {wildcards.unseen} --seed {wildcards.seed} {params.inputs} --threads {threads}"
        " --checkpoints {params.results}/checkpoints/runs/{wildcards.method}/{wildcards.unseen}/seed{wildcards.seed}"
        " {resources.how} --out {params.out} <<< {params.settings:q} > {log} 2>&1"
