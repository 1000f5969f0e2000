"""Segmentation networks. The only place that imports segmentation_models_pytorch."""
