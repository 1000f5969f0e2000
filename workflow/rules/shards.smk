# Stylised copies of one domain's training images in the style of another's; a live augmentation has none.


rule shard:
    input:
        unpack(given(PATHS.shard_inputs, "augmentation", "content", "style")),
        content="results/rois/{content}.h5",
    output:
        "results/shards/{augmentation}/{content}/{style}.h5",
    log:
        "results/logs/shards/{augmentation}/{content}/{style}.log",
    conda:
        ENVIRONMENT
    params:
        banks=flags("style_bank", "content_bank"),
        settings=given(SLICES.shard, "augmentation"),
        code=fingerprint("fdgst.generation.shards"),
    message:
        "Stylise {wildcards.content} like {wildcards.style} ({wildcards.augmentation})"
    shell:
        "fdgst shard --settings - --content {input.content} {params.banks} --jobs {threads} --out {output}"
        " <<< {params.settings:q} > {log} 2>&1"


rule sheet:
    input:
        given(PATHS.every_shard, "augmentation"),
    output:
        "results/shards/{augmentation}/sheet.csv",
    log:
        "results/logs/shards/{augmentation}/sheet.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.viewing.sheet"),
    message:
        "Sum up the shards of {wildcards.augmentation}"
    shell:
        "fdgst sheet {input} --out {output} > {log} 2>&1"


rule live_sheet:
    input:
        given(PATHS.live_records, "live"),
    output:
        "results/live/{live}/sheet.csv",
    log:
        "results/logs/live/{live}.log",
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.viewing.sheet"),
    message:
        "Sum up what trainings drew of {wildcards.live}"
    shell:
        "fdgst sheet {input} --out {output} > {log} 2>&1"
