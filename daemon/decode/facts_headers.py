"""Where each format keeps its size and metadata: found without a decoder and without the pixels."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daemon.decode import facts_boxes, iptc, jpeg_header, png_chunks
from daemon.decode.exif import Directory, Exif, ReadAt
from daemon.decode.source import Source
from daemon.decode.video_header import video_size

_HEAD_STEPS_BYTES = (1 << 20, 8 << 20)
_MAX_PNG_CHUNKS = 256
_MAX_RIFF_CHUNKS = 256
_MAX_BLOCK_BYTES = 8 << 20
_MAX_DIRECTORIES = 24
_WIDTH, _HEIGHT, _XMP, _SUB_IFDS, _IPTC = 256, 257, 700, 330, 33723
_PIXEL_WIDTH, _PIXEL_HEIGHT, _DEFAULT_CROP = 40962, 40963, 50720
_REDUCED, _SUBFILE_KIND = 1, 254
_RAF = b"FUJIFILMCCD-RAW"
_PANASONIC = b"IIU\0"
_PANASONIC_JPEG = 46
_PANASONIC_BORDERS = (4, 5, 6, 7)
_FUJI_TABLES_BYTES = 16 << 10
_FUJI_CROPPED_SIZE = 0x0111


@dataclass
class Header:
    """What a file says before its pixels.

    Attributes:
        width_px: As stored.
        height_px: As stored.
        orientation: 1..8; 0: as its EXIF says.
        exif: The structure that holds its metadata.
        photo: The structure whose main directory is that of the shot, where it is not in *exif*.
        gps: The one of the place.
        xmp: The packet.
        iptc: IPTC-IIM records.
    """

    width_px: int = 0
    height_px: int = 0
    orientation: int = 0
    exif: Exif | None = None
    photo: Exif | None = None
    gps: Exif | None = None
    xmp: bytes = b""
    iptc: bytes = b""


def read_header(source: Source, head: bytes) -> Header:
    """Read what stands before the pixels of *source*, whose first bytes are *head*.

    Raises:
        RabbitError: a decoder had to be asked, and it refused the file.
        ValueError: the file is damaged; so do the other members of ``DECODER_ERRORS``.
    """
    return _READERS[source.format](source, head)


def iptc_title(records: bytes) -> str:
    """Return the title of IPTC records; empty without one."""
    return iptc.fields(records).get("title", "") if records else ""


def buffered(source: Source, head: bytes) -> ReadAt:
    """Return a function that reads *source*, from *head* where that is enough."""

    def read_at(offset: int, size: int) -> bytes:
        if offset >= 0 and offset + size <= len(head):
            return head[offset : offset + size]
        return source.read_at(offset, size)

    return read_at


def _jpeg(source: Source, head: bytes) -> Header:
    found = jpeg_header.read_header(head)
    for step in _HEAD_STEPS_BYTES:
        if found.width_px or len(head) >= source.size_bytes:
            break
        head = source.read_at(0, step)
        found = jpeg_header.read_header(head)
    return _from_jpeg(found)


def _from_jpeg(found: jpeg_header.JpegHeader) -> Header:
    exif = Exif.of(found.exif) if found.exif else None
    return Header(found.width_px, found.height_px, exif=exif, xmp=found.xmp, iptc=found.iptc)


def _png(source: Source, head: bytes) -> Header:
    read_at = buffered(source, head)
    left = _MAX_PNG_CHUNKS

    def until_enough(offset: int, size: int) -> bytes:
        nonlocal left
        left -= size == 8
        return read_at(offset, size) if left > 0 else b""

    found = png_chunks.read_header(until_enough)
    exif = Exif.of(found.exif) if found.exif else None
    return Header(found.width_px, found.height_px, exif=exif, xmp=found.xmp, iptc=found.iptc)


def _webp(source: Source, head: bytes) -> Header:
    header = Header()
    read_at = buffered(source, head)
    extended = False
    for kind, at, size in _riff_chunks(read_at):
        if kind == b"VP8X":
            data = read_at(at, 10)
            header.width_px = 1 + int.from_bytes(data[4:7], "little")
            header.height_px = 1 + int.from_bytes(data[7:10], "little")
            extended = True
        elif kind == b"VP8L" and not extended:
            bits = int.from_bytes(read_at(at + 1, 4), "little")
            header.width_px, header.height_px = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        elif kind == b"VP8 " and not extended:
            width, height = struct.unpack("<HH", read_at(at + 6, 4))
            header.width_px, header.height_px = width & 0x3FFF, height & 0x3FFF
        elif kind == b"EXIF" and size <= _MAX_BLOCK_BYTES:
            header.exif = Exif.of(read_at(at, size).removeprefix(b"Exif\0\0"))
        elif kind == b"XMP " and size <= _MAX_BLOCK_BYTES:
            header.xmp = read_at(at, size)
    return header


def _riff_chunks(read_at: ReadAt) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    for _ in range(_MAX_RIFF_CHUNKS):
        head = read_at(at, 8)
        if len(head) < 8:
            return
        kind, size = struct.unpack("<4sI", head)
        yield kind, at + 8, size
        at += 8 + size + size % 2


def _gif(source: Source, head: bytes) -> Header:
    del source
    return Header(*struct.unpack_from("<HH", head, 6))


def _bmp(source: Source, head: bytes) -> Header:
    del source
    if int.from_bytes(head[14:18], "little") == 12:
        return Header(*struct.unpack_from("<HH", head, 18))
    width, height = struct.unpack_from("<ii", head, 18)
    return Header(abs(width), abs(height))


def _tiff(source: Source, head: bytes) -> Header:
    exif = Exif(buffered(source, head))
    header = Header(_side(exif, exif.main, _WIDTH), _side(exif, exif.main, _HEIGHT), exif=exif)
    _take_blocks(header, exif)
    return header


def _raw(source: Source, head: bytes) -> Header:
    if head.startswith(_RAF):
        at, size, tables_at = struct.unpack_from(">III", head, 84)
        header = _by_preview(source, at, size)
        width, height = _fuji_size(source, tables_at)
        if width * header.height_px > 1.5 * height * header.width_px:
            height *= 2  # a Super CCD whose rows are counted by half
        return _with_size(header, (width, height))
    if head[4:8] == b"ftyp":
        return _boxes(source, head)
    exif = Exif(buffered(source, head))
    if not exif.main.entries:
        return _by_decoder(source)
    if head.startswith(_PANASONIC) and (inside := exif.main.entries.get(_PANASONIC_JPEG)):
        borders = [_side(exif, exif.main, tag) for tag in _PANASONIC_BORDERS]
        size = (borders[3] - borders[1], borders[2] - borders[0])
        return _with_size(_by_preview(source, inside.value_at, inside.size), size)
    header = Header(exif=exif)
    header.width_px, header.height_px = _largest(exif)
    _take_blocks(header, exif)
    return header


def _by_preview(source: Source, at: int, size: int) -> Header:
    """Return the metadata of the JPEG inside a RAW, whose EXIF knows the size of the photo."""
    head = source.read_at(at, min(size, _HEAD_STEPS_BYTES[0]))
    header = _from_jpeg(jpeg_header.read_header(head))
    if header.exif is not None:
        width = _side(header.exif, header.exif.photo, _PIXEL_WIDTH)
        height = _side(header.exif, header.exif.photo, _PIXEL_HEIGHT)
        if width * height > header.width_px * header.height_px:
            header.width_px, header.height_px = width, height
    return header


def _with_size(header: Header, size: tuple[int, int]) -> Header:
    """Let *header*, which tells the size of a preview, tell that of the photo where it is known."""
    if min(size) > 0:
        header.width_px, header.height_px = size
    return header


def _fuji_size(source: Source, at: int) -> tuple[int, int]:
    """Return the size in the tables of a RAF; zeros when they do not tell."""
    tables = source.read_at(at, _FUJI_TABLES_BYTES)
    place = 4
    for _ in range(int.from_bytes(tables[:4], "big")):
        if place + 8 > len(tables):
            break
        tag, size = struct.unpack_from(">HH", tables, place)
        if tag == _FUJI_CROPPED_SIZE and size == 4:
            height, width = struct.unpack_from(">HH", tables, place + 4)
            return width, height
        place += 4 + size
    return 0, 0


def _take_blocks(header: Header, exif: Exif) -> None:
    for tag, name in ((_XMP, "xmp"), (_IPTC, "iptc")):
        entry = exif.main.entries.get(tag)
        if entry is not None and entry.size <= _MAX_BLOCK_BYTES:
            setattr(header, name, exif.raw(entry))


def _largest(exif: Exif) -> tuple[int, int]:
    """Return the size of a RAW: its crop where one is stated, else its largest picture."""
    best = (0, 0)
    for directory in _directories(exif):
        crop = directory.entries.get(_DEFAULT_CROP)
        sides = exif.numbers(crop) if crop else ()
        if len(sides) == 2 and min(sides) > 0:
            return int(sides[0]), int(sides[1])
        size = _side(exif, directory, _WIDTH), _side(exif, directory, _HEIGHT)
        if size[0] * size[1] > best[0] * best[1]:
            best = size
    stated = _side(exif, exif.photo, _PIXEL_WIDTH), _side(exif, exif.photo, _PIXEL_HEIGHT)
    # the sensor has margins beyond the photo; a preview is much smaller
    if stated[0] * stated[1] >= 0.8 * best[0] * best[1]:
        return stated
    return best


def _directories(exif: Exif) -> Iterator[Directory]:
    """Go through the main directories of a TIFF and those below them."""
    waiting, seen = [exif.main], set[int]()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        directory = waiting.pop(0)
        yield directory
        below = directory.entries.get(_SUB_IFDS)
        offsets = [int(offset) for offset in exif.numbers(below)] if below else []
        for offset in (*offsets[:8], directory.next_offset):
            if offset and offset not in seen:
                seen.add(offset)
                waiting.append(exif.directory(offset))


def _side(exif: Exif, directory: Directory, tag: int) -> int:
    value = exif.number(tag, directory)
    return int(value) if value is not None and 0 < value < 1 << 31 else 0


def _boxes(source: Source, head: bytes) -> Header:
    found = facts_boxes.read_boxes(buffered(source, head), source.size_bytes)
    header = Header(found.width_px, found.height_px, found.orientation, xmp=found.xmp)
    header.exif = Exif.of(found.exif) if found.exif else None
    # a CR3 keeps its directories in blocks of their own, each with its own offsets
    header.photo = Exif.of(found.photo) if found.photo else None
    header.gps = Exif.of(found.gps) if found.gps else None
    if source.format == "raw" and header.exif is not None:
        header.width_px = _side(header.exif, header.exif.main, _WIDTH)
        header.height_px = _side(header.exif, header.exif.main, _HEIGHT)
    return header


def _jpeg_xl(source: Source, head: bytes) -> Header:
    from daemon.decode.modern_pixels import jxl_facts

    del head
    found = jxl_facts(source)
    exif = Exif.of(found.metadata.exif) if found.metadata.exif else None
    return Header(
        found.width_px, found.height_px, found.orientation, exif=exif, xmp=found.metadata.xmp
    )


def _by_decoder(source: Source) -> Header:
    from daemon.decode.raw_pixels import opened, orientation, read_metadata

    metadata = read_metadata(source)
    with opened(source) as raw:
        header = Header(raw.sizes.width, raw.sizes.height, orientation(raw))
    header.exif = Exif.of(metadata.exif) if metadata.exif else None
    header.xmp = metadata.xmp
    return header


def _video(source: Source, head: bytes) -> Header:
    del head
    return Header(*video_size(source))


_READERS: dict[str, Callable[[Source, bytes], Header]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "bmp": _bmp,
    "tiff": _tiff,
    "raw": _raw,
    "heic": _boxes,
    "avif": _boxes,
    "jxl": _jpeg_xl,
    "video": _video,
}
