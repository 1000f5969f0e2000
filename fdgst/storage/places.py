"""Whose file a path says it is: in the workflow's folders a file that was copied over another's name is not believed.

The results of a study lie where their names say what they are of: ``rois/domain1.h5``, ``banks/domain1/dense.h5``. Each
file says the same inside. A file of another domain, method or seed under such a name would put wrong labels into all
that is made of it, and no checksum would tell.
"""

import re
from pathlib import Path

from fdgst.errors import FormatError

PLACES = {
    "ROI file": "rois/{domain}.h5",
    "manifest": "rois/{domain}.csv",
    "record": "rois/{domain}.json",
    "bank": "banks/{domain}/*.h5",
    "shard": "shards/{augmentation}/{content_domain}/{style_domain}.h5",
    "model": "runs/{method}/{unseen}/seed{seed}/*",
    "snapshot": "runs/{method}/{unseen}/seed{seed}/snapshots/*",
    "pre-trained model": "pretrained/{unseen}/seed{seed}/*",
    "file of predictions": "runs/{method}/{unseen}/seed{seed}/predictions/*/*/{domain}.h5",
    "file of scores": "runs/{method}/{unseen}/seed{seed}/scores.csv",
}


def refuse_misplaced(path: Path, what: str, **identity: object) -> None:
    """Refuse a file whose place says that it is another.

    Parameters
    ----------
    path : Path
        A path of any other form says nothing, and is believed.
    what : str
        One of `PLACES`.
    **identity
        What the file says of itself, by the names in its place.

    Raises
    ------
    FormatError
        One line: whose file was expected by its place, whose was found.
    """
    form = PLACES[what].split("/")
    said: dict[str, str] = {}
    for pattern, part in zip(reversed(form), reversed(path.absolute().parts), strict=False):
        named = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(pattern).replace(r"\*", ".+"))
        found = re.fullmatch(named, part)
        if not found:
            return
        said |= found.groupdict()
    wrong = [name for name, own in identity.items() if name in said and str(own) != said[name]]
    if wrong:
        expected, found_ = (", ".join(f"{_word(name)} {of[name]}" for name in wrong) for of in (said, identity))
        raise FormatError(
            f"{path}: expected the {what} of {expected}, as its place says, found that of {found_}: it was copied over"
            " another's name; delete it and run snakemake again"
        )


def _word(name: str) -> str:
    """Return the word for a part of an identity."""
    return {"content_domain": "content", "style_domain": "style"}.get(name, name)
