"""The profiles of the monitors that clients show photos on: files that workers read, by digest."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
import tempfile
from pathlib import Path

from daemon.library.threads import FileThreads
from daemon.protocol.endpoint import make_private
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import MonitorProfile, MonitorProfileKnown
from daemon.protocol.peer import Peer
from daemon.settings import SettingsStore

MAX_BYTES = 16 << 20
_HEADER_BYTES = 132
_MAX_TAGS = 200
_ID = re.compile(r"[0-9a-f]{32}")


class MonitorProfiles:
    """Keeps the profiles; private files in the cache folder, never changed once written."""

    def __init__(self, folder: Path, threads: FileThreads, settings: SettingsStore) -> None:
        self._folder = folder
        self._threads = threads
        self._settings = settings

    def path(self, profile: str) -> bytes:
        """Return the file of the profile with the id *profile*; empty: sRGB, or no such id."""
        if not _ID.fullmatch(profile):
            return b""
        return os.fsencode(self._folder / f"{profile}.icc")

    async def monitor_profile(self, peer: Peer, request: MonitorProfile) -> MonitorProfileKnown:
        """Take a monitor's profile, or the one that the settings name.

        Raises:
            RabbitError: it is no RGB profile, or cannot be read or kept.
        """
        del peer
        return await self._threads.run(self._take, request.icc)

    def _take(self, icc: bytes) -> MonitorProfileKnown:
        named = self._settings.current.window.monitor_profile
        if named:
            icc = _read(Path(named).expanduser())
        if not icc:
            return MonitorProfileKnown(profile="")
        if not _is_rgb(icc):
            where = f"The profile {named}" if named else "The monitor's colour profile"
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"{where} is no RGB profile; photos are shown as on an sRGB monitor.",
                "Name another file as window.monitor_profile in config.yaml.",
            )
        profile = hashlib.sha256(icc).hexdigest()[:32]
        self._write(profile, icc)
        return MonitorProfileKnown(profile=profile, description=_description(icc))

    def _write(self, profile: str, icc: bytes) -> None:
        target = Path(os.fsdecode(self.path(profile)))
        try:
            make_private(self._folder)
            if target.exists() and target.read_bytes() == icc:
                return
            handle, name = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(icc)
                Path(name).replace(target)
            except OSError:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise RabbitError(
                ErrorKind.DISK_FULL,
                f"The monitor's colour profile cannot be kept in the cache: {error.strerror}.",
                "Free some room on the drive that holds the cache folder.",
            ) from error


def _read(path: Path) -> bytes:
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"There is no profile {path}; photos are shown as on an sRGB monitor.",
                "Correct window.monitor_profile in config.yaml.",
            )
        return path.read_bytes()
    except OSError as error:
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"The profile {path} cannot be read ({error.strerror}); photos are shown as on an "
            "sRGB monitor.",
            "Correct window.monitor_profile in config.yaml.",
        ) from error


def _is_rgb(icc: bytes) -> bool:
    sound = _HEADER_BYTES <= len(icc) <= MAX_BYTES and icc[36:40] == b"acsp"
    return sound and icc[16:20] == b"RGB "


def _description(icc: bytes) -> str:
    """Return the profile's own name; empty without a readable one."""
    (count,) = struct.unpack_from(">I", icc, 128)
    for index in range(min(count, _MAX_TAGS)):
        at = _HEADER_BYTES + 12 * index
        if at + 12 > len(icc):
            break
        signature, offset, size = struct.unpack_from(">4sII", icc, at)
        data = icc[offset : offset + size]
        if signature != b"desc" or len(data) < 12:
            continue
        if data[:4] == b"desc":
            (length,) = struct.unpack_from(">I", data, 8)
            return data[12 : 12 + length].split(b"\0")[0].decode("latin-1").strip()
        if data[:4] == b"mluc" and len(data) >= 28:
            length, start = struct.unpack_from(">II", data, 20)
            return data[start : start + length].decode("utf-16-be", "replace").strip("\0 ")
    return ""
