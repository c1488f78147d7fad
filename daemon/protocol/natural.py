"""The order of names as people count: ``img2`` before ``img10``; one for the daemon and the window.

Plain strings are compared, so that sorting 100,000 names costs one key each and no more.
"""

from __future__ import annotations

import os
import re

_DIGITS = re.compile("[0-9]+")


def natural_key(name: bytes) -> str:
    """Return a string that sorts as *name* should, whatever its case.

    Every run of digits is preceded by its length. Different names have different keys.

    >>> sorted([b"img10.jpg", b"IMG2.jpg", b"img1.jpg"], key=natural_key)
    [b'img1.jpg', b'IMG2.jpg', b'img10.jpg']
    """
    text = os.fsdecode(name)
    return f"{_DIGITS.sub(_counted, text.casefold())}\0{text}"


def _counted(run: re.Match[str]) -> str:
    digits = run[0].lstrip("0")
    return f"{len(digits):03d}{digits}"
