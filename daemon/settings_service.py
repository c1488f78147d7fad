"""The settings for clients: read, checked, written, and read again whenever the file is saved."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from daemon.protocol.messages import Config, ConfigRequest, ConfigSet, SettingsChanged
from daemon.protocol.peer import Peer, Publish
from daemon.settings import SettingsStore

LOOK_EVERY_S = 1.0

_Stamp = tuple[int, int, int]


class SettingsService:
    """Answers ``config_request`` and ``config_set``; tells everybody when the file changes.

    The file is looked at once a second instead of being watched: editors replace it, it may be a
    link, and it may lie on a network drive, where no notification comes.
    """

    def __init__(
        self, store: SettingsStore, publish: Publish, changed: Callable[[], None] | None = None
    ) -> None:
        """Prepare.

        Args:
            store: The settings, loaded.
            publish: Sends an event to every client.
            changed: Called after other values came into force.
        """
        self._store = store
        self._publish = publish
        self._changed = changed
        self._stamp = _stamp(store.path)
        self._lock = asyncio.Lock()

    async def config_request(self, peer: Peer, request: ConfigRequest) -> Config:
        """Return the settings in force, or what is wrong with another file."""
        del peer
        if not request.path:
            return self._config()
        path = Path(os.fsdecode(request.path))
        errors, warnings = await asyncio.to_thread(self._store.check_file, path)
        return Config(
            path=bytes(request.path), values={}, errors=tuple(errors), warnings=tuple(warnings)
        )

    async def config_set(self, peer: Peer, request: ConfigSet) -> Config:
        """Write one value into the file and put it into force.

        Raises:
            RabbitError: ``settings_invalid``; nothing changed.
        """
        del peer
        async with self._lock:
            await asyncio.to_thread(self._store.set_value, request.key, request.value)
            self._stamp = await asyncio.to_thread(_stamp, self._store.path)
        self._tell()
        return self._config()

    async def watch(self) -> None:
        """Read the file again whenever it was saved, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Read the file again if it was saved since."""
        async with self._lock:
            stamp = await asyncio.to_thread(_stamp, self._store.path)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            changed = await asyncio.to_thread(self._store.reload)
        if changed:
            self._tell()

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed()
        enabled = self._store.current.comfyui.enabled
        self._publish(SettingsChanged(problem=self._store.problem, ai_enabled=enabled))

    def _config(self) -> Config:
        return Config(
            path=os.fsencode(self._store.path),
            values=self._store.flat(),
            errors=self._store.errors,
            warnings=self._store.warnings,
        )


def _stamp(path: Path) -> _Stamp:
    """Return what changes when the file is saved; zeros while there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
