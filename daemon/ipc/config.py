"""The settings as clients see them: read, checked, written, read again when the file is saved."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from daemon.protocol.messages import Config, ConfigRequest, ConfigSet, SettingsChanged
from daemon.protocol.peer import Peer, Publish
from daemon.settings import SettingsStore

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

Stamp = tuple[int, int, int]


class ConfigService:
    """Keeps the settings in force in step with the file, and everybody informed."""

    def __init__(
        self, settings: SettingsStore, publish: Publish, on_change: Callable[[], None]
    ) -> None:
        """Watch nothing yet.

        Args:
            settings: The store, loaded.
            publish: Tells the clients.
            on_change: Called after other settings have come into force.
        """
        self._settings = settings
        self._publish = publish
        self._on_change = on_change
        self._changing = asyncio.Lock()
        self._seen = _stamp(settings.path)

    async def config(self, peer: Peer, request: ConfigRequest) -> Config:
        """Tell the settings in force, or what is wrong with another file."""
        del peer
        if request.path:
            path = Path(os.fsdecode(request.path))
            errors, warnings = await asyncio.to_thread(self._settings.check_file, path)
            return Config(
                path=bytes(request.path), values={}, errors=tuple(errors), warnings=tuple(warnings)
            )
        return self._in_force()

    async def config_set(self, peer: Peer, request: ConfigSet) -> Config:
        """Write one value into the file and put it into force."""
        del peer
        await self.write(lambda: self._settings.set_value(request.key, request.value))
        return self._in_force()

    async def write(self, change: Callable[[], None]) -> None:
        """Have the file changed and tell everybody.

        Args:
            change: Writes the file and puts it into force; called in a thread.
        """
        async with self._changing:
            await asyncio.to_thread(change)
            self._seen = await asyncio.to_thread(_stamp, self._settings.path)
            self._tell()

    async def watch(self) -> None:
        """Read the file again whenever it is saved; runs until it is cancelled.

        Looking at it once a second works where no notification comes: network homes, editors that
        save by renaming, a folder that is not there yet.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Read the file again if it was saved since the last look."""
        async with self._changing:
            stamp = await asyncio.to_thread(_stamp, self._settings.path)
            if stamp == self._seen:
                return
            self._seen = stamp
            if await asyncio.to_thread(self._settings.reload):
                log.info("%s was read again", self._settings.path)
                self._tell()

    def _in_force(self) -> Config:
        return Config(
            path=os.fsencode(self._settings.path),
            values=self._settings.flat(),
            errors=self._settings.errors,
            warnings=self._settings.warnings,
        )

    def _tell(self) -> None:
        self._on_change()
        enabled = self._settings.current.comfyui.enabled
        self._publish(SettingsChanged(problem=self._settings.problem, ai_enabled=enabled))


def _stamp(path: Path) -> Stamp:
    """Return what changes when the file is saved."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, -1)
    return (found.st_mtime_ns, found.st_ino, found.st_size)
