"""XMP sidecars: ratings, labels, flags, keywords and titles, read and written beside photos.

Pure standard library, so that the daemon and its workers share it without a pixel library.
"""

from daemon.sidecars.embedded import embedded_xmp
from daemon.sidecars.files import ChangedMeanwhileError
from daemon.sidecars.marks import MarksChange
from daemon.sidecars.places import companions, renamed, sidecars
from daemon.sidecars.service import (
    SidecarWrite,
    commit,
    plan_marks,
    read_marks,
    write_marks,
)

__all__ = [
    "ChangedMeanwhileError",
    "MarksChange",
    "SidecarWrite",
    "commit",
    "companions",
    "embedded_xmp",
    "plan_marks",
    "read_marks",
    "renamed",
    "sidecars",
    "write_marks",
]
