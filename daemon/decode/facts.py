"""What the catalogue wants to know of a photo, read from its head within a millisecond.

Readers of single formats find the size and where the metadata stand; what those say is put together
here. Nothing in a file is an error of ours: a damaged one is known by its name, size and problem.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from typing import TypeVar

from daemon.decode import facts_headers
from daemon.decode.exif import Directory, Exif
from daemon.decode.facts_headers import Header
from daemon.decode.facts_words import (
    camera_name,
    day_and_time,
    day_in_xmp,
    iptc_keywords,
    plain_text,
)
from daemon.decode.source import DECODER_ERRORS, Source, open_source
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import PhotoMarks
from daemon.sidecars import read_marks, sidecars
from daemon.tasks import PhotoFacts

_T = TypeVar("_T")

_EDGE_BYTES = 64 << 10
_DIGEST_BYTES = 16
_MAX_KEYWORDS = 1000
_MAX_ISO = 100_000_000
_MARKS = re.compile(
    rb"(?:subject|Subject|title|Label|ColorLabel|colorlabels|LabelColor|TagsList|LastKeywordXMP|"
    rb"CatalogSets|good|[pP]ick|PickLabel|Stars|rating)[\s=>\"']|Rating(?:\s*=\s*[\"']|>)\s*[^0\s]"
)
"""Stands in every packet in which :func:`daemon.sidecars.read_marks` finds anything."""


def read_facts(path: bytes) -> PhotoFacts | None:
    """Return the facts of the photo at *path*; ``None``: there is no such file.

    Never raises for what a file holds.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    size_bytes, mtime_ns = found.st_size, found.st_mtime_ns
    sidecar_ns = _sidecar_mtime(path)
    problem = ""
    try:
        with open_source(path) as source:
            size_bytes = source.size_bytes
            return _facts(source, mtime_ns, sidecar_ns)
    except RabbitError as error:
        if error.info.kind is ErrorKind.NOT_FOUND:
            return None
        problem = error.info.message
    except DECODER_ERRORS as error:
        problem = f"Its header cannot be read: {type(error).__name__}."
    return PhotoFacts(
        path=path,
        size_bytes=size_bytes,
        mtime_ns=mtime_ns,
        sidecar_mtime_ns=sidecar_ns,
        problem=problem,
    )


def _facts(source: Source, mtime_ns: int, sidecar_ns: int) -> PhotoFacts:
    head = source.read_at(0, _EDGE_BYTES)
    problem = ""
    try:
        header = facts_headers.read_header(source, head)
    except RabbitError as error:
        header, problem = Header(), error.info.message
    except DECODER_ERRORS as error:
        header = Header()
        problem = f"Its header is damaged: {type(error).__name__}."
    sized = header.width_px > 0 and header.height_px > 0
    if not problem and not sized and source.format != "video":
        problem = f"{source.name} is damaged or cut off: its header gives no size."
    said = _Said.of(header)
    width, height = header.width_px, header.height_px
    orientation = header.orientation or said.orientation
    if orientation >= 5:
        width, height = height, width
    marks = _marks(source.path, header, said, has_sidecar=sidecar_ns > 0)
    latitude, longitude = said.place or (None, None)
    return PhotoFacts(
        path=source.path,
        size_bytes=source.size_bytes,
        mtime_ns=mtime_ns,
        sidecar_mtime_ns=sidecar_ns,
        content_id=_content_id(source, head),
        format=source.format,
        width_px=max(0, min(width, 1 << 31)),
        height_px=max(0, min(height, 1 << 31)),
        orientation=orientation,
        taken=said.taken or day_in_xmp(header.xmp),
        camera=said.camera,
        lens=said.lens,
        iso=said.iso,
        aperture=said.positive(33437),
        exposure_s=said.positive(33434),
        focal_mm=said.positive(37386),
        latitude=latitude,
        longitude=longitude,
        title=marks.title,
        rating=marks.rating,
        label=marks.label,
        flag=marks.flag,
        keywords=marks.keywords,
        problem=problem or marks.problem,
    )


def _content_id(source: Source, head: bytes) -> bytes:
    digest = hashlib.blake2b(source.size_bytes.to_bytes(8, "little"), digest_size=_DIGEST_BYTES)
    digest.update(head)
    if source.size_bytes > len(head):
        start = max(len(head), source.size_bytes - _EDGE_BYTES)
        digest.update(source.read_at(start, _EDGE_BYTES))
    return digest.digest()


def _sidecar_mtime(path: bytes) -> int:
    """Return when the newest sidecar of *path* was written; 0: there is none."""
    newest = 0
    for sidecar in sidecars(path):
        try:
            newest = max(newest, os.stat(sidecar).st_mtime_ns)
        except OSError:
            continue
    return newest


def _marks(path: bytes, header: Header, said: _Said, *, has_sidecar: bool) -> PhotoMarks:
    """Return what the user said of a photo: XMP first, then IPTC and EXIF where XMP is silent."""
    marks = PhotoMarks(path=path)
    if has_sidecar or _MARKS.search(header.xmp):
        marks = read_marks(path)
    title, keywords, rating = marks.title, marks.keywords, marks.rating
    if not has_sidecar:
        title = title or facts_headers.iptc_title(header.iptc) or said.text(40091)
        keywords = keywords or iptc_keywords(header.iptc) or said.windows_keywords
        rating = rating if header.xmp else said.rating
    return PhotoMarks(
        path=path,
        rating=rating,
        label=marks.label,
        flag=marks.flag,
        title=plain_text(title),
        keywords=tuple(filter(None, map(plain_text, keywords[:_MAX_KEYWORDS]))),
        problem=marks.problem,
    )


class _Said:
    """What EXIF says, each value by itself: one that is nonsense costs only itself."""

    def __init__(self, main: _Place, photo: _Place, gps: _Place) -> None:
        self._main, self._photo, self._gps = main, photo, gps

    @classmethod
    def of(cls, header: Header) -> _Said:
        """Return what the structures of *header* say."""
        exif = header.exif or Exif.of(b"")
        photo, gps = header.photo, header.gps
        return cls(
            _Place(exif, exif.main),
            _Place(photo, photo.main) if photo else _Place(exif, exif.photo),
            _Place(gps, gps.main) if gps else _Place(exif, exif.gps),
        )

    @property
    def orientation(self) -> int:
        """1..8."""
        return _tried(lambda: self._main.exif.orientation, 1)

    def text(self, tag: int) -> str:
        """Return a text of the main directory."""
        return self._main.text(tag)

    def positive(self, tag: int) -> float:
        """Return a number of the photo directory; 0.0 where it says nothing sensible."""
        value = self._photo.number(tag)
        return round(value, 6) if value is not None and 0 < value < 1e7 else 0.0

    @property
    def taken(self) -> str:
        """When the shutter was released, by the camera's clock."""
        found = (place.text(tag) for place, tag in self._times())
        return next((text for text in map(day_and_time, found) if text), "")

    def _times(self) -> tuple[tuple[_Place, int], ...]:
        return (
            *((self._photo, 36867), (self._photo, 36868)),
            *((self._main, 36867), (self._main, 306)),
        )

    @property
    def camera(self) -> str:
        """Maker and model, the maker once."""
        return camera_name(self.text(271), self.text(272))

    @property
    def lens(self) -> str:
        """The lens's name."""
        return self._photo.text(42036)

    @property
    def iso(self) -> int:
        """Sensitivity; above 65,535 it stands in a tag of its own."""
        value = self.positive(34855)
        if value in (0.0, 65535.0):
            value = self.positive(34866) or self.positive(34867) or value
        return int(min(value, _MAX_ISO))

    @property
    def rating(self) -> int:
        """Stars as Windows writes them."""
        value = self._main.number(18246)
        return int(value) if value is not None and 0 <= value <= 5 else 0

    @property
    def windows_keywords(self) -> tuple[str, ...]:
        """Keywords as Windows writes them."""
        return tuple(word.strip() for word in self.text(40094).split(";") if word.strip())

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees."""
        latitude, longitude = self._degrees(1, 2, "S"), self._degrees(3, 4, "W")
        if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
            return None
        # cameras without a fix write zeros
        return (latitude, longitude) if latitude or longitude else None

    def _degrees(self, reference: int, tag: int, negative: str) -> float | None:
        values = self._gps.numbers(tag)
        if not 1 <= len(values) <= 3:
            return None
        degrees = sum(value / 60**place for place, value in enumerate(values))
        sign = -1 if self._gps.text(reference).upper().startswith(negative) else 1
        return round(sign * degrees, 7) if degrees < 1e6 else None


class _Place:
    """One directory of a structure."""

    def __init__(self, exif: Exif, directory: Directory) -> None:
        self.exif, self._directory = exif, directory

    def text(self, tag: int) -> str:
        """Return a text; empty when it is absent or nonsense."""
        if tag not in self._directory.entries:
            return ""
        return _tried(lambda: plain_text(self.exif.text(tag, self._directory)), "")

    def number(self, tag: int) -> float | None:
        """Return the first number of a field."""
        return _tried(lambda: self.exif.number(tag, self._directory), None)

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return all numbers of a field."""
        entry = self._directory.entries.get(tag)
        return _tried(lambda: self.exif.numbers(entry), ()) if entry else ()


def _tried(read: Callable[[], _T], otherwise: _T) -> _T:
    try:
        return read()
    except DECODER_ERRORS:
        return otherwise
