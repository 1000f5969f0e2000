"""Segmentation networks. The only place that imports segmentation_models_pytorch."""

from fdgst.models.deeplab import build_network, reason, rebuild_network

__all__ = ["build_network", "reason", "rebuild_network"]
