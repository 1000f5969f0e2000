"""Cutting a study into the slices of its rules: text that Snakemake tracks, and that a job gets as its settings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fdgst.study.comparisons import pairs_of
from fdgst.study.paths import NO_DOMAIN, Paths
from fdgst.study.slices import (
    BundledDomain,
    BundleSettings,
    Column,
    FigureSettings,
    Live,
    PaperSettings,
    PredictSettings,
    ProtocolsSettings,
    ReadingSettings,
    RescoreSettings,
    Row,
    ScoreSettings,
    ShardSettings,
    StatisticsSettings,
    TableSettings,
    TrainSettings,
    text_of,
)
from fdgst.study.strict import height_and_width
from fdgst.study.study import Study
from fdgst.study.training import Training

THRESHOLDS = (0.75, 0.5)  # of the protocols, besides the table's own
# a value that a stage does not read is always the same, so that no change of it can make the stage's models again
UNREAD_BY_PRETRAINING: dict[str, Any] = {
    "epochs": 1, "final_epochs": 0, "final_learning_rate": 1.0, "budget": "equal", "snapshot_epochs": 0,
}  # fmt: skip
UNREAD_AFTER_PRETRAINING: dict[str, Any] = {"pretrain_epochs": 1}
UNREAD_BY_OWN_NETWORKS: dict[str, Any] = {
    "decoder": "none", "encoder": "none", "encoder_weights": "none", "atrous_rates": (1, 1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Slices:
    """The slices of a study, each as JSON text: equal settings give equal text.

    Parameters
    ----------
    study : Study
    """

    study: Study

    def rois(self, domain: str) -> str:
        """Return what a domain is read by."""
        config, reader = self.study.config, self.study.reader(domain)
        own = self.study.reader_settings.model_dump(mode="json")
        common = {"reader": config.dataset.reader, "fit": config.dataset.fit, "exclude": reader.exclusions()}
        settings = ReadingSettings(
            dataset=common | own,
            domain={"id": domain} | self.study.domain_settings[domain].model_dump(mode="json"),
            number=self.study.domains.index(domain) + 1,
            task=_read(config.task),
            roi_size=height_and_width(config.roi_size),
            network_size=height_and_width(config.network_size),
            mask_resize=config.mask_resize,
            compression=config.generation.compression,
        )
        return text_of(settings)

    def shard(self, augmentation: str) -> str:
        """Return what an augmentation does."""
        generation, item = self.study.config.generation, self.study.augmentations[augmentation]
        return text_of(ShardSettings(augmentation=item, seed=generation.seed, compression=generation.compression))

    def pretrain(self, unseen: str) -> str:
        """Return what makes the network that was pre-trained without a domain."""
        training = self._training(**UNREAD_BY_PRETRAINING, **self._shared(unseen))
        return text_of(TrainSettings(trainer="plain", options={}, training=training))

    def train(self, method: str, unseen: str) -> str:
        """Return what makes a row's model: an upper bound reads all, the others begin when pre-training is over."""
        row = self.study.methods[method]
        unread = {} if self.study.is_upper_bound(method) else UNREAD_AFTER_PRETRAINING
        training = self._training(**unread, **self._shared(unseen))
        return text_of(
            TrainSettings(trainer=row.trainer, options=dict(row.options), training=training, live=self._live(method))
        )

    def bundle(self) -> str:
        """Return what whoever predicts with a model must know of its study."""
        config = self.study.config
        domains = (self.study.domain(name) for name in self.study.domains)
        return text_of(
            BundleSettings(
                task=config.task,
                roi_size=height_and_width(config.roi_size),
                fit=config.dataset.fit,
                threshold=config.evaluation.threshold,
                nest=config.evaluation.nest,
                domains=tuple(BundledDomain(id=item.id, title=item.title, licence=item.licence) for item in domains),
            )
        )

    def predict(self, weights: str) -> str:
        """Return how masks are predicted; a snapshot is chosen on test images alone."""
        values = self.study.config.evaluation
        return text_of(
            PredictSettings(
                split=values.split if weights == "last" else "test",
                threshold=values.threshold,
                nest=values.nest,
                structures=self.study.config.task.untitled().structures,
            )
        )

    def score(self) -> str:
        """Return what is measured."""
        config = self.study.config
        return text_of(ScoreSettings(task=config.task.untitled(), nsd_tolerance_px=config.evaluation.nsd_tolerance_px))

    def rescore(self) -> str:
        """Return what is measured under every protocol."""
        values = self.study.config.evaluation
        return text_of(
            RescoreSettings(
                task=self.study.config.task.untitled(),
                thresholds=tuple(sorted({*THRESHOLDS, values.threshold}, reverse=True)),
                nest=values.nest,
            )
        )

    def table(self, methods: Sequence[str], domains: Sequence[str], *, tests: str) -> str:
        """Return what a table shows."""
        return text_of(
            TableSettings(
                **self._compared(methods, domains),
                **self._judged(),
                data=self._data(),
                tests=tests,
            )
        )

    def ablation_table(self, ablation: str) -> str:
        """Return what the table of an ablation shows."""
        paths = Paths(self.study)
        return self.table(paths.ablation_rows(ablation), paths.ablation_domains(ablation), tests="")

    def ablation_figure(self, ablation: str) -> str:
        """Return what the figure of an ablation calls its rows."""
        return self.figure(Paths(self.study).ablation_rows(ablation))

    def statistics(self, methods: Sequence[str]) -> str:
        """Return what is tested."""
        return text_of(
            StatisticsSettings(
                **self._compared(methods, self.study.domains),
                **self._judged(),
                compare=pairs_of(self.study.config.evaluation.compare, methods),
            )
        )

    def protocols(self, methods: Sequence[str]) -> str:
        """Return what the protocols are measured from."""
        threshold = self.study.config.evaluation.threshold
        return text_of(ProtocolsSettings(**self._compared(methods, self.study.domains), threshold=threshold))

    def figure(self, methods: Sequence[str]) -> str:
        """Return what figures call their rows, domains and structures."""
        return text_of(FigureSettings(**self._compared(methods, self.study.domains)))

    def paper(self) -> str:
        """Return which domain is which of the paper's."""
        return text_of(PaperSettings(domains=self._compared([], self.study.domains)["domains"]))

    def report(self) -> str:
        """Return the whole configuration, what it inherits from the packaged config.yaml, and its upper bounds."""
        own = self.study.reader_settings.model_dump(mode="json")
        config = self.study.config.model_dump(mode="json", by_alias=True)
        config["dataset"] |= own
        for domain in config["domains"]:
            domain |= self.study.domain_settings[domain["id"]].model_dump(mode="json")
        bounds = [name for name in self.study.rows if self.study.is_upper_bound(name)]
        return json.dumps(config | {"inherited": list(self.study.inherited), "upper_bounds": bounds}, sort_keys=True)

    def _shared(self, unseen: str) -> dict[str, int]:
        """Return how many images a step takes where nothing is held out, so that one domain more can share them.

        ASSUME: the next number that all can share, half contents and half copies; the steps are as many as otherwise.
        """
        images = self.study.config.training.images_per_step
        if unseen != NO_DOMAIN or images is None:
            return {}
        unit = 2 * len(self.study.domains)
        return {"images_per_step": -(-images // unit) * unit}

    def _live(self, method: str) -> Live | None:
        """Return how a row is stylised at every step, None where it is not."""
        item = self.study.augmentations.get(self.study.methods[method].augmentation)
        if item is None or not item.is_live:
            return None
        return Live(augmentation=item, self_pairs=self.study.config.generation.self_pairs)

    def _training(self, **replaced: Any) -> Training:
        """Return what makes a model, some values replaced."""
        values = self.study.config.training.model_dump(include=set(Training.model_fields))
        unread = UNREAD_BY_OWN_NETWORKS if values["network"] else {}
        return Training(**(values | unread | replaced))

    def _judged(self) -> dict[str, Any]:
        """Return whose metrics are shown, and how sure their means are said to be."""
        values = self.study.config.evaluation
        return {name: getattr(values, name) for name in ("protocol", "bootstrap_samples", "confidence")}

    def _compared(self, methods: Sequence[str], domains: Sequence[str]) -> dict[str, Any]:
        """Return rows, columns and task with their titles."""
        rows = [(self.study.methods[name], self.study.is_upper_bound(name)) for name in methods]
        columns = [self.study.domain(name) for name in domains]
        return {
            "methods": tuple(Row(id=item.id, title=item.title, upper_bound=bound) for item, bound in rows),
            "domains": tuple(Column(id=item.id, title=item.title, paper=item.paper) for item in columns),
            "task": self.study.config.task,
        }

    def _data(self) -> str:
        """Name the data for a caption."""
        return str(getattr(self.study.reader(self.study.domains[0]), "called", self.study.config.dataset.reader))


def _read(task: Any) -> Any:
    """Return the part of a task that reading depends on: how masks are made of predictions is none of it."""
    neutral = {"regions": "all", "holes": "keep"}
    structures = tuple(item.model_copy(update=neutral) for item in task.untitled().structures)
    return task.untitled().model_copy(update={"structures": structures, "measures": ()})
