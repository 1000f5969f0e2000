# Photographs or phantom to ROI files.


rule rois:
    input:
        photographs,
    output:
        rois="results/rois/{domain}.h5",
        manifest="results/rois/{domain}.csv",
    log:
        "results/logs/rois/{domain}.log",
    conda:
        ENVIRONMENT
    params:
        dataset=dataset,
        title=domain("title"),
        folder=domain("folder"),
        number=number,
        roi_size=config["roi_size"],
        network_size=config["network_size"],
        label_resize=config["label_resize"],
        compression=config["generation"]["compression"],
        code=fingerprint("fdgst.data.prepare"),
        reader=fingerprint(READERS[config["dataset"]["reader"]]),
    message:
        "Read the images of {wildcards.domain}"
    shell:
        "fdgst rois --dataset {params.dataset:q} --domain {wildcards.domain} --title {params.title:q}"
        " --folder {params.folder:q} --number {params.number} --roi-size {params.roi_size}"
        " --network-size {params.network_size} --label-resize {params.label_resize}"
        " --compression {params.compression} --manifest {output.manifest} --out {output.rois} > {log} 2>&1"


rule audit:
    input:
        expand("results/rois/{domain}.csv", domain=DOMAINS),
    output:
        "results/audit.csv",
    log:
        "results/logs/audit.log",
    priority: 100  # an image in two domains should stop the work before any training
    conda:
        ENVIRONMENT
    params:
        code=fingerprint("fdgst.data.prepare"),
    message:
        "Look for the same image in two domains or splits"
    shell:
        "fdgst audit {input} --out {output} > {log} 2>&1"
