"""Lets the system have back what thumbnails took: they are many, of one size, and short-lived."""

from __future__ import annotations

import ctypes
import sys

_M_MMAP_THRESHOLD = -3
_THRESHOLD_BYTES = 64 << 10


def return_freed_pixels() -> None:
    """Give every block of 64 KiB and more pages of its own (glibc).

    By itself glibc raises that size as large blocks are freed, and then holds thumbnails between
    small blocks that stay, so that a scroll through a large folder is never given back.
    """
    if sys.platform.startswith("linux"):
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _THRESHOLD_BYTES)
