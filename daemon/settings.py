"""The settings in force: ``config.yaml`` read, kept good, and written back value by value."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Callable
from pathlib import Path

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import HostEntry
from daemon.resources import data_folder
from daemon.settings_check import (
    SECRET_KEYS,
    Findings,
    check_value,
    flatten,
    nearest,
    read_settings,
    value_types,
)
from daemon.settings_file import (
    Scalar,
    SettingsFileError,
    parse,
    read_capped,
    replace_file,
    write_value,
)
from daemon.settings_hosts import settings_of, with_host, without_host
from daemon.settings_keys import (
    CacheSettings,
    ComfyuiSettings,
    DaemonSettings,
    HostSettings,
    LibrarySettings,
    OutputSettings,
    Settings,
    WindowSettings,
)

__all__ = [
    "CacheSettings",
    "ComfyuiSettings",
    "DaemonSettings",
    "HostSettings",
    "LibrarySettings",
    "OutputSettings",
    "Settings",
    "SettingsStore",
    "WindowSettings",
]

log = logging.getLogger(__name__)

_BOM = codecs.BOM_UTF8


class SettingsStore:
    """The settings in force.

    Attributes:
        current: The values; replaced as a whole, never changed.
        problem: Empty, or the first complaint about the file, with line and column.
        errors: All complaints; the value in force there is the last good one.
        warnings: Keys that nobody reads.
        host_unknown: The file was broken from the start, so that nobody knows whether the
            configured hosts or the built-in one is meant.
    """

    def __init__(self, folders: Folders) -> None:
        self._path = folders.config_file
        self.current = Settings()
        self.problem = ""
        self.errors: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self.host_unknown = True

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def load(self) -> None:
        """Read the file at start; without one, the commented default is written first."""
        if not self._path.exists():
            self._write_default()
        self.reload()

    def reload(self) -> bool:
        """Read the file again; a wrong value leaves the last good one in force.

        Returns:
            Whether settings or complaints changed.
        """
        before = (self.current, self.errors, self.warnings)
        if self._path.exists():
            found = read_settings(self._path, self.current)
        else:
            found = Findings(Settings())
        self.current = found.settings
        self.errors = tuple(found.errors)
        self.warnings = tuple(found.warnings)
        self.problem = found.errors[0] if found.errors else ""
        self.host_unknown = self.host_unknown and not found.tells_host
        changed = before != (self.current, self.errors, self.warnings)
        if changed:
            for line in (*found.errors, *found.warnings):
                log.warning("%s", line)
        return changed

    def set_value(self, key: str, value: Scalar) -> None:
        """Write one value (``section.key``) into the file and put it into force.

        Raises:
            RabbitError: no such key, a wrong value, or the file cannot be written; nothing changed.
        """
        section, _, name = key.partition(".")
        types = value_types()
        if name not in types.get(section, {}):
            known = [f"{part}.{leaf}" for part, leaves in types.items() for leaf in leaves]
            raise _refused(
                f"There is no setting '{key}'.{nearest(key, known)}",
                "`rabbitviewer config show` lists them.",
            )
        complaint = check_value(value, types[section][name])[1]
        if name in SECRET_KEYS:
            complaint = complaint.partition(", got ")[0]
        if complaint:
            raise _refused(f"The setting {key} was not changed: {complaint}.")
        if not self._path.exists():
            self._write_default()
        try:
            parse(read_capped(self._path))
        except SettingsFileError as error:
            raise _refused(
                f"The setting {key} was not changed: {self._path}: {error}.",
                "Mend the file by hand first.",
            ) from error
        write_value(self._path, (section, name), value)
        self.reload()

    def save_host(self, entry: HostEntry, replaces: str) -> None:
        """Write one machine into the file's list and put it into force.

        Args:
            entry: The machine; ``(hidden)`` is what the one it *replaces* has there.
            replaces: Name of the one that it stands in for; empty: it is new.

        Raises:
            RabbitError: it cannot be taken, or the file cannot be written; nothing changed.
        """
        host = settings_of(self.current, entry, replaces)
        self._edit(lambda text: with_host(text, self.current, host, replaces))

    def remove_host(self, name: str) -> None:
        """Take one machine out of the file's list, and out of force.

        Raises:
            RabbitError: there is none, or the file cannot be written; nothing changed.
        """
        self._edit(lambda text: without_host(text, self.current, name))

    def flat(self) -> dict[str, Scalar]:
        """Return the values in force as ``section.key``; request headers are not shown."""
        return flatten(self.current)

    def check_file(self, path: Path) -> tuple[list[str], list[str]]:
        """Return (errors, warnings) of another settings file."""
        found = read_settings(path, Settings())
        return found.errors, found.warnings

    def _edit(self, change: Callable[[str], str]) -> None:
        """Write the file anew where *change* returns another text, as long as it is sound."""
        if not self._path.exists():
            self._write_default()
        self.reload()
        if self.problem:
            raise _refused(
                f"The machines were not changed: {self.problem}.", "Mend the file by hand first."
            )
        target = self._path.resolve()
        try:
            data = read_capped(target)
            mark = _BOM if data.startswith(_BOM) else b""
            text = data.decode("utf-8-sig")
            changed = change(text)
            if changed != text:
                replace_file(target, mark + changed.encode())
        except (OSError, SettingsFileError, UnicodeError) as error:
            raise _refused(f"{self._path} could not be changed: {error}.") from error
        self.reload()

    def _write_default(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            text = (data_folder("config") / "config.yaml").read_bytes()
            with self._path.open("xb") as stream:
                self._path.chmod(0o600)  # it may come to hold the headers that open a host
                stream.write(text)
        except FileExistsError:
            return
        except OSError as error:
            log.warning("could not write %s: %s; the defaults are in force", self._path, error)


def _refused(message: str, hint: str = "") -> RabbitError:
    return RabbitError(ErrorKind.SETTINGS_INVALID, message, hint)
