r"""Stylising at load time from soft banks, in batches, on CPU or GPU: for sets too large to be written out.

Of an image a soft bank keeps about a kilobyte of amplitudes, and the unit phases of its low frequencies. With both,
:math:`clip(round((1 - \lambda) x + \lambda w))` is two thin matrix products and a sum: the pixels of the
offline shard (full window) within one grey level.
"""

from pathlib import Path

import numpy as np
import torch

from fdgst.core.sparse import LOW
from fdgst.core.synthesis import Synthesis
from fdgst.errors import ConfigError
from fdgst.storage.banks import SoftBank, open_bank


class Stylist:
    """Puts the styles of one domain on the contents of another.

    Parameters
    ----------
    content_bank, style_bank : Path or str
        Soft banks of one alpha and one size.
    size_px : int
        Side of the network-size images.
    device : torch.device or str

    Attributes
    ----------
    contents, styles : list of str
        Names of the images that the numbers given to `__call__` stand for.

    Raises
    ------
    ConfigError
        If a bank is dense, the banks differ in alpha or size, or a style has a coefficient outside the low-frequency
        block (a smaller alpha than this route is for: write shards instead); one line per fault.
    FormatError
        If a file is missing, damaged or of another kind.
    """

    def __init__(
        self, content_bank: Path | str, style_bank: Path | str, *, size_px: int, device: torch.device | str
    ) -> None:
        with open_bank(Path(content_bank)) as contents, open_bank(Path(style_bank)) as styles:
            if not isinstance(contents, SoftBank) or not isinstance(styles, SoftBank):
                raise ConfigError(f"expected soft banks, found {contents.path} and {styles.path}")
            if (contents.alpha, contents.size_px) != (styles.alpha, styles.size_px):
                found = " and ".join(f"{bank.path}: {bank.alpha}, {bank.size_px} px" for bank in (contents, styles))
                raise ConfigError(f"expected banks of one alpha and size, found {found}")
            self.contents, self.styles, self.size_px = contents.names, styles.names, size_px
            self._load(contents, styles, torch.device(device))

    def _load(self, contents: SoftBank, styles: SoftBank, device: torch.device) -> None:
        """Keep the styles' coefficients, the contents' phases in the block that these need, and the block's waves."""
        all_of = [styles.coefficients(number) for number in range(len(styles.names))]
        row, column = (np.concatenate([getattr(c, part) for c in all_of]).astype(int) for part in ("row", "column"))
        row = np.where(row > (styles.size_px - 1) // 2, row - styles.size_px, row)  # signed frequency
        high, wide = int(abs(row).max(initial=0)), int(column.max(initial=0))
        if max(high, wide) > LOW:
            reason = f"a coefficient at frequency {max(high, wide)}, outside the block of {LOW}"
            raise ConfigError(f"{styles.path}: {reason}; write shards with fdgst shard instead")
        shape = (3, 2 * high + 1, wide + 1)
        channel = np.concatenate([c.channel for c in all_of])
        amplitudes = np.zeros((len(all_of), *shape), np.float32)
        image = np.repeat(np.arange(len(all_of)), [len(c.value) for c in all_of])
        amplitudes[image, channel, row + high, column] = np.concatenate([c.value for c in all_of])
        self._amplitude = torch.from_numpy(amplitudes).to(device)
        middle = contents.phase(0).shape[1] // 2
        cut = np.s_[:, middle - high : middle + high + 1, : wide + 1]
        phases = np.stack([contents.phase(number)[cut] for number in range(len(contents.names))])
        self._phase = torch.from_numpy(phases).to(device)
        size = (self.size_px, self.size_px)
        rows, columns = Synthesis((styles.size_px, styles.size_px), size).low_waves(shape[1], shape[2])
        self._columns = torch.from_numpy(columns).to(device)
        # the real part of a complex product, as one real product
        self._rows = torch.from_numpy(np.concatenate([rows.real, -rows.imag]).T.copy()).to(device)

    def __call__(
        self, images: torch.Tensor, contents: torch.Tensor, styles: torch.Tensor, lam: torch.Tensor
    ) -> torch.Tensor:
        """Stylise a batch.

        Parameters
        ----------
        images : tensor of uint8 or float, shape (B, 3, S, S)
            Network-size images of the content domain, grey levels.
        contents, styles : tensor of int64, shape (B,)
            Number of each image in the content bank, and of its style in the style bank.
        lam : tensor of float, shape (B,)
            Strengths in [0, 1].

        Returns
        -------
        tensor of float32, shape (B, 3, S, S)
            Grey levels, whole numbers in [0, 255]: what the offline shard holds, within one level.
        """
        wide = (self._phase[contents] * self._amplitude[styles]) @ self._columns  # (B, 3, rows, S)
        whole = self._rows @ torch.cat([wide.real, wide.imag], dim=-2)
        x = images.float()
        return torch.lerp(x, whole, lam.float().view(-1, 1, 1, 1)).round_().clamp_(0, 255)
