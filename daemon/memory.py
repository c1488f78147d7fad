"""How the C library hands freed memory back: late, because the next picture wants it again.

By default glibc returns every block of a picture's size to the system when it is freed and takes a
new one for the next, whose pages the kernel then clears one fault at a time. That was half of the
daemon's work for a thumbnail (`benchmarks/thumbnails.py`).
"""

from __future__ import annotations

import contextlib
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 64 << 20
_OWN_MAPPING_BYTES = 32 << 20

ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": str(_KEPT_BYTES),
    "MALLOC_MMAP_THRESHOLD_": str(_OWN_MAPPING_BYTES),
}
"""The same for a process that is to be started; other C libraries take no notice."""


def keep_freed_memory() -> None:
    """Let this process keep up to 64 MB of freed memory; without effect where glibc is not."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_M_MMAP_THRESHOLD, _OWN_MAPPING_BYTES)
