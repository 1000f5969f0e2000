# Bundles: a row trained on all domains, as something to pass on. Upper bounds have none.


rule bundle:
    input:
        weights=bundled("weights"),
        run=bundled("run"),
        rois=bundled("rois"),
        table=bundled("table"),
    output:
        "results/bundles/{method}/seed{seed}/bundle.json",
        "results/bundles/{method}/seed{seed}/card.md",
        "results/bundles/{method}/seed{seed}/model.onnx",
        "results/bundles/{method}/seed{seed}/model.safetensors",
        "results/bundles/{method}/seed{seed}/run.json",
    log:
        "results/logs/bundles/{method}/seed{seed}.log",
    wildcard_constraints:
        method="|".join(RIVALS) or "none",
    conda:
        ENVIRONMENT
    params:
        run=subpath(input.weights, parent=True),
        out=subpath(output[0], parent=True),
        settings=constant(SLICES.bundle()),
        code=fingerprint("fdgst.inference.bundling"),
        network=network_fingerprint(),
        trainer=given(trainer_fingerprint, "method"),
    message:
        "Bundle {wildcards.method}, trained on all domains, seed {wildcards.seed}"
    shell:
        "fdgst bundle {params.run} --settings - --rois {input.rois} --table {input.table} --out {params.out}"
        " <<< {params.settings:q} > {log} 2>&1"
