"""Reads exported pools, folders and archives, of which anybody may be the author. Blocks."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from typing import Protocol

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.storage.pool_files import NotPlainError, plain_stat, read_plain
from daemon.storage.pool_manifest import (
    MANIFEST,
    MASK_ENDING,
    MAX_MANIFEST_BYTES,
    MAX_SLOTS,
    Entry,
    Manifest,
    ManifestBrokenError,
    in_order,
    is_image_name,
    parse_manifest,
    slot_of,
)

MAX_ENTRIES = 4 * MAX_SLOTS
MAX_UNPACKED_BYTES = 64 << 30
MAX_RATIO = 100
_FREE_RATIO_BYTES = 64 << 20
_SPARE_BYTES = 64 << 20
_NAME = "pool.json"
_MAX_NAME_BYTES = 64 << 10
_CHUNK_BYTES = 1 << 20


class Offered(msgspec.Struct, frozen=True):
    """What an exported pool holds.

    Attributes:
        name: What it says it is called; empty: nothing.
        manifest: Its slots; every file they name is there.
        problems: What was left out, a sentence each.
    """

    name: str
    manifest: Manifest
    problems: tuple[str, ...]


class Source(Protocol):
    """An exported pool that is open."""

    def names(self) -> list[str]:
        """Return the plain names of its files."""
        ...

    def read(self, name: str, limit: int) -> bytes:
        """Return the content of a file.

        Raises:
            FileNotFoundError: it is not there.
            NotPlainError: it is no plain file, or larger than *limit* bytes.
        """
        ...

    def fetch(self, name: str, target: bytes) -> bytes:
        """Return the path of a file that can be read as *name*; *target* is where it may go."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def open_source(path: bytes) -> Source:
    """Open an exported pool.

    Raises:
        RabbitError: it is neither a folder nor an archive that can be trusted.
        OSError: it cannot be read.
    """
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        return FolderSource(path)
    if not stat.S_ISREG(found.st_mode) or not zipfile.is_zipfile(os.fsdecode(path)):
        raise RabbitError(
            ErrorKind.UNSUPPORTED_FORMAT,
            f"{os.fsdecode(path)} is neither the folder nor the zip archive of a pool.",
            "Choose what `pool export` has written.",
        )
    return ArchiveSource(path)


def look_into(source: Source, path: bytes) -> Offered:
    """Return what *source*, opened at *path*, offers: by its manifest, else by its files.

    Raises:
        RabbitError: there are no pictures in it.
    """
    names = source.names()
    there = set(names)
    try:
        manifest, problems = parse_manifest(source.read(MANIFEST, MAX_MANIFEST_BYTES))
    except FileNotFoundError:
        manifest, problems = _from(names), []
    except (ManifestBrokenError, NotPlainError) as error:
        manifest = _from(names)
        problems = [f"Its list of photos {error}; the files themselves were taken."]
        if not manifest.slots:
            raise _no_pool(path, f"its {MANIFEST} {error}") from error
    if not manifest.slots and MANIFEST not in there:
        raise _no_pool(path, f"it holds neither {MANIFEST} nor pictures")
    kept: list[Entry] = []
    active = manifest.slots[manifest.active].slot if manifest.slots else ""
    for entry in manifest.slots:
        if entry.is_reference:
            problems.append(f"{entry.image} was left out: it only names a photo elsewhere.")
        elif entry.image not in there:
            problems.append(f"{entry.image} was left out: it is not there.")
        else:
            mask = entry.mask
            if mask and mask not in there:
                problems.append(f"The mask {mask} is not there.")
                mask = None
            kept.append(msgspec.structs.replace(entry, mask=mask))
    index = next((i for i, each in enumerate(kept) if each.slot == active), 0 if kept else -1)
    return Offered(_said_name(source), Manifest(index, tuple(kept)), tuple(problems))


class FolderSource:
    """An exported pool as a folder; links in it are not followed."""

    def __init__(self, folder: bytes) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """See :class:`Source`."""
        found: list[str] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if len(found) > MAX_ENTRIES:
                    raise _too_many(self._folder)
                if entry.is_file(follow_symlinks=False):
                    found.append(os.fsdecode(entry.name))
        return found

    def read(self, name: str, limit: int) -> bytes:
        """See :class:`Source`."""
        return read_plain(os.path.join(self._folder, os.fsencode(name)), limit)

    def fetch(self, name: str, target: bytes) -> bytes:
        """See :class:`Source`."""
        del target
        path = os.path.join(self._folder, os.fsencode(name))
        if plain_stat(path) is None:
            raise FileNotFoundError(path)
        return path

    def close(self) -> None:
        """See :class:`Source`."""


class ArchiveSource:
    """An exported pool as a zip archive; what its entries say of themselves is not believed."""

    def __init__(self, path: bytes) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(os.fsdecode(path))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise _damaged(path) from error
        try:
            self._entries = self._checked()
        except BaseException:
            self._archive.close()
            raise
        self._left = MAX_UNPACKED_BYTES

    def names(self) -> list[str]:
        """See :class:`Source`."""
        return list(self._entries)

    def read(self, name: str, limit: int) -> bytes:
        """See :class:`Source`."""
        entry = self._entries.get(name)
        if entry is None:
            raise FileNotFoundError(name)
        if entry.file_size > limit:
            raise NotPlainError(f"is far too large ({entry.file_size >> 20} MB)")
        return b"".join(self._pieces(entry))

    def fetch(self, name: str, target: bytes) -> bytes:
        """See :class:`Source`."""
        entry = self._entries[name]
        free = shutil.disk_usage(os.path.dirname(target)).free
        if entry.file_size > free - _SPARE_BYTES:
            raise RabbitError(
                ErrorKind.DISK_FULL,
                f"There is no room for {name} from {os.fsdecode(self._path)}.",
                "Free space on the disk that the pools are on.",
            )
        with open(target, "xb") as file:
            for piece in self._pieces(entry):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return target

    def close(self) -> None:
        """See :class:`Source`."""
        self._archive.close()

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Unpack an entry; one that holds more than it says is refused."""
        left = entry.file_size
        try:
            with self._archive.open(entry) as file:
                while piece := file.read(_CHUNK_BYTES):
                    left -= len(piece)
                    self._left -= len(piece)
                    if left < 0 or self._left < 0:
                        raise _bomb(self._path)
                    yield piece
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
            raise _damaged(self._path) from error
        except ValueError as error:  # zlib's own error is one
            raise _damaged(self._path) from error

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        """Return the entries of the pool by plain name; an archive that means harm is refused."""
        entries = self._archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise _too_many(self._path)
        for entry in entries:
            self._check(entry)
        unpacked = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * packed + _FREE_RATIO_BYTES:
            raise _bomb(self._path)
        files = [entry for entry in entries if not entry.is_dir()]
        tops = [entry.filename for entry in files if entry.filename.split("/")[-1] == MANIFEST]
        top = min(tops, key=lambda name: (name.count("/"), name), default="")
        prefix = top[: -len(MANIFEST)] if top else ""
        return {
            entry.filename[len(prefix) :]: entry
            for entry in files
            if entry.filename.startswith(prefix) and "/" not in entry.filename[len(prefix) :]
        }

    def _check(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
            raise self._refused(f"its entry {name[:80]!r} would leave its folder")
        mode = entry.external_attr >> 16
        kind = stat.S_IFMT(mode)
        if kind and kind not in (stat.S_IFREG, stat.S_IFDIR):
            raise self._refused(f"its entry {name[:80]!r} is a link or device")
        if entry.flag_bits & 0x1:
            raise self._refused("it is encrypted")

    def _refused(self, why: str) -> RabbitError:
        return RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"The archive {os.fsdecode(self._path)} was not read: {why}.",
            "Nothing of it was unpacked; do not trust where it came from.",
        )


def _from(names: list[str]) -> Manifest:
    """Return the slots that the files called *names* make."""
    there = set(names)
    images = in_order([name for name in names if is_image_name(name)])[:MAX_SLOTS]
    entries = tuple(
        Entry(image, mask if (mask := slot_of(image) + MASK_ENDING) in there else None)
        for image in images
    )
    return Manifest(0 if entries else -1, entries)


def _said_name(source: Source) -> str:
    try:
        name = json.loads(source.read(_NAME, _MAX_NAME_BYTES))["name"]
    except (OSError, NotPlainError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return readable(name) if isinstance(name, str) else ""


def _no_pool(path: bytes, why: str) -> RabbitError:
    return RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"There is no pool in {os.fsdecode(path)}: {why}.",
        "Choose what `pool export` has written.",
    )


def _too_many(path: bytes) -> RabbitError:
    return RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"{os.fsdecode(path)} was not read: it holds more than {MAX_ENTRIES} files.",
        f"A pool holds {MAX_SLOTS} photos at most.",
    )


def _bomb(path: bytes) -> RabbitError:
    return RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"The archive {os.fsdecode(path)} was not read: it would unpack to far more than pictures.",
        "Do not trust where it came from.",
    )


def _damaged(path: bytes) -> RabbitError:
    return RabbitError(
        ErrorKind.UNREADABLE,
        f"The archive {os.fsdecode(path)} is damaged.",
        "Get it again from where it came from.",
    )
