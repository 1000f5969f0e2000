# Stylised copies of one domain's training images in the style of another's.


rule shard:
    input:
        unpack(shard_banks),
        content="results/rois/{content}.h5",
    output:
        "results/shards/{augmentation}/{content}/{style}.h5",
    log:
        "results/logs/shards/{augmentation}/{content}/{style}.log",
    conda:
        ENVIRONMENT
    params:
        banks=bank_flags,
        kind=augmentation("kind"),
        window=augmentation("window"),
        alpha=augmentation("alpha"),
        lambdas=augmentation_json,
        encoding=augmentation("encoding"),
        mixing=augmentation("mixing"),
        seed=config["generation"]["seed"],
        compression=config["generation"]["compression"],
        code=fingerprint("fdgst.generation.shards"),
    message:
        "Stylise {wildcards.content} like {wildcards.style} ({wildcards.augmentation})"
    shell:
        "fdgst shard --content {input.content} {params.banks} --augmentation {wildcards.augmentation}"
        " --kind {params.kind} --window {params.window} --alpha {params.alpha} --lambdas {params.lambdas:q}"
        " --encoding {params.encoding} --mixing {params.mixing} --seed {params.seed}"
        " --compression {params.compression} --out {output} > {log} 2>&1"


rule sheet:
    input:
        all_shards,
    output:
        "results/shards/{augmentation}/sheet.csv",
    log:
        "results/logs/shards/{augmentation}/sheet.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.storage.shards"),
    message:
        "Sum up the shards of {wildcards.augmentation}"
    shell:
        "fdgst sheet {input} --out {output} > {log} 2>&1"
