r"""Soft thresholding of amplitudes, :math:`S(A, T) = \max(A - T, 0)` (paper, Eq. 5), and the rules that give T.

An *alpha* is a number in [0, 1], as in the paper: T is that fraction of the channel's largest amplitude, 0 is no
threshold. Two rules beyond the paper are written as text, and both leave the sum, bin (0, 0), untouched: ``ac:0.05``
is the fraction of the largest amplitude besides the sum, ``energy:0.99`` the threshold that leaves this share of the
energy.
"""

import re

import numpy as np

_RULE = re.compile(r"(?:(ac|energy):)?([0-9]*\.?[0-9]+(?:[eE]-?[0-9]+)?|[0-9]+\.)")


def parse_alpha(alpha: float | str) -> tuple[str, float]:
    """Split an alpha into its rule and its number.

    Parameters
    ----------
    alpha : float or str
        As in the module's text; a number may be text too.

    Returns
    -------
    rule : {'peak', 'ac', 'energy'}
    number : float
        In [0, 1].

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> parse_alpha(0.05), parse_alpha("0"), parse_alpha("energy:0.99")
    (('peak', 0.05), ('peak', 0.0), ('energy', 0.99))
    """
    found = _RULE.fullmatch(str(alpha))
    if found is None or not 0 <= float(found[2]) <= 1:
        raise ValueError(f"alpha must be in [0, 1], or 'ac:' or 'energy:' and such a number, got {alpha!r}")
    return found[1] or "peak", float(found[2])


def canonical_alpha(alpha: float | str) -> float | str:
    """Return an alpha as files keep it: a number, or ``ac:`` or ``energy:`` and a number; 0.05 for "0.050".

    Raises
    ------
    ValueError
        As `parse_alpha`.
    """
    rule, number = parse_alpha(alpha)
    return number if rule == "peak" else f"{rule}:{number!r}"


def soft_threshold(amplitude: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    r"""Shrink amplitudes towards zero, :math:`S(A, T) = \max(A - T, 0)` (paper, Eq. 5).

    Parameters
    ----------
    amplitude : ndarray of float, shape (..., C, height, width)
        Magnitudes of a Fourier transform, grey levels, not negative.
    threshold : ndarray of float, shape (..., C)
        One threshold per colour channel, in the unit of `amplitude`, >= 0.

    Returns
    -------
    ndarray, shape (..., C, height, width)
        A new array; neither argument is changed.

    Raises
    ------
    ValueError
        If a threshold is negative or NaN, or the channels differ in number.
    """
    threshold = np.asarray(threshold)
    if amplitude.shape[:-2] != threshold.shape:
        raise ValueError(f"need one threshold per channel {amplitude.shape[:-2]}, got thresholds {threshold.shape}")
    if not (threshold >= 0).all():  # also refuses NaN
        raise ValueError(f"threshold must be >= 0 in every channel, got {threshold.min()}")
    return np.maximum(amplitude - threshold[..., None, None].astype(amplitude.dtype), 0)


def threshold_of(amplitude: np.ndarray, *, alpha: float | str, width_px: int) -> np.ndarray:
    r"""Return the threshold T of each channel.

    Parameters
    ----------
    amplitude : ndarray of float, shape (C, height, width_px) or (C, height, width_px // 2 + 1)
        Amplitudes of whole spectra, or of the half that `rfft2` keeps.
    alpha : float or str
        See the module's text.
    width_px : int
        Width of the image: tells a half spectrum, of which most columns count twice in an energy.

    Returns
    -------
    ndarray of float64, shape (C,)
        A number alpha: :math:`\alpha \max A` (paper, Eq. 7). ``ac``: the same without bin (0, 0). ``energy``: T with
        :math:`\sum S(A, T)^2 = \alpha \sum A^2`, sums without bin (0, 0); 0 where there is no such energy.

    Notes
    -----
    ASSUME: an energy rule is defined by what is left after shrinking. It is then continuous in the image; a count
    of the largest coefficients jumps where amplitudes are equal.
    """
    rule, number = parse_alpha(alpha)
    flat = amplitude.reshape(len(amplitude), -1)
    if rule == "peak":
        return number * flat.max(axis=1).astype(float)
    if flat.shape[1] == 1:  # one pixel: nothing besides the sum
        return np.zeros(len(flat))
    if rule == "ac":
        return number * flat[:, 1:].max(axis=1).astype(float)
    weight = np.broadcast_to(column_weights(amplitude.shape[-1], width_px), amplitude.shape[1:]).reshape(-1)[1:]
    return np.array([_energy_threshold(channel.astype(float), weight, number) for channel in flat[:, 1:]])


def thresholded(amplitude: np.ndarray, *, alpha: float | str, width_px: int) -> np.ndarray:
    """Return the soft-thresholded amplitudes that an alpha asks for (the sum untouched under ``ac`` and ``energy``).

    Parameters
    ----------
    amplitude, alpha, width_px
        As for `threshold_of`.

    Returns
    -------
    ndarray, shape and type of `amplitude`
        A new array.
    """
    shrunk = soft_threshold(amplitude, threshold_of(amplitude, alpha=alpha, width_px=width_px))
    if parse_alpha(alpha)[0] != "peak":
        shrunk[..., 0, 0] = amplitude[..., 0, 0]
    return shrunk


def column_weights(columns: int, width_px: int) -> np.ndarray:
    """Return how often each column of a spectrum stands in the whole: once, or twice for those `rfft2` leaves out.

    Parameters
    ----------
    columns : int
        Of the spectrum at hand: `width_px` (whole) or width_px // 2 + 1 (half).
    width_px : int
        Of the image.
    """
    weight = np.ones(columns)
    if columns != width_px:
        weight[1 : (width_px + 1) // 2] = 2
    return weight


def _energy_threshold(amplitude: np.ndarray, weight: np.ndarray, share: float) -> float:
    """Solve sum(weight * max(amplitude - T, 0)^2) = share * sum(weight * amplitude^2) for T; flat arrays."""
    order = np.argsort(-amplitude, kind="stable")
    a, w = amplitude[order], weight[order]
    n, s, q = np.cumsum(w), np.cumsum(w * a), np.cumsum(w * a * a)
    target = share * q[-1]
    if not q[-1] > 0 or share == 1:
        return 0.0
    left = q - 2 * a * s + a * a * n  # energy that T = a[k] leaves: grows with k
    k = max(int(np.searchsorted(left, target, side="right")) - 1, 0)
    # between a[k + 1] and a[k]: n T^2 - 2 s T + q = target, the smaller root
    root = s[k] ** 2 - n[k] * (q[k] - target)
    return float(np.clip((s[k] - np.sqrt(max(root, 0.0))) / n[k], 0, a[0]))
