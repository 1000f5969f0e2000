# Photographs or phantom to ROI files.


rule rois:
    input:
        users(PATHS.images, "domain"),
    output:
        rois="results/rois/{domain}.h5",
        manifest="results/rois/{domain}.csv",
        record="results/rois/{domain}.json",
    log:
        "results/logs/rois/{domain}.log",
    conda:
        ENVIRONMENT
    resources:
        title=given(PATHS.title, "domain"),  # printed, and no reason to read again
    params:
        settings=given(SLICES.rois, "domain"),
        stamp=stamp,  # another where a file was replaced, by an older one too
        code=fingerprint("fdgst.data.prepare"),
        reader=fingerprint(module_of(reader_path(STUDY.config.dataset.reader))),
    message:
        "Read the images of {wildcards.domain}"
    shell:
        "fdgst rois --settings - --title {resources.title:q} --manifest {output.manifest} --record {output.record}"
        " --stamp {params.stamp} --out {output.rois}"
        " <<< {params.settings:q} > {log} 2>&1"


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
