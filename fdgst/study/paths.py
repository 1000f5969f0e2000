"""Which file is made from which: the paths of a study's results, as functions of names. No wildcard, no Snakemake."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fdgst.study.augmentations import Augmentation
from fdgst.study.study import Study

CHARTS = ("boxes", "agreement", "curves", "protocols", "ranks", "pairs")  # vector in the report; the others are pixels
FIGURES = ("fig1", "fig2", "fig3", "released", "fig5", "gallery", *CHARTS)
TABLES = ("scores", "table1", "significance", "wins", "protocols", "audit")  # of the report

NO_DOMAIN = "none"  # held out of a training on all domains, whose model a bundle passes on
TEST_BATCH = "test_batch"  # of evaluation.normalisations; its predictions are a view of their own


@dataclass(frozen=True)
class Paths:
    """The paths of a study.

    Parameters
    ----------
    study : Study
    """

    study: Study

    @cached_property
    def snapshots(self) -> list[str]:
        """Names of the weights that are kept on the way."""
        training = self.study.config.training
        every, epochs = training.snapshot_epochs, training.epochs + training.final_epochs
        return [f"epoch{epoch:04d}" for epoch in range(every, epochs + 1, every)] if every else []

    @cached_property
    def upper_bounds(self) -> set[str]:
        """Rows that are trained on the unseen domain itself: no rivals of the others, and no part of the leak test."""
        return {name for name in self.study.methods if self.study.is_upper_bound(name)}

    @cached_property
    def rivals(self) -> list[str]:
        """Rows of the table that are compared with each other."""
        return [name for name in self.study.rows if name not in self.upper_bounds]

    def sources(self, unseen: str) -> list[str]:
        """Domains whose images a run may see: all but the unseen one."""
        return [domain for domain in self.study.domains if domain != unseen]

    def images(self, domain: str) -> list[str]:
        """Every file that a domain is read from: a folder's date would miss an edited one."""
        return [str(path) for path in self.study.reader(domain).files()]

    def title(self, domain: str) -> str:
        """Return the printed name of a domain."""
        return self.study.domain(domain).title

    def source_rois(self, unseen: str) -> list[str]:
        """ROI files that a pre-training reads."""
        return self.rois(self.sources(unseen))

    def rois(self, domains: Sequence[str]) -> list[str]:
        """ROI files of domains."""
        return [f"results/rois/{domain}.h5" for domain in domains]

    def bank_name(self, augmentation: Augmentation) -> str:
        """Name of the banks that an augmentation takes its amplitudes from."""
        stem = f"soft-{str(augmentation.alpha).replace(':', '-')}" if augmentation.alpha else "dense"
        return ("network-" if augmentation.mixing == "network" else "") + stem

    @cached_property
    def banks(self) -> dict[str, Augmentation]:
        """For every name of a bank an augmentation that needs such: its alpha and mixing are the bank's."""
        return {self.bank_name(item): item for item in self.study.config.augmentations if item.needs_banks}

    def bank_alpha(self, bank: str) -> str:
        """Threshold of a bank."""
        return str(self.banks[bank].alpha)

    def bank_mixing(self, bank: str) -> str:
        """Size whose spectra a bank holds."""
        return self.banks[bank].mixing

    def shard_inputs(self, augmentation: str, content: str, style: str) -> dict[str, str]:
        """Banks of a shard: the style's, and with a threshold the content's, whose phases it keeps."""
        item = self.study.augmentations[augmentation]
        if item.kind != "fourier":
            return {}
        banks = {"style_bank": f"results/banks/{style}/{self.bank_name(item)}.h5"}
        if item.alpha:
            banks["content_bank"] = f"results/banks/{content}/{self.bank_name(item)}.h5"
        return banks

    def shards(self, augmentation: str, domains: Sequence[str]) -> list[str]:
        """Shards of an augmentation among domains; a control has no style but its own."""
        item, self_pairs = self.study.augmentations[augmentation], self.study.config.generation.self_pairs
        pairs = [(c, s) for c in domains for s in domains if self_pairs or c != s]
        if item.kind != "fourier":
            pairs = [(domain, domain) for domain in domains]
        return [f"results/shards/{augmentation}/{content}/{style}.h5" for content, style in pairs]

    def every_shard(self, augmentation: str) -> list[str]:
        """Shards of an augmentation among all domains."""
        return self.shards(augmentation, self.study.domains)

    def run(self, method: str, unseen: str, seed: str | int) -> str:
        """Folder of a training's results."""
        return f"results/runs/{method}/{unseen}/seed{seed}"

    def pretrained(self, unseen: str, seed: str | int) -> str:
        """Folder of the pre-training that all rows but upper bounds start from."""
        return f"results/pretrained/{unseen}/seed{seed}"

    def training_inputs(self, method: str, unseen: str, seed: str | int) -> dict[str, list[str]]:
        """Files that a row is trained from, by the flag that takes them.

        An upper bound reads the unseen domain's own ROI file, starts from the encoder's weights, and is lent the budget
        of the other rows: the number of images of their sources sets its steps.
        """
        sources = self.sources(unseen)
        if method in self.upper_bounds:
            return {"rois": self.rois([unseen]), "reference": self.rois(sources)}
        return {
            "start": [f"{self.pretrained(unseen, seed)}/model.safetensors"],
            "rois": self.rois(sources),
            **self._stylised(self.study.methods[method].augmentation, sources),
        }

    def encoder(self) -> list[str]:
        """File of weights that an encoder begins with, of the user's; none where they are published or random."""
        training = self.study.config.training
        return (
            [] if training.network or training.encoder_weights in ("imagenet", "none") else [training.encoder_weights]
        )

    def encoder_of(self, method: str) -> list[str]:
        """File of weights that a row begins with itself: an upper bound's, as the others begin with a pre-training."""
        return self.encoder() if method in self.upper_bounds else []

    def photographs(self, figure: str) -> list[str]:
        """Whole photographs of a figure, the user's files."""
        return self.figure_inputs(figure).get("photographs", [])

    def _stylised(self, augmentation: str, sources: Sequence[str]) -> dict[str, list[str]]:
        """Files that a row's copies come from: shards, or what a trainer makes them of."""
        if augmentation == "none":
            return {}
        if augmentation not in self.live:
            return {"shard": self.shards(augmentation, sources)}
        item = self.study.augmentations[augmentation]
        return {"bank": [f"results/banks/{s}/{self.bank_name(item)}.h5" for s in sources] if item.needs_banks else []}

    @cached_property
    def live(self) -> list[str]:
        """Augmentations that trainers apply at every step: they have no shards."""
        return [item.id for item in self.study.config.augmentations if item.is_live]

    @cached_property
    def written(self) -> list[str]:
        """Augmentations that have shards."""
        return [item.id for item in self.study.config.augmentations if not item.is_live]

    def sheet(self, augmentation: str) -> str:
        """Name the data sheet of an augmentation: of its shards, or of what was drawn without any."""
        return f"results/{'live' if augmentation in self.live else 'shards'}/{augmentation}/sheet.csv"

    def live_records(self, augmentation: str) -> list[str]:
        """List the records of the trainings that applied an augmentation at every step."""
        rows = [name for name in self.study.rows if self.study.methods[name].augmentation == augmentation]
        return [f"{folder}/run.json" for folder in self._runs(rows, self.study.domains)]

    def bundled(self, method: str, seed: str | int) -> dict[str, str | list[str]]:
        """Files of a bundle: a training on all domains, their ROI files, and how the method did on unseen ones."""
        return {
            "weights": self.weights(method, NO_DOMAIN, seed, "last"),
            "run": f"{self.run(method, NO_DOMAIN, seed)}/run.json",
            "rois": self.rois(self.study.domains),
            "table": "results/table1.csv",
        }

    def augmentation(self, method: str) -> str:
        """Id of a row's augmentation, or none."""
        return self.study.methods[method].augmentation

    def weights(self, method: str, unseen: str, seed: str | int, weights: str) -> str:
        """File of weights: the last ones, or those of a snapshot."""
        name = "model" if weights == "last" else f"snapshots/{weights}"
        return f"{self.run(method, unseen, seed)}/{name}.safetensors"

    def outputs_of_run(self, method: str, unseen: str, seed: str | int) -> list[str]:
        """Return what a training leaves: its record, its last weights and its snapshots."""
        snapshots = [self.weights(method, unseen, seed, name) for name in self.snapshots]
        return [f"{self.run(method, unseen, seed)}/run.json", self.weights(method, unseen, seed, "last"), *snapshots]

    def view(self, domain: str) -> str:
        """Return what the table's predictions see of a domain's ROIs: the whole, or the centre."""
        return "centre" if self.study.domain(domain).released_crop else "whole"

    def predictions(
        self, method: str, unseen: str, seed: str | int, *, weights: str = "last", view: str = "", domain: str = ""
    ) -> str:
        """File of predictions; by default those of the table: of the last weights on the unseen domain."""
        domain = domain or unseen
        folder = f"{self.run(method, unseen, seed)}/predictions/{weights}/{view or self.view(domain)}"
        return f"{folder}/{domain}.h5"

    def seen(self, view: str) -> str:
        """Return what a view is as flags of `predict`: a part of the ROI, or the whole normalised by the test batch."""
        return f"--view whole --normalisation {TEST_BATCH}" if view == TEST_BATCH else f"--view {view}"

    def protocol_predictions(self, method: str, unseen: str, seed: str | int) -> list[str]:
        """Predictions that the protocols compare: both views of a domain that may be cropped, and every snapshot's."""
        views = ["whole", *(["centre"] if self.study.domain(unseen).released_crop else [])]
        views += [TEST_BATCH] if TEST_BATCH in self.study.config.evaluation.normalisations else []
        model = (method, unseen, seed)
        return [
            *(self.predictions(*model, view=view) for view in views),
            *(
                self.predictions(*model, weights=name, view="whole", domain=domain)
                for name in self.snapshots
                for domain in self.study.domains
            ),
        ]

    def protocol_rois(self, unseen: str) -> list[str]:
        """ROI files of the domains that these predictions are of."""
        return self.rois(self.study.domains if self.snapshots else [unseen])

    def ablation_rows(self, ablation: str) -> list[str]:
        """Ids of the rows of an ablation."""
        (found,) = (item for item in self.study.config.ablations if item.id == ablation)
        return [item if isinstance(item, str) else item.id for item in found.methods]

    def ablation_domains(self, ablation: str) -> list[str]:
        """Ids of the unseen domains of an ablation."""
        (found,) = (item for item in self.study.config.ablations if item.id == ablation)
        return list(found.unseen)

    def ablation_scores(self, ablation: str) -> list[str]:
        """Files of scores that an ablation sums up."""
        return self.scores(self.ablation_rows(ablation), self.ablation_domains(ablation))

    def unseen_scores(self, unseen: str) -> list[str]:
        """Files of scores of all rows on an unseen domain."""
        return self.scores(self.study.rows, [unseen])

    def scores(self, methods: Sequence[str], domains: Sequence[str]) -> list[str]:
        """Files of scores of rows on unseen domains."""
        return [f"{folder}/scores.csv" for folder in self._runs(methods, domains)]

    def figure_inputs(self, figure: str) -> dict[str, list[str]]:
        """Files that a figure shows, by the flag that takes them; empty lists have none."""
        study = self.study
        every, pair = self.rois(study.domains), self.rois(study.domains[:2])  # content, style
        scores = ["results/scores.csv"]
        models = [(m, d, s) for m in study.rows for d in study.domains for s in study.config.seeds]
        predictions = {"rois": every, "predictions": [self.predictions(*model) for model in models], "scores": scores}
        begun = [self.pretrained(d, s) for d in study.domains for s in study.config.seeds]
        trained = [*begun, *self._runs(study.rows, study.domains)]
        photographs = {"photographs": list(study.config.figures.photographs)}
        inputs: dict[str, dict[str, list[str]]] = {
            "fig1": {"rois": every},
            "fig2": {"rois": pair} | photographs,
            "fig3": {"rois": pair} | photographs,
            "released": {"rois": pair},
            "fig5": predictions,
            "gallery": predictions,
            "boxes": {"scores": scores},
            "agreement": {"scores": scores},
            "curves": {"runs": [f"{folder}/history.csv" for folder in trained]},
            "protocols": {"tables": ["results/protocols.csv"]},
            "ranks": {"tables": ["results/ranks.csv"]},
            "pairs": {"scores": scores, "tables": ["results/significance.csv"]},
        }
        return inputs[figure]

    @cached_property
    def figures(self) -> list[str]:
        """Figures of the report: agreement is about measures, of which a task may have none; ranks need rivals."""
        without = set() if self.study.config.task.measures else {"agreement"}
        without |= {"ranks", "pairs"} if len(self.rivals) < 2 else set()
        return [name for name in FIGURES if name not in without]

    @property
    def beside_the_paper(self) -> bool:
        """Whether the study has rows and domains of the paper's table."""
        from fdgst.study.rooms import has_printed_rows

        return has_printed_rows(self.study.rows, [domain.paper for domain in self.study.config.domains])

    def report_inputs(self) -> list[str]:
        """Everything that the report shows, or tells the origin of."""
        study = self.study
        used = sorted({study.methods[name].augmentation for name in study.rows} - {"none"})
        ablations = [item.id for item in study.config.ablations]
        begun = [self.pretrained(d, s) for d in study.domains for s in study.config.seeds]
        return [
            *(f"results/{name}.csv" for name in (*TABLES, *(["ranks"] if len(self.rivals) > 1 else []))),
            "results/cases.json",
            *(f"results/rois/{domain}.json" for domain in study.domains),
            *(["results/table1_vs_paper.csv"] if self.beside_the_paper else []),
            *(f"results/figures/{name}.{'svg' if name in CHARTS else 'png'}" for name in self.figures),
            *(self.sheet(name) for name in used),
            *(f"results/ablations/{name}.{kind}" for name in ablations for kind in ("csv", "svg")),
            *(f"{folder}/run.json" for folder in (*begun, *self._runs(study.rows, study.domains))),
        ]

    def _runs(self, methods: Sequence[str], domains: Sequence[str]) -> list[str]:
        """Folders of the trainings of rows, every seed."""
        return [self.run(m, d, s) for m in methods for d in domains for s in self.study.config.seeds]
