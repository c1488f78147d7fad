"""XMP sidecars: ratings, labels, flags, keywords and titles, read and written beside photos.

Pure standard library, so that the daemon and its workers share it without a pixel library.
"""

from daemon.sidecars.embedded import embedded_xmp
from daemon.sidecars.files import ChangedMeanwhileError, settle
from daemon.sidecars.marks import MarksChange, Said
from daemon.sidecars.places import companions, photos_of, renamed, sidecars
from daemon.sidecars.service import (
    SidecarWrite,
    always_changing,
    commit,
    plan_marks,
    read_marks,
    unwritable,
    write_marks,
)

__all__ = [
    "ChangedMeanwhileError",
    "MarksChange",
    "Said",
    "SidecarWrite",
    "always_changing",
    "commit",
    "companions",
    "embedded_xmp",
    "photos_of",
    "plan_marks",
    "read_marks",
    "renamed",
    "settle",
    "sidecars",
    "unwritable",
    "write_marks",
]
