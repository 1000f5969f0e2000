# Amplitudes of a domain's training images.


rule bank:
    input:
        "results/rois/{domain}.h5",
    output:
        "results/banks/{domain}/{bank}.h5",
    log:
        "results/logs/banks/{domain}/{bank}.log",
    conda:
        ENVIRONMENT
    params:
        alpha=given(PATHS.bank_alpha, "bank"),
        mixing=given(PATHS.bank_mixing, "bank"),
        code=fingerprint("fdgst.generation.banks"),
    message:
        "Bank the amplitudes of {wildcards.domain} ({wildcards.bank})"
    shell:
        "fdgst bank --rois {input} --alpha {params.alpha} --mixing {params.mixing} --out {output} > {log} 2>&1"
