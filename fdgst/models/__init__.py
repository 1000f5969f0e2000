"""Segmentation networks. The only place that imports segmentation_models_pytorch."""

from fdgst.models.build import build_network, rebuild_network
from fdgst.models.deeplab import reason

__all__ = ["build_network", "reason", "rebuild_network"]
