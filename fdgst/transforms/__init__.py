"""Stylising anywhere: `FourierStyle` on arrays and tensors, and adapters for the pipelines of other libraries.

The adapters are modules of their own, `fdgst.transforms.torchvision`, `.monai`, `.albumentations` and
`.batchgenerators`; each imports its library, and nothing else here does. docs/transforms.md is the guide.
"""

from fdgst.transforms.style import FourierStyle

__all__ = ["FourierStyle"]
