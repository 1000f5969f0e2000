"""What `pip install fdgst` leaves out, and which extra brings it: stylising and looking into files need little."""

from importlib.util import find_spec

EXTRAS = {
    "train": (
        "onnx",
        "onnxscript",
        "safetensors",
        "segmentation_models_pytorch",
        "tensorboard",
        "threadpoolctl",
        "torch",
        "torchvision",
        "tqdm",
    ),
    "report": ("jinja2", "matplotlib", "pandas"),
    "segment": ("onnxruntime",),
    "workflow": ("jsonschema", "pygments", "snakemake"),
}
"""Modules that each extra of the package brings."""


def extra_with(module: str | None) -> str | None:
    """Return the extra that brings a module, None if none does; of ``torch.nn`` that of ``torch``."""
    first = (module or "").split(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if first in modules), None)


def missing(extra: str) -> list[str]:
    """Return the modules of an extra that cannot be imported here."""
    return [module for module in EXTRAS[extra] if find_spec(module) is None]
