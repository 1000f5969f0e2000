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
        Soft banks of one alpha, one size and one number of channels.
    size_px : (int, int)
        Height and width of the network-size images.
    white : int
        Largest grey level of the images, 255 or 65535.
    device : torch.device or str

    Attributes
    ----------
    contents, styles : list of str
        Names of the images that the numbers given to `__call__` stand for.

    Raises
    ------
    ConfigError
        If a bank is dense, the banks differ in alpha, size or channels, or a style has a coefficient outside the
        low-frequency block (a smaller alpha than this route is for: write shards instead); one line per fault.
    FormatError
        If a file is missing, damaged or of another kind.
    """

    def __init__(
        self,
        content_bank: Path | str,
        style_bank: Path | str,
        *,
        size_px: tuple[int, int],
        white: int,
        device: torch.device | str,
    ) -> None:
        with open_bank(Path(content_bank)) as contents, open_bank(Path(style_bank)) as styles:
            if not isinstance(contents, SoftBank) or not isinstance(styles, SoftBank):
                raise ConfigError(f"expected soft banks, found {contents.path} and {styles.path}")
            kinds = [
                f"{bank.path}: {bank.alpha}, {bank.size_px} px, {bank.channels} channel(s)"
                for bank in (contents, styles)
            ]
            if len({kind.rpartition(": ")[2] for kind in kinds}) > 1:
                raise ConfigError(
                    f"expected banks of one alpha, size and number of channels, found {' and '.join(kinds)}"
                )
            self.contents, self.styles, self.size_px, self.white = contents.names, styles.names, size_px, white
            self._load(contents, styles, torch.device(device))

    def _load(self, contents: SoftBank, styles: SoftBank, device: torch.device) -> None:
        """Keep the styles' coefficients, the contents' phases in the block that these need, and the block's waves."""
        kept = [styles.coefficients(number) for number in range(len(styles.names))]
        row, column = (np.concatenate([getattr(c, part) for c in kept]).astype(int) for part in ("row", "column"))
        height_px, _ = styles.size_px
        row = np.where(row > (height_px - 1) // 2, row - height_px, row)  # signed frequency
        high, wide = int(abs(row).max(initial=0)), int(column.max(initial=0))
        if max(high, wide) > LOW:
            reason = f"a coefficient at frequency {max(high, wide)}, outside the block of {LOW}"
            raise ConfigError(f"{styles.path}: {reason}; write shards with fdgst shard instead")
        shape = (styles.channels, 2 * high + 1, wide + 1)
        channel = np.concatenate([c.channel for c in kept])
        amplitudes = np.zeros((len(kept), *shape), np.float32)
        image = np.repeat(np.arange(len(kept)), [len(c.value) for c in kept])
        amplitudes[image, channel, row + high, column] = np.concatenate([c.value for c in kept])
        self._amplitude = torch.from_numpy(amplitudes).to(device)
        middle = contents.phase(0).shape[1] // 2
        cut = np.s_[:, middle - high : middle + high + 1, : wide + 1]
        phases = np.stack([contents.phase(number)[cut] for number in range(len(contents.names))])
        self._phase = torch.from_numpy(phases).to(device)
        rows, columns = Synthesis(styles.size_px, self.size_px).low_waves(shape[1], shape[2])
        self._columns = torch.from_numpy(columns).to(device)
        # the real part of a complex product, as one real product
        self._rows = torch.from_numpy(np.concatenate([rows.real, -rows.imag]).T.copy()).to(device)

    def __call__(
        self, images: torch.Tensor, contents: torch.Tensor, styles: torch.Tensor, lam: torch.Tensor
    ) -> torch.Tensor:
        """Stylise a batch.

        Parameters
        ----------
        images : tensor of uint8 or float, shape (B, C, H, W)
            Network-size images of the content domain, grey levels.
        contents, styles : tensor of int64, shape (B,)
            Number of each image in the content bank, and of its style in the style bank.
        lam : tensor of float, shape (B,)
            Strengths in [0, 1].

        Returns
        -------
        tensor of float32, shape (B, C, H, W)
            Grey levels, whole numbers in [0, white]: what the offline shard holds, within one level.
        """
        wide = (self._phase[contents] * self._amplitude[styles]) @ self._columns  # (B, C, rows, W)
        whole = self._rows @ torch.cat([wide.real, wide.imag], dim=-2)
        x = images.float()
        return torch.lerp(x, whole, lam.float().view(-1, 1, 1, 1)).round_().clamp_(0, self.white)
