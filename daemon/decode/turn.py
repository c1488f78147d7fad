"""Turning a photo without loss: the orientation that its file states, and nothing else, changes.

The eight orientations of EXIF tag 274 are closed under turning and mirroring, so that any turn is
another value of two bytes. Where a file does not state one yet, the smallest block that does is
added; no pixel is decoded.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import stat
import struct
import sys
import zlib
from collections.abc import Callable

from daemon.decode.exif import ORIENTATION, Exif
from daemon.decode.source import Source, open_source
from daemon.protocol.errors import ErrorKind, RabbitError

Splice = tuple[int, int, bytes]
"""Start, end and what stands there instead."""

_TURN_OF = {"right": 6, "left": 8, "half": 3, "mirror": 2, "flip": 4}
# transposed, then rows reversed, then columns reversed: what shows a stored picture upright
_FORMS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
_ORIENTATION_OF = {form: orientation for orientation, form in _FORMS.items()}
_EXIF_HEAD = b"Exif\0\0"
_MAX_SEGMENT_BYTES = 65533
_WEBP_EXIF_FLAG, _WEBP_ALPHA_FLAG = 0x08, 0x10
_PIECE_BYTES = 8 << 20


def turned(orientation: int, turn: str) -> int:
    """Return the orientation of a photo of *orientation* after *turn* as the viewer sees it.

    Args:
        orientation: EXIF tag 274, 1..8.
        turn: ``left``, ``right``, ``half``, ``mirror`` (left and right) or ``flip`` (upside down).

    Raises:
        RabbitError: ``invalid_request``; no such turn.

    >>> turned(1, "right"), turned(6, "right"), turned(6, "left"), turned(5, "mirror")
    (6, 3, 1, 6)
    """
    if turn not in _TURN_OF:
        known = ", ".join(_TURN_OF)
        raise RabbitError(
            ErrorKind.INVALID_REQUEST, f"{turn!r} is no way to turn a photo.", f"Known are {known}."
        )
    was_transposed, rows, columns = _FORMS[orientation]
    transposes, more_rows, more_columns = _FORMS[_TURN_OF[turn]]
    if transposes:
        rows, columns = columns, rows
    form = (was_transposed ^ transposes, rows ^ more_rows, columns ^ more_columns)
    return _ORIENTATION_OF[form]


def write_turned(path: bytes, turn: str, temp_path: bytes, checkpoint: Callable[[], None]) -> int:
    """Write *path*, turned, to *temp_path*; permissions and attributes are kept, the time is now.

    Returns:
        The orientation that it states now.

    Raises:
        RabbitError: ``unsupported_format`` where the format holds no orientation that viewers
            obey, ``unreadable`` where the file is damaged.
        OSError: it could not be written.
    """
    with open_source(path) as source:
        if source.format not in _SPLICERS:
            raise source.unsupported(
                "cannot be turned without loss: files of its format are never rewritten",
                "Make a copy of it as TIFF or JPEG, and turn that.",
            )
        with mmap.mmap(source.file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            splices, orientation = _SPLICERS[source.format](source, data, turn)
            _write(source, data, splices, temp_path, checkpoint)
    return orientation


def _write(
    source: Source,
    data: mmap.mmap,
    splices: list[Splice],
    temp_path: bytes,
    checkpoint: Callable[[], None],
) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temp_path)
    try:
        with open(temp_path, "xb", buffering=0) as file:
            at = 0
            for start, end, new in [*sorted(splices), (len(data), len(data), b"")]:
                for piece in range(at, start, _PIECE_BYTES):
                    checkpoint()
                    _write_all(file.write, data[piece : min(piece + _PIECE_BYTES, start)])
                _write_all(file.write, new)
                at = end
            _keep_attributes(source, temp_path)
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temp_path)
        raise


def _write_all(write: Callable[[memoryview], int | None], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[write(left) or 0 :]


def _keep_attributes(source: Source, temp_path: bytes) -> None:
    with contextlib.suppress(OSError):
        os.chmod(temp_path, stat.S_IMODE(os.fstat(source.file.fileno()).st_mode))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            for name in os.listxattr(source.path):
                os.setxattr(temp_path, name, os.getxattr(source.path, name))


# ---------------------------------------------------------------- a TIFF structure


def _in_structure(
    source: Source, read_at: Callable[[int, int], bytes], end: int, turn: str
) -> tuple[list[Splice], int]:
    """Return the changes inside a TIFF structure of *end* bytes; offsets are its own."""
    exif = Exif(read_at)
    if not exif.order or not exif.main.next_at:
        raise source.damaged("its EXIF block cannot be read")
    orientation = turned(exif.orientation, turn)
    entry = exif.main.entries.get(ORIENTATION)
    if entry is None:
        return _with_entry(exif, read_at, end, orientation), orientation
    if entry.length == 1 and entry.kind in (3, 4):
        value = struct.pack(exif.order + ("H" if entry.kind == 3 else "I"), orientation)
        return [(entry.value_at, entry.value_at + len(value), value)], orientation
    return [(entry.at, entry.at + _entry_size(exif), _entry(exif, orientation))], orientation


def _with_entry(
    exif: Exif, read_at: Callable[[int, int], bytes], end: int, orientation: int
) -> list[Splice]:
    """Return a copy of the main directory with the field, at the end; nothing else moves."""
    size = _entry_size(exif)
    entries = {e.tag: read_at(e.at, size) for e in exif.main.entries.values()}
    entries[ORIENTATION] = _entry(exif, orientation)
    offset_code, count_code = ("Q", "Q") if exif.is_big else ("I", "H")
    pad = bytes(end % 2)
    table = struct.pack(exif.order + count_code, len(entries))
    table += b"".join(entries[tag] for tag in sorted(entries))
    table += struct.pack(exif.order + offset_code, exif.main.next_offset)
    first = struct.pack(exif.order + offset_code, end + len(pad))
    place = 8 if exif.is_big else 4
    return [(place, place + len(first), first), (end, end, pad + table)]


def _entry(exif: Exif, orientation: int) -> bytes:
    if exif.is_big:
        return struct.pack(exif.order + "HHQH6x", ORIENTATION, 3, 1, orientation)
    return struct.pack(exif.order + "HHIH2x", ORIENTATION, 3, 1, orientation)


def _entry_size(exif: Exif) -> int:
    return 20 if exif.is_big else 12


def _turned_block(source: Source, block: bytes, turn: str) -> tuple[bytes, int]:
    """Return an EXIF block with its orientation changed."""
    splices, orientation = _in_structure(
        source, lambda offset, size: block[offset : offset + size], len(block), turn
    )
    return _applied(block, splices), orientation


def _applied(block: bytes, splices: list[Splice]) -> bytes:
    result = block
    for start, end, new in sorted(splices, reverse=True):
        result = result[:start] + new + result[end:]
    return result


def _smallest_block(orientation: int) -> bytes:
    return b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIH2xI", ORIENTATION, 3, 1, orientation, 0)


# ---------------------------------------------------------------- formats


def _jpeg(source: Source, data: mmap.mmap, turn: str) -> tuple[list[Splice], int]:
    at, new_at = 2, 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in (0xDA, 0xD9):
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise source.damaged("a segment is cut off")
        if marker == 0xE0 and at == 2:
            new_at = end
        if marker == 0xE1 and data[at + 4 : at + 10] == _EXIF_HEAD:
            block, orientation = _turned_block(source, data[at + 10 : end], turn)
            return [(at, end, _app1(source, block))], orientation
        at = end
    orientation = turned(1, turn)
    return [(new_at, new_at, _app1(source, _smallest_block(orientation)))], orientation


def _app1(source: Source, block: bytes) -> bytes:
    payload = _EXIF_HEAD + block
    if len(payload) > _MAX_SEGMENT_BYTES:
        raise source.unsupported(
            "cannot be turned without loss: its EXIF block is full", "Save it anew first."
        )
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def _png(source: Source, data: mmap.mmap, turn: str) -> tuple[list[Splice], int]:
    at, pixels_at = 8, 0
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise source.damaged("a chunk is cut off")
        if kind == b"eXIf":
            head = _EXIF_HEAD if data[at + 8 : at + 14] == _EXIF_HEAD else b""
            block, orientation = _turned_block(source, data[at + 8 + len(head) : end - 4], turn)
            return [(at, end, _png_chunk(head + block))], orientation
        if kind == b"IDAT" and not pixels_at:
            pixels_at = at
        at = end
    if not pixels_at:
        raise source.damaged("it has no pixels")
    orientation = turned(1, turn)
    return [(pixels_at, pixels_at, _png_chunk(_smallest_block(orientation)))], orientation


def _png_chunk(block: bytes) -> bytes:
    checksum = zlib.crc32(block, zlib.crc32(b"eXIf"))
    return struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", checksum)


def _webp(source: Source, data: mmap.mmap, turn: str) -> tuple[list[Splice], int]:
    at = 12
    extended = data[12:16] == b"VP8X"
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size + size % 2
        if kind == b"EXIF":
            content = data[at + 8 : at + 8 + size]
            head = _EXIF_HEAD if content.startswith(_EXIF_HEAD) else b""
            block, orientation = _turned_block(source, content[len(head) :], turn)
            splices = [(at, min(end, len(data)), _webp_chunk(head + block))]
            return _webp_sized(data, splices), orientation
        at = end
    orientation = turned(1, turn)
    splices = [(len(data), len(data), _webp_chunk(_smallest_block(orientation)))]
    if extended:
        splices.append((20, 21, bytes([data[20] | _WEBP_EXIF_FLAG])))
    else:
        splices.append((12, 12, _webp_extension(source, data)))
    return _webp_sized(data, splices), orientation


def _webp_extension(source: Source, data: mmap.mmap) -> bytes:
    """Return the chunk that makes a simple file one that may hold metadata."""
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height, alpha = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bits >> 28 & 1
    elif data[12:16] == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
        alpha = 0
    else:
        raise source.damaged("it has no pixels")
    flags = _WEBP_EXIF_FLAG | _WEBP_ALPHA_FLAG * alpha
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X" + struct.pack("<II", 10, flags) + sides


def _webp_chunk(content: bytes) -> bytes:
    return b"EXIF" + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _webp_sized(data: mmap.mmap, splices: list[Splice]) -> list[Splice]:
    """Add the change of the file's length that stands in its head."""
    growth = sum(len(new) - (end - start) for start, end, new in splices)
    (size,) = struct.unpack_from("<I", data, 4)
    return [*splices, (4, 8, struct.pack("<I", size + growth))]


def _tiff(source: Source, data: mmap.mmap, turn: str) -> tuple[list[Splice], int]:
    return _in_structure(source, lambda offset, size: data[offset : offset + size], len(data), turn)


_SPLICERS: dict[str, Callable[[Source, mmap.mmap, str], tuple[list[Splice], int]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "tiff": _tiff,
}
