"""What the keys of a configuration must be to each other: everything that no single key shows.

Each function yields lines without the leading ``config:``; all of them are asked, so that the user is told at once
whatever can be known.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from fdgst.errors import ConfigError
from fdgst.study import rooms
from fdgst.study.augmentations import Uniform
from fdgst.study.faults import nearest
from fdgst.study.model import Configuration, Method
from fdgst.study.networks import network_faults
from fdgst.study.own_network import least_images_of, network_needs, own_network_faults
from fdgst.study.strict import height_and_width
from fdgst.study.task import Task

RESERVED = {"domains": ("average", "none"), "methods": ("pretrained",), "structures": ("both",)}


def faults_of(config: Configuration) -> list[str]:
    """List every contradiction of a configuration."""
    methods = config.every_method
    return [
        *_ids(config, methods),
        *task_faults(config.task),
        *_sizes(config),
        *_domains(config),
        *_network(config),
        *_augmentations(config),
        *(line for number, item in enumerate(config.methods) for line in _method(config, item, f"methods[{number}]")),
        *(
            line
            for item in methods[len(config.methods) :]
            for line in _method(config, item, f"ablations: method {item.id}")
        ),
        *_ablations(config, [method.id for method in methods]),
        *_comparisons(config),
        *_training(config, methods),
        *_evaluation(config),
        *_figures(config),
    ]


def _ids(config: Configuration, methods: Sequence[Method]) -> Iterator[str]:
    """Yield ids that stand twice, or that mean something else in files and tables."""
    lists = {
        "domains": [item.id for item in config.domains],
        "augmentations": [item.id for item in config.augmentations],
        "methods": [item.id for item in methods],
        "ablations": [item.id for item in config.ablations],
        "structures": [item.id for item in config.task.structures],
        "measures": [item.id for item in config.task.measures],
    }
    for where, names in lists.items():
        place = f"task.{where}" if where in ("structures", "measures") else where
        for name, count in Counter(names).items():
            if count > 1:
                yield f"{place}: expected ids that differ, found {name!r} {count} times"
        for name in RESERVED.get(where, ()):
            if name in names:
                yield f"{place}: expected another id than {name!r}, which has a meaning of its own in tables and paths"
    for title, count in Counter(item.title for item in config.methods).items():
        if count > 1:
            yield f"methods: expected titles that differ, found {title!r} {count} times"
    if len(set(config.seeds)) < len(config.seeds):
        yield f"seeds: expected numbers that differ, found {list(config.seeds)}"


def task_faults(task: Task) -> Iterator[str]:
    """Yield what is wrong with structures, their values and measures."""
    ids = task.ids
    if task.around is not None and task.around not in ids:
        yield f"task.around: expected null or one of {', '.join(ids)}, found {task.around!r}"
    for number, structure in enumerate(task.structures):
        where = f"task.structures[{number}]"
        if structure.within is not None and structure.within not in ids:
            yield f"{where}.within: expected null or one of {', '.join(ids)}, found {structure.within!r}"
        elif structure.id in task.holders(structure.id):
            yield f"{where}.within: expected structures that do not hold themselves, found {structure.within!r}"
        yield from _ranges(f"{where}.values", structure.values)
    yield from _ranges("task.background", task.background)
    for number, structure in enumerate(task.structures):
        for low, high in structure.values:
            for other_low, other_high in task.background:
                if low <= other_high and other_low <= high:
                    found = f"[{low}, {high}] and [{other_low}, {other_high}]"
                    yield f"task.structures[{number}].values: expected values that are no background, found {found}"
    for number, measure in enumerate(task.measures):
        where = f"task.measures[{number}]"
        if measure.of not in ids:
            yield f"{where}.of: expected one of {', '.join(ids)}, found {measure.of!r}"
        if measure.kind == "area" and measure.to is not None:
            yield f"{where}.to: expected null for an area, found {measure.to!r}"
        if measure.kind != "area" and measure.to not in ids:
            yield f"{where}.to: expected one of {', '.join(ids)}, found {measure.to!r}"


def _ranges(where: str, ranges: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield ranges that are the wrong way round."""
    for low, high in ranges:
        if low > high:
            yield f"{where}: expected ranges [low, high] with low <= high, found {[low, high]}"


def _sizes(config: Configuration) -> Iterator[str]:
    """Yield sizes that do not go together."""
    roi, network = height_and_width(config.roi_size), height_and_width(config.network_size)
    if any(inner > outer for inner, outer in zip(network, roi, strict=True)):
        yield f"network_size: expected at most roi_size {_written(roi)}, found {_written(network)}"


def _written(size: tuple[int, int]) -> str:
    """Write a size as in the configuration."""
    return str(size[0]) if size[0] == size[1] else str(list(size))


def _domains(config: Configuration) -> Iterator[str]:
    """Yield domains that claim one place of the paper."""
    for place, count in Counter(item.paper for item in config.domains if item.paper).items():
        if count > 1:
            yield f"domains: expected one domain with paper: {place}, found {count}"


def _network(config: Configuration) -> Iterator[str]:
    """Yield names of networks that there are not, and weights that are no file."""
    training = config.training
    if training.network is not None:
        size = height_and_width(config.network_size)
        yield from own_network_faults(training.network, size_px=size, channels=config.task.channels)
        return  # what only the library's networks read is not looked at
    yield from network_faults(training.decoder, training.encoder, height_and_width(config.network_size))
    weights = training.encoder_weights
    if weights in ("imagenet", "none") or Path(weights).is_file():
        return
    expected = "imagenet, none, or the path of a file of weights"
    hint = "; write none for random weights" if weights.casefold() in ("none", "null", "") else ""
    where = f" ({Path(weights).absolute()})" if not hint else ""
    yield f"training.encoder_weights: expected {expected}, found no file {weights!r}{where}{hint}"


def _augmentations(config: Configuration) -> Iterator[str]:
    """Yield augmentations that change nothing."""
    for number, item in enumerate(config.augmentations):
        strengths = item.lambda_.uniform if isinstance(item.lambda_, Uniform) else item.lambda_
        if max(strengths) == 0:
            yield f"augmentations[{number}].lambda: expected a strength above 0, found only 0: nothing would change"


def _method(config: Configuration, method: Method, where: str) -> Iterator[str]:
    """Yield why a row cannot be trained."""
    known = [item.id for item in config.augmentations]
    if method.augmentation not in ("none", *known):
        hint = nearest(method.augmentation, known)
        yield f"{where}.augmentation: expected none or one of {', '.join(known)}, found {method.augmentation!r}{hint}"
    try:
        needs = rooms.needs(method.trainer)
    except ConfigError as error:
        yield from (f"{where}.{line}" for line in error.faults)
        return
    yield from (f"{where}.options: {line}" for line in rooms.option_faults(method.trainer, method.options))
    yield from (
        f"{where}.augmentation: {line}" for line in rooms.augmentation_faults(method.trainer, method.augmentation)
    )
    decoder, network = config.training.decoder, config.training.network
    if network is not None:
        yield from _own_network_of(method, where, network)
    elif needs.decoders and decoder not in needs.decoders:
        expected = " or ".join(needs.decoders)
        yield f"training.decoder: {where} (trainer {method.trainer}) needs {expected}, found {decoder!r}"
    yield from _pairs(config, method, where)


def _own_network_of(method: Method, where: str, network: str) -> Iterator[str]:
    """Yield why a row's trainer cannot train a network of the user's own."""
    needs = rooms.needs(method.trainer)
    row = f"training.network: {where} (trainer {method.trainer})"
    if needs.decoders:
        yield f"{row} needs the decoder {' or '.join(needs.decoders)}; write null, or leave the row out"
    if not needs.needs_head:
        return
    try:
        has_head = network_needs(network).has_head
    except ConfigError:
        return  # said already
    if not has_head:
        hint = f"let {network} have one and state has_head = True, or leave the row out"
        yield f"{row} looks at what the network's segmentation_head is given; {hint}"


def _pairs(config: Configuration, method: Method, where: str) -> Iterator[str]:
    """Yield rows whose augmentation has no pair of domains to be made from: they would train on originals alone."""
    item = next((item for item in config.augmentations if item.id == method.augmentation), None)
    if item and item.kind == "fourier" and not config.generation.self_pairs and len(config.domains) == 2:
        yield (
            f"{where}: augmentation {item.id} has no pair of domains: with two domains each run has one source, and"
            " generation.self_pairs is false; set it to true, or add a domain"
        )


def _ablations(config: Configuration, methods: Sequence[str]) -> Iterator[str]:
    """Yield names in ablations that stand for nothing."""
    domains = [item.id for item in config.domains]
    for number, study in enumerate(config.ablations):
        for item in study.methods:
            if isinstance(item, str) and item not in methods:
                hint = nearest(item, methods)
                yield f"ablations[{number}].methods: expected the id of a method, found {item!r}{hint}"
        for name in study.unseen:
            if name not in domains:
                yield f"ablations[{number}].unseen: expected one of {', '.join(domains)}, found {name!r}"


def _comparisons(config: Configuration) -> Iterator[str]:
    """Yield declared comparisons of rows that are not there, cannot be compared, or are compared already."""
    compare, rows = config.evaluation.compare, [item.id for item in config.methods]
    if compare == "auto":
        return
    said: set[frozenset[str]] = set()
    for number, pair in enumerate(compare):
        where = f"evaluation.compare[{number}]"
        for name in pair:
            if name not in rows:
                yield f"{where}: expected ids of rows of the table, found {name!r}{nearest(name, rows)}"
            elif _is_upper_bound(config.methods[rows.index(name)]):
                yield f"{where}: expected rows that may be compared, found {name!r}, an upper bound; leave the pair out"
        if len(set(pair)) == 1:
            yield f"{where}: expected two rows, found {list(pair)}"
        elif frozenset(pair) in said:
            yield f"{where}: expected pairs that differ, found {list(pair)}, which evaluation.compare has already"
        said.add(frozenset(pair))


def _is_upper_bound(method: Method) -> bool:
    """Tell whether a row is trained on the unseen domain itself; a trainer that there is not is a fault of its own."""
    try:
        return bool(rooms.needs(method.trainer).unseen)
    except ConfigError:
        return False


def _training(config: Configuration, methods: Sequence[Method]) -> Iterator[str]:
    """Yield snapshots that are never kept, and steps that the rows cannot make."""
    training, sources = config.training, len(config.domains) - 1
    epochs = training.epochs + training.final_epochs
    if training.snapshot_epochs > epochs:
        found = f"found {training.snapshot_epochs}, so that no snapshot would be kept; write 0 for none"
        yield f"training.snapshot_epochs: expected at most epochs + final_epochs = {epochs}, {found}"
    if unshared := rooms.sharing_faults(training, sources=sources):
        yield from unshared
        return
    for method in methods:
        try:
            needs = rooms.needs(method.trainer)
            called, least = least_images_of(training, height_and_width(config.network_size))
        except ConfigError:
            continue  # said above
        yield from rooms.step_faults(training, needs, row=method.id, sources=sources, least=least, network=called)


def _evaluation(config: Configuration) -> Iterator[str]:
    """Yield values that stand twice, and a comparison without the table's own normalisation."""
    values = config.evaluation
    if len(set(values.nsd_tolerance_px)) < len(values.nsd_tolerance_px):
        yield f"evaluation.nsd_tolerance_px: expected numbers that differ, found {list(values.nsd_tolerance_px)}"
    if len(set(values.normalisations)) < len(values.normalisations):
        yield f"evaluation.normalisations: expected names that differ, found {list(values.normalisations)}"
    if "running" not in values.normalisations:
        found = f"found {list(values.normalisations)}"
        yield f"evaluation.normalisations: expected running, the table's own, among them, {found}"


def _figures(config: Configuration) -> Iterator[str]:
    """Yield figures that lack a photograph."""
    if len(config.figures.photographs) == 1:
        yield "figures.photographs: expected a content and a style photograph or none, found one"
