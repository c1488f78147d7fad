"""Opens a photo file without trusting it: never hangs, never follows a race, knows the content."""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys
from types import TracebackType
from typing import BinaryIO

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import BY_NAME, format_by_extension

DECODER_ERRORS = (
    *(ValueError, RuntimeError, LookupError, TypeError, OSError, ArithmeticError, AttributeError),
    *(SyntaxError, EOFError, struct.error),
)
"""What libraries raise on a broken file: all of it means the same to a user."""

MAX_PIXELS = 1_000_000_000
_BYTES_PER_PIXEL = 6
"""Of a picture while it is read: once as stored, once as RGB."""
_HEAD_BYTES = 64
_COPY_AGAIN = "Copy it again from the camera or the backup."
_FORMATS_HINT = "RabbitViewer reads JPEG, PNG, TIFF, WebP, HEIC, AVIF, JPEG XL, GIF, BMP and RAW."
VIDEO_HINT = "Choose a photo; a video is only shown, by one of its frames."
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevx", b"hevm", b"mif1", b"msf1"}
_RAW_MAGICS = (
    *(b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM"),
    *(b"II\x1a\0\0\0HEAPCCDR",),
)
_FOREIGN = {
    b"8BPS": "a Photoshop document",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"\x76\x2f\x31\x01": "an OpenEXR picture",
    b"%PDF": "a PDF document",
    b"#?RADIANCE": "a Radiance HDR picture",
    b"qoif": "a QOI picture",
    b"gimp xcf": "a GIMP document",
}


def shown(path: bytes) -> str:
    """Return *path* for a sentence: what is not UTF-8 is marked, never raised."""
    return path.decode("utf-8", "replace")


class Source:
    """An open regular file that holds a picture; every read is of the same file.

    Attributes:
        path: As given.
        format: A name of :data:`daemon.protocol.formats.FORMATS`, told by the content.
        size_bytes: Size when it was opened.
        file: The open file, for libraries that read from one.
    """

    def __init__(self, path: bytes, file: BinaryIO, size_bytes: int) -> None:
        self.path = path
        self.file = file
        self.size_bytes = size_bytes
        self.format = _sniff(path, self.read_at(0, _HEAD_BYTES))

    @property
    def name(self) -> str:
        """The path for a sentence."""
        return shown(self.path)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.close()

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to *size* bytes at *offset*; fewer at the end of the file."""
        if offset < 0 or size <= 0 or offset > self.size_bytes:
            return b""
        try:
            self.file.seek(offset)
            return self.file.read(min(size, self.size_bytes - offset))
        except OSError as error:
            raise self.damaged(f"the disk reports: {error.strerror}") from error

    def read_all(self) -> bytes:
        """Return the whole content."""
        return self.read_at(0, self.size_bytes)

    def damaged(self, detail: str) -> RabbitError:
        """Return the failure of a file that is cut off or broken; *detail* goes into its fold."""
        title = BY_NAME[self.format].title
        return RabbitError(
            ErrorKind.UNREADABLE,
            f"{self.name} is damaged or cut off: it cannot be read completely as {title}.",
            _COPY_AGAIN,
            {"detail": detail[:500]},
        )

    def unsupported(self, what: str, hint: str = "Save it as TIFF or PNG first.") -> RabbitError:
        """Return the failure of a valid file that uses something we do not read."""
        return RabbitError(ErrorKind.UNSUPPORTED_FORMAT, f"{self.name} {what}.", hint)

    def check_size(self, width_px: int, height_px: int) -> None:
        """Refuse a picture that would fill the memory.

        Raises:
            RabbitError: ``unsupported_format`` over a gigapixel, ``unreadable`` without pixels.
        """
        if width_px <= 0 or height_px <= 0:
            raise self.damaged(f"its size is given as {width_px} x {height_px}")
        if width_px * height_px > MAX_PIXELS:
            raise self.unsupported(
                f"says it has {width_px} x {height_px} pixels, more than the billion "
                "RabbitViewer opens",
                "Scale it down first, if it is a real picture.",
            )
        needed, limit = width_px * height_px * _BYTES_PER_PIXEL, _memory_limit()
        if self.format != "jpeg" and needed > limit > 0:
            raise RabbitError(
                ErrorKind.OUT_OF_MEMORY,
                f"{self.name} says it has {width_px} x {height_px} pixels, which need about "
                f"{needed / 1e9:.1f} GB of memory.",
                "If it is a real picture, raise daemon.worker_memory_mb in config.yaml.",
            )


def open_source(path: bytes) -> Source:
    """Open *path* for reading.

    Raises:
        RabbitError: ``not_found``, ``permission_denied``, ``not_a_photo`` (a folder, a pipe, text),
            ``unreadable`` (empty) or ``unsupported_format`` (a picture of another kind).
    """
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise _refused(path, error) from error
    try:
        found = os.fstat(handle)
        _check_regular(path, found)
        file = os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
    try:
        return Source(path, file, found.st_size)
    except BaseException:
        file.close()
        raise


def _memory_limit() -> int:
    """Return how much memory this process may have, bytes; 0: the system sets no limit."""
    if sys.platform == "win32":
        return 0
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return 0 if soft == resource.RLIM_INFINITY else soft


def _check_regular(path: bytes, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise _is_folder(path)
    if not stat.S_ISREG(found.st_mode):
        raise RabbitError(
            ErrorKind.NOT_A_PHOTO,
            f"{shown(path)} is not a file with content but a pipe, socket or device.",
            "Choose a photo file.",
        )
    if found.st_size == 0:
        raise RabbitError(ErrorKind.UNREADABLE, f"{shown(path)} is empty (0 bytes).", _COPY_AGAIN)


def _refused(path: bytes, error: OSError | ValueError) -> RabbitError:
    code = error.errno if isinstance(error, OSError) else 0
    if code in (errno.ENOENT, errno.ENOTDIR):
        return RabbitError(
            ErrorKind.NOT_FOUND,
            f"There is no file {shown(path)}.",
            "It may have been moved or renamed.",
        )
    if code in (errno.EACCES, errno.EPERM):
        if os.path.isdir(path):
            return _is_folder(path)
        return RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"{shown(path)} may not be read by this user.",
            "Change its permissions.",
        )
    if code == errno.EISDIR:
        return _is_folder(path)
    if code == errno.ENXIO:
        return RabbitError(
            ErrorKind.NOT_A_PHOTO,
            f"{shown(path)} is not a file with content but a pipe, socket or device.",
            "Choose a photo file.",
        )
    return RabbitError(
        ErrorKind.UNREADABLE, f"{shown(path)} cannot be opened: {error}.", "Check the disk."
    )


def _is_folder(path: bytes) -> RabbitError:
    return RabbitError(
        ErrorKind.NOT_A_PHOTO, f"{shown(path)} is a folder, not a photo.", "Choose a photo in it."
    )


def _sniff(path: bytes, head: bytes) -> str:
    """Return the format of a file that begins with *head*.

    Raises:
        RabbitError: it is none of ours.
    """
    promised = format_by_extension(path)
    promised_raw = promised is not None and promised.name == "raw"
    found = _sniff_picture(head) or _sniff_container(head)
    if found == "tiff" and (promised_raw or head[8:10] == b"CR"):
        return "raw"
    if found:
        return found
    if _is_video(head, promised_video=promised is not None and promised.kind == "video"):
        return "video"
    if head.startswith(_RAW_MAGICS) or (promised_raw and len(head) == _HEAD_BYTES):
        return "raw"
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise RabbitError(
                ErrorKind.UNSUPPORTED_FORMAT,
                f"{shown(path)} is {what}, which RabbitViewer does not read.",
                _FORMATS_HINT,
            )
    raise RabbitError(
        ErrorKind.NOT_A_PHOTO,
        f"{shown(path)} is not a photo: its content is of no known picture format.",
        _FORMATS_HINT,
    )


def _is_video(head: bytes, *, promised_video: bool) -> bool:
    """Return whether a file holds a moving picture; a transport stream only if its name says so."""
    if head[4:8] == b"ftyp" or head[:4] == b"\x1aE\xdf\xa3":
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return True
    starts = (b"\0\0\1\xba", b"\0\0\1\xb3", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"G")
    inside = head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip") or head[4:5] == b"G"
    return promised_video and (head.startswith(starts) or inside)


def _sniff_picture(head: bytes) -> str:
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:2] == b"BM" and head[6:10] == bytes(4) and len(head) >= 26:
        return "bmp"
    return ""


def _sniff_container(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")):
        return "jxl"
    if head[4:8] != b"ftyp":
        return ""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[i : i + 4] for i in range(16, size - 3, 4))}
    if head[8:12] == b"crx ":
        return "raw"
    if brands & {b"avif", b"avis"}:
        return "avif"
    return "heic" if brands & _HEIF_BRANDS else ""
