r"""Stylising at load time from soft banks, in batches, on CPU or GPU: for sets too large to be written out.

Of an image a soft bank keeps about a kilobyte of amplitudes, and the unit phases of its low frequencies. With both,
:math:`clip(round((1 - \lambda) x + \lambda w))` is two thin matrix products and a sum: the pixels of the
offline shard (full window) within one grey level.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch

from fdgst.core.sparse import LOW
from fdgst.core.synthesis import Synthesis
from fdgst.errors import ConfigError
from fdgst.storage.banks import SoftBank, open_bank

Files = Path | str | Sequence[Path | str]


class Stylist:
    """Puts the styles of some domains on the contents of others, or of the same.

    Parameters
    ----------
    content_banks, style_banks : Path, str, or a sequence of these
        Soft banks of one alpha, one size and one number of channels. Images are counted on from bank to bank.
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
        content_banks: Files,
        style_banks: Files,
        *,
        size_px: tuple[int, int],
        white: int,
        device: torch.device | str,
    ) -> None:
        with ExitStack() as stack:
            contents, styles = (
                [stack.enter_context(open_bank(path)) for path in _paths(files)]
                for files in (content_banks, style_banks)
            )
            soft = [bank for bank in (*contents, *styles) if isinstance(bank, SoftBank)]
            if len(soft) < len(contents) + len(styles):
                found = ", ".join(str(bank.path) for bank in (*contents, *styles) if not isinstance(bank, SoftBank))
                raise ConfigError(f"expected soft banks, found dense ones: {found}")
            kinds = {f"{bank.alpha}, {bank.size_px} px, {bank.channels} channel(s)": bank.path for bank in soft}
            if len(kinds) > 1:
                found = " and ".join(f"{path}: {kind}" for kind, path in kinds.items())
                raise ConfigError(f"expected banks of one alpha, size and number of channels, found {found}")
            self.contents = [name for bank in contents for name in bank.names]
            self.styles = [name for bank in styles for name in bank.names]
            self.size_px, self.white = size_px, white
            self._load(soft[: len(contents)], soft[len(contents) :], torch.device(device))

    def _load(self, contents: Sequence[SoftBank], styles: Sequence[SoftBank], device: torch.device) -> None:
        """Keep the styles' coefficients, the contents' phases in the block that these need, and the block's waves."""
        kept = [bank.coefficients(number) for bank in styles for number in range(len(bank.names))]
        row, column = (np.concatenate([getattr(c, part) for c in kept]).astype(int) for part in ("row", "column"))
        height_px, _ = styles[0].size_px
        row = np.where(row > (height_px - 1) // 2, row - height_px, row)  # signed frequency
        high, wide = int(abs(row).max(initial=0)), int(column.max(initial=0))
        if max(high, wide) > LOW:
            reason = f"a coefficient at frequency {max(high, wide)}, outside the block of {LOW}"
            advice = "take a larger alpha, mix at network size, or write shards (fdgst shard)"
            raise ConfigError(f"{' '.join(str(bank.path) for bank in styles)}: {reason}; {advice}")
        shape = (styles[0].channels, 2 * high + 1, wide + 1)
        channel = np.concatenate([c.channel for c in kept])
        amplitudes = np.zeros((len(kept), *shape), np.float32)
        image = np.repeat(np.arange(len(kept)), [len(c.value) for c in kept])
        amplitudes[image, channel, row + high, column] = np.concatenate([c.value for c in kept])
        self._amplitude = torch.from_numpy(amplitudes).to(device)
        middle = contents[0].phase(0).shape[1] // 2
        cut = np.s_[:, middle - high : middle + high + 1, : wide + 1]
        phases = np.stack([bank.phase(number)[cut] for bank in contents for number in range(len(bank.names))])
        self._phase = torch.from_numpy(phases).to(device)
        rows, columns = Synthesis(styles[0].size_px, self.size_px).low_waves(shape[1], shape[2])
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


def _paths(files: Files) -> list[Path]:
    """Return the paths of one file or several."""
    return [Path(files)] if isinstance(files, Path | str) else [Path(path) for path in files]
